import TestSupport
import Testing
import WebAssembly

@testable import WasmCompiler

@Suite("Parallel moves")
struct ParallelMovesTests {
  @Test(
    "Each destination receives the value of its source, with any cycles",
    arguments: UInt64(0)..<500)
  func permutations(seed: UInt64) {
    var random = RandomSource(seed: seed)
    // Pairs of slots, so that all types fit. Slots hold values of both classes, as when the classes share slots.
    let slots = (0..<6).map { Allocation.slot(2 * $0) }
    let integers = TestRegisters.full.integers.prefix(3).map { Allocation.register($0) }
    let vectors = TestRegisters.full.vectors.prefix(3).map { Allocation.register($0) }
    var moves = ParallelMoves(TestRegisters.full)
    moves.prepare(slotCount: 12)
    var free = Set((slots + integers + vectors).map(\.bits))
    var wanted: [UInt32: UInt32] = [:]
    for _ in 0..<random.below(10) + 2 {
      let type = [IRType.i32, .i64, .f32, .f64, .v128][random.below(5)]
      let places = slots + (type.isFloatOrVector ? vectors : integers)
      let (from, to) = (places[random.below(places.count)], places[random.below(places.count)])
      // A location holds a value of one type.
      guard free.contains(to.bits), from != to, random.chance(90) else { continue }
      free.remove(to.bits)
      moves.add(from: from, to: to, type, at: 0)
      wanted[to.bits] = from.bits
    }
    var output = FlatArray<MachineFunction.Move>()
    moves.flush(into: &output)

    var contents: [UInt32: UInt32] = [:]
    for move in output.elements { contents[move.to.bits] = contents[move.from.bits] ?? move.from.bits }
    let made = output.elements.map { "\($0.from.bits) to \($0.to.bits)" }
    for (to, from) in wanted { #expect(contents[to] ?? to == from, "\(made)") }
  }

  @Test("Slots with an integer and a float are exchanged")
  func mixedCycle() {
    var moves = ParallelMoves(TestRegisters.full)
    moves.prepare(slotCount: 2)
    moves.add(from: .slot(0), to: .slot(1), .i32, at: 0)
    moves.add(from: .slot(1), to: .slot(0), .f32, at: 0)
    var output = FlatArray<MachineFunction.Move>()
    moves.flush(into: &output)
    var contents = [Allocation.slot(0): "integer", .slot(1): "float"]
    for move in output.elements { contents[move.to] = contents[move.from] }
    #expect(contents[.slot(0)] == "float")
    #expect(contents[.slot(1)] == "integer")
  }
}
