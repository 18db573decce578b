/// What all nodes of a file system in memory share: its limits, what is used of them, and its clock.
///
/// Nodes hold it, not the file system, so that a directory lives on its own once the file system is let go.
final class InMemoryQuota {
  private let limits: InMemoryFileSystem.Limits
  /// The present, in nanoseconds since 1970, for timestamps.
  let now: () -> UInt64
  private(set) var contentBytes = 0
  /// The root is one.
  private(set) var nodeCount = 1
  private var nextInode: UInt64 = 2

  init(_ limits: InMemoryFileSystem.Limits, now: @escaping () -> UInt64) {
    self.limits = limits
    self.now = now
  }

  /// Grants room for a node and gives its inode number.
  func addNode() throws(Errno) -> UInt64 {
    guard nodeCount < limits.nodes else { throw .nospc }
    nodeCount += 1
    nextInode += 1
    return nextInode - 1
  }

  func removeNode() { nodeCount -= 1 }

  func changeContent(by delta: Int) throws(Errno) {
    guard delta <= limits.contentBytes - contentBytes else { throw .nospc }
    contentBytes += delta
  }

  func releaseContent(_ count: Int) { contentBytes -= count }
}
