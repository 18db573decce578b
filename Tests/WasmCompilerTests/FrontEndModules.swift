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
///
/// - Parameter entry: makes the loop at which it begins from the offset of its last loop without parameters and results; nil if it
///   begins at its first instruction.
func graph(
  of text: String, function: Int = 0, options: FrontEndOptions = .init(), at entry: ((Int) -> LoopEntry)? = nil
) throws -> String {
  let facts = ModuleFacts(try image(try assemble(text)))
  var frontEnd = FrontEnd(facts, options)
  var graph = FunctionGraph()
  let body = facts.image.module.functions[function].body
  let bytes = facts.image.module.bytes
  let loops = body.filter { $0 + 1 < body.upperBound && bytes[$0] == 0x03 && bytes[$0 + 1] == 0x40 }
  try frontEnd.build(function: function, at: entry.flatMap { make in loops.last.map(make) }, into: &graph)
  var verifier = Verifier(facts)
  try verifier.verify(graph)
  return graph.printed()
}
