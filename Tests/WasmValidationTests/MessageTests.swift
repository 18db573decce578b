import Testing
import WasmBinary
import WasmText
import WebAssembly

/// Error messages name the problem and its location.
@Suite struct MessageTests {
  static let samples: [(module: String, message: String)] = [
    (
      "(func (drop (i32.add (i32.const 1) (f32.const 1))))",
      "type mismatch in i32.add: expected [i32 i32], found [i32 f32]"
    ),
    ("(func (drop))", "type mismatch in drop: expected a value, found nothing"),
    ("(func (i32.const 1))", "type mismatch at the end of the function: expected nothing, found i32"),
    (
      "(func (block (result i32) (i64.const 1)) (drop))",
      "type mismatch at the end of the block: expected i32, found i64"
    ),
    (
      "(func (if (i32.const 1) (then (i32.const 1)) (else)))",
      "type mismatch before else: expected nothing, found i32"
    ),
    ("(func (if (f32.const 1) (then)))", "type mismatch in if: expected i32, found f32"),
    ("(func (local i32) (local.set 0 (i64.const 1)))", "type mismatch in local.set: expected i32, found i64"),
    ("(global i32 (i64.const 0))", "type mismatch at the end of the expression: expected i32, found i64"),
    ("(func (drop (ref.is_null (i32.const 0))))", "type mismatch in ref.is_null: expected a reference, found i32"),
    (
      "(func (result i32 i64) (i32.const 1))",
      "type mismatch at the end of the function: expected [i32 i64], found [i32]"
    ),
    (
      "(type $s (struct)) (func (param (ref null $s)) (result (ref $s)) (local.get 0))",
      "type mismatch at the end of the function: expected (ref 0), found (ref null 0)"
    ),
    ("(func (br 1))", "unknown label 1: the only one is 0"),
    ("(func (call 7))", "unknown function 7: the only one is 0"),
    ("(func (local i32 i64) (drop (local.get 2)))", "unknown local 2: expected 0 to 1"),
    ("(func (drop (i32.load (i32.const 0))))", "unknown memory 0: there is none"),
    ("(func (global.set 0 (i32.const 0)))", "unknown global 0: there is none"),
    ("(func (drop (ref.func 0)))", "undeclared function reference 0"),
    ("(func (local (ref func)) (drop (local.get 0)))", "uninitialized local 0"),
    (
      "(memory 1) (func (drop (i32.load align=8 (i32.const 0))))",
      "alignment must not be larger than natural: expected at most 4, found 8"
    ),
    (
      "(memory 1 1 shared) (func (drop (i32.atomic.load align=2 (i32.const 0))))",
      "atomic alignment must be natural: expected 4, found 2"
    ),
    (
      "(memory 1) (func (drop (i32.load offset=0x1_0000_0000 (i32.const 0))))",
      "offset out of range: expected at most 4294967295, found 4294967296"
    ),
    ("(func (export \"a\")) (export \"a\" (func 0))", "duplicate export name \"a\""),
    ("(func) (export \"a\" (func 1))", "unknown function 1: the only one is 0"),
    ("(func (param i32)) (start 0)", "start function 0 must not take or return anything: found (func (param i32))"),
    ("(table 1 (ref func))", "type mismatch: table 0 of (ref func) needs an initializer"),
    (
      "(global (mut i32) (i32.const 0)) (global i32 (global.get 0))",
      "constant expression required, but global 0 is mutable"
    ),
    (
      "(type (struct (field i8))) (func (drop (struct.get 0 0 (ref.null 0))))",
      "type mismatch in struct.get: field 0: expected a type that is not packed, found i8"
    ),
    (
      "(func (drop (i32.const 1) (if (param i32) (i32.const 1) (then drop))))",
      "type mismatch in if without else: expected [i32], found []"
    ),
    (
      "(func (drop (i8x16.extract_lane_u 16 (v128.const i64x2 0 0))))",
      "invalid lane index: expected 0 to 15, found 16"
    ),
    (
      "(func (drop (i8x16.shuffle 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 32 (v128.const i64x2 0 0) (v128.const i64x2 0 0))))",
      "invalid lane index: expected 0 to 31, found 32"
    ),
    ("(memory 70000)", "memory size must be at most 65536 pages (4GiB), found 70000"),
    ("(memory 3 2)", "size minimum must not be greater than maximum: expected at most 2, found 3"),
    ("(table 0x1_0000_0000 funcref)", "table size must be at most 2^32-1, found 4294967296"),
    ("(memory 0 (pagesize 4))", "invalid custom page size: expected 1 or 65536, found 4"),
    ("(type (struct)) (func (type 0))", "type mismatch: expected a function type, found type 0: a structure type"),
    (
      "(type (struct)) (func (drop (array.len (array.new_default 0 (i32.const 1)))))",
      "type mismatch in array.new_default: expected an array type, found type 0: a structure type"
    ),
    ("(type (func (result i32))) (tag (type 0))", "non-empty tag result type: type 0 is (func (result i32))"),
    ("(global i32 (i32.const 0)) (func (global.set 0 (i32.const 1)))", "immutable global 0"),
    (
      "(type $a (array i8)) (func (array.set $a (ref.null $a) (i32.const 0) (i32.const 0)))",
      "immutable array: type 0"
    ),
    (
      "(table 1 externref) (func (drop (call_indirect (result i32) (i32.const 0))))",
      "type mismatch in call_indirect: table: expected elements of type funcref, found externref"
    ),
    (
      "(table 1 externref) (elem (i32.const 0) func 0) (func)",
      "type mismatch: elements for table 0: expected externref, found (ref func)"
    ),
    (
      "(func $f (result i64) (i64.const 0)) (func (result i32) (return_call $f))",
      "type mismatch in return_call: results of the callee: expected [i32], found [i64]"
    ),
    (
      "(func (result i32) (block (result i32) (block (br_table 0 1 (i32.const 0) (i32.const 0))) (i32.const 0)))",
      "type mismatch in br_table: label 1: expected [], found [i32]"
    ),
    (
      "(func (drop (select (ref.null func) (ref.null func) (i32.const 0))))",
      "type mismatch in select: select without type: expected two numbers or vectors of the same type, found [funcref funcref]"
    ),
    (
      "(type $s (struct)) (tag $t (param i32)) (func (block (try_table (catch $t 0))))",
      "type mismatch in try_table: values of the catch clause: expected [], found [i32]"
    ),
    ("(type (sub (struct))) (type (sub 0 (struct))) (type (sub 9 (struct)))", "unknown type 9: expected 0 to 2"),
  ]

  @Test("Messages begin with the standard's words, followed by values and limits", arguments: samples.indices)
  func message(index: Int) throws {
    let (module, message) = Self.samples[index]
    let error = try #require(try verdict(module), "\(module)")
    #expect(error.message == message)
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
