#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the system says is wrong.
package struct SystemError: Error, CustomStringConvertible {
  /// The `errno`.
  package let code: Int32

  package init(code: Int32) { self.code = code }

  package var description: String { String(cString: strerror(code)) }

  static var last: SystemError { SystemError(code: errno) }
}

/// A file that is written under another name in the same folder, and gets its own when it is complete: whatever happens in between,
/// others see what was there before, or all of the new file.
///
/// What is not committed is removed; only a process that was killed leaves it.
package final class FileReplacement {
  private let folder: Int32
  private let name: String
  private let temporaryName: String
  private var descriptor: Int32

  /// What the names of files begin with that are not complete.
  static let temporaryPrefix = ".writing-"

  /// - Parameters:
  ///   - name: what the file is to be called; a path counts from the folder.
  ///   - folder: the descriptor of a folder, which stays open as long as this is used; the current one by default.
  ///   - permissions: those of a new file, from which the process's mask is taken.
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

  /// Gives the file the permissions of another.
  package func setPermissions(_ permissions: mode_t) { fchmod(descriptor, permissions & 0o777) }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) { try writeAll(bytes, to: descriptor) }

  /// Puts the file in the place of what has its name. Nothing can be written any more.
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
