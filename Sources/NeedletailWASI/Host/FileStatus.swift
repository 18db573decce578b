/// What is known of a file without opening it. (`filestat`.)
public struct FileStatus: Hashable, Sendable {
  public var device: UInt64
  public var inode: UInt64
  public var type: FileType
  public var linkCount: UInt64
  /// In bytes; for a symbolic link the length of its target.
  public var size: UInt64
  /// Times are nanoseconds since 1970.
  public var accessTime: UInt64
  public var modificationTime: UInt64
  public var changeTime: UInt64

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
  public enum Change: Hashable, Sendable {
    case keep
    case now
    /// Nanoseconds since 1970.
    case at(UInt64)
  }

  public var access: Change
  public var modification: Change

  public init(access: Change, modification: Change) {
    self.access = access
    self.modification = modification
  }
}

/// One name in a directory, as ``Directory/readEntries(from:_:)`` hands it over.
public struct DirectoryEntry {
  /// The cookie at which a listing goes on behind this entry.
  public var next: UInt64
  public var inode: UInt64
  public var type: FileType
  /// Valid only during the call.
  public var name: UnsafeRawBufferPointer

  public init(next: UInt64, inode: UInt64, type: FileType, name: UnsafeRawBufferPointer) {
    self.next = next
    self.inode = inode
    self.type = type
    self.name = name
  }
}
