/// The arguments of `path_open`.
struct PathOpening {
  var following: Bool
  var request: OpenRequest
  /// The requested rights, without bits that the specification does not define.
  var rights: Rights
  var inheritingRights: Rights

  init(
    following: Bool, openFlags: UInt32, rights: Rights, inheritingRights: Rights, descriptorFlags: DescriptorFlags
  ) throws(Errno) {
    guard let rawValue = UInt16(exactly: openFlags) else { throw .inval }
    let flags = OpenFlags(rawValue: rawValue)
    guard flags.isSubset(of: .all), !flags.isSuperset(of: [.create, .directory]) else { throw .inval }
    self.following = following
    self.rights = rights.intersection(.all)
    self.inheritingRights = inheritingRights.intersection(.all)
    let writes = !rights.isDisjoint(with: [.fdWrite, .fdAllocate]) || flags.contains(.truncate)
    request = OpenRequest(
      flags, descriptorFlags: descriptorFlags, reads: !rights.isDisjoint(with: [.fdRead, .fdReaddir]) || !writes,
      writes: writes)
  }

  /// The rights that the directory's descriptor needs.
  var neededRights: Rights {
    var needed = Rights.pathOpen
    if request.flags.contains(.create) { needed.insert(.pathCreateFile) }
    if request.flags.contains(.truncate) { needed.insert(.pathFilestatSetSize) }
    return needed
  }
}

extension WASI {
  /// Opens a path.
  ///
  /// - Returns: the number of the new descriptor.
  func open(_ path: GuestPath, at number: UInt32, _ opening: PathOpening) throws(Errno) -> UInt32 {
    let (directory, descriptor) = try directory(number, opening.neededRights)
    guard opening.rights.union(opening.inheritingRights).isSubset(of: descriptor.inheritingRights) else {
      throw missingRights(
        opening.rights.union(opening.inheritingRights).subtracting(descriptor.inheritingRights), number)
    }
    try requireRoom(number)
    // Opening can block, for example until the other end of a named pipe is opened.
    let opened =
      descriptor.access == .readOnly
      ? try openReadOnly(path, in: directory, number, opening)
      : try unlocked(directory) { () throws(Errno) in
        try directory.open(path, following: opening.following, opening.request)
      }
    var entry = Descriptor(
      object: opened, rights: opening.rights, inheritingRights: opening.inheritingRights, access: descriptor.access)
    switch opened {
    case .directory:
      entry.rights.formIntersection(.directory)
      entry.root = descriptor.root
    case .file(let file):
      entry.rights.formIntersection(file.meaningfulRights)
      entry.inheritingRights = []
    }
    return try descriptors.insert(entry)
  }

  /// Opens a path in a read-only directory, with the errors of a read-only file system.
  private func openReadOnly(
    _ path: GuestPath, in directory: any Directory, _ number: UInt32, _ opening: PathOpening
  ) throws(Errno) -> OpenedObject {
    var request = opening.request
    guard request.flags.contains(.create) else {
      guard !request.writes else {
        // A failed lookup takes precedence over `EROFS`.
        _ = try directory.status(of: path, following: opening.following)
        throw readOnly(number)
      }
      return try unlocked(directory) { () throws(Errno) in
        try directory.open(path, following: opening.following, request)
      }
    }
    do throws(Errno) {
      _ = try directory.status(of: path, following: opening.following && !request.flags.contains(.exclusive))
    } catch {
      throw error == .noent ? readOnly(number) : error
    }
    guard !request.flags.contains(.exclusive) else { throw .exist }
    guard !request.writes else { throw readOnly(number) }
    request.flags.remove(.create)
    return try directory.open(path, following: opening.following, request)
  }

  func status(of path: GuestPath, at number: UInt32, following: Bool) throws(Errno) -> FileStatus {
    try directory(number, .pathFilestatGet).directory.status(of: path, following: following)
  }

  func setTimes(
    of path: GuestPath, at number: UInt32, following: Bool, _ change: TimeChange
  ) throws(Errno) {
    let directory = try changeableDirectory(number, .pathFilestatSetTimes)
    let resolved = try directory.resolve(path, following ? .always : .beforeSlash)
    try resolved.requireDirectoryIfMeant()
    try resolved.directory.setTimes(of: resolved.name, change)
  }

  func createDirectory(_ path: GuestPath, at number: UInt32) throws(Errno) {
    let resolved = try changeableDirectory(number, .pathCreateDirectory).resolve(path, .never)
    try resolved.directory.createDirectory(resolved.name)
  }

  func removeDirectory(_ path: GuestPath, at number: UInt32) throws(Errno) {
    let resolved = try changeableDirectory(number, .pathRemoveDirectory).resolve(path, .never)
    try resolved.directory.removeDirectory(resolved.name)
  }

  func unlink(_ path: GuestPath, at number: UInt32) throws(Errno) {
    let resolved = try changeableDirectory(number, .pathUnlinkFile).resolve(path, .never)
    try resolved.requireDirectoryIfMeant()
    guard !resolved.mustBeDirectory else { throw .isdir }
    try resolved.directory.unlink(resolved.name)
  }

