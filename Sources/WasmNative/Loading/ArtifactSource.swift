import NeedletailSystem
import WasmCompiler
import WasmRuntime

/// The bytes of an artifact. They are read to the place where they are used, so that the checked bytes are the used ones, even if the
/// file changes.
package enum ArtifactSource: Sendable {
  case bytes([UInt8])
  case file(ArtifactFile)

  package var byteCount: Int {
    switch self {
    case .bytes(let bytes): bytes.count
    case .file(let file): file.byteCount
    }
  }

  /// Fills a buffer with the bytes at an offset.
  ///
  /// - Throws: `truncated` if there are fewer.
  func read(at offset: Int, to buffer: UnsafeMutableRawBufferPointer) throws(ArtifactError) {
    let count: Int
    switch self {
    case .bytes(let bytes):
      count = min(buffer.count, max(bytes.count - offset, 0))
      copy(bytes, offset, count, to: buffer)
    case .file(let file): count = try file.read(at: offset, to: buffer)
    }
    guard count == buffer.count else {
      throw .truncated(byteCount: offset + count, expectedByteCount: UInt64(offset + buffer.count))
    }
  }

  /// The source as plain memory for signal handlers, valid as long as the source exists.
  var raw: Raw {
    switch self {
    case .bytes(let bytes):
      // Nothing else holds the array to write to it, so its address is fixed.
      Raw(base: bytes.withUnsafeBytes { $0.baseAddress }, byteCount: bytes.count, file: .currentDirectory)
    case .file(let file): Raw(base: nil, byteCount: file.byteCount, file: file.descriptor)
    }
  }

  struct Raw: BitwiseCopyable {
    fileprivate let base: UnsafeRawPointer?
    fileprivate let byteCount: Int
    fileprivate let file: FileDescriptor

    /// Whether nothing but the process can change the bytes.
    var isPrivate: Bool { base != nil }

    /// Copies bytes at an offset. Async-signal-safe.
    ///
    /// - Returns: false if they cannot be read, or there are fewer.
    func read(at offset: Int, to target: UnsafeMutableRawPointer, _ count: Int) -> Bool {
      guard offset >= 0, count >= 0, offset <= byteCount, count <= byteCount - offset else { return false }
      guard let base else { return file.fill(target, count, from: offset) }
      memoryCopy(target, base + offset, count)
      return true
    }
  }

  private func copy(_ bytes: [UInt8], _ offset: Int, _ count: Int, to buffer: UnsafeMutableRawBufferPointer) {
    guard count > 0, let target = buffer.baseAddress else { return }
    bytes.withUnsafeBytes { memoryCopy(target, $0.baseAddress! + offset, count) }
  }
}
