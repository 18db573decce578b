import Testing

@testable import NeedletailSystem

/// Memory from the system, which may have none.
@Suite struct MemoryTests {
  @Test("Memory that no system has is refused")
  func refusal() {
    #expect(SystemMemory.allocate(UInt64.self, count: .max) == nil)
    #expect(SystemMemory.allocate(UInt64.self, count: -1) == nil)
    #expect(SystemMemory.allocate(UInt64.self, count: .max / 8) == nil)
    #expect(!SystemMemory.has(.max))
    #expect(VirtualMemory.reserve(1 << 60) == nil)
  }

  @Test("Memory is zero")
  func zero() throws {
    let words = try #require(SystemMemory.allocate(UInt64.self, count: 1000))
    defer { SystemMemory.deallocate(words) }
    #expect((0..<1000).allSatisfy { words[$0] == 0 })
  }

  @Test("Discarded pages are zero again")
  func discard() throws {
    let byteCount = 4 * VirtualMemory.pageSize
    let pages = try #require(VirtualMemory.reserve(byteCount))
    defer { VirtualMemory.release(pages, byteCount) }
    #expect(VirtualMemory.commit(pages, byteCount))
    pages.storeBytes(of: 7, as: UInt64.self)
    VirtualMemory.discard(pages, byteCount)
    #expect(pages.load(as: UInt64.self) == 0)
  }

  #if os(Linux)
    @Test("Pages that are mapped twice have the same bytes at both addresses")
    func aliases() throws {
      let page = VirtualMemory.pageSize
      let pages = try #require(VirtualMemory.AliasedPages(front: page, byteCount: page))
      defer { pages.release() }
      pages.writable.storeBytes(of: 0x1234, as: UInt64.self)
      #expect(pages.executable.load(as: UInt64.self) == 0x1234)
      pages.front.storeBytes(of: 1, as: UInt64.self)
    }
  #endif
}
