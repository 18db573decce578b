import Testing
import WebAssembly

/// Typing rules that the standard's suite does not test, or not with all proposals enabled.
@Suite struct TypingTests {
  static let valid: [String] = [
    // Unknown operand types in unreachable code match any type.
    "(func (result i32) (unreachable) (select))",
    "(func (result i32) (unreachable) (i32.add))",
    "(func (result (ref func)) (unreachable) (ref.as_non_null))",
    "(type $t (array i64)) (func (result (ref $t)) (unreachable) (array.new_fixed $t 100000))",
    "(func (unreachable) (br_table 0 0 (i32.const 0)))",
    // A branch uses the label's types; an operand keeps its own type.
    "(func (result funcref) (block (result funcref) (br_if 0 (ref.null nofunc) (i32.const 0))))",
    // Copies between memories of different address types have a 32-bit count.
    "(memory 1) (memory i64 1) (func (memory.copy 0 1 (i32.const 0) (i64.const 0) (i32.const 0)))",
    "(memory i64 1) (memory i64 1) (func (memory.copy 0 1 (i64.const 0) (i64.const 0) (i64.const 0)))",
    "(table i64 1 funcref) (func (result i64) (table.grow (ref.null func) (i64.const 1)))",
    // Locals set in a block are initialized in the rest of the block and in nested blocks.
    "(func (param (ref func)) (local (ref func)) (block (local.set 1 (local.get 0)) (block (drop (local.get 1)))))",
    // Structurally equal recursion groups define the same types.
    "(rec (type $a (struct (field (ref null $b)))) (type $b (struct (field (ref null $a))))) "
      + "(rec (type $c (struct (field (ref null $d)))) (type $d (struct (field (ref null $c))))) "
      + "(func (param (ref $a)) (result (ref $c)) (local.get 0))",
    // The type of a label must not be used as a position in the pool of types, which would be 300 MB after its start.
    "(rec \(String(repeating: "(type (struct))", count: 20_000))) "
      + "(func (param (ref null 19999) i32) (result (ref null 19999)) (br_table 0 0 (local.get 0) (local.get 1)))",
    // An exception's payload and reference may go to a label with more general types.
    "(tag $e (param i32)) (func (result i32 exnref) (try_table (catch_ref $e 0)) (unreachable))",
    // Nested legacy handlers, with a rethrow to the outer one.
    "(tag $e (param i32)) (func (try (do) (catch $e (drop) (try (do) (catch_all (rethrow 1))))))",
  ]

  @Test("Valid", arguments: valid)
  func isValid(module: String) throws {
    let error = try verdict(module)
    #expect(error == nil, "\(error?.message ?? "")")
  }

  static let invalid: [(module: String, message: String)] = [
    ("(func (unreachable) (ref.as_non_null) (i32.eqz) (drop))", "type mismatch"),
    ("(func (unreachable) (i64.const 0) (i32.add) (drop))", "type mismatch"),
    ("(func (result i32) (unreachable) (select (result i64)))", "type mismatch"),
    ("(memory 1) (memory i64 1) (func (memory.copy 0 1 (i32.const 0) (i64.const 0) (i64.const 0)))", "type mismatch"),
    (
      "(func (param (ref func)) (local (ref func)) (block (local.set 1 (local.get 0))) (drop (local.get 1)))",
      "uninitialized local"
    ),
    (
      "(type $a (sub (struct))) (type $b (sub $a (struct))) (func (param (ref $a)) (result (ref $b)) (local.get 0))",
      "type mismatch"
    ),
    ("(type $a (struct)) (type $b (sub $a (struct)))", "sub type"),
    ("(type (func)) (func (call_ref 0 (i32.const 0)))", "type mismatch"),
    ("(type (struct)) (func (type 0))", "type mismatch"),
    ("(tag $e (param i32)) (func (try_table (catch_all_ref 0)))", "type mismatch"),
    ("(tag $e) (func (block (rethrow 0)))", "invalid rethrow label"),
    ("(func $f (result i32) (i32.const 0)) (func (return_call $f))", "type mismatch"),
    (
      "(func (block (block (result i32) (br_table 0 1 (i32.const 0) (i32.const 0))) (drop)))",
      "type mismatch"
    ),
    ("(rec (type (sub 1 (struct))) (type (sub (struct))))", "sub type 0 has forward super type 1"),
  ]

  @Test("Invalid", arguments: invalid.indices)
  func isInvalid(index: Int) throws {
    let (module, message) = Self.invalid[index]
    let error = try #require(try verdict(module), "\(module)")
    guard case .invalid = error else {
      Issue.record("\(error)")
      return
    }
    #expect(error.message.hasPrefix(message), "\(error.message)")
  }

  static let malformed: [(body: [UInt8], message: String)] = [
    ([0, 0x05, 0x0B], "END opcode expected"),
    ([0, 0x19, 0x0B], "END opcode expected"),
    ([0, 0x02, 0x40, 0x18, 0x00, 0x0B], "END opcode expected"),
    ([0, 0x27, 0x0B], "illegal opcode 27"),
    ([0, 0xFC, 0x7F, 0x0B], "illegal opcode fc 7f"),
    ([0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0x0B], "integer representation too long"),
    ([0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x70, 0x0B, 0x0B], "integer too large"),
    ([0, 0x02, 0x40, 0x0B], "unexpected end"),
    ([0, 0x0B, 0x0B], "section size mismatch"),
    ([0, 0x41, 0x0B], "unexpected end"),
    ([0, 0xFC, 0x09, 0x00, 0x0B], "data count section required"),
    ([0, 0x41, 0x00, 0x28, 0x80, 0x01, 0x00, 0x1A, 0x0B], "malformed memop flags"),
  ]

  @Test("Malformed sequences of instructions", arguments: malformed.indices)
  func isMalformed(index: Int) throws {
    let (body, message) = Self.malformed[index]
    let error = try #require(verdict(try module(bodies: [body])))
    guard case .malformed = error else {
      Issue.record("\(error)")
      return
    }
    #expect(error.message.hasPrefix(message), "\(error.message)")
  }
}
