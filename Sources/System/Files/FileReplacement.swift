/// A file that gets its name when it is complete: until then, other processes see the previous file.
///
/// While it is written, the new file has no name if the system supports that (`O_TMPFILE` of open(2)), so that nothing is left if the
/// process is killed. Otherwise it has a temporary name in the same folder, which is left only if the process is killed.
package final class FileReplacement {
  private let folder: FileDescriptor
  private let name: String
  private let temporaryName: String
  private var descriptor: FileDescriptor?
  /// Whether the file has no name yet.
  private let isUnnamed: Bool

  /// The prefix of the names of incomplete files.
  package static let temporaryPrefix = ".writing-"

  /// - Parameters:
  ///   - name: the final name; a path is relative to the folder.
  ///   - folder: the descriptor of the folder, which must stay open while this object is used; the current folder by default.
  ///   - permissions: the permissions of a new file, before the process's mask.
  package init(
    of name: String, in folder: FileDescriptor = .currentDirectory, permissions: UInt16 = 0o666
  ) throws(SystemError) {
    self.folder = folder
    self.name = name
    let parent = name.lastIndex(of: "/").map { name[...$0] } ?? ""
    temporaryName =
      "\(parent)\(Self.temporaryPrefix)\(CurrentProcess.identifier)-\(UInt64.random(in: 0 ... .max))"
    if let unnamed = Self.openUnnamed(in: folder, parent.isEmpty ? "." : String(parent), permissions) {
      isUnnamed = true
      descriptor = unnamed
      return
    }
    isUnnamed = false
    descriptor = try .open(
      temporaryName, [.writeOnly, .create, .exclusive, .noFollow, .closeOnExecution], permissions: permissions,
      in: folder)
  }

  deinit {
    guard let descriptor else { return }
    descriptor.closeIgnoringErrors()
    if !isUnnamed { removeTemporaryName() }
  }

  private func removeTemporaryName() {
    do throws(SystemError) { try folder.unlink(temporaryName) } catch {}
  }

  /// Opens a file without a name in a folder; nil if the system or file system does not support it, or could not name it later.
  private static func openUnnamed(in folder: FileDescriptor, _ path: String, _ permissions: UInt16) -> FileDescriptor? {
    #if os(Linux)
      let flags: FileDescriptor.OpenFlags = [.unnamed, .writeOnly, .closeOnExecution]
      guard let descriptor = try? FileDescriptor.open(path, flags, permissions: permissions, in: folder) else {
        return nil
      }
      if FileDescriptor.currentDirectory.exists(linkedPath(descriptor)) { return descriptor }
      descriptor.closeIgnoringErrors()
    #endif
    return nil
  }

  /// A path of an open file, by which it can be linked. (linkat(2))
  private static func linkedPath(_ descriptor: FileDescriptor) -> String { "/proc/self/fd/\(descriptor.number)" }

  /// Sets the file's permissions, to those of the file that it replaces. Errors are ignored.
  package func setPermissions(_ permissions: UInt16) {
    do throws(SystemError) { try descriptor?.setPermissions(permissions) } catch {}
  }

  /// - Requires: not committed yet.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) { try descriptor!.writeAll(bytes) }

  /// Renames the file to its final name, replacing any other file. Nothing can be written afterwards.
  package func commit() throws(SystemError) {
    guard let descriptor else { return }
    if isUnnamed {
      try FileDescriptor.currentDirectory.link(
        Self.linkedPath(descriptor), following: true, to: folder, as: temporaryName)
    }
    self.descriptor = nil
    do throws(SystemError) {
      try descriptor.close()
      try folder.rename(temporaryName, to: folder, as: name)
    } catch {
      removeTemporaryName()
      throw error
    }
  }
}
