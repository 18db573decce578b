// These streams are of unknown type, as pipes are: a character device would be taken for a terminal.

/// A stream that is always at its end, and takes and forgets everything written to it.
final class NullStream: File {
  let type = FileType.unknown

  func read(into buffers: IOBuffers) throws(Errno) -> Int { 0 }
  func write(from buffers: IOBuffers) throws(Errno) -> Int { buffers.totalCount }
}

/// What a guest wrote to a standard stream, kept in memory up to a limit.
public final class OutputBuffer: File {
  public let type = FileType.unknown
  /// What was written so far.
  public private(set) var bytes: [UInt8] = []
  /// How many bytes it takes; after that the guest is told that there is no space left (`ENOSPC`).
  public let limit: Int

  public init(limit: Int = 64 << 20) { self.limit = limit }

  /// What was written so far, as text; bytes that are not UTF-8 show as U+FFFD.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  public func removeAll() { bytes.removeAll() }

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

/// A standard input that hands out bytes given beforehand.
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

/// A standard stream served by the embedder's closure, which sees the guest's own bytes without a copy.
///
/// The closure throws an ``Errno`` to fail with that code; any other error is `EIO` to the guest.
final class ClosureInput: File {
  let type = FileType.unknown
  private let body: (UnsafeMutableRawBufferPointer) throws -> Int

  init(_ body: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) { self.body = body }

  func read(into buffers: IOBuffers) throws(Errno) -> Int {
    // One piece at a time: a closure that waits for input must not wait again once it has some.
    for buffer in buffers.buffers where buffer.count > 0 {
      let count: Int
      do { count = try body(buffer.bytes) } catch { throw error as? Errno ?? .io }
      guard (0...buffer.count).contains(count) else { throw .io }
      return count
    }
    return 0
  }
}

/// See ``ClosureInput``.
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
        // What went out is reported; the error comes again with the next write.
        guard written == 0 else { return written }
        throw error as? Errno ?? .io
      }
      written += buffer.count
    }
    return written
  }
}
