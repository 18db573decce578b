/// How to open a file, in terms of the host.
public struct OpenRequest: Hashable, Sendable {
  /// Whether to create or truncate the file, and what must hold.
  public var flags: OpenFlags
  /// The initial flags of the new descriptor.
  public var descriptorFlags: DescriptorFlags
  /// Whether the new descriptor can read.
  public var reads: Bool
  /// Whether the new descriptor can write.
  public var writes: Bool

  /// By default, opens an existing file for reading.
  public init(
    _ flags: OpenFlags = [], descriptorFlags: DescriptorFlags = [], reads: Bool = true, writes: Bool = false
  ) {
    self.flags = flags
    self.descriptorFlags = descriptorFlags
    self.reads = reads
    self.writes = writes
  }
}

/// The result of opening a path.
public enum OpenedObject {
  /// Anything but a directory.
  case file(any File)
  /// A directory.
  case directory(any Directory)

  /// The file or directory.
  public var object: any FileSystemObject {
    switch self {
    case .file(let file): file
    case .directory(let directory): directory
    }
  }
}

/// A directory of some file system. A guest is granted access to whole directories.
///
/// The first group of functions takes a single ``FileName``, which can be `.` but not `..` and contains no slash. None
/// of these functions follows a symbolic link of that name, so they cannot leave the directory and need no check.
/// ``resolve(_:_:)`` resolves paths to a directory and a name. Its default (``PathWalk``) serves all file systems; a
/// file system may replace it with a faster method that is equally safe.
///
/// All functions throw the ``Errno`` that the guest receives.
public protocol Directory: FileSystemObject {
  /// Opens the directory of this name. `ENOTDIR` or `ELOOP` if it is something else, including a symbolic link.
  func openDirectory(_ name: FileName) throws(Errno) -> any Directory
  /// Opens or creates the file or directory of this name. `ELOOP` if it is a symbolic link.
  func open(_ name: FileName, _ request: OpenRequest) throws(Errno) -> OpenedObject
  /// The status of the file, directory or link of this name.
  func status(of name: FileName) throws(Errno) -> FileStatus
  /// Sets the timestamps of the file, directory or link of this name.
  func setTimes(of name: FileName, _ change: TimeChange) throws(Errno)
  /// The target of a symbolic link, at most ``GuestPath/maximumCount`` bytes. `EINVAL` if it is something else.
  func readLink(_ name: FileName) throws(Errno) -> [UInt8]
  /// Creates an empty directory.
  func createDirectory(_ name: FileName) throws(Errno)
  /// Removes an empty directory.
  func removeDirectory(_ name: FileName) throws(Errno)
  /// Removes a name that is not a directory.
  func unlink(_ name: FileName) throws(Errno)
  /// Moves an entry, replacing `newName` as POSIX does. `EXDEV` if the other directory is in another file system.
  func rename(_ name: FileName, to other: any Directory, as newName: FileName) throws(Errno)
  /// Creates a hard link. `EXDEV` if the other directory is in another file system.
  func link(_ name: FileName, to other: any Directory, as newName: FileName) throws(Errno)
  /// Creates a symbolic link named `name` with the given target.
  func createSymbolicLink(_ name: FileName, to target: GuestPath) throws(Errno)

  /// Calls `body` for each entry from the position `cookie` on (0: the start), until it returns false. Includes `.` and
  /// `..`. The inode of `..` is the directory's own, because the guest must not learn about the directory above.
  func readEntries(from cookie: UInt64, _ body: (DirectoryEntry) -> Bool) throws(Errno)

  /// The depth of this directory below `root`, through which the guest reached it, but at most `limit`. ``WASI`` uses
  /// it to refuse symbolic links that lead out of `root`. The default is `limit`, for file systems whose links only the
  /// guest can follow.
  func depth(below root: any Directory, limit: Int) throws(Errno) -> Int

  /// Resolves all components but the last; the last one as `following` requires.
  func resolve(_ path: GuestPath, _ following: LinkFollowing) throws(Errno) -> ResolvedPath
  /// Resolves and opens a path.
  func open(_ path: GuestPath, following: Bool, _ request: OpenRequest) throws(Errno) -> OpenedObject
  /// Resolves a path and returns the status of what it names.
  func status(of path: GuestPath, following: Bool) throws(Errno) -> FileStatus
}

extension Directory {
  /// By default, no flags.
  public func flags() throws(Errno) -> DescriptorFlags { [] }

  /// By default, fails with `EINVAL` unless the flags are empty.
  public func setFlags(_ flags: DescriptorFlags) throws(Errno) {
    guard flags.isEmpty else { throw .inval }
  }

  /// By default, does nothing.
  public func close() throws(Errno) {}

  /// By default, `limit`.
  public func depth(below root: any Directory, limit: Int) throws(Errno) -> Int { limit }

  /// By default, resolves one component at a time (``PathWalk``).
  public func resolve(_ path: GuestPath, _ following: LinkFollowing) throws(Errno) -> ResolvedPath {
    try PathWalk.resolve(path, in: self, following)
  }

  /// By default, resolves the path and opens the name.
  public func open(_ path: GuestPath, following: Bool, _ request: OpenRequest) throws(Errno) -> OpenedObject {
    try openByWalking(path, following: following, request)
  }

  /// By default, resolves the path and returns the status of the name.
  public func status(of path: GuestPath, following: Bool) throws(Errno) -> FileStatus {
    try statusByWalking(path, following: following)
  }

  func openByWalking(_ path: GuestPath, following: Bool, _ request: OpenRequest) throws(Errno) -> OpenedObject {
    let creates = request.flags.contains(.create)
    // As on Linux, exclusive creation does not follow an existing link (it fails), and a path that ends in a slash
    // creates no file.
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
