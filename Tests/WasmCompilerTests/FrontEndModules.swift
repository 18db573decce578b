import WasmBinary
import WasmRuntime
import WasmText
import WasmValidation
import WebAssembly

@testable import WasmCompiler

private struct NoNames: DebugNames {
  var moduleName: String? { nil }
  func functionName(_ index: UInt32) -> String? { nil }
  func tagName(_ index: UInt32) -> String? { nil }
}

/// A valid module in the compiler's input form.
func image(_ bytes: [UInt8], features: Features = .all) throws -> ModuleImage {
  let module = try Decoder.decode(bytes)
  try Validator.validate(module, features: features, threadCount: 1)
  return try ModuleImage(module, registry: TypeRegistry(), names: NoNames())
}

func assembled(_ text: String) throws -> [UInt8] { try assemble(text) }

/// The verified graph of a function in a module in the text format, as text.
func graph(of text: String, function: Int = 0, options: FrontEndOptions = .init()) throws -> String {
  let facts = ModuleFacts(try image(try assemble(text)))
  var frontEnd = FrontEnd(facts, options)
  var graph = FunctionGraph()
  try frontEnd.build(function: function, into: &graph)
  var verifier = Verifier(facts)
  try verifier.verify(graph)
  return graph.printed()
}
