/// How a file is to be opened, in terms of the host side.
public struct OpenRequest: Hashable, Sendable {
  public var flags: OpenFlags
  public var descriptorFlags: DescriptorFlags
  public var reads: Bool
  public var writes: Bool

  public init(
    _ flags: OpenFlags = [], descriptorFlags: DescriptorFlags = [], reads: Bool = true, writes: Bool = false
  ) {
    self.flags = flags
    self.descriptorFlags = descriptorFlags
    self.reads = reads
    self.writes = writes
  }
}

/// What opening a path gave.
public enum OpenedObject {
  case file(any File)
  case directory(any Directory)

  public var object: any FileSystemObject {
    switch self {
    case .file(let file): file
    case .directory(let directory): directory
    }
  }
}

/// A directory of some file system, the unit of what a guest is given access to.
///
/// The first group of functions takes a single ``FileName``, which can be `.` but never `..` nor hold a slash, and none
/// of them follows a symbolic link that the name may be: what cannot leave the directory needs no check. Paths are
/// resolved to a directory and a name by ``resolve(_:_:)``, in one place for all file systems (``PathWalk``), unless a
/// file system has a better way that is just as safe.
public protocol Directory: FileSystemObject {
  /// The directory of this name; `ENOTDIR` or `ELOOP` if it is something else, a symbolic link included.
  func openDirectory(_ name: FileName) throws(Errno) -> any Directory
  func open(_ name: FileName, _ request: OpenRequest) throws(Errno) -> OpenedObject
  func status(of name: FileName) throws(Errno) -> FileStatus
  func setTimes(of name: FileName, _ change: TimeChange) throws(Errno)
  /// The target of a symbolic link; `EINVAL` if it is something else. No longer than ``GuestPath/maximumCount``.
  func readLink(_ name: FileName) throws(Errno) -> [UInt8]
  func createDirectory(_ name: FileName) throws(Errno)
  func removeDirectory(_ name: FileName) throws(Errno)
  func unlink(_ name: FileName) throws(Errno)
  /// `EXDEV` if the other directory is not of the same file system.
  func rename(_ name: FileName, to other: any Directory, as newName: FileName) throws(Errno)
  /// Makes a hard link; `EXDEV` if the other directory is not of the same file system.
  func link(_ name: FileName, to other: any Directory, as newName: FileName) throws(Errno)
  func createSymbolicLink(_ name: FileName, to target: GuestPath) throws(Errno)

  /// Calls `body` for each entry from the place that `cookie` stands for (0: the start), until it returns false.
  /// `.` and `..` are among them; the latter has the directory's own inode, for what is above is not the guest's.
  func readEntries(from cookie: UInt64, _ body: (DirectoryEntry) -> Bool) throws(Errno)

  /// How many directories this one is below `root`, from which the guest reached it; `limit` if it is as many or more, or if links in this
  /// file system cannot mislead anybody but the guest, as by default. (``WASI`` refuses links that would lead out of `root`.)
  func depth(below root: any Directory, limit: Int) throws(Errno) -> Int

  /// Resolves all but the last component.
  func resolve(_ path: GuestPath, _ following: LinkFollowing) throws(Errno) -> ResolvedPath
  func open(_ path: GuestPath, following: Bool, _ request: OpenRequest) throws(Errno) -> OpenedObject
  func status(of path: GuestPath, following: Bool) throws(Errno) -> FileStatus
}

extension Directory {
  public func flags() throws(Errno) -> DescriptorFlags { [] }

  public func setFlags(_ flags: DescriptorFlags) throws(Errno) {
    guard flags.isEmpty else { throw .inval }
  }

  public func close() throws(Errno) {}

  public func depth(below root: any Directory, limit: Int) throws(Errno) -> Int { limit }

  public func resolve(_ path: GuestPath, _ following: LinkFollowing) throws(Errno) -> ResolvedPath {
    try PathWalk.resolve(path, in: self, following)
  }

  public func open(_ path: GuestPath, following: Bool, _ request: OpenRequest) throws(Errno) -> OpenedObject {
    try openByWalking(path, following: following, request)
  }

  public func status(of path: GuestPath, following: Bool) throws(Errno) -> FileStatus {
    try statusByWalking(path, following: following)
  }

  func openByWalking(_ path: GuestPath, following: Bool, _ request: OpenRequest) throws(Errno) -> OpenedObject {
    let creates = request.flags.contains(.create)
    // As on Linux: exclusive creation never follows, for a link that stands there is in the way; and a path that ends
    // in a slash makes no file, whatever it leads to.
    let linkFollowing: LinkFollowing =
      if creates {
        following && !request.flags.contains(.exclusive) ? .unlessBeforeSlash : .never
      } else {
        following ? .always : .beforeSlash
      }
    let resolved = try PathWalk.resolve(path, in: self, linkFollowing)
    var request = request
    if resolved.mustBeDirectory {
      guard !creates else { throw .isdir }
      request.flags.insert(.directory)
    }
    return try resolved.directory.open(resolved.name, request)
  }

  func statusByWalking(_ path: GuestPath, following: Bool) throws(Errno) -> FileStatus {
    let resolved = try PathWalk.resolve(path, in: self, following ? .always : .beforeSlash)
    let status = try resolved.directory.status(of: resolved.name)
    guard !resolved.mustBeDirectory || status.type == .directory else { throw .notdir }
    return status
  }
}
