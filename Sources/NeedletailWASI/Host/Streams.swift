// These streams have the type `unknown`, as pipes have: C libraries would treat a character device as a terminal.

/// A stream that is always at its end and discards everything written to it.
final class NullStream: File {
  let type = FileType.unknown

  func read(into buffers: IOBuffers) throws(Errno) -> Int { 0 }
  func write(from buffers: IOBuffers) throws(Errno) -> Int { buffers.totalCount }
}

/// Collects in memory what a guest writes to a standard stream, up to a limit.
public final class OutputBuffer: File {
  /// Always `unknown`, as for a pipe.
  public let type = FileType.unknown
  /// Everything written so far.
  public private(set) var bytes: [UInt8] = []
  /// The most bytes that it holds. Beyond that, writes fail with `ENOSPC`.
  public let limit: Int

  /// - Parameter limit: the most bytes to hold; 64 MiB by default.
  public init(limit: Int = 64 << 20) { self.limit = limit }

  /// Everything written so far as text. Bytes that are not UTF-8 read as U+FFFD.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Discards everything written so far.
  public func removeAll() { bytes.removeAll() }

  /// Appends bytes up to the limit; returns their number.
  public func write(from buffers: IOBuffers) throws(Errno) -> Int {
    var written = 0
    for buffer in buffers.buffers where buffer.count > 0 {
      let count = min(buffer.count, limit - bytes.count)
      guard count > 0 else { break }
      bytes.append(contentsOf: UnsafeRawBufferPointer(start: buffer.base, count: count))
      written += count
    }
    guard written > 0 || buffers.totalCount == 0 else { throw .nospc }
    return written
  }
}

/// A standard input with fixed content.
final class ByteStream: File {
  let type = FileType.unknown
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func read(into buffers: IOBuffers) throws(Errno) -> Int {
    let count = bytes.withUnsafeBytes { buffers.copy(from: UnsafeRawBufferPointer(rebasing: $0[position...])) }
    position += count
    return count
  }
}

/// A standard input served by the embedder's closure, which writes directly to the guest's memory.
///
/// If the closure throws an ``Errno``, the guest receives that code; any other error is `EIO`.
final class ClosureInput: File {
  let type = FileType.unknown
  private let body: (UnsafeMutableRawBufferPointer) throws -> Int

  init(_ body: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) { self.body = body }

  func read(into buffers: IOBuffers) throws(Errno) -> Int {
    // One buffer at a time: a closure that blocks for input must not block again once some has arrived.
    for buffer in buffers.buffers where buffer.count > 0 {
      let count: Int
      do { count = try body(buffer.bytes) } catch { throw error as? Errno ?? .io }
      guard (0...buffer.count).contains(count) else { throw .io }
      return count
    }
    return 0
  }
}

/// A standard output served by the embedder's closure, which reads directly from the guest's memory. Errors as in
/// ``ClosureInput``.
final class ClosureOutput: File {
  let type = FileType.unknown
  private let body: (UnsafeRawBufferPointer) throws -> Void

  init(_ body: @escaping (UnsafeRawBufferPointer) throws -> Void) { self.body = body }

  func write(from buffers: IOBuffers) throws(Errno) -> Int {
    var written = 0
    for buffer in buffers.buffers where buffer.count > 0 {
      do {
        try body(UnsafeRawBufferPointer(buffer.bytes))
      } catch {
        // Reports what was written; the error occurs again in the next write.
        guard written == 0 else { return written }
        throw error as? Errno ?? .io
      }
      written += buffer.count
    }
    return written
  }
}