  func readLink(_ path: GuestPath, at number: UInt32) throws(Errno) -> [UInt8] {
    let resolved = try directory(number, .pathReadlink).directory.resolve(path, .beforeSlash)
    try resolved.requireDirectoryIfMeant()
    return try resolved.directory.readLink(resolved.name)
  }

  func rename(
    _ path: GuestPath, at number: UInt32, to newPath: GuestPath, at newNumber: UInt32
  ) throws(Errno) {
    let source = try changeableDirectory(number, .pathRenameSource).resolve(path, .never)
    let target = try changeableDirectory(newNumber, .pathRenameTarget).resolve(newPath, .never)
    // A trailing slash on either name requires a directory. Without one the host decides.
    if source.mustBeDirectory || target.mustBeDirectory {
      guard try source.directory.status(of: source.name).type == .directory else { throw .notdir }
    }
    try requireLinksStayInside(source, at: number, movedTo: target, at: newNumber)
    try source.directory.rename(source.name, to: target.directory, as: target.name)
  }

  func link(
    _ path: GuestPath, at number: UInt32, following: Bool, to newPath: GuestPath, at newNumber: UInt32
  ) throws(Errno) {
    // Both sides need write access: a hard link in a writable directory would make a read-only file writable.
    let source = try changeableDirectory(number, .pathLinkSource).resolve(path, following ? .always : .beforeSlash)
    let target = try changeableDirectory(newNumber, .pathLinkTarget).resolve(newPath, .never)
    try source.requireDirectoryIfMeant()
    try target.requireNoSlash()
    if !source.name.isDot, try source.directory.status(of: source.name).type == .symbolicLink {
      try requireLinkStaysInside(source, movedTo: target, at: newNumber)
    }
    try source.directory.link(source.name, to: target.directory, as: target.name)
  }

  func createSymbolicLink(_ path: GuestPath, at number: UInt32, to target: GuestPath) throws(Errno) {
    let resolved = try changeableDirectory(number, .pathSymlink).resolve(path, .never)
    try resolved.requireNoSlash()
    try requireLinkStaysInside(target.terminated.dropLast(), in: resolved.directory, at: number)
    try resolved.directory.createSymbolicLink(resolved.name, to: target)
  }

  // MARK: Link targets

  /// - Parameters:
  ///   - target: a link's target.
  ///   - directory: the directory that will contain the link.
  ///   - number: the descriptor through which `directory` was reached.
  /// - Throws: `EPERM` if the link would lead out of the granted directory. See ``LinkTargets``.
  private func requireLinkStaysInside(
    _ target: some Sequence<UInt8>, in directory: any Directory, at number: UInt32
  ) throws(Errno) {
    guard let root = try descriptors[number].root else { return }
    guard try LinkTargets.leadsOut(target, of: root, from: directory) else { return }
    throw deny(.perm, number, "links that lead out of the directory not granted")
  }

  private func requireLinkStaysInside(
    _ link: ResolvedPath, movedTo target: ResolvedPath, at number: UInt32
  ) throws(Errno) {
    let linkTarget = try link.directory.readLink(link.name)
    guard LinkTargets.isRelative(linkTarget) else { return }
    try requireLinkStaysInside(linkTarget, in: target.directory, at: number)
  }

  /// Checks a link that is about to be moved, or the links below a directory that is about to be moved.
  private func requireLinksStayInside(
    _ source: ResolvedPath, at number: UInt32, movedTo target: ResolvedPath, at newNumber: UInt32
  ) throws(Errno) {
    // Renaming within one directory does not change where relative links lead.
    guard source.directory !== target.directory, !source.name.isDot else { return }
    guard let root = try descriptors[number].root, let newRoot = try descriptors[newNumber].root else { return }
    switch try source.directory.status(of: source.name).type {
    case .symbolicLink: try requireLinkStaysInside(source, movedTo: target, at: newNumber)
    case .directory:
      let depth = try source.directory.depth(below: root, limit: .max)
      let newDepth = try target.directory.depth(below: newRoot, limit: depth)
      guard newDepth < depth || root !== newRoot else { return }
      let moved = try LinkTargets.open(source.name, in: source.directory)
      guard try LinkTargets.leadOut(below: moved, atDepth: newDepth + 1) else { return }
      throw deny(.perm, newNumber, "links that lead out of the directory not granted")
    default: break
    }
  }
}

extension ResolvedPath {
  /// - Throws: `ENOTDIR` if the path ended in a slash and the name is not a directory.
  func requireDirectoryIfMeant() throws(Errno) {
    guard mustBeDirectory, !name.isDot else { return }
    guard try directory.status(of: name).type == .directory else { throw .notdir }
  }

  /// Rejects a path to a new link that ends in a slash.
  ///
  /// - Throws: `EEXIST` if it names a directory, `ENOTDIR` if it names something else, `ENOENT` if it names nothing.
  func requireNoSlash() throws(Errno) {
    guard mustBeDirectory else { return }
    guard try directory.status(of: name).type == .directory else { throw .notdir }
    throw .exist
  }
}

extension GuestPath: CustomStringConvertible {
  /// The path as text; invalid UTF-8 is replaced by U+FFFD.
  public var description: String { String(decoding: terminated.dropLast(), as: UTF8.self) }
}
