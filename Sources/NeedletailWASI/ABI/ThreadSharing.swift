import NeedletailSystem
import Synchronization

/// The state with which the threads of one guest share a ``WASI``.
///
/// The lock is held during every WASI function, except while the function waits for the host: for input, for a reader
/// of its output, for a connection, for a disk or for a timeout.
final class ThreadSharing: Sendable {
  let lock = NativeLock()
  /// Whether the guest has ended, so that all waits must end.
  let isEnding = Atomic(false)
}
