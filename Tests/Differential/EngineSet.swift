import Needletail
import WasmNative
import WebAssembly

/// Engines that must produce the same results: each interpreter, and the compiler at each level.
public struct EngineSet {
  public struct Member {
    public var name: String
    public var engine: Engine
  }

  public let members: [Member]
  private let usesArtifacts: Bool
  private let fuel: Int32
  private let bounds: Execution.Bounds?
  private let pausesForFuel: Bool

  /// The number of configuration variants.
  public static let variantCount = 8
  /// Variants with frequent garbage collections, for modules that create objects of many types.
  public static let collectingVariants = [2, 5]

  /// - Parameters:
  ///   - variant: 0 is the default configuration. The others are, in order: a baseline processor and checks of all accesses; interruption with
  ///     frequent collections; lazy compilation; artifacts; a collection at nearly every allocation; fuel; fuel
  ///     in parts, with pauses of random length between them, compared with the interpreter without pauses.
  ///     Results must be the same.
  ///   - features: the proposals that modules may use.
  ///   - bounds: limits on modules that may not terminate. Without them, only frequent collections have a time limit: with
  ///     large objects they can take minutes.
  public init(variant: Int = 0, features: Features = .standard, bounds: Execution.Bounds? = nil) {
    let collectsVeryOften = variant % Self.variantCount == 5
    let collectsOften = Self.collectingVariants.contains(variant % Self.variantCount)
    self.bounds = bounds ?? (collectsOften ? Execution.Bounds(store: Store.Limits(), milliseconds: 1_000) : nil)
    var configuration = Engine.Configuration()
    // Otherwise each engine may produce different NaNs.
    configuration.isDeterministic = true
    // Compiling a small module takes less time than synchronizing threads.
    configuration.compilationThreadCount = 1
    configuration.validationThreadCount = 1
    configuration.maximumStackSize = 1 << 20
    configuration.features = features
    configuration.isInterruptible = self.bounds != nil
    switch variant % Self.variantCount {
    case 1:
      configuration.processor = .baseline
      configuration.checksBounds = true
    case 2:
      configuration.isInterruptible = true
      configuration.heap.collectionThreshold = 1 << 12
      configuration.heap.poisonsUnusedMemory = true
    case 5:
      // While the heap is small, every allocation collects. Then so does one in fifty: otherwise large objects use up the time.
      configuration.heap.collectionThreshold = 1
      configuration.heap.growthFactor = 1.02
      configuration.heap.poisonsUnusedMemory = true
    case 3: configuration.compilation = .lazy
    case 6, 7: configuration.fuel = Self.fuelCosts
    default: break
    }
    // Collections are slow.
    fuel = collectsVeryOften ? Execution.usualFuel / 5 : Execution.usualFuel
    usesArtifacts = variant % Self.variantCount == 4
    pausesForFuel = variant % Self.variantCount == 7
    func member(_ name: String, _ change: (inout Engine.Configuration) -> Void) -> Member {
      var changed = configuration
      change(&changed)
      return Member(name: name, engine: Engine(changed))
    }
    members = [
      member("threaded interpreter") { $0.execution = .interpreter },
      member("loop interpreter") {
        $0.execution = .interpreter
        $0.dispatch = .loop
      },
      member("tiers") {
        $0.tiers = Self.tiers(variant)
        #if FUZZING
          // With AddressSanitizer, the threaded handlers of counters call the next handler instead of jumping to it.
          $0.dispatch = .loop
        #endif
      },
      member("compiler, no optimization") { $0.execution = .jit(.none) },
      member("compiler, basic") { $0.execution = .jit(.basic) },
      member("compiler, aggressive") { $0.execution = .jit(.aggressive) },
    ]
  }

  /// Costs that differ for each class of instructions.
  private static let fuelCosts: FuelCosts = {
    var costs = FuelCosts()
    for (index, instructionClass) in InstructionClass.allCases.enumerated() {
      costs[instructionClass] = UInt16(index * index)
    }
    costs.eightValues = 50
    costs.clause = 7
    costs.hostCall = 77
    return costs
  }()

  /// Functions are compiled at their first call, when one of their loops runs again, or by another thread in the meantime: after random
  /// numbers of calls and iterations, and a random delay.
  private static func tiers(_ variant: Int) -> TierOptions {
    switch variant % variantCount {
    case 0, 4: return TierOptions(calls: .max, iterations: 2, compilesAtOnce: true)
    case 1: return TierOptions(calls: 0)
    case 2: return TierOptions(calls: 2, iterations: 1, compilesAtOnce: true)
    default:
      var options = TierOptions(calls: .random(in: 1...20), iterations: .random(in: 1...50), compilesAtOnce: false)
      options.maximumDelay = .microseconds(variant % 2 == 0 ? 500 : 20)
      return options
    }
  }

  /// Runs a module on each engine and compares the executions.
  ///
  /// - Parameters:
  ///   - onlyNumbers: see ``Execution``.
  ///   - checksItself: whether an error that the module itself reports is a difference: a generated module is right about it, but a mutated
  ///     one may have another idea of what is right.
  public func run(
    _ module: [UInt8], seed: UInt64, onlyNumbers: Bool = false, checksItself: Bool = true
  ) throws -> Comparison {
    let expected = try execute(module, seed, members[0], onlyNumbers)
    if checksItself, let complaint = expected.complaint {
      return Comparison(expected: expected, difference: "\(members[0].name): \(complaint)")
    }
    // With pauses, the first engine also differs from itself.
    for member in members.dropFirst(pausesForFuel ? 0 : 1) {
      let found = try execute(module, seed, member, onlyNumbers, isPaused: pausesForFuel)
      if let difference = expected.difference(to: found) {
        return Comparison(expected: expected, difference: "\(member.name): \(difference)")
      }
    }
    return Comparison(expected: expected, difference: nil)
  }

  private func execute(
    _ module: [UInt8], _ seed: UInt64, _ member: Member, _ onlyNumbers: Bool, isPaused: Bool = false
  ) throws -> Execution {
    let isLoadedAgain = usesArtifacts && member.engine.execution != .interpreter && member.engine.execution != .auto
    return try Execution(
      module, seed: seed, engine: member.engine, throughArtifact: isLoadedAgain, fuel: fuel, onlyNumbers: onlyNumbers,
      bounds: bounds, isPaused: isPaused)
  }

  /// The result of running a module on all engines.
  public struct Comparison {
    public var expected: Execution
    /// The first difference between the first engine and another one; nil if there is none.
    public var difference: String?
  }
}
