import Testing
import WasmBinary
import WasmRuntime
import WasmText

@testable import WasmInterpreter

/// Pairs of instructions that one handler executes.
@Suite("Pairs")
struct PairTests {
  private enum Execution { case alone, pair, silentPair }

  /// How the instruction at each position of a module's first function executes the one after it.
  private static func executions(_ module: String) throws -> [Int: Execution] {
    let interpreter = Interpreter(InterpreterOptions(dispatch: .loop))
    let functions = try functions(of: assemble("(module \(module))"), interpreter)
    let words = try interpreter.codeWords(of: 0, in: functions, recordsSourceMap: false)
    var kinds: [Int: Execution] = [:]
    HandlerTable.shared.pairs.forEach { pair, _, isSilent in kinds[pair] = isSilent ? .silentPair : .pair }
    let listing = try BytecodeListing(functions, interpreter, function: 0)
    return Dictionary(
      uniqueKeysWithValues: listing.instructions.map { ($0.position, kinds[Int(words[$0.position])] ?? .alone) })
  }

  @Test("A result that only the second instruction reads is not written")
  func silent() throws {
    // enter; i32.load; i32.add; i32.store; return
    let found = try Self.executions(
      """
      (memory 1) (func (param i32) (i32.store (local.get 0) (i32.add (i32.load offset=8 (local.get 0)) (i32.const 1))))
      """)
    #expect(found == [0: .alone, 2: .silentPair, 4: .silentPair, 6: .pair, 8: .alone])
  }

  @Test("A local is written")
  func local() throws {
    let found = try Self.executions(
      """
      (memory 1) (func (param i32 i32) (result i32)
        (i32.store (local.get 0) (i32.add (local.tee 1 (i32.load offset=8 (local.get 0))) (local.get 0)))
        (local.get 1))
      """)
    #expect(found[2] == .pair)
  }

  @Test("The second instruction is also executed alone, where a branch ends")
  func branch() throws {
    // enter; copy; a loop of i32.add, that branches to itself
    let found = try Self.executions(
      """
      (func (param i32 i32) (local.set 1 (local.get 0))
        (loop (local.set 0 (i32.add (local.get 0) (i32.const -3)))
          (br_if 0 (i32.ne (local.get 1) (local.get 0)))))
      """)
    #expect(found[2] == .pair)
    #expect(found[4] == .pair)
  }

  @Test("A handler is not that of a pair whose second instruction was replaced")
  func takenBack() throws {
    // The comparison becomes a part of the branch, whose operand another local keeps.
    let found = try Self.executions(
      """
      (memory 1) (func (param i32 i32) (result i32)
        (local.get 1)
        (if (result i32) (i32.lt_u (i32.load (local.get 0)) (i32.const 7)) (then (i32.const 1)) (else (i32.const 2)))
        (i32.add))
      """)
    // The copy of local 1 is between the load and the branch, which reads the slot.
    #expect(found[2] == .pair)
    #expect(found.values.filter { $0 == .silentPair }.isEmpty)
  }

  @Test("A branch table takes its index from the instruction before")
  func branchTable() throws {
    // enter; i32.load8_u; i32.add; br_table; return
    let found = try Self.executions(
      """
      (memory 1) (func (param i32)
        (block (block (br_table 0 1 (i32.add (i32.load8_u (local.get 0)) (i32.const -3))))))
      """)
    #expect(found[4] == .silentPair)
  }

  @Test("A return ends a pair")
  func returns() throws {
    // enter; i32.store; return
    let stored = try Self.executions("(memory 1) (func (param i32 i32) (i32.store (local.get 0) (local.get 1)))")
    #expect(stored[2] == .pair)
    // enter; i32.and; return
    let masked = try Self.executions(
      "(func (param i32) (result i32) (i32.and (local.get 0) (i32.const 7)))")
    #expect(masked[2] == .silentPair)
  }

  @Test("Every handler has a name")
  func names() { #expect(!HandlerTable.names.contains("")) }
}
