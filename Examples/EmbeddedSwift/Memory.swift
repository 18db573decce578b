// The functions that Embedded Swift needs from a C library: memory allocation, and random numbers to seed dictionaries.

@_extern(c, "llvm.wasm.memory.grow.i32")
private func growMemory(_ memory: Int32, _ pages: Int) -> Int

@_extern(c, "llvm.wasm.memory.size.i32")
private func memorySize(_ memory: Int32) -> Int

/// The end of the data and stack, from the linker. Only the address has a meaning.
@_extern(c, "__heap_base")
private func heapBase()

/// Allocates blocks of 32 bytes times a power of two. Freed blocks are kept in one list per size.
private enum Heap {
  /// Precedes each allocated block.
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

  /// Allocates a block at a multiple of `alignment`, a power of two. Returns 0 if there is no memory.
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

  /// Takes memory from beyond all earlier blocks. Returns 0 if there is none.
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

/// `free`. The compiler reserves that name, so the linker option `--wrap=free` redirects it to this function.
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
