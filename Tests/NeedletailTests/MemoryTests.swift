import Needletail
import Testing

/// Linear memories that the host creates, reads and writes.
@Suite struct MemoryTests {
  private let store: Store

  init() throws { store = try Store(Engine()) }

  private func memory(_ minimum: UInt64, _ maximum: UInt64? = nil) throws -> Memory {
    try Memory(store, type: MemoryType(limits: Limits(minimum: minimum, maximum: maximum)))
  }

  private func trapCode(_ body: () throws -> Void) -> TrapCode? {
    do {
      try body()
      return nil
    } catch { return (error as? Trap)?.code }
  }

  // MARK: Size

  @Test("Sizes are in pages and bytes; growing returns the previous size, and nil above the maximum")
  func growth() throws {
    let memory = try memory(1, 3)
    #expect(memory.pageCount == 1 && memory.byteCount == 65_536 && memory.type.limits == Limits(minimum: 1, maximum: 3))
    #expect(memory.grow(by: 2) == 1)
    #expect(memory.pageCount == 3 && memory.byteCount == 3 * 65_536)
    #expect(memory.grow(by: 0) == 3)
    #expect(memory.grow(by: 1) == nil && memory.grow(by: .max) == nil)
    #expect(memory.type.limits == Limits(minimum: 3, maximum: 3))
  }

  @Test("The page size of a type is used")
  func pageSize() throws {
    let memory = try Memory(store, type: MemoryType(limits: Limits(minimum: 5), pageSizeLog2: 0))
    #expect(memory.pageCount == 5 && memory.byteCount == 5)
    #expect(memory.grow(by: 10) == 5 && memory.byteCount == 15)
    #expect(trapCode { try memory.store(UInt8(1), at: 15) } == .outOfBoundsMemoryAccess)
  }

  @Test("The limits of the store apply to new and growing memories")
  func limits() throws {
    let store = try Store(Engine(), limits: Store.Limits(memoryByteCount: 2 << 16, memoryCount: 1))
    let type = MemoryType(limits: Limits(minimum: 1))
    // What is refused does not count.
    #expect(throws: LimitExceeded.self) { try Memory(store, type: MemoryType(limits: Limits(minimum: 3))) }
    let memory = try Memory(store, type: type)
    #expect(memory.grow(by: 2) == nil && memory.grow(by: 1) == 1)
    #expect(throws: LimitExceeded.self) { try Memory(store, type: type) }
  }

  // MARK: Numbers, bytes and strings

  @Test("Integers are little-endian, of any alignment")
  func integers() throws {
    let memory = try memory(1)
    try memory.store(UInt64(0x0807_0605_0403_0201), at: 3)
    #expect(try memory.readBytes(at: 3, count: 8) == [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(try memory.load(UInt16.self, at: 4) == 0x0302)
    #expect(try memory.load(Int8.self, at: 10) == 8)
    try memory.store(Int32(-2), at: 65_532)
    #expect(try memory.load(Int32.self, at: 65_532) == -2)
  }

  @Test("Bytes and strings are copied; strings must be UTF-8")
  func strings() throws {
    let memory = try memory(1)
    try memory.write("grüße\0", at: 65_536 - 8)
    #expect(try memory.readString(at: 65_536 - 8, count: 7) == "grüße")
    #expect(try memory.readCString(at: 65_536 - 8) == "grüße")
    #expect(try memory.readCString(at: 65_535) == "")
    #expect(try memory.readString(at: 65_536, count: 0) == "")
    // The second byte of ü.
    let error = #expect(throws: StringError.self) { try memory.readString(at: 65_536 - 5, count: 2) }
    #expect(error?.address == 65_536 - 5 && error?.description == "no UTF-8 at address 65531")
    #expect(throws: StringError.self) { try memory.readCString(at: 65_536 - 5) }
    try memory.write([1], at: 65_535)
    #expect(trapCode { _ = try memory.readCString(at: 65_530) } == .outOfBoundsMemoryAccess)
  }

