#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How paths are resolved inside a directory of the host.
public enum PathResolution: Hashable, Sendable {
  /// In the kernel if possible, otherwise by walking.
  case automatic
  /// With Linux's `openat2` (5.6 and later) and `RESOLVE_BENEATH`. Falls back to walking, as ``automatic`` does.
  case kernel
  /// One component at a time, without following links (``PathWalk``).
  case walk
}

/// A directory of the host.
public final class POSIXDirectory: POSIXObject, Directory {
  let resolution: PathResolution
  /// The number of entries before the host's own position in the listing; nil if unknown.
  var listingPosition: Int? = 0
  /// The host's positions by cookie.
  var listingPlaces = ListingPlaces()

  /// Opens the host's directory at `path`. Symbolic links are followed, because the path comes from the embedder.
  ///
  /// - Throws: the error of the host, such as `ENOENT` or `ENOTDIR`.
  public convenience init(path: String, resolution: PathResolution = .automatic) throws(Errno) {
    let descriptor = try withTerminated(Array(path.utf8) + [0]) { path throws(Errno) in
      try retrying { systemOpen(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    }
    self.init(owning: descriptor, resolution: resolution)
  }

  init(owning descriptor: Int32, resolution: PathResolution) {
    self.resolution = resolution
    super.init(descriptor: descriptor, isOwned: true)
  }

  // MARK: The directory itself

  /// The status of the directory.
  public func status() throws(Errno) -> FileStatus { try .ofDescriptor(descriptor) }

  /// Sets the timestamps of the directory.
  public func setTimes(_ change: TimeChange) throws(Errno) {
    try setTimes(of: .dot, change)
  }

  /// Writes the directory to the medium: `fsync`, or `fdatasync` if available and `dataOnly`.
  public func synchronize(dataOnly: Bool) throws(Errno) {
    #if canImport(Darwin)
      _ = try retrying { fsync(descriptor) }
    #else
      _ = try retrying { dataOnly ? fdatasync(descriptor) : fsync(descriptor) }
    #endif
  }

  /// The depth below `root`, at most `limit`, found by the identity of each `..`. O(depth²).
  public func depth(below root: any Directory, limit: Int) throws(Errno) -> Int {
    guard let root = root as? POSIXDirectory else { return limit }
    var rootStatus = stat()
    _ = try retrying { fstat(root.descriptor, &rootStatus) }
    // One path cannot contain more `..` than this.
    let limit = min(limit, GuestPath.maximumCount / 3)
    var path: [UInt8] = [UInt8(ascii: "."), 0]
    for depth in 0..<limit {
      var status = stat()
      try withTerminated(path) { path throws(Errno) in
        _ = try retrying { fstatat(descriptor, path, &status, 0) }
      }
      if status.st_dev == rootStatus.st_dev, status.st_ino == rootStatus.st_ino { return depth }
      path.insert(contentsOf: "../".utf8, at: 0)
    }
    return limit
  }

  // MARK: Single names

  /// Opens a directory. `ENOTDIR` or `ELOOP` if the name is something else.
  public func openDirectory(_ name: FileName) throws(Errno) -> any Directory {
    let opened = try name.withCString { name throws(Errno) in
      try retrying { systemOpenAt(descriptor, name, POSIXConstants.directoryFlags) }
    }
    return POSIXDirectory(owning: opened, resolution: resolution)
  }

  /// Opens or creates a file or directory. `ELOOP` if the name is a symbolic link.
  public func open(_ name: FileName, _ request: OpenRequest) throws(Errno) -> OpenedObject {
    let opened = try name.withCString { name throws(Errno) in
      try retrying { systemOpenAt(descriptor, name, request.hostFlags | O_NOFOLLOW) }
    }
    return try wrap(opened)
  }

  /// Wraps a new descriptor by the type of what was opened; closes it if that fails.
  func wrap(_ opened: Int32) throws(Errno) -> OpenedObject {
    let type: FileType
    do throws(Errno) {
      type = try FileStatus.ofDescriptor(opened).type
    } catch {
      _ = systemClose(opened)
      throw error
    }
    return type == .directory
      ? .directory(POSIXDirectory(owning: opened, resolution: resolution))
      : .file(POSIXFile(owning: opened, type: type))
  }

  /// The status of a file, directory or link.
  public func status(of name: FileName) throws(Errno) -> FileStatus {
    var status = stat()
    try name.withCString { name throws(Errno) in
      _ = try retrying { fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) }
    }
    return FileStatus(status)
  }

  /// Sets the timestamps of a file, directory or link.
  public func setTimes(of name: FileName, _ change: TimeChange) throws(Errno) {
    try name.withCString { name throws(Errno) in
      try change.withTimes { utimensat(descriptor, name, $0, AT_SYMLINK_NOFOLLOW) }
    }
  }

  /// The target of a symbolic link. `EINVAL` if the name is something else.
  public func readLink(_ name: FileName) throws(Errno) -> [UInt8] {
    try name.withCString { name throws(Errno) in
      try withUnsafeTemporaryAllocation(
        of: CChar.self, capacity: GuestPath.maximumCount + 1
      ) { buffer throws(Errno) in
        let count = try retrying { readlinkat(descriptor, name, buffer.baseAddress!, buffer.count) }
        guard count <= GuestPath.maximumCount else { throw .nametoolong }
        return buffer[..<count].map { UInt8(bitPattern: $0) }
      }
    }
  }

  /// Creates an empty directory, with the process's mask.
  public func createDirectory(_ name: FileName) throws(Errno) {
    try name.withCString { name throws(Errno) in
      _ = try retrying { mkdirat(descriptor, name, 0o777) }
    }
  }

  /// Removes an empty directory.
  public func removeDirectory(_ name: FileName) throws(Errno) {
    try name.withCString { name throws(Errno) in
      _ = try retrying { unlinkat(descriptor, name, AT_REMOVEDIR) }
    }
  }

  /// Removes a name that is not a directory.
  public func unlink(_ name: FileName) throws(Errno) {
    do throws(Errno) {
      try name.withCString { name throws(Errno) in
        _ = try retrying { unlinkat(descriptor, name, 0) }
      }
    } catch {
      // POSIX specifies EPERM for directories; Linux and WASI return EISDIR.
      if error == .perm, (try? status(of: name).type) == .directory { throw .isdir }
      throw error
    }
  }

  /// Moves an entry. `EXDEV` if `other` is in another file system.
  public func rename(_ name: FileName, to other: any Directory, as newName: FileName) throws(Errno) {
    guard let other = other as? POSIXDirectory else { throw .xdev }
    try withCStrings(name, newName) { name, newName throws(Errno) in
      _ = try retrying { renameat(descriptor, name, other.descriptor, newName) }
    }
  }

  /// Creates a hard link. `EXDEV` if `other` is in another file system.
  public func link(_ name: FileName, to other: any Directory, as newName: FileName) throws(Errno) {
    guard let other = other as? POSIXDirectory else { throw .xdev }
    try withCStrings(name, newName) { name, newName throws(Errno) in
      _ = try retrying { linkat(descriptor, name, other.descriptor, newName, 0) }
    }
  }

  /// Creates a symbolic link.
  public func createSymbolicLink(_ name: FileName, to target: GuestPath) throws(Errno) {
    try name.withCString { name throws(Errno) in
      try target.withCString { target throws(Errno) in
        _ = try retrying { symlinkat(target, descriptor, name) }
      }
    }
  }
}

extension FileName {
  @inline(__always)
  func withCString<R>(_ body: (UnsafePointer<CChar>) throws(Errno) -> R) throws(Errno) -> R {
    try withTerminated(terminated, body)
  }
}

extension GuestPath {
  @inline(__always)
  func withCString<R>(_ body: (UnsafePointer<CChar>) throws(Errno) -> R) throws(Errno) -> R {
    try withTerminated(terminated, body)
  }
}

/// Calls `body` with bytes that end in a NUL as a C string.
@inline(__always)
func withTerminated<R>(
  _ bytes: [UInt8], _ body: (UnsafePointer<CChar>) throws(Errno) -> R
) throws(Errno) -> R {
  assert(bytes.last == 0)
  return try bytes.withUnsafeBufferPointer { buffer throws(Errno) in
    try body(UnsafeRawPointer(buffer.baseAddress!).assumingMemoryBound(to: CChar.self))
  }
}

private func withCStrings(
  _ first: FileName, _ second: FileName, _ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) throws(Errno) -> Void
) throws(Errno) {
  try first.withCString { first throws(Errno) in
    try second.withCString { second throws(Errno) in
      try body(first, second)
    }
  }
}

// C functions whose names are hidden by methods of the class.
private func systemOpen(_ path: UnsafePointer<CChar>, _ flags: Int32) -> Int32 { open(path, flags) }

private func systemOpenAt(_ directory: Int32, _ name: UnsafePointer<CChar>, _ flags: Int32) -> Int32 {
  openat(directory, name, flags, 0o666)
}
