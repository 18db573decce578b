import Testing

@testable import WasmInterpreter

/// The bytecode of a function of a module, as text.
struct LoweringCase: CustomTestStringConvertible, Sendable {
  var name: String
  /// The module, without the parentheses around it; its first function is lowered.
  var module: String
  /// The code, without offsets in the binary.
  var code: String
  var options = InterpreterOptions()

  init(_ name: String, _ module: String, options: InterpreterOptions = InterpreterOptions(), _ code: String) {
    self.name = name
    self.module = module
    self.code = code
    self.options = options
  }

  var testDescription: String { name }

  func check() throws {
    let found = try bytecode(of: "(module \(module))", options: options).split(separator: "\n").joined(separator: "\n")
    #expect(found == code, "\(name):\n\(found)\ninstead of\n\(code)")
  }
}

/// A test of lowering is module text and the bytecode of the module's first function. To write a new expectation, run
/// `needletail compile --emit bytecode` on the module, and check the result.
@Suite("Lowering")
struct LoweringTests {
  @Test("Numeric instructions", arguments: LoweringCase.numeric)
  func numeric(_ lowering: LoweringCase) throws { try lowering.check() }

  @Test("Branches", arguments: LoweringCase.branches)
  func branches(_ lowering: LoweringCase) throws { try lowering.check() }

  @Test("Calls and returns", arguments: LoweringCase.calls)
  func calls(_ lowering: LoweringCase) throws { try lowering.check() }

  @Test("Exceptions", arguments: LoweringCase.exceptions)
  func exceptions(_ lowering: LoweringCase) throws { try lowering.check() }

  @Test("Memories and tables", arguments: LoweringCase.memories)
  func memories(_ lowering: LoweringCase) throws { try lowering.check() }

  @Test("Structures, arrays and references", arguments: LoweringCase.references)
  func references(_ lowering: LoweringCase) throws { try lowering.check() }

  @Test("Vectors", arguments: LoweringCase.vectors)
  func vectors(_ lowering: LoweringCase) throws { try lowering.check() }

  @Test("Options of the interpreter", arguments: LoweringCase.optional)
  func options(_ lowering: LoweringCase) throws { try lowering.check() }
}
