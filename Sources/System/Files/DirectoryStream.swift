#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Reads the entries of a directory in order, `.` and `..` among them.
package struct DirectoryStream: ~Copyable {
  /// An entry of a directory, as a listing reports it.
  package struct Entry {
    package let inode: UInt64
    /// Nil if the file system does not report it.
    package let kind: FileKind?
    /// The bytes of the name. Valid until the next entry is read.
    package let name: UnsafeRawBufferPointer
  }

  #if canImport(Darwin)
    private let stream: UnsafeMutablePointer<DIR>
  #else
    private let stream: OpaquePointer
  #endif

  /// - Parameter path: relative to `directory`.
  package init(
    _ path: UnsafePointer<CChar>, in directory: FileDescriptor = .currentDirectory
  ) throws(SystemError) {
    // The stream takes ownership of a descriptor, and needs its own position.
    let own = try FileDescriptor.open(path, [.readOnly, .directory, .closeOnExecution], in: directory)
    guard let stream = fdopendir(own.number) else {
      let error = SystemError.last
      own.closeIgnoringErrors()
      throw error
    }
    self.stream = stream
  }

  deinit { closedir(stream) }

  /// The next entry; nil at the end.
  package func next() throws(SystemError) -> Entry? {
    errno = 0
    guard let entry = readdir(stream) else {
      guard errno == 0 else { throw .last }
      return nil
    }
    // The array of the name may be longer than the name, or than its declared type.
    let offset = MemoryLayout<dirent>.offset(of: \.d_name)!
    let name = UnsafeRawPointer(entry) + offset
    return Entry(
      inode: UInt64(entry.pointee.d_ino), kind: FileKind(entryType: entry.pointee.d_type),
      name: UnsafeRawBufferPointer(start: name, count: strlen(name.assumingMemoryBound(to: CChar.self))))
  }
}
