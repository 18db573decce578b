import Needletail
import WasmBinary
import WasmCompiler
import WasmNative
import WasmRuntime
import WebAssembly

/// The compiler, on valid modules. Functions are compiled and linked at every level, but not run.
///
/// Fuzzing builds verify the graph after each pass, and the registers after allocation.
struct CompilerTarget: FuzzTarget {
  private static let options: [CompilerOptions] = OptimizationLevel.allCases.flatMap { level in
    [
      CompilerOptions(
        level: level, isDeterministic: false, isInterruptible: false, maximumBodyByteCount: .max, processor: .native),
      CompilerOptions(
        level: level, isDeterministic: true, isInterruptible: true, maximumBodyByteCount: .max, processor: .baseline),
    ]
  }

  mutating func run(_ input: [UInt8]) throws -> Bool {
    guard let module = ModuleMutator.valid(input),
      let image = try? ModuleImage(module, registry: TypeRegistry(), names: NoNames())
    else { return true }
    for options in Self.options {
      let inspector = ModuleInspector(image, options)
      _ = try? inspector.map(threadCount: 1).byteCount
      // One function is listed, which also prints the graph.
      guard !module.functions.isEmpty else { continue }
      let function = Int(input.fingerprint % UInt64(module.functions.count))
      _ = try? inspector.graphLines(function)
      _ = try? inspector.code(function) { _ in nil }.lines.count
    }
    return true
  }

  mutating func mutate(_ input: [UInt8], _ mutation: inout Mutation) -> [UInt8]? {
    ModuleMutator.mutate(input, &mutation, wantsValid: true)
  }

  static func show(_ input: [UInt8]) -> String? { ModuleMutator.text(input) }

  static func seeds(_ source: SeedSource) throws -> [[UInt8]] { try source.modules(limit: 600, ModuleMutator.isValid) }
}
