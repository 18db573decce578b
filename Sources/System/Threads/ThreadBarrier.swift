/// A memory barrier on all threads of the process at once, so that the fast paths of frequent threads need none. (Linux's `membarrier`,
/// since 4.14; other systems, and sandboxes that forbid it, have none.)
package enum ThreadBarrier {
  /// Whether the system supports it. The first access registers the process.
  package static let isAvailable: Bool = call(registration) == 0

  /// Makes every running thread of the process execute a full memory barrier. Requires ``isAvailable``.
  package static func passAllThreads() {
    let result = call(expedited)
    precondition(result == 0, "membarrier fails after it was registered")
  }

  // MEMBARRIER_CMD_PRIVATE_EXPEDITED and MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED of `linux/membarrier.h`.
  private static let expedited = 1 << 3
  private static let registration = 1 << 4

  private static func call(_ command: Int) -> Int {
    #if os(Linux)
      LinuxCallNumbers.present.membarrier.map { systemCall($0, command, 0, 0, 0) } ?? -1
    #else
      -1
    #endif
  }
}
