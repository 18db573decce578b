#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Operations on names in a directory. The descriptor is that of the directory; paths are relative to it. With ``currentDirectory``, they
/// are ordinary paths.
extension FileDescriptor {
  /// - Parameter following: whether a symbolic link is followed.
  package func metadata(of path: UnsafePointer<CChar>, following: Bool = true) throws(SystemError) -> FileMetadata {
    var status = stat()
    _ = try retrying { fstatat(number, path, &status, following ? 0 : AT_SYMLINK_NOFOLLOW) }
    return FileMetadata(status)
  }

  /// A kind of access to a file.
  package enum Access: Sendable { case exists, write, writeAndSearch }

  /// - Throws: the reason why the user does not have the access.
  package func checkAccess(_ access: Access, to path: UnsafePointer<CChar>) throws(SystemError) {
    let mode =
      switch access {
      case .exists: F_OK
      case .write: W_OK
      case .writeAndSearch: W_OK | X_OK
      }
    _ = try retrying { faccessat(number, path, Int32(mode), 0) }
  }

  package func exists(_ path: UnsafePointer<CChar>) -> Bool { faccessat(number, path, F_OK, 0) == 0 }

  package func setTimes(
    of path: UnsafePointer<CChar>, access: FileTimeChange, modification: FileTimeChange
  ) throws(SystemError) {
    let result = withTimes(access, modification) { utimensat(number, path, $0, AT_SYMLINK_NOFOLLOW) }
    guard result == 0 else { throw .last }
  }

  package func makeDirectory(_ path: UnsafePointer<CChar>, permissions: UInt16 = 0o777) throws(SystemError) {
    _ = try retrying { mkdirat(number, path, mode_t(permissions)) }
  }

  package func removeDirectory(_ path: UnsafePointer<CChar>) throws(SystemError) {
    _ = try retrying { unlinkat(number, path, AT_REMOVEDIR) }
  }

  package func unlink(_ path: UnsafePointer<CChar>) throws(SystemError) {
    _ = try retrying { unlinkat(number, path, 0) }
  }

  package func rename(
    _ path: UnsafePointer<CChar>, to directory: FileDescriptor, as newPath: UnsafePointer<CChar>
  ) throws(SystemError) {
    _ = try retrying { renameat(number, path, directory.number, newPath) }
  }

  /// Creates a hard link.
  ///
  /// - Parameter following: whether a symbolic link is followed.
  package func link(
    _ path: UnsafePointer<CChar>, following: Bool = false, to directory: FileDescriptor,
    as newPath: UnsafePointer<CChar>
  ) throws(SystemError) {
    _ = try retrying { linkat(number, path, directory.number, newPath, following ? AT_SYMLINK_FOLLOW : 0) }
  }

  package func createSymbolicLink(
    _ path: UnsafePointer<CChar>, to target: UnsafePointer<CChar>
  ) throws(SystemError) {
    _ = try retrying { symlinkat(target, number, path) }
  }

  /// Reads the target of a symbolic link. Returns the number of bytes; as many as the buffer has if there may be more.
  package func readLink(
    _ path: UnsafePointer<CChar>, into buffer: UnsafeMutableBufferPointer<CChar>
  ) throws(SystemError) -> Int {
    try retrying { readlinkat(number, path, buffer.baseAddress!, buffer.count) }
  }
}

/// Paths of the process.
package enum FilePath {
  /// The absolute path without symbolic links; nil if there is no such file.
  package static func resolved(_ path: UnsafePointer<CChar>) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
