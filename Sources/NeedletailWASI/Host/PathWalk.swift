/// What to do with a symbolic link in a path's last component. Links in the others are always followed.
public enum LinkFollowing: Hashable, Sendable {
  case never
  /// If a slash stands behind it, as `lstat("link/")` does.
  case beforeSlash
  /// If no slash stands behind it, as when a file is to be made.
  case unlessBeforeSlash
  case always
}

/// A directory inside the sandbox and a name in it, which is not to be followed if it is a symbolic link.
public struct ResolvedPath {
  public var directory: any Directory
  public var name: FileName
  /// The path ended in a slash or a dot.
  public var mustBeDirectory: Bool

  public init(directory: any Directory, name: FileName, mustBeDirectory: Bool) {
    self.directory = directory
    self.name = name
    self.mustBeDirectory = mustBeDirectory
  }
}

/// Resolution of a path one component after the other, which cannot leave the directory that it starts in.
///
/// Directories are opened by single names without following links; links are read and their targets walked in the same
/// way; `..` goes back over the names that were walked, never through the host. So a tree that changes meanwhile can make
/// the walk fail or end elsewhere inside, but not outside. Holds two directories at a time.
enum PathWalk {
  /// As many links as Linux follows.
  static let maximumLinkCount = 40
  /// How many directories one walk opens, at most: `..` walks again from the start, and a path full of them must not
  /// keep the host busy.
  static let maximumStepCount = 16_384

  static func resolve(
    _ path: GuestPath, in root: any Directory, _ following: LinkFollowing
  ) throws(Errno) -> ResolvedPath {
    var walk = Walk(root: root, pending: path.terminated[..<path.count])
    return try walk.run(following)
  }

  private struct Walk {
    let root: any Directory
    var current: any Directory
    /// The names that lead from `root` to `current`.
    var names: [FileName] = []
    /// What is yet to be walked.
    var pending: ArraySlice<UInt8>
    var linkCount = 0
    var stepCount = 0

    init(root: any Directory, pending: ArraySlice<UInt8>) {
      self.root = root
      self.current = root
      self.pending = pending
    }

    mutating func run(_ following: LinkFollowing) throws(Errno) -> ResolvedPath {
      guard pending.first != UInt8(ascii: "/") else { throw .perm }
      while true {
        let component = nextComponent()
        let isLast = pending.allSatisfy { $0 == UInt8(ascii: "/") }
        let endsInSlash = isLast && !pending.isEmpty
        if isDot(component) || isDotDot(component) {
          if component.count == 2 { try goUp() }
          guard !isLast else { return ResolvedPath(directory: current, name: .dot, mustBeDirectory: true) }
          continue
        }
        let name = FileName(unchecked: component)
        guard isLast else {
          try enter(name)
          continue
        }
        let follows =
          switch following {
          case .never: false
          case .beforeSlash: endsInSlash
          case .unlessBeforeSlash: !endsInSlash
          case .always: true
          }
        if follows, try expandLink(name) { continue }
        return ResolvedPath(directory: current, name: name, mustBeDirectory: endsInSlash)
      }
    }

    /// The next component; leaves the slashes behind it in `pending`, to tell `a` from `a/`.
    private mutating func nextComponent() -> ArraySlice<UInt8> {
      pending = pending.drop { $0 == UInt8(ascii: "/") }
      let component = pending.prefix { $0 != UInt8(ascii: "/") }
      pending = pending[component.endIndex...]
      return component
    }

    private mutating func enter(_ name: FileName) throws(Errno) {
      do throws(Errno) {
        current = try open(name, in: current)
        names.append(name)
      } catch {
        guard error == .notdir || error == .loop else { throw error }
        guard try expandLink(name) else { throw .notdir }
      }
    }

    private mutating func goUp() throws(Errno) {
      guard names.popLast() != nil else { throw .perm }
      current = root
      for name in names { current = try open(name, in: current) }
    }

    private mutating func open(_ name: FileName, in directory: any Directory) throws(Errno) -> any Directory {
      stepCount += 1
      guard stepCount <= PathWalk.maximumStepCount else { throw .loop }
      return try directory.openDirectory(name)
    }

    /// If `name` is a link, puts its target in front of what is pending.
    private mutating func expandLink(_ name: FileName) throws(Errno) -> Bool {
      let target: [UInt8]
      do throws(Errno) {
        target = try current.readLink(name)
      } catch {
        // Not a link, or nothing at all, which is for the operation to judge.
        guard error == .inval || error == .noent else { throw error }
        return false
      }
      linkCount += 1
      guard linkCount <= PathWalk.maximumLinkCount else { throw .loop }
      guard !target.isEmpty else { throw .noent }
      guard target.first != UInt8(ascii: "/") else { throw .perm }
      pending = (target + pending)[...]
      return true
    }
  }
}
