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

/// A file that gets its name when it is complete: until then, others see the previous file.
///
/// The new file has no name while it is written, where the system can do this (`O_TMPFILE` of open(2)), so that nothing is left of it if the
/// process is killed. Elsewhere it has a temporary name in the same folder; only a process that is killed leaves it there.
package final class FileReplacement {
  private let folder: Int32
  private let name: String
  private let temporaryName: String
  private var descriptor: Int32
  /// Whether the file has no name yet.
  private let isUnnamed: Bool

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
    let unnamed = Self.openUnnamed(in: folder, parent.isEmpty ? "." : String(parent), permissions)
    isUnnamed = unnamed != nil
    if let unnamed {
      descriptor = unnamed
      return
    }
    descriptor = openat(folder, temporaryName, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, permissions)
    guard descriptor >= 0 else { throw .last }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    if !isUnnamed { unlinkat(folder, temporaryName, 0) }
  }

  /// Opens a file without a name in a folder; nil if the system or its file system cannot do this, or could not name it later.
  private static func openUnnamed(in folder: Int32, _ path: String, _ permissions: mode_t) -> Int32? {
    #if os(Linux)
      // O_TMPFILE is not imported from C. Without O_DIRECTORY, old systems would open the folder.
      let descriptor = openat(folder, path, 0o20_000_000 | O_DIRECTORY | O_WRONLY | O_CLOEXEC, permissions)
      guard descriptor >= 0 else { return nil }
      if access(linkedPath(descriptor), F_OK) == 0 { return descriptor }
      close(descriptor)
    #endif
    return nil
  }

  /// A path of an open file, by which it can be named. (linkat(2))
  private static func linkedPath(_ descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }

  /// Sets the file's permissions, to those of the file that it replaces.
  package func setPermissions(_ permissions: mode_t) { fchmod(descriptor, permissions & 0o777) }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) { try writeAll(bytes, to: descriptor) }

  /// Renames the file to its final name, replacing any other file. Nothing can be written afterwards.
  package func commit() throws(SystemError) {
    if isUnnamed {
      let path = Self.linkedPath(descriptor)
      guard linkat(AT_FDCWD, path, folder, temporaryName, AT_SYMLINK_FOLLOW) == 0 else { throw .last }
    }
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