  @Test("Accesses outside the memory trap, and write nothing", arguments: [65_536, .max - 1, .max] as [UInt64])
  func bounds(end: UInt64) throws {
    let memory = try memory(1)
    let accesses: [() throws -> Void] = [
      { _ = try memory.load(UInt32.self, at: end - 2) }, { try memory.store(UInt32.max, at: end - 2) },
      { _ = try memory.readBytes(at: end - 2, count: 3) }, { try memory.write([1, 2, 3], at: end - 2) },
      { _ = try memory.readString(at: end, count: 1) }, { try memory.write("abc", at: end - 2) },
      { _ = try memory.readCString(at: end) },
      { try memory.withUnsafeMutableBytes(at: end, count: 1) { _ in } },
      { try memory.withUnsafeMutableBytes(at: 1, count: .max) { _ in } },
    ]
    for (index, access) in accesses.enumerated() {
      #expect(trapCode(access) == .outOfBoundsMemoryAccess, "access \(index)")
    }
    #expect(try memory.readBytes(at: 65_534, count: 2) == [0, 0])
  }

  // MARK: Views

  @Test("Views have all bytes, and writes through them reach the guest", arguments: TestedEngine.all)
  func viewsOfGuest(tested: TestedEngine) throws {
    let instance = try tested.make().instantiate(
      """
      (memory (export "memory") 1) (data (i32.const 65535) "\\07")
      (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
      """)
    let memory = instance.memory("memory")!
    let last = memory.withBytes { ($0.byteCount, $0.unsafeLoad(fromByteOffset: 65_535, as: UInt8.self)) }
    #expect(last == (65_536, 7))
    memory.withMutableBytes { $0.storeBytes(of: 5, toByteOffset: 1, as: UInt8.self) }
    let count = try memory.withUnsafeMutableBytes(at: 2, count: 4) { bytes in
      bytes[3] = 6
      return bytes.count
    }
    #expect(count == 4)
    let load = try instance.function("load")!.typed(UInt32.self, returning: UInt32.self)
    #expect(try [load(1), load(5)] == [5, 6])
  }

  @Test("A memory does not move during access to its bytes", arguments: [AddressType.i64, .i32])
  func views(addressType: AddressType) throws {
    let memory = try Memory(
      store, type: MemoryType(limits: Limits(minimum: 1, maximum: 100_000), addressType: addressType))
    try memory.write([1, 2, 3], at: 10)
    let mayGrow = addressType == .i32
    let sum = memory.withBytes { bytes in
      #expect((memory.grow(by: 5000) != nil) == mayGrow)
      memory.withBytes { _ in #expect((memory.grow(by: 5000) != nil) == mayGrow) }
      return Int(bytes.unsafeLoad(fromByteOffset: 11, as: UInt8.self))
    }
    #expect(sum == 2)
    memory.withMutableBytes { bytes in
      #expect((memory.grow(by: 5000) != nil) == mayGrow)
      bytes.storeBytes(of: 9, toByteOffset: 12, as: UInt8.self)
    }
    memory.withUnsafeMutableBytes { _ in #expect((memory.grow(by: 5000) != nil) == mayGrow) }
    try memory.withUnsafeMutableBytes(at: 10, count: 3) { _ in
      let old = memory.grow(by: 5000)
      #expect((old != nil) == mayGrow)
    }
    #expect(throws: CancellationError.self) {
      try memory.withBytes { _ in throw CancellationError() }
    }
    #expect(memory.grow(by: 5000) != nil)
    #expect(try memory.readBytes(at: 10, count: 3) == [1, 2, 9])
  }

  @Test("A guest cannot move a memory during access to its bytes", arguments: TestedEngine.all)
  func viewDuringCall(tested: TestedEngine) throws {
    let instance = try tested.make().instantiate(
      """
      (memory (export "memory") i64 1 100000)
      (func (export "grow") (result i64) (memory.grow (i64.const 5000)))
      """)
    let memory = instance.memory("memory")!
    try memory.withBytes { bytes in
      let grown = try instance.function("grow")!.call()[0].i64
      #expect(grown == -1)
      #expect(bytes.byteCount == 65_536 && bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self) == 0)
    }
    #expect(try instance.function("grow")!.call()[0].i64 == 1)
  }
}
