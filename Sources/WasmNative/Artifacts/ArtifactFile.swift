import WasmCompiler
import WebAssembly

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that is read in pieces, at any offset. Closed with its last reference.
package final class ArtifactFile: Sendable {
  private let descriptor: Int32
  /// The size in bytes when it was opened.
  package let byteCount: Int

  /// - Throws: if it cannot be opened, or has no size, as a pipe.
  package init(path: String) throws(ArtifactError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .unreadable("cannot read '\(path.printable)': \(String(cString: strerror(errno)))")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .unreadable("cannot read '\(path.printable)': it is no ordinary file")
    }
    self.descriptor = descriptor
    byteCount = Int(status.st_size)
  }

  /// Takes ownership of an open file.
  package init(descriptor: Int32, byteCount: Int) {
    self.descriptor = descriptor
    self.byteCount = byteCount
  }

  deinit { close(descriptor) }

  /// Fills a buffer with the bytes at an offset. Returns the number of bytes read: fewer if the file ends.
  func read(at offset: Int, to buffer: UnsafeMutableRawBufferPointer) throws(ArtifactError) -> Int {
    var count = 0
    while count < buffer.count {
      let received = pread(descriptor, buffer.baseAddress! + count, buffer.count - count, off_t(offset + count))
      if received < 0, errno == EINTR { continue }
      guard received >= 0 else {
        throw .unreadable("cannot read the artifact: \(String(cString: strerror(errno)))")
      }
      if received == 0 { break }
      count += received
    }
    return count
  }
}

/// Whether two areas have equal bytes.
func memoryIsEqual(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ byteCount: Int) -> Bool {
  memcmp(a, b, byteCount) == 0
}
