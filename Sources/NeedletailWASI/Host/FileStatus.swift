/// The metadata of a file. (`filestat`.)
public struct FileStatus: Hashable, Sendable {
  /// The ID of the file system.
  public var device: UInt64
  /// The number of the file within its file system.
  public var inode: UInt64
  /// The type of the file.
  public var type: FileType
  /// The number of hard links.
  public var linkCount: UInt64
  /// The size in bytes; for a symbolic link the length of its target.
  public var size: UInt64
  /// The last access, in nanoseconds since 1970.
  public var accessTime: UInt64
  /// The last change of the content, in nanoseconds since 1970.
  public var modificationTime: UInt64
  /// The last change of the content or the metadata, in nanoseconds since 1970.
  public var changeTime: UInt64

  /// All values but the type have defaults.
  public init(
    device: UInt64 = 0, inode: UInt64 = 0, type: FileType, linkCount: UInt64 = 1, size: UInt64 = 0,
    accessTime: UInt64 = 0, modificationTime: UInt64 = 0, changeTime: UInt64 = 0
  ) {
    self.device = device
    self.inode = inode
    self.type = type
    self.linkCount = linkCount
    self.size = size
    self.accessTime = accessTime
    self.modificationTime = modificationTime
    self.changeTime = changeTime
  }
}

/// New timestamps for a file.
public struct TimeChange: Hashable, Sendable {
  /// What to do with one timestamp.
  public enum Change: Hashable, Sendable {
    /// Leaves it as it is.
    case keep
    /// Sets it to the current time.
    case now
    /// Sets it to a time in nanoseconds since 1970.
    case at(UInt64)
  }

  /// For the time of the last access.
  public var access: Change
  /// For the time of the last modification.
  public var modification: Change

  /// - Parameters:
  ///   - access: for the time of the last access.
  ///   - modification: for the time of the last modification.
  public init(access: Change, modification: Change) {
    self.access = access
    self.modification = modification
  }
}

/// An entry of a directory, as passed by ``Directory/readEntries(from:_:)``.
public struct DirectoryEntry {
  /// The cookie of the position after this entry.
  public var next: UInt64
  /// The inode of the entry.
  public var inode: UInt64
  /// The type of the entry.
  public var type: FileType
  /// The name without a NUL; valid only during the call.
  public var name: UnsafeRawBufferPointer

  /// - Parameters:
  ///   - next: the cookie of the position after this entry.
  ///   - inode: the inode of the entry.
  ///   - type: the type of the entry.
  ///   - name: the name without a NUL; valid only during the call.
  public init(next: UInt64, inode: UInt64, type: FileType, name: UnsafeRawBufferPointer) {
    self.next = next
    self.inode = inode
    self.type = type
    self.name = name
  }
}
