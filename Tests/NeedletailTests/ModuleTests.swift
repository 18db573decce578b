import Needletail
import Testing

@Suite("Modules")
struct ModuleTests {
  @Test(
    "An error in a function of a text has its line and column",
    arguments: [
      ("(module\n  (func (result i32)\n    (i64.const 1)))", 3, 18, "type mismatch"),
      ("(module\n  (func\n    (i32.add\n      (i32.const 1)\n      (i64.const 1))\n    drop))", 3, 6, "type mismatch"),
      ("(module\n  (func (result i32)))", 2, 21, "type mismatch"),
    ])
  func locationOfInvalidInstruction(text: String, line: Int, column: Int, message: String) throws {
    let error = try #require(throws: ValidationError.self) { try Module(Engine(), text: text) }
    #expect(error.location == TextLocation(line: line, column: column))
    #expect(error.message.hasPrefix(message))
    #expect("\(error)" == "\(line):\(column): \(error.message)")
  }

  @Test("An error outside of functions, and one in a binary, have an offset")
  func offsetOfInvalidField() throws {
    let text = "(module (func) (export \"f\" (func 0)) (export \"f\" (func 0)))"
    let error = try #require(throws: ValidationError.self) { try Module(Engine(), text: text) }
    #expect(error.location == nil)
    #expect("\(error)".contains("duplicate export name") && "\(error)".contains("(at offset 0x"))
    let bytes: [UInt8] = [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7F, 3, 2, 1, 0, 10, 4, 1, 2, 0, 0x0B]
    let other = try #require(throws: ValidationError.self) { try Module(Engine(), bytes: bytes) }
    #expect(other.location == nil && other.function == 0)
    #expect("\(other)".hasSuffix("(in function 0, at offset 0x18)"))
  }
}
