import WasmBinary
import WasmInterpreter
import WasmRuntime
import WasmText
import WebAssembly

private struct NoNames: DebugNames {
  var moduleName: String? { nil }
  func functionName(_ index: UInt32) -> String? { nil }
  func tagName(_ index: UInt32) -> String? { nil }
}

func functions(of bytes: [UInt8], _ interpreter: Interpreter) throws -> ModuleFunctions {
  try ModuleFunctions(
    ModuleImage(Decoder.decode(bytes), registry: TypeRegistry(), names: NoNames()), interpreter: interpreter)
}

/// The bytecode of a function of a module in the text format.
func bytecode(of text: String, function: Int = 0, options: InterpreterOptions = InterpreterOptions()) throws -> String {
  let interpreter = Interpreter(options)
  let functions = try functions(of: assemble(text), interpreter)
  return try BytecodeListing(functions, interpreter, function: function).text(withSources: false)
}
