import Foundation
import NeedletailSystem
import Testing
import WebAssembly

@testable import WasmRuntime

/// Memories and tables that grow beyond their reservations.
@Suite struct MovingMemoryTests {
  private static func fill(_ pages: UnsafeMutableRawPointer, _ count: Int, every step: Int) {
    for page in stride(from: 0, to: count, by: step) {
      (pages + page * VirtualMemory.pageSize).storeBytes(of: UInt64(page) + 1, as: UInt64.self)
    }
  }

  private typealias Move = (UnsafeMutableRawPointer, Int, Int, Int) -> UnsafeMutableRawPointer?

  @Test(
    "A reservation that moves keeps its bytes, and is zero beyond them", arguments: [true, false], [(64, 64), (64, 80)])
  func contents(isCopied: Bool, sizes: (committed: Int, reserved: Int)) throws {
    let page = VirtualMemory.pageSize
    let old = try #require(VirtualMemory.reserve(sizes.reserved * page))
    #expect(VirtualMemory.commit(old, sizes.committed * page))
    Self.fill(old, sizes.committed, every: 3)
    let move: Move =
      isCopied
      ? { VirtualMemory.moveByCopying($0, committed: $1, reserved: $2, toReservationOf: $3) }
      : { VirtualMemory.move($0, committed: $1, reserved: $2, toReservationOf: $3) }
    let new = try #require(move(old, sizes.committed * page, sizes.reserved * page, 1000 * page))
    #expect(VirtualMemory.commit(new + sizes.committed * page, (1000 - sizes.committed) * page))
    for index in 0..<1000 {
      let expected = index < sizes.committed && index % 3 == 0 ? UInt64(index) + 1 : 0
      #expect((new + index * page).load(as: UInt64.self) == expected)
    }
    VirtualMemory.release(new, 1000 * page)
  }

  #if os(Linux)
    /// How many bytes of the process are in memory.
    private static func residentByteCount() throws -> Int {
      let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
      return try #require(Int(fields[1])) * VirtualMemory.pageSize
    }

    @Test("Untouched pages take no memory when a memory or a table grows, and no page exists twice")
    func residentPages() async {
      await #expect(processExitsWith: .success) {
        let size: UInt64 = 1 << 29
        var configuration = HeapConfiguration()
        configuration.poisonsUnusedMemory = false
        let ledger = ResourceLedger(StoreLimits(tableElementCount: .max), poisonsUnusedMemory: false)
        let state = try StoreState(
          registry: TypeRegistry(), ledger: ledger, stackByteCount: 1 << 16, heapConfiguration: configuration)
        let memory = try state.makeMemory(
          MemoryType(limits: Limits(minimum: size >> 16), addressType: .i64))
        let table = try state.makeTable(
          TableType(element: .funcref, limits: Limits(minimum: size / 8)), filledWith: 0)
        memory.bytes.storeBytes(of: 7, as: UInt64.self)
        #expect(table.setElement(at: 5, to: 9))
        let before = try Self.residentByteCount()
        for _ in 0..<4 {
          let pages = try memory.grow(by: size >> 16, in: state)
          let elements = try table.grow(by: size / 8, filling: 0, in: state) { false }
          precondition(pages != nil && elements != nil)
        }
        precondition(memory.bytes.load(as: UInt64.self) == 7 && table.element(at: 5) == 9)
        let after = try Self.residentByteCount()
        precondition(after < before + 64 << 20, "\(before), \(after)")
      }
    }
  #endif
}
