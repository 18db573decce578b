import NeedletailSystem
import WasmCompiler
import WebAssembly

/// A file that is read in pieces, at any offset. Closed with its last reference. Guests of this process cannot write to it until then.
package final class ArtifactFile: Sendable {
  let descriptor: FileDescriptor
  private let metadata: FileMetadata
  /// The size in bytes when it was opened.
  package let byteCount: Int

  /// - Throws: if it cannot be opened, or has no size, as a pipe.
  package convenience init(path: String) throws(ArtifactError) {
    let descriptor: FileDescriptor
    do throws(SystemError) {
      descriptor = try .open(path, [.readOnly, .nonblocking, .closeOnExecution])
    } catch {
      throw .unreadable("cannot read '\(path.printable)': \(error)")
    }
    let metadata = try? descriptor.metadata()
    guard let metadata, metadata.kind == .regular else {
      descriptor.closeIgnoringErrors()
      let found = metadata?.kind == .directory ? "expected a file, found a directory" : "expected a regular file"
      throw .unreadable("cannot read '\(path.printable)': \(found)")
    }
    self.init(descriptor, metadata)
  }

  /// Takes ownership of an open file.
  package init(_ descriptor: FileDescriptor, _ metadata: FileMetadata) {
    self.descriptor = descriptor
    self.metadata = metadata
    byteCount = Int(metadata.byteCount)
    UnwritableFiles.add(metadata)
  }

  deinit {
    UnwritableFiles.remove(metadata)
    descriptor.closeIgnoringErrors()
  }

  /// Fills a buffer with the bytes at an offset. Returns the number of bytes read: fewer if the file ends.
  func read(at offset: Int, to buffer: UnsafeMutableRawBufferPointer) throws(ArtifactError) -> Int {
    do throws(SystemError) {
      return try descriptor.fill(buffer, from: Int64(offset))
    } catch {
      throw .unreadable("cannot read the artifact: \(error)")
    }
  }
}
