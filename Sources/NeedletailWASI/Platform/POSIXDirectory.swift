import NeedletailSystem

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
    let descriptor = try onHost { () throws(SystemError) in
      try FileDescriptor.open(path, [.readOnly, .directory, .closeOnExecution])
    }
    self.init(owning: descriptor, resolution: resolution)
  }

  init(owning descriptor: FileDescriptor, resolution: PathResolution) {
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
    try onHost { () throws(SystemError) in try descriptor.synchronize(dataOnly: dataOnly) }
  }

  /// The depth below `root`, at most `limit`, found by the identity of each `..`. O(depth²).
  public func depth(below root: any Directory, limit: Int) throws(Errno) -> Int {
    guard let root = root as? POSIXDirectory else { return limit }
    let rootMetadata = try onHost { () throws(SystemError) in try root.descriptor.metadata() }
    // One path cannot contain more `..` than this.
    let limit = min(limit, GuestPath.maximumCount / 3)
    var path: [UInt8] = [UInt8(ascii: "."), 0]
    for depth in 0..<limit {
      let metadata = try withTerminated(path) { path throws(SystemError) in try descriptor.metadata(of: path) }
      if metadata.isSameFile(as: rootMetadata) { return depth }
      path.insert(contentsOf: "../".utf8, at: 0)
    }
    return limit
  }

  // MARK: Single names

  /// Opens a directory. `ENOTDIR` or `ELOOP` if the name is something else.
  public func openDirectory(_ name: FileName) throws(Errno) -> any Directory {
    let opened = try name.onHost { name throws(SystemError) in
      try FileDescriptor.open(name, .lookup, in: descriptor)
    }
    return POSIXDirectory(owning: opened, resolution: resolution)
  }

  /// Opens or creates a file or directory. `ELOOP` if the name is a symbolic link.
  public func open(_ name: FileName, _ request: OpenRequest) throws(Errno) -> OpenedObject {
    let (flags, isGuarded) = request.guardedFlags
    let opened = try name.onHost { name throws(SystemError) in
      try FileDescriptor.open(name, flags.union(.noFollow), in: descriptor)
    }
    return try wrap(opened, request, isGuarded: isGuarded)
  }

  /// Wraps a new descriptor by the type of what was opened; closes it if that fails.
  ///
  /// - Parameter isGuarded: see ``OpenRequest/guardedFlags``.
  func wrap(_ opened: FileDescriptor, _ request: OpenRequest, isGuarded: Bool) throws(Errno) -> OpenedObject {
    let type: FileType
    do throws(Errno) {
      type = try onHost { () throws(SystemError) in
        let metadata = try opened.metadata()
        if isGuarded {
          guard !UnwritableFiles.contains(metadata) else { throw SystemError.txtbsy }
          if request.flags.contains(.truncate), metadata.kind == .regular { try opened.setByteCount(0) }
        }
        return FileType(metadata.kind)
      }
    } catch {
      opened.closeIgnoringErrors()
      throw error
    }
    return type == .directory
      ? .directory(POSIXDirectory(owning: opened, resolution: resolution))
      : .file(POSIXFile(owning: opened, type: type))
  }

  /// The status of a file, directory or link.
  public func status(of name: FileName) throws(Errno) -> FileStatus {
    FileStatus(
      try name.onHost { name throws(SystemError) in try descriptor.metadata(of: name, following: false) })
  }

  /// Sets the timestamps of a file, directory or link.
  public func setTimes(of name: FileName, _ change: TimeChange) throws(Errno) {
    try name.onHost { name throws(SystemError) in
      try descriptor.setTimes(of: name, access: change.access.host, modification: change.modification.host)
    }
  }

  /// The target of a symbolic link. `EINVAL` if the name is something else.
  public func readLink(_ name: FileName) throws(Errno) -> [UInt8] {
    let target = try name.onHost { name throws(SystemError) in
      try withUnsafeTemporaryAllocation(
        of: CChar.self, capacity: GuestPath.maximumCount + 1
      ) { buffer throws(SystemError) in
        let count = try descriptor.readLink(name, into: buffer)
        return buffer[..<count].map { UInt8(bitPattern: $0) }
      }
    }
    guard target.count <= GuestPath.maximumCount else { throw .nametoolong }
    return target
  }

  /// Creates an empty directory, with the process's mask.
  public func createDirectory(_ name: FileName) throws(Errno) {
    try name.onHost { name throws(SystemError) in
      try descriptor.makeDirectory(name)
    }
  }

  /// Removes an empty directory.
  public func removeDirectory(_ name: FileName) throws(Errno) {
    try name.onHost { name throws(SystemError) in
      try descriptor.removeDirectory(name)
    }
  }

  /// Removes a name that is not a directory.
  public func unlink(_ name: FileName) throws(Errno) {
    do throws(Errno) {
      try name.onHost { name throws(SystemError) in
        try descriptor.unlink(name)
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
    try withTerminated(name.terminated, newName.terminated) { name, newName throws(SystemError) in
      try descriptor.rename(name, to: other.descriptor, as: newName)
    }
  }

  /// Creates a hard link. `EXDEV` if `other` is in another file system.
  public func link(_ name: FileName, to other: any Directory, as newName: FileName) throws(Errno) {
    guard let other = other as? POSIXDirectory else { throw .xdev }
    try withTerminated(name.terminated, newName.terminated) { name, newName throws(SystemError) in
      try descriptor.link(name, to: other.descriptor, as: newName)
    }
  }

  /// Creates a symbolic link.
  public func createSymbolicLink(_ name: FileName, to target: GuestPath) throws(Errno) {
    try withTerminated(target.terminated, name.terminated) { target, name throws(SystemError) in
      try descriptor.createSymbolicLink(name, to: target)
    }
  }
}

extension FileDescriptor.OpenFlags {
  /// Opens a directory for looking up names, without following a link.
  static var lookup: Self { [.pathOnly, .directory, .noFollow, .closeOnExecution] }
}

extension FileName {
  /// Makes calls of the host with the name as a C string.
  @inline(__always)
  func onHost<R>(_ body: (UnsafePointer<CChar>) throws(SystemError) -> R) throws(Errno) -> R {
    try withTerminated(terminated, body)
  }
}

/// Makes calls of the host with bytes that end in a NUL as a C string.
@inline(__always)
func withTerminated<R>(
  _ bytes: [UInt8], _ body: (UnsafePointer<CChar>) throws(SystemError) -> R
) throws(Errno) -> R {
  assert(bytes.last == 0)
  return try onHost { () throws(SystemError) in
    try bytes.withUnsafeBufferPointer { buffer throws(SystemError) in
      try body(UnsafeRawPointer(buffer.baseAddress!).assumingMemoryBound(to: CChar.self))
    }
  }
}

private func withTerminated(
  _ first: [UInt8], _ second: [UInt8],
  _ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) throws(SystemError) -> Void
) throws(Errno) {
  assert(first.last == 0 && second.last == 0)
  return try onHost { () throws(SystemError) in
    try first.withUnsafeBufferPointer { first throws(SystemError) in
      try second.withUnsafeBufferPointer { second throws(SystemError) in
        try body(
          UnsafeRawPointer(first.baseAddress!).assumingMemoryBound(to: CChar.self),
          UnsafeRawPointer(second.baseAddress!).assumingMemoryBound(to: CChar.self))
      }
    }
  }
}
