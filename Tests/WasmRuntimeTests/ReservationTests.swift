import Foundation
import NeedletailSystem
import Testing
import WebAssembly

@testable import WasmRuntime

/// Address space that memories and stacks of several stores use one after another.
@Suite(.serialized) struct ReservationTests {
  private static let page = VirtualMemory.pageSize

  /// Whether the process can read a byte.
  private static func isAccessible(_ address: UnsafeMutableRawPointer) -> Bool {
    // The system reads the byte on behalf of the process, and fails instead of raising a signal.
    var descriptors: [Int32] = [0, 0]
    guard pipe(&descriptors) == 0 else { return false }
    defer { for descriptor in descriptors { close(descriptor) } }
    return write(descriptors[1], address, 1) == 1
  }

  private static func fill(_ file: borrowing MemoryFile, _ byte: UInt8, _ count: Int) -> Bool {
    [UInt8](repeating: byte, count: count).withUnsafeBytes { file.write($0, at: 0) }
  }

  @Test("A reservation that is used again is zero, and only its first bytes are accessible")
  func reuse() throws {
    var first = try #require(MemoryReservation.take(accessible: 1 << 16, image: nil))
    let hasGrown = first.makeAccessible(40 << 20)
    #expect(hasGrown)
    let base = first.base
    for offset in stride(from: 0, to: 40 << 20, by: Self.page) { (base + offset).storeBytes(of: 0xEE, as: UInt8.self) }
    first.giveBack()
    // Other tests may take it in the meantime.
    for accessible in [1 << 16, 3 << 20, 0, 20 << 20] {
      let next = try #require(MemoryReservation.take(accessible: accessible, image: nil))
      #expect(next.accessibleByteCount == accessible)
      for offset in stride(from: 0, to: accessible, by: Self.page) {
        #expect((next.base + offset).load(as: UInt64.self) == 0)
      }
      for offset in [accessible, accessible + Self.page, 39 << 20, 4 << 30] where offset >= accessible {
        #expect(!Self.isAccessible(next.base + offset))
      }
      if accessible > 0 {
        #expect(Self.isAccessible(next.base + accessible - 1))
        memoryFill(next.base, 0xEE, accessible)
      }
      next.giveBack()
    }
  }

  @Test("An image follows zeros and another image")
  func images() throws {
    func image(_ byte: UInt8, _ range: Range<Int>) throws -> DataImage {
      try #require(DataImage(range) { Self.fill($0, byte, range.count) })
    }
    let images = try [
      nil, image(1, 0..<Self.page), image(2, Self.page..<4 * Self.page), image(3, 0..<32 * Self.page), nil,
    ]
    for round in 0..<10 {
      for image in images {
        let accessible = max(image?.end ?? 0, round * Self.page)
        let reservation = try #require(MemoryReservation.take(accessible: accessible, image: image))
        for page in 0..<accessible / Self.page {
          let byte = (reservation.base + page * Self.page + round).load(as: UInt8.self)
          let isInImage = image.map { $0.start..<$0.end ~= page * Self.page } ?? false
          #expect(isInImage ? byte > 0 : byte == 0)
        }
        #expect(!Self.isAccessible(reservation.base + accessible))
        if accessible > 0 { memoryFill(reservation.base, 0xEE, accessible) }
        reservation.giveBack()
      }
    }
    for image in images { image?.retire() }
  }

  @Test("A reservation with an image of an ended module is not kept")
  func retirement() async {
    // In a process of its own: here, other tests may get the address space that is given back.
    await #expect(processExitsWith: .success) {
      let image = try #require(DataImage(0..<Self.page) { Self.fill($0, 7, Self.page) })
      let reservation = try #require(MemoryReservation.take(accessible: Self.page, image: image))
      let base = reservation.base
      image.retire()
      reservation.giveBack()
      #expect(!Self.isAccessible(base))
    }
  }

  @Test("A stack that is used again is zero")
  func stacks() throws {
    for _ in 0..<5 {
      let stack = try SlotStack(byteCount: 300_000, spareByteCount: 5000, poisons: false)
      for index in stride(from: 0, to: stack.byteCount, by: 512) {
        #expect((UnsafeMutableRawPointer(stack.base) + index).load(as: UInt64.self) == 0)
      }
      memoryFill(UnsafeMutableRawPointer(stack.base), 0xEE, stack.byteCount)
    }
  }
}
