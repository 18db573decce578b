import Testing
import WasmBinary
import WasmText
import WebAssembly

/// Error messages name the problem and its location.
@Suite struct MessageTests {
  static let samples: [(module: String, message: String)] = [
    (
      "(func (drop (i32.add (i32.const 1) (f32.const 1))))",
      "type mismatch: instruction requires [i32 i32] but stack has [i32 f32] (i32.add)"
    ),
    ("(func (drop))", "type mismatch: instruction requires [any] but stack has [] (drop)"),
    ("(func (i32.const 1))", "type mismatch: block requires [] but stack has [i32] (end)"),
    (
      "(func (result i32 i64) (i32.const 1))",
      "type mismatch: instruction requires [i32 i64] but stack has [i32] (end)"
    ),
    (
      "(type $s (struct)) (func (param (ref null $s)) (result (ref $s)) (local.get 0))",
      "type mismatch: instruction requires [(ref 0)] but stack has [(ref null 0)] (end)"
    ),
    ("(func (br 1))", "unknown label 1"),
    ("(func (call 7))", "unknown function 7"),
    ("(func (drop (ref.func 0)))", "undeclared function reference 0"),
    ("(func (local (ref func)) (drop (local.get 0)))", "uninitialized local 0"),
    ("(memory 1) (func (drop (i32.load align=8 (i32.const 0))))", "alignment must not be larger than natural"),
    (
      "(memory 1 1 shared) (func (drop (i32.atomic.load align=2 (i32.const 0))))",
      "atomic alignment must be natural"
    ),
    ("(memory 1) (func (drop (i32.load offset=0x1_0000_0000 (i32.const 0))))", "offset out of range"),
    ("(func (export \"a\")) (export \"a\" (func 0))", "duplicate export name \"a\""),
    ("(func) (export \"a\" (func 1))", "unknown function 1"),
    ("(func (param i32)) (start 0)", "start function 0 must not take or return anything"),
    ("(table 1 (ref func))", "type mismatch: table of (ref func) needs an initializer"),
    ("(global (mut i32) (i32.const 0)) (global i32 (global.get 0))", "constant expression required"),
    ("(type (struct (field i8))) (func (drop (struct.get 0 0 (ref.null 0))))", "type mismatch: field is packed"),
    ("(func (drop (i32.const 1) (if (param i32) (i32.const 1) (then drop))))", "type mismatch: if without else"),
  ]

  @Test("Messages begin with the standard's words, followed by details", arguments: samples.indices)
  func message(index: Int) throws {
    let (module, message) = Self.samples[index]
    let error = try #require(try verdict(module), "\(module)")
    #expect(error.message.hasPrefix(message), "\(error.message)")
  }

  @Test("An error in a body names the function index, including imports, and the instruction's offset")
  func place() throws {
    let module = try Decoder.decode(try assemble("(import \"\" \"\" (func)) (func) (func (nop) (i32.add) (drop))"))
    let error = verdict(module)
    guard case .invalid(let invalid)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(invalid.function == 2)
    #expect(module.bytes[invalid.offset] == 0x6A)
  }

  @Test("Export names that look alike but differ in their bytes are different")
  func canonicallyEquivalentNames() throws {
    #expect(try verdict("(func (export \"\\c3\\a9\")) (func (export \"e\\cc\\81\"))") == nil)
  }
}
