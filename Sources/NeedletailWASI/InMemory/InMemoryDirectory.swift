import WebAssembly

/// A directory in memory.
public final class InMemoryDirectory: InMemoryNode, Directory {
  /// An entry and its cookie. Cookies are never reused, so that a listing resumes at the right entry after others were
  /// added or removed.
  private struct Entry {
    let cookie: UInt64
    let node: InMemoryNode
  }

  private var entries: [FileName: Entry] = [:]
  /// Names in ascending order of cookies. Removed names stay until they outnumber the others; a name is present if
  /// `entries` has it with the same cookie.
  private var order: [(cookie: UInt64, name: FileName)] = []
  /// 0 is the start of a listing; 1 and 2 are after `.` and `..`.
  private var nextCookie: UInt64 = 3
  private weak var parent: InMemoryDirectory?
  /// A removed directory accepts no new entries.
  private var isRemoved = false

  init(_ quota: InMemoryQuota, inode: UInt64, parent: InMemoryDirectory?) {
    self.parent = parent
    super.init(quota, inode: inode, type: .directory)
    linkCount = 2
  }

  // MARK: The directory itself

  /// The status of the directory.
  public func status() throws(Errno) -> FileStatus { nodeStatus }
  /// Sets the timestamps of the directory.
  public func setTimes(_ change: TimeChange) throws(Errno) { self.change(change) }
  /// Does nothing: there is no medium.
  public func synchronize(dataOnly: Bool) throws(Errno) {}

  /// The depth below `root`, at most `limit`. O(depth).
  public func depth(below root: any Directory, limit: Int) throws(Errno) -> Int {
    var directory = self
    for depth in 0..<limit {
      guard directory !== root, let parent = directory.parent else { return depth }
      directory = parent
    }
    return limit
  }

  // MARK: Entries

  private func node(_ name: FileName) throws(Errno) -> InMemoryNode {
    if name.isDot { return self }
    guard name.bytes.count <= 255 else { throw .nametoolong }
    guard let entry = entries[name] else { throw .noent }
    return entry.node
  }

  private func requireFree(_ name: FileName) throws(Errno) {
    guard !name.isDot, entries[name] == nil else { throw .exist }
    guard name.bytes.count <= 255 else { throw .nametoolong }
    guard !isRemoved else { throw .noent }
  }

  private func insert(_ node: InMemoryNode, as name: FileName) {
    entries[name] = Entry(cookie: nextCookie, node: node)
    order.append((nextCookie, name))
    nextCookie += 1
    if let directory = node as? InMemoryDirectory {
      directory.parent = self
      linkCount += 1
    }
    touch()
  }

  private func remove(_ name: FileName) {
    guard let entry = entries.removeValue(forKey: name) else { return }
    if order.count > 2 * entries.count + 16 { order.removeAll { entries[$0.name]?.cookie != $0.cookie } }
    if entry.node is InMemoryDirectory { linkCount -= 1 }
    touch()
  }

  /// The index in `order` of the first entry whose cookie is `cookie` or greater.
  private func firstEntry(from cookie: UInt64) -> Int {
    partitionPoint(to: order.count) { order[$0].cookie >= cookie }
  }

  /// Releases the resources of a node that was removed from this directory.
  private func drop(_ node: InMemoryNode) {
    if let directory = node as? InMemoryDirectory {
      directory.isRemoved = true
      directory.linkCount = 0
      quota.removeNode()
      return
    }
    node.linkCount -= 1
    node.changeTime = quota.now()
    guard node.linkCount == 0 else { return }
    quota.removeNode()
    (node as? InMemoryContent)?.releaseIfUnused()
  }

  // MARK: Single names

  /// Opens a directory. `ENOTDIR` if the name is something else.
  public func openDirectory(_ name: FileName) throws(Errno) -> any Directory {
    guard let directory = try node(name) as? InMemoryDirectory else { throw .notdir }
    return directory
  }

  /// Opens or creates a file or directory. `ELOOP` if the name is a symbolic link.
  public func open(_ name: FileName, _ request: OpenRequest) throws(Errno) -> OpenedObject {
    let node: InMemoryNode
    do throws(Errno) {
      node = try self.node(name)
    } catch {
      guard error == .noent, request.flags.contains(.create) else { throw error }
      return .file(InMemoryFile(try createFile(name), request))
    }
    if request.flags.isSuperset(of: [.create, .exclusive]) { throw .exist }
    switch node {
    case let directory as InMemoryDirectory:
      guard !request.writes, request.flags.isDisjoint(with: [.create, .truncate]) else { throw .isdir }
      return .directory(directory)
    case let file as InMemoryContent:
      guard !request.flags.contains(.directory) else { throw .notdir }
      let opened = InMemoryFile(file, request)
      if request.flags.contains(.truncate) { try file.resize(to: 0) }
      return .file(opened)
    default:
      throw request.flags.contains(.directory) ? .notdir : .loop
    }
  }

  private func createFile(_ name: FileName) throws(Errno) -> InMemoryContent {
    try requireFree(name)
    let file = InMemoryContent(quota, inode: try quota.addNode())
    insert(file, as: name)
    return file
  }

