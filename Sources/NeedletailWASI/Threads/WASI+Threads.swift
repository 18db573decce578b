import Needletail
import Synchronization
import WasmRuntime

/// What threads of one guest need to share a ``WASI``.
///
/// The lock is held during every function of WASI's, but not while one waits: for input, for a connection, or for time to pass.
final class ThreadSharing: Sendable {
  let lock = NativeLock()
  /// Whether the guest has ended, so that nobody should wait any longer.
  let isEnding = Atomic(false)

  /// The longest time for which a thread waits without looking whether the guest has ended, in nanoseconds.
  static let slice: UInt64 = 20_000_000
}

extension WASI {
  /// Makes the functions that are linked from now on safe to be called by several threads.
  func shareBetweenThreads() {
    if sharing == nil { sharing = ThreadSharing() }
  }

  /// Ends all waiting: what waits fails with `EINTR`.
  func endThreads() { sharing?.isEnding.store(true, ordering: .sequentiallyConsistent) }

  /// Waits for descriptors of the host, or for time to pass, while other threads of the guest go on.
  func wait(_ poll: inout POSIXPoll, timeout: UInt64?) throws(Errno) {
    guard let sharing, timeout != 0 else { return try poll.wait(timeout: timeout) }
    sharing.lock.unlock()
    defer { sharing.lock.lock() }
    let start = MonotonicClock.nanoseconds
    while true {
      let elapsed = MonotonicClock.nanoseconds - start
      if let timeout, elapsed >= timeout { return }
      try poll.wait(timeout: min(ThreadSharing.slice, timeout.map { $0 - elapsed } ?? .max))
      if poll.isAnyReady { return }
      if sharing.isEnding.load(ordering: .sequentiallyConsistent) { throw .intr }
    }
  }

  /// Waits until reading from a descriptor, or accepting a connection, does not block any more. Without threads, that is left to
  /// the call itself.
  ///
  /// A descriptor of the host is never read while the lock is not held: another thread could close it, and its number come to stand
  /// for something that is not the guest's.
  func waitUntilReadable(_ number: UInt32) throws(Errno) {
    guard sharing != nil else { return }
    while case .file(let file) = try descriptors[number].object, file.type != .regularFile,
      case .descriptor(let descriptor) = file.readiness, try !file.flags().contains(.nonblock)
    {
      var poll = POSIXPoll()
      poll.add(descriptor, writing: false)
      try poll.wait(timeout: 0)
      if poll.isAnyReady { return }
      try wait(&poll, timeout: nil)
    }
  }
}
