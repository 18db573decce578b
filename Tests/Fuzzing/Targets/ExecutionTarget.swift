import Differential
import ModuleGenerator
import Needletail
import WebAssembly

/// Runs valid modules on all engines. Results, traps with their locations, exceptions, globals, tables and memories are
/// compared with those of the interpreter.
struct ExecutionTarget: FuzzTarget {
  private var sets = EngineSets()

  mutating func run(_ input: [UInt8]) throws -> Bool {
    guard let module = ModuleMutator.valid(input), isRunnable(module) else { return true }
    return try sets.run(input, checksItself: false)
  }

  /// Stand-ins for imports can only have types that do not refer to types of the module.
  private func isRunnable(_ module: WebAssembly.Module) -> Bool {
    func isPlain(_ types: [ValueType]) -> Bool { !types.contains { $0.referenceType?.heapType.isConcrete == true } }
    return module.imports.allSatisfy { wanted in
      switch wanted.type {
      case .function(let index, _), .tag(let index):
        module.functionType(index).map { isPlain($0.parameters) && isPlain($0.results) } ?? false
      case .table(let type): isPlain([ValueType(type.element)])
      case .global(let type): isPlain([type.value])
      case .memory: true
      }
    }
  }

  mutating func mutate(_ input: [UInt8], _ mutation: inout Mutation) -> [UInt8]? {
    ModuleMutator.mutate(input, &mutation, wantsValid: true)
  }

  static func show(_ input: [UInt8]) -> String? { ModuleMutator.text(input) }

  static func seeds(_ source: SeedSource) throws -> [[UInt8]] { try source.modules(limit: 600, ModuleMutator.isValid) }
}

/// Runs modules of ``ModuleGenerator`` on all engines. The input is the list of the generator's decisions, four bytes
/// each, with a mark between the lists of the module and its bodies.
struct GeneratedTarget: FuzzTarget {
  private var sets = EngineSets()

  private static let mark: UInt32 = 0x5EA1_5EA1

  private static let options = {
    var options = ModuleGenerator.Options()
    options.functionCount = 4
    options.depth = 4
    return options
  }()

  mutating func run(_ input: [UInt8]) throws -> Bool { try sets.run(Self.module(input)) }

  /// The module that an input encodes.
  static func module(_ input: [UInt8]) -> [UInt8] {
    let words = stride(from: 0, to: input.count & ~3, by: 4).map { place in
      input.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: UInt32.self)) }
    }
    let lists = words.split(separator: mark, omittingEmptySubsequences: false).map(Array.init)
    let recipe = ModuleGenerator.Recipe(module: lists.first ?? [], bodies: Array(lists.dropFirst()))
    return ModuleGenerator.module(recipe, options: options).bytes
  }

  static func show(_ input: [UInt8]) -> String? { ModuleMutator.text(module(input)) }

  static var maximumInputSize: Int { 16_384 }

  static func seeds(_ source: SeedSource) throws -> [[UInt8]] {
    (UInt64(1)...400).map { seed in
      let recipe = ModuleGenerator.recipe(seed: seed, options: options)
      let words = Array(([recipe.module] + recipe.bodies).joined(separator: [mark]))
      return words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    }.filter { $0.count <= maximumInputSize }
  }
}

/// The engines to compare, in a variant that depends on the module.
struct EngineSets {
  private var sets: [EngineSet] = []
  private var runCount = 0

  /// Engines keep the types of all modules that they have loaded, so they are replaced regularly.
  private static let runsPerEngine = 1000

  private static let bounds = Execution.Bounds(
    store: Store.Limits(
      memoryByteCount: 16 << 20, tableElementCount: 200_000, instanceCount: 10, memoryCount: 100, tableCount: 100,
      heapByteCount: 8 << 20),
    milliseconds: 200)

  /// - Parameter checksItself: see `EngineSet`.
  /// - Returns: whether the module terminated without an interruption.
  mutating func run(_ module: [UInt8], checksItself: Bool = true) throws -> Bool {
    if runCount % Self.runsPerEngine == 0 {
      sets = (0..<EngineSet.variantCount).map { EngineSet(variant: $0, features: .all, bounds: Self.bounds) }
    }
    runCount += 1
    let seed = module.fingerprint
    let comparison: EngineSet.Comparison
    do {
      comparison = try sets[Int(seed % UInt64(EngineSet.variantCount))].run(
        module, seed: seed >> 8, checksItself: checksItself)
    } catch is LimitExceeded {
      return false
    } catch {
      throw Finding("a valid module is not loaded: \(error)")
    }
    if let difference = comparison.difference { throw Finding(difference) }
    return comparison.expected.isFinished
  }
}
