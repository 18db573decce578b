// What the runtime of Embedded Swift expects of a C library: memory, and random numbers for the seeds of dictionaries.

@_extern(c, "llvm.wasm.memory.grow.i32")
private func growMemory(_ memory: Int32, _ pages: Int) -> Int

@_extern(c, "llvm.wasm.memory.size.i32")
private func memorySize(_ memory: Int32) -> Int

/// Where the linker's data and stack end. Only its address means anything.
@_extern(c, "__heap_base")
private func heapBase()

/// Blocks of 32 bytes times a power of two. What is freed waits in a list for the next that needs the same size.
private enum Heap {
  /// Right before each block that is handed out.
  struct Header {
    var start: UInt
    var sizeClass: Int
  }

  static let pageSize: UInt = 65536
  static let headerSize: UInt = 16
  nonisolated(unsafe) static var end: UInt = 0
  nonisolated(unsafe) static var free = InlineArray<32, UInt>(repeating: 0)

  static func header(of address: UInt) -> UnsafeMutablePointer<Header> {
    UnsafeMutablePointer(bitPattern: address - headerSize)!
  }

  /// A block whose address is a multiple of `alignment`, a power of two; 0 if there is no room.
  static func allocate(_ count: UInt, alignment: UInt) -> UInt {
    let alignment = max(alignment, headerSize)
    let (needed, overflow) = count.addingReportingOverflow(headerSize + alignment)
    guard !overflow, needed <= 1 << 31 else { return 0 }
    let sizeClass = max(0, UInt.bitWidth - (needed - 1).leadingZeroBitCount - 5)
    var start = free[sizeClass]
    if start != 0 {
      free[sizeClass] = UnsafePointer<UInt>(bitPattern: start)!.pointee
    } else {
      start = extend(by: 32 << UInt(sizeClass))
      if start == 0 { return 0 }
    }
    let address = (start + headerSize + alignment - 1) & ~(alignment - 1)
    header(of: address).pointee = Header(start: start, sizeClass: sizeClass)
    return address
  }

  static func release(_ address: UInt) {
    let header = header(of: address).pointee
    UnsafeMutablePointer<UInt>(bitPattern: header.start)!.pointee = free[header.sizeClass]
    free[header.sizeClass] = header.start
  }

  /// Takes what lies behind all that was ever taken; 0 if there is no room.
  private static func extend(by count: UInt) -> UInt {
    if end == 0 {
      end = (UInt(bitPattern: unsafeBitCast(heapBase as @convention(c) () -> Void, to: Int.self)) + 15) & ~15
    }
    let (newEnd, overflow) = end.addingReportingOverflow(count)
    if overflow { return 0 }
    let size = UInt(memorySize(0)) * pageSize
    if newEnd > size, growMemory(0, Int((newEnd - size + pageSize - 1) / pageSize)) < 0 { return 0 }
    defer { end = newEnd }
    return end
  }
}

@_cdecl("posix_memalign")
public func posix_memalign(_ result: UnsafeMutablePointer<UInt>, _ alignment: UInt, _ count: UInt) -> Int32 {
  result.pointee = Heap.allocate(count, alignment: alignment)
  return result.pointee == 0 ? 12 : 0
}

/// `free`, a name that the compiler keeps for itself; the linker's `--wrap=free` puts this in its place.
@_cdecl("__wrap_free")
public func wrapFree(_ address: UInt) {
  if address != 0 { Heap.release(address) }
}

@_cdecl("arc4random_buf")
public func arc4random_buf(_ bytes: UnsafeMutableRawPointer, _ count: Int) {
  _ = random_get(bytes, count)
}

@_cdecl("memcmp")
public func memcmp(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  for index in 0..<count where a[index] != b[index] { return a[index] < b[index] ? -1 : 1 }
  return 0
}
