import WasmBinary
import WasmInterpreter
import WasmRuntime
import WebAssembly

/// The interpreter's lowering, on valid modules. Functions are lowered, but not run. Recording source locations must
/// not change the code.
struct LoweringTarget: FuzzTarget {
  private let interpreters: [Interpreter] = [
    Interpreter(InterpreterOptions(dispatch: .loop)),
    Interpreter(InterpreterOptions(dispatch: .loop, isDeterministic: true, isInterruptible: true)),
  ]

  mutating func run(_ input: [UInt8]) throws -> Bool {
    guard let module = ModuleMutator.valid(input),
      let image = try? ModuleImage(module, registry: TypeRegistry(), names: NoNames())
    else { return true }
    for interpreter in interpreters {
      let functions = try ModuleFunctions(image, interpreter: interpreter)
      for function in module.functions.indices {
        // Functions with frames that are too large are rejected.
        guard let code = try? interpreter.codeWords(of: function, in: functions, recordsSourceMap: false) else {
          continue
        }
        guard let again = try? interpreter.codeWords(of: function, in: functions, recordsSourceMap: true), code == again
        else {
          throw Finding("function \(function) is lowered to other code when sources are recorded")
        }
      }
    }
    return true
  }

  mutating func mutate(_ input: [UInt8], _ mutation: inout Mutation) -> [UInt8]? {
    ModuleMutator.mutate(input, &mutation, wantsValid: true)
  }

  static func show(_ input: [UInt8]) -> String? { ModuleMutator.text(input) }

  static func seeds(_ source: SeedSource) throws -> [[UInt8]] { try source.modules(ModuleMutator.isValid) }
}

/// Provides no names.
struct NoNames: DebugNames {
  var moduleName: String? { nil }
  func functionName(_ index: UInt32) -> String? { nil }
  func tagName(_ index: UInt32) -> String? { nil }
}
