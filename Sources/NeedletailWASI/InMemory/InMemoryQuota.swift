/// The state shared by all nodes of an in-memory file system: its limits, their current use, and its clock.
///
/// Nodes refer to it rather than to the file system, so that a directory can outlive the file system.
final class InMemoryQuota {
  private let limits: InMemoryFileSystem.Limits
  /// The current time for timestamps, in nanoseconds since 1970.
  let now: () -> UInt64
  private(set) var contentBytes = 0
  /// Includes the root.
  private(set) var nodeCount = 1
  private var nextInode: UInt64 = 2

  init(_ limits: InMemoryFileSystem.Limits, now: @escaping () -> UInt64) {
    self.limits = limits
    self.now = now
  }

  /// Reserves a node.
  ///
  /// - Returns: its inode number.
  /// - Throws: `ENOSPC`.
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
