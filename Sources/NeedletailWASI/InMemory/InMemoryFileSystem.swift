/// A file system in the host's memory: for tests, plugins and data that a program contains.
///
/// Not thread-safe.
///
/// ```swift
/// let files = InMemoryFileSystem()
/// try files.write("[1, 2]", to: "data/input.json")
/// configuration.preopens = [.init(files.root, guestPath: "/")]
/// ```
public final class InMemoryFileSystem {
  /// Limits on the file system's content. Beyond them, operations fail with `ENOSPC`.
  public struct Limits: Sendable {
    /// Bytes of content in all files together.
    public var contentBytes: Int = 256 << 20
    /// Files, directories and links together.
    public var nodes: Int = 100_000

    /// The default limits.
    public init() {}
  }

  let quota: InMemoryQuota
  /// The root directory.
  public let root: InMemoryDirectory

  /// An empty file system.
  ///
  /// - Parameters:
  ///   - limits: limits on its content.
  ///   - now: returns the current time for timestamps, in nanoseconds since 1970; by default from the host's clock.
  public init(limits: Limits = Limits(), now: (() -> UInt64)? = nil) {
    quota = InMemoryQuota(limits, now: now ?? { (try? ClockIdentifier.realtime.hostTime()) ?? 0 })
    root = InMemoryDirectory(quota, inode: 1, parent: nil)
  }

  /// Creates or replaces a file. Creates the directories above it if necessary.
  ///
  /// - Parameters:
  ///   - bytes: the content.
  ///   - path: relative to the root; a leading slash is ignored.
  /// - Throws: `EINVAL` for an invalid path; `EISDIR`; `ENOTDIR`; `ENOSPC` beyond the limits.
  public func write(_ bytes: [UInt8], to path: String) throws(Errno) {
    let (directory, name) = try directory(above: path)
    guard case .file(let file) = try directory.open(name, OpenRequest([.create, .truncate], writes: true)),
      let opened = file as? InMemoryFile
    else { throw .isdir }
    try opened.node.replace(with: bytes)
  }

  /// Creates or replaces a file with UTF-8 text, as ``write(_:to:)-([UInt8],_)``.
  public func write(_ text: String, to path: String) throws(Errno) {
    try write(Array(text.utf8), to: path)
  }

  /// Creates a directory, and those above it, if they do not exist.
  ///
  /// - Throws: `EINVAL` for an invalid path; `ENOTDIR`; `ENOSPC` beyond the limits.
  public func createDirectory(_ path: String) throws(Errno) {
    let (directory, name) = try directory(above: path)
    _ = try Self.enter(name, in: directory)
  }

  /// Creates a symbolic link. Creates the directories above it if necessary.
  ///
  /// - Throws: `EINVAL` for an invalid path; `EEXIST`; `ENOTDIR`; `ENOSPC` beyond the limits.
  public func createSymbolicLink(_ path: String, to target: String) throws(Errno) {
    let (directory, name) = try directory(above: path)
    try directory.createSymbolicLink(name, to: GuestPath(target))
  }

  /// The content of a file. Symbolic links are followed.
  ///
  /// - Throws: `ENOENT`; `EISDIR`; `EPERM` if the path starts with a slash or leads out of the root.
  public func read(_ path: String) throws(Errno) -> [UInt8] {
    let opened = try root.open(GuestPath(path), following: true, OpenRequest())
    guard case .file(let file) = opened, let file = file as? InMemoryFile else { throw .isdir }
    return file.node.content
  }

  private func directory(above path: String) throws(Errno) -> (InMemoryDirectory, FileName) {
    var names: [FileName] = []
    for component in path.split(separator: "/") where component != "." {
      guard let name = FileName(String(component)) else { throw .inval }
      names.append(name)
    }
    guard let last = names.popLast() else { throw .inval }
    var directory: InMemoryDirectory = root
    for name in names { directory = try Self.enter(name, in: directory) }
    return (directory, last)
  }

  private static func enter(_ name: FileName, in directory: InMemoryDirectory) throws(Errno) -> InMemoryDirectory {
    do throws(Errno) {
      try directory.createDirectory(name)
    } catch {
      guard error == .exist else { throw error }
    }
    guard let entered = try directory.openDirectory(name) as? InMemoryDirectory else { throw .notdir }
    return entered
  }
}
