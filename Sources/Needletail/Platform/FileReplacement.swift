#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An error of a system call.
package struct SystemError: Error, CustomStringConvertible {
  /// The `errno`.
  package let code: Int32

  package init(code: Int32) { self.code = code }

  package var description: String { String(cString: strerror(code)) }

  static var last: SystemError { SystemError(code: errno) }
}

/// A file that is written under a temporary name in the same folder and renamed when it is complete. At any time, other processes see the
/// old contents or all of the new.
///
/// A file that is not committed is removed, except if the process was killed.
package final class FileReplacement {
  private let folder: Int32
  private let name: String
  private let temporaryName: String
  private var descriptor: Int32

  /// The prefix of the names of incomplete files.
  static let temporaryPrefix = ".writing-"

  /// - Parameters:
  ///   - name: the final name; a path is relative to the folder.
  ///   - folder: the descriptor of the folder, which must stay open while this object is used; the current folder by default.
  ///   - permissions: the permissions of a new file, before the process's mask.
  package init(
    of name: String, in folder: Int32 = AT_FDCWD, permissions: mode_t = 0o666
  ) throws(SystemError) {
    self.folder = folder
    self.name = name
    let parent = name.lastIndex(of: "/").map { name[...$0] } ?? ""
    temporaryName = "\(parent)\(Self.temporaryPrefix)\(getpid())-\(UInt64.random(in: 0 ... .max))"
    descriptor = openat(folder, temporaryName, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, permissions)
    guard descriptor >= 0 else { throw .last }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    unlinkat(folder, temporaryName, 0)
  }

  /// Sets the file's permissions, to those of the file that it replaces.
  package func setPermissions(_ permissions: mode_t) { fchmod(descriptor, permissions & 0o777) }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) { try writeAll(bytes, to: descriptor) }

  /// Renames the file to its final name, replacing any other file. Nothing can be written afterwards.
  package func commit() throws(SystemError) {
    defer { descriptor = -1 }
    guard close(descriptor) == 0, renameat(folder, temporaryName, folder, name) == 0 else {
      let error = SystemError.last
      unlinkat(folder, temporaryName, 0)
      throw error
    }
  }
}

/// Writes all bytes to a descriptor.
package func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws(SystemError) {
  var written = 0
  while written < bytes.count {
    let count = write(descriptor, bytes.baseAddress! + written, bytes.count - written)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw .last }
    written += count
  }
}
