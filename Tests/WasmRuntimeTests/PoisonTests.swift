import Testing
import WebAssembly

@testable import WasmRuntime

@Suite("Unused memory is poisoned")
struct PoisonTests {
  @Test("As a reference the pattern is neither null, i31 nor an address; as a type index it is out of range")
  func pattern() {
    #expect(Poison.word & 1 == 0)
    // Neither all zeros nor all ones above bit 46.
    #expect(Poison.word >> 47 != 0 && Poison.word >> 47 != 0x1FFFF)
    #expect(UInt32(truncatingIfNeeded: Poison.word) > UInt32(HeapObject.typeCount))
  }

  @Test("Memory for an object is poisoned until the object is initialized", arguments: [64, 5_000, 100_000])
  func freshCells(byteCount: Int) throws {
    let fixture = try HeapFixture(isPoisoned: true)
    for _ in 0..<2 {
      let object = fixture.heap.allocate(
        byteCount, sizeClass: SizeClass.of(byteCount), stackTop: fixture.state.context.pointee.stackTop)!
      for offset in stride(from: 0, to: byteCount, by: 8) {
        #expect(object.load(fromByteOffset: offset, as: Slot.self) == Poison.word)
      }
      // Initializes the object, so that the heap is consistent.
      object.storeBytes(of: UInt64(fixture.bytes) | UInt64(byteCount - 8) << 32, as: UInt64.self)
      for offset in stride(from: 8, to: byteCount, by: 8) {
        object.storeBytes(of: 0, toByteOffset: offset, as: Slot.self)
      }
    }
  }

  @Test("Cells of unreachable objects are poisoned", arguments: [false, true])
  func freedCells(hasLiveNeighbour: Bool) throws {
    let fixture = try HeapFixture(isPoisoned: true)
    let dead = fixture.makeNode(7, next: 0)!
    let live = fixture.makeNode(8, next: 0)!
    let root = hasLiveNeighbour ? fixture.heap.roots.hold(live) : nil
    fixture.collect()
    #expect(fixture.value(dead) == Poison.word && fixture.next(dead) == Poison.word)
    #expect(!hasLiveNeighbour || fixture.value(live) == 8)
    root.map(fixture.heap.roots.release)
  }

  @Test("Nothing is poisoned if the setting is off")
  func off() throws {
    let fixture = try HeapFixture(isPoisoned: false)
    let dead = fixture.makeNode(7, next: 0)!
    fixture.collect()
    #expect(fixture.value(dead) == 7)
  }

  @Test("New stacks and the spare capacity of a grown table are poisoned")
  func stackAndTable() throws {
    let fixture = try HeapFixture(isPoisoned: true)
    #expect(fixture.state.context.pointee.stackTop[100] == Poison.word)
    let type = TableType(element: ReferenceType(isNullable: true, heapType: .any), limits: Limits(minimum: 10))
    let table = try fixture.state.makeTable(type, filledWith: 0)
    #expect(try table.grow(by: 1, filling: 0, in: fixture.state) { false } == 10)
    #expect(table.cell.pointee.elements[10] == 0 && table.cell.pointee.elements[11] == Poison.word)
  }

  @Test("A collection ends the process at a reference to no object")
  func references() async {
    await #expect(processExitsWith: .failure) {
      let fixture = try HeapFixture(isPoisoned: true)
      // The next object reuses the cell of the first one.
      _ = fixture.makeNode(6, next: 0)
      let dead = fixture.makeNode(7, next: 0)!
      fixture.collect()
      _ = fixture.makeNode(8, next: dead)
      fixture.collect()
    }
    await #expect(processExitsWith: .failure) {
      let fixture = try HeapFixture(isPoisoned: true)
      // An array that was never initialized.
      _ = fixture.heap.makeArray(
        fixture.references, length: 10, stackTop: fixture.state.context.pointee.stackTop)
      fixture.collect()
    }
  }

  @Test("A collection ends the process at an allocated cell without an object")
  func cells() async {
    await #expect(processExitsWith: .failure) {
      let fixture = try HeapFixture(isPoisoned: true)
      _ = fixture.heap.allocate(24, sizeClass: SizeClass.of(24), stackTop: fixture.state.context.pointee.stackTop)
      fixture.collect()
    }
  }
}
