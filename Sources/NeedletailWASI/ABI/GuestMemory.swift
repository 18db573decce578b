/// An address in the guest's memory.
typealias GuestPointer = UInt32

/// The guest's memory during one host call. Every access is bounds-checked; a bad address is `EFAULT`, not a trap.
///
/// Invariant: `base` is valid for `count` bytes until the host call that made this value ends.
struct GuestMemory {
  let base: UnsafeMutableRawPointer
  let count: Int

  init(_ bytes: UnsafeMutableRawBufferPointer) {
    // An empty memory may have no base address. Any address serves: only empty ranges pass the checks.
    base = bytes.baseAddress ?? UnsafeMutableRawPointer(bitPattern: 16)!
    count = bytes.count
  }

  /// The `count` bytes at `address`, read and written in place.
  ///
  /// - Throws: `EFAULT` if they are out of bounds.
  @inline(__always)
  func bytes(at address: GuestPointer, count: UInt32) throws(Errno) -> UnsafeMutableRawBufferPointer {
    let end = UInt64(address) + UInt64(count)
    guard end <= UInt64(self.count) else { throw .fault }
    return UnsafeMutableRawBufferPointer(start: base + Int(address), count: Int(count))
  }

  /// The address of an element in a table of structures.
  ///
  /// - Throws: `EFAULT` if it is out of bounds. The multiplication of two 32-bit values cannot overflow 64 bits.
  @inline(__always)
  func element(_ index: UInt32, of table: GuestPointer, stride: UInt32) throws(Errno) -> UnsafeMutableRawPointer {
    let start = UInt64(table) + UInt64(index) * UInt64(stride)
    guard start + UInt64(stride) <= UInt64(count) else { throw .fault }
    return base + Int(start)
  }

  @inline(__always)
  func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at address: GuestPointer) throws(Errno) -> T {
    let bytes = try bytes(at: address, count: UInt32(MemoryLayout<T>.size))
    return T(littleEndian: bytes.loadUnaligned(as: T.self))
  }

  @inline(__always)
  func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at address: GuestPointer) throws(Errno) {
    let bytes = try bytes(at: address, count: UInt32(MemoryLayout<T>.size))
    bytes.storeBytes(of: value.littleEndian, as: T.self)
  }

  /// The path at `address`.
  ///
  /// - Throws: `EFAULT`, and as ``GuestPath/init(_:)``.
  func path(at address: GuestPointer, count: UInt32) throws(Errno) -> GuestPath {
    try GuestPath(UnsafeRawBufferPointer(bytes(at: address, count: count)))
  }

  /// Copies `source` to `address`.
  ///
  /// - Throws: `EFAULT`; `EOVERFLOW` if `source` has 4 GiB or more.
  func copy(_ source: UnsafeRawBufferPointer, to address: GuestPointer) throws(Errno) {
    guard let count = UInt32(exactly: source.count) else { throw .overflow }
    let destination = try bytes(at: address, count: count)
    copyBytes(from: source, to: destination)
  }
}

/// A separate function because Swift 6.3.1 miscompiles throwing functions that end in a call of `memcpy`.
@inline(never)
func copyBytes(from source: UnsafeRawBufferPointer, to destination: UnsafeMutableRawBufferPointer) {
  guard source.count > 0 else { return }
  destination.copyMemory(from: source)
}

extension UnsafeMutableRawPointer {
  @inline(__always)
  func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, offset: Int) -> T {
    T(littleEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  @inline(__always)
  func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, offset: Int) {
    storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
  }
}
