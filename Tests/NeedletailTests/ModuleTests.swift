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

  @Test(
    "An error in a field of a text has the line and column of its keyword or of an instruction in it",
    arguments: [
      ("(module\n  (func)\n  (export \"f\" (func 0))\n  (export \"f\" (func 0)))", 4, 4, "duplicate export name"),
      ("(module\n  (func (export \"f\")\n    (export \"f\")))", 3, 6, "duplicate export name"),
      ("(module (func)\n (export \"f\" (func 1)))", 2, 3, "unknown function 1"),
      ("(module\n  (memory 1)\n  (memory 2 1))", 3, 4, "size minimum"),
      ("(module\n  (table 1 funcref)\n  (table 9 3 funcref))", 3, 4, "size minimum"),
      ("(module (memory 1)\n  (func (nop))\n  (data (memory 3) (i32.const 0) \"x\"))", 3, 4, "unknown memory 3"),
      ("(module (memory 1) (func)\n  (data\n    (i64.const 0) \"x\"))", 3, 6, "type mismatch"),
      ("(module (func)\n  (elem (table 7)\n (i32.const 0) func 0))", 2, 4, "unknown table 7"),
      (
        "(module (table 1 funcref) (elem (i32.const 0) funcref\n  (ref.null func)\n  (ref.null extern)))", 3, 4, "type"
      ),
      ("(module\n  (global i32 (i32.const 0))\n  (global i32\n    (i64.const 0)))", 4, 6, "type mismatch"),
      ("(module\n  (global (ref 5) (i32.const 0)))", 2, 4, "unknown type 5"),
      ("(module (tag)\n  (tag (param i32) (result i32)))", 2, 4, "non-empty tag result"),
      ("(module\n  (type (func))\n  (rec (type $a (func))\n    (type (sub $a (func)))))", 4, 6, "sub type 2 has final"),
      ("(module (func (type 3)))", 1, 10, "unknown type 3"),
      ("(module (import \"a\" \"b\" (func))\n  (import \"a\" \"c\" (table 2 1 funcref)))", 2, 4, "size minimum"),
      ("(module\n  (func $f (param i32))\n  (start $f))", 3, 4, "start function 0"),
      ("(module (func)\n  (func\n    (local (ref 8))))", 2, 4, "unknown type 8"),
    ])
  func locationOfInvalidField(text: String, line: Int, column: Int, message: String) throws {
    let error = try #require(throws: ValidationError.self) { try Module(Engine(), text: text) }
    #expect(error.message.hasPrefix(message), "\(error)")
    #expect(error.location == TextLocation(line: line, column: column), "\(error)")
  }

  @Test("An error in a binary has an offset")
  func offsetInBinary() throws {
    let bytes: [UInt8] = [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7F, 3, 2, 1, 0, 10, 4, 1, 2, 0, 0x0B]
    let error = try #require(throws: ValidationError.self) { try Module(Engine(), bytes: bytes) }
    #expect(error.location == nil && error.function == 0)
    #expect("\(error)".hasSuffix("(in function 0, at offset 0x18)"))
    // The second memory: the first one has the bytes from 11 to 12.
    let memories: [UInt8] = [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0, 5, 6, 2, 0, 1, 1, 2, 1]
    let other = try #require(throws: ValidationError.self) { try Module(Engine(), bytes: memories) }
    #expect("\(other)" == "size minimum must not be greater than maximum: expected at most 1, found 2 (at offset 0xd)")
  }

  @Test("Too many entries of a section are reported at the first one")
  func tooManyEntries() throws {
    let text = "(module\n  (func)\n" + String(repeating: "  (memory 0)\n", count: 1001) + ")"
    let error = try #require(throws: (any Error).self) { try Module(Engine(), text: text) }
    #expect("\(error)".contains("too many memories"), "\(error)")
  }

  @Test("A text that is not in the text format has the line and column of the fault")
  func malformedText() {
    let error = #expect(throws: ParseError.self) { try Module(Engine(), text: "(module\n  (fun))") }
    #expect(error?.line == 2 && error?.column == 4)
    let old = "(module (func (param i32) (result i32) get_local 0))"
    #expect(throws: ParseError.self) { try Module(Engine(), text: old) }
    #expect(throws: Never.self) { try Module(Engine(), text: old, legacyDialect: true) }
  }

  @Test("Imports and exports are listed in order, with full types and names")
  func items() throws {
    let module = try Module(
      Engine(),
      text: """
        (module $named
          (import "a" "f" (func $imported (param i64)))
          (import "" "m" (memory 1 2))
          (func $own (export "g") (result f32) (f32.const 0))
          (export "m" (memory 0)))
        """)
    #expect(module.name == "named")
    #expect([0, 1, 2].map { module.functionName($0) } == ["imported", "own", nil])
    #expect(
      module.imports.map { "\($0.module).\($0.name) \($0.type)" } == ["a.f (func (param i64))", ".m (memory 1 2)"])
    #expect(module.exports.map { "\($0.name) \($0.type)" } == ["g (func (result f32))", "m (memory 1 2)"])
    let unnamed = try Module(Engine(), text: "(module (func))")
    #expect(unnamed.name == nil && unnamed.functionName(0) == nil && unnamed.imports.isEmpty && unnamed.exports.isEmpty)
  }
}
