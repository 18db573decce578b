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

  private func copy(_ bytes: [UInt8], _ offset: Int, _ count: Int, to buffer: UnsafeMutableRawBufferPointer) {
    guard count > 0, let target = buffer.baseAddress else { return }
    bytes.withUnsafeBytes { memoryCopy(target, $0.baseAddress! + offset, count) }
  }
}
