/// Keeps the targets of a guest's symbolic links inside the directory that the embedder granted.
///
/// The guest itself cannot leave it by any link. But other programs of the host follow links, and must not be led out by one that a
/// guest planted. So a target is a path of names, after at most as many `..` as the link's directory is below the granted one. A `..`
/// after a name is refused: the name may be, or become, a link. Then every link leads to a place inside, by induction over the links on
/// the way. What moves a link (renaming it or a directory around it, a hard link to it) keeps this.
enum LinkTargets {
  /// The most entries below a directory that are looked at before it is moved up. Larger ones cannot be renamed (`EXDEV`), only copied,
  /// which `mv` does by itself.
  static let maximumEntryCount = 65_536

  /// How many directories a target goes up before it goes down by names.
  ///
  /// - Returns: nil if it is absolute, or has `..` after a name.
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

  /// Whether it matters where a link with this target is. The guest cannot make one that is absolute, but the host can.
  static func isRelative(_ target: [UInt8]) -> Bool { target.first != UInt8(ascii: "/") }

  /// Whether a link in `directory` with this target would lead out of `root`.
  static func leadsOut(
    _ target: some Sequence<UInt8>, of root: any Directory, from directory: any Directory
  ) throws(Errno) -> Bool {
    guard let rise = rise(target) else { return true }
    return try directory.depth(below: root, limit: rise) < rise
  }

  /// Whether a link below `directory` would lead out if that were moved to where it is `depth` directories below the granted one.
  ///
  /// - Throws: `EXDEV` if there is too much below it.
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

  /// A directory to be listed, which those of ``Directory/openDirectory(_:)`` need not be good for.
  static func open(_ name: FileName, in directory: any Directory) throws(Errno) -> any Directory {
    guard case .directory(let opened) = try directory.open(name, OpenRequest(.directory)) else { throw .notdir }
    return opened
  }
}
