/// Whether to follow a symbolic link in the last component of a path. Links in other components are always followed.
public enum LinkFollowing: Hashable, Sendable {
  /// Does not follow it.
  case never
  /// Follows it if a slash comes after it, as `lstat("link/")` does.
  case beforeSlash
  /// Follows it if no slash comes after it, as when creating a file.
  case unlessBeforeSlash
  /// Follows it.
  case always
}

/// A directory inside the sandbox and a name in it. A symbolic link of that name must not be followed.
public struct ResolvedPath {
  /// The directory that contains the name.
  public var directory: any Directory
  /// The last component; `.` if the path names the directory itself.
  public var name: FileName
  /// Whether the path ended in a slash or a dot.
  public var mustBeDirectory: Bool

  /// - Parameters:
  ///   - directory: the directory that contains the name.
  ///   - name: the last component.
  ///   - mustBeDirectory: whether the path ended in a slash or a dot.
  public init(directory: any Directory, name: FileName, mustBeDirectory: Bool) {
    self.directory = directory
    self.name = name
    self.mustBeDirectory = mustBeDirectory
  }
}

/// Resolves a path one component at a time. The walk cannot leave the directory in which it starts.
///
/// Directories are opened by single names, without following links. Links are read, and their targets are walked in the
/// same way. `..` goes back along the names already walked, not through the host. If the tree changes during the walk,
/// the walk can fail or end elsewhere inside, but not outside. At most two directories are open at a time.
enum PathWalk {
  /// The most links in one walk, as on Linux.
  static let maximumLinkCount = 40
  /// The most directories that one walk opens. Each `..` walks again from the start, so that a path full of them could
  /// otherwise keep the host busy.
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
    /// The names from `root` to `current`.
    var names: [FileName] = []
    /// The part of the path that remains.
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

    /// The next component. Slashes after it remain in `pending`, to distinguish `a/` from `a`.
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

    /// If `name` is a link, prepends its target to the rest of the path and returns true.
    private mutating func expandLink(_ name: FileName) throws(Errno) -> Bool {
      let target: [UInt8]
      do throws(Errno) {
        target = try current.readLink(name)
      } catch {
        // Not a link, or nothing exists: the operation itself reports that.
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