  /// The status of a file, directory or link.
  public func status(of name: FileName) throws(Errno) -> FileStatus { try node(name).nodeStatus }

  /// Sets the timestamps of a file, directory or link.
  public func setTimes(of name: FileName, _ change: TimeChange) throws(Errno) { try node(name).change(change) }

  /// The target of a symbolic link. `EINVAL` if the name is something else.
  public func readLink(_ name: FileName) throws(Errno) -> [UInt8] {
    guard let link = try node(name) as? InMemoryLink else { throw .inval }
    return link.target
  }

  /// Creates an empty directory. `EEXIST` if the name is taken.
  public func createDirectory(_ name: FileName) throws(Errno) {
    try requireFree(name)
    insert(InMemoryDirectory(quota, inode: try quota.addNode(), parent: self), as: name)
  }

  /// Creates a symbolic link. `EEXIST` if the name is taken.
  public func createSymbolicLink(_ name: FileName, to target: GuestPath) throws(Errno) {
    try requireFree(name)
    let target = Array(target.terminated.dropLast())
    insert(InMemoryLink(quota, inode: try quota.addNode(), target: target), as: name)
  }

  /// Removes an empty directory. `ENOTEMPTY` if it is not empty.
  public func removeDirectory(_ name: FileName) throws(Errno) {
    guard !name.isDot else { throw .inval }
    guard let directory = try node(name) as? InMemoryDirectory else { throw .notdir }
    guard directory.entries.isEmpty else { throw .notempty }
    remove(name)
    drop(directory)
  }

  /// Removes a file or symbolic link. `EISDIR` if the name is a directory.
  public func unlink(_ name: FileName) throws(Errno) {
    let node = try node(name)
    guard !(node is InMemoryDirectory) else { throw .isdir }
    remove(name)
    drop(node)
  }

  /// Creates a hard link. `EPERM` if `name` is a directory, `EXDEV` if `other` is in another file system.
  public func link(_ name: FileName, to other: any Directory, as newName: FileName) throws(Errno) {
    let other = try sameFileSystem(other)
    let node = try node(name)
    // Linux checks the new name first.
    try other.requireFree(newName)
    guard !(node is InMemoryDirectory) else { throw .perm }
    node.linkCount += 1
    node.changeTime = quota.now()
    other.insert(node, as: newName)
  }

  /// Moves an entry, replacing `newName` as POSIX does. `EXDEV` if `other` is in another file system.
  public func rename(_ name: FileName, to other: any Directory, as newName: FileName) throws(Errno) {
    let other = try sameFileSystem(other)
    guard !name.isDot, !newName.isDot else { throw .busy }
    guard newName.bytes.count <= 255 else { throw .nametoolong }
    let node = try node(name)
    if let directory = node as? InMemoryDirectory, other.isInside(directory) { throw .inval }
    guard !other.isRemoved else { throw .noent }
    if let replaced = other.entries[newName]?.node {
      if let directory = replaced as? InMemoryDirectory, isInside(directory) { throw .notempty }
      // POSIX: renaming one hard link of a file to another does nothing.
      guard replaced !== node else { return }
      try Self.checkReplacing(replaced, with: node)
      other.remove(newName)
      other.drop(replaced)
    }
    remove(name)
    other.insert(node, as: newName)
  }

  private static func checkReplacing(_ replaced: InMemoryNode, with node: InMemoryNode) throws(Errno) {
    switch (node is InMemoryDirectory, replaced as? InMemoryDirectory) {
    case (true, nil): throw .notdir
    case (false, .some): throw .isdir
    case (true, let directory?): guard directory.entries.isEmpty else { throw .notempty }
    case (false, nil): break
    }
  }

  /// Whether this directory is `other` or below it.
  private func isInside(_ other: InMemoryDirectory) -> Bool {
    var directory: InMemoryDirectory? = self
    while let present = directory {
      if present === other { return true }
      directory = present.parent
    }
    return false
  }

  private func sameFileSystem(_ other: any Directory) throws(Errno) -> InMemoryDirectory {
    guard let other = other as? InMemoryDirectory, other.quota === quota else { throw .xdev }
    return other
  }

  // MARK: Listing

  /// Calls `body` for each entry from the cookie on, `.` and `..` first, until it returns false.
  public func readEntries(from cookie: UInt64, _ body: (DirectoryEntry) -> Bool) throws(Errno) {
    for (index, name) in [FileName.dot.bytes, [UInt8(ascii: "."), UInt8(ascii: ".")]].enumerated()
    where cookie <= index {
      guard Self.deliver(name, UInt64(index + 1), self, body) else { return }
    }
    var index = firstEntry(from: max(cookie, 3))
    while index < order.count {
      let (present, name) = order[index]
      index += 1
      guard let entry = entries[name], entry.cookie == present else { continue }
      guard Self.deliver(name.bytes, present + 1, entry.node, body) else { return }
    }
  }

  private static func deliver(
    _ name: ArraySlice<UInt8>, _ next: UInt64, _ node: InMemoryNode, _ body: (DirectoryEntry) -> Bool
  ) -> Bool {
    name.withUnsafeBytes {
      body(DirectoryEntry(next: next, inode: node.inode, type: node.type, name: $0))
    }
  }
}
