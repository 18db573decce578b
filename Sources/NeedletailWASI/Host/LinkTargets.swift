/// Keeps the targets of a guest's symbolic links inside the granted directory.
///
/// The guest itself cannot leave that directory through a link. Other programs on the host follow links, however, and
/// must not be led out by one that a guest created. A target is therefore allowed only if it is relative and consists
/// of names, after at most as many `..` as the link's directory is below the granted one. A `..` after a name is
/// refused, because the name may be, or become, a link. By induction over the links on the way, every link then leads
/// to a place inside. Moving a link (by renaming it or a directory above it, or by a hard link to it) preserves this.
enum LinkTargets {
  /// The most entries that are checked below a directory before it is moved up. Larger directories cannot be renamed
  /// (`EXDEV`), only copied, which `mv` then does.
  static let maximumEntryCount = 65_536

  /// The number of `..` with which a target starts.
  ///
  /// - Returns: nil if the target is absolute or has a `..` after a name.
  static func rise(_ target: some Sequence<UInt8>) -> Int? {
    let bytes = Array(target)
    guard bytes.first != UInt8(ascii: "/") else { return nil }
    var rise = 0
    var hasName = false
    for component in bytes.split(separator: UInt8(ascii: "/")) where !isDot(component) {
      if isDotDot(component) {
        guard !hasName else { return nil }
        rise += 1
      } else {
        hasName = true
      }
    }
    return rise
  }

  /// Whether the link's location affects where it leads. The guest cannot create an absolute link, but the host can.
  static func isRelative(_ target: [UInt8]) -> Bool { target.first != UInt8(ascii: "/") }

  /// Whether a link in `directory` with this target leads out of `root`.
  static func leadsOut(
    _ target: some Sequence<UInt8>, of root: any Directory, from directory: any Directory
  ) throws(Errno) -> Bool {
    guard let rise = rise(target) else { return true }
    return try directory.depth(below: root, limit: rise) < rise
  }

  /// Whether any link below `directory` would lead out if `directory` were moved to a depth of `depth` below the
  /// granted directory.
  ///
  /// - Throws: `EXDEV` if there are too many entries.
  /// - Complexity: linear in the number of entries below `directory`.
  static func leadOut(below directory: any Directory, atDepth depth: Int) throws(Errno) -> Bool {
    var pending = [(directory: directory, depth: depth)]
    var entryCount = 0
    while let (directory, depth) = pending.popLast() {
      var names: [(name: FileName, type: FileType)] = []
      try directory.readEntries(from: 0) { entry in
        entryCount += 1
        guard entryCount <= maximumEntryCount else { return false }
        if entry.type == .symbolicLink || entry.type == .directory, !entry.name.elementsEqual(".".utf8),
          !entry.name.elementsEqual("..".utf8)
        {
          names.append((FileName(unchecked: Array(entry.name)[...]), entry.type))
        }
        return true
      }
      guard entryCount <= maximumEntryCount else { throw .xdev }
      for (name, type) in names {
        if type == .directory {
          pending.append((try open(name, in: directory), depth + 1))
        } else if case let target = try directory.readLink(name), isRelative(target), (rise(target) ?? .max) > depth {
          return true
        }
      }
    }
    return false
  }

  /// Opens a directory that can be listed. Those of ``Directory/openDirectory(_:)`` may not be listable.
  static func open(_ name: FileName, in directory: any Directory) throws(Errno) -> any Directory {
    guard case .directory(let opened) = try directory.open(name, OpenRequest(.directory)) else { throw .notdir }
    return opened
  }
}
