import Needletail
import Synchronization
import WasmRuntime

/// What threads of one guest need to share a ``WASI``.
///
/// The lock is held during every function of WASI's, but not while one waits for the host: for input, for a reader of its output, for
/// a connection, a disk, or for time to pass.
final class ThreadSharing: Sendable {
  let lock = NativeLock()
  /// Whether the guest has ended, so that nobody should wait any longer.
  let isEnding = Atomic(false)

}

extension WASI {
  /// Makes the functions that are linked from now on safe to be called by several threads.
  func shareBetweenThreads() {
    if sharing == nil { sharing = ThreadSharing() }
  }

  /// Ends all waiting: what waits fails with `EINTR`.
  func endThreads() { sharing?.isEnding.store(true, ordering: .sequentiallyConsistent) }

  /// Whether waiting can be ended with the guest, for which the host must not be called before it is ready.
  var canEndWaiting: Bool { sharing != nil || isInterruptible }

  /// What says whether the call at hand should give up. The threads of a guest end together, so that its stores need not be asked.
  private var ending: GuestEnding {
    GuestEnding(sharing: sharing, handle: sharing == nil ? callers.caller?.store.interruptHandle : nil)
  }

  /// - Throws: `EINTR` if the guest is to end: its store was interrupted, or another of its threads has ended it.
  func requireGoingOn() throws(Errno) {
    if ending.isRequested { throw .intr }
  }

  /// Waits for descriptors of the host, or for time to pass, while other threads of the guest go on.
  ///
  /// - Throws: `EINTR` soon after the guest is to end.
  func wait(_ poll: inout POSIXPoll, timeout: UInt64?) throws(Errno) {
    guard timeout != 0 else { return try poll.wait(timeout: timeout) }
    let ending = ending
    sharing?.lock.unlock()
    defer { sharing?.lock.lock() }
    try ending.wait(&poll, timeout: timeout)
  }

  /// Makes a call to the host that can take its time, while other threads of the guest go on. What the object stands for
  /// stays open meanwhile, even if another thread closes or replaces the guest's descriptor.
  ///
  /// Only the host's objects are used so. Those of the embedder's own expect one call at a time.
  @inline(__always)
  func unlocked<R>(_ object: any FileSystemObject, _ body: () throws(Errno) -> R) throws(Errno) -> R {
    guard let sharing, let object = object as? POSIXObject else { return try body() }
    object.beginUse()
    sharing.lock.unlock()
    defer {
      sharing.lock.lock()
      object.endUse()
    }
    return try body()
  }

  /// Makes a call that reads (takes a connection, receives) when there is something, while other threads of the guest go on. Can be
  /// ended with the guest, as all waiting of a guest that has threads or can be interrupted.
  @inline(__always)
  func reading<R>(
    _ file: any File, count: @autoclosure () -> Int = 1, _ body: () throws(Errno) -> R
  ) throws(Errno) -> R {
    guard canEndWaiting, count() > 0 else { return try body() }
    return try transferring(file, writing: false, body)
  }

  /// Writes or sends with `body` when there is room, while other threads of the guest go on; all of it, unless the descriptor is one
  /// that does not wait.
  @inline(__always)
  func writing(
    _ file: any File, from buffers: IOBuffers, _ body: (IOBuffers) throws(Errno) -> Int
  ) throws(Errno) -> Int {
    do throws(Errno) {
      guard canEndWaiting, buffers.totalCount > 0 else { return try body(buffers) }
      return try writingInPieces(file, from: buffers, body)
    } catch {
      noteLoss(error, of: file)
      throw error
    }
  }

  /// Notes a write that failed, if it was to the standard output.
  @inline(never)
  func noteLoss(_ error: Errno, of file: any File) {
    if file === standardOutput { outputLoss.note(error) }
  }

  private func writingInPieces(
    _ file: any File, from buffers: IOBuffers, _ body: (IOBuffers) throws(Errno) -> Int
  ) throws(Errno) -> Int {
    let count = buffers.totalCount
    guard count > POSIXFile.pieceCount, try waits(file) else {
      return try transferring(file, writing: true) { () throws(Errno) in try body(buffers) }
    }
    var written = 0
    while written < count {
      do throws(Errno) {
        written += try buffers.withPiece(from: written, limit: POSIXFile.pieceCount) { piece throws(Errno) in
          try transferring(file, writing: true) { () throws(Errno) in try body(piece) }
        }
      } catch {
        // What went out is reported; the error comes again with the next write.
        guard written > 0 else { throw error }
        break
      }
    }
    return written
  }

  /// Whether reading from a file or writing to it can wait for somebody else.
  private func waits(_ file: any File) throws(Errno) -> Bool {
    guard let file = file as? POSIXFile, case .descriptor = file.readiness else { return false }
    return try !file.flags().contains(.nonblock)
  }

  /// The host is only called when it is ready, so that the call does not wait: waiting can be ended with the guest, a call
  /// cannot. Threads take turns at that, lest two of them see the same readiness.
  private func transferring<R>(
    _ file: any File, writing: Bool, _ body: () throws(Errno) -> R
  ) throws(Errno) -> R {
    guard let object = file as? POSIXFile, try waits(file) else { return try unlocked(file, body) }
    let ending = ending
    let turn = writing ? object.turns.writing : object.turns.reading
    return try unlocked(file) { () throws(Errno) in
      var poll = POSIXPoll()
      poll.add(object.descriptor, writing: writing)
      while true {
        if let result = try ifReady(&poll, turn, body) { return result }
        try ending.wait(&poll, timeout: nil)
      }
    }
  }

  private func ifReady<R>(
    _ poll: inout POSIXPoll, _ turn: NativeLock, _ body: () throws(Errno) -> R
  ) throws(Errno) -> R? {
    turn.lock()
    defer { turn.unlock() }
    try poll.wait(timeout: 0)
    return poll.isAnyReady ? try body() : nil
  }
}

/// Whether a guest is to end, so that it should not wait any longer.
private struct GuestEnding {
  /// Set if the guest has threads, which all end together.
  var sharing: ThreadSharing?
  var handle: InterruptHandle?

  /// The longest time for which a guest waits without looking whether it is to end, in nanoseconds.
  private static let slice: UInt64 = 20_000_000

  var isRequested: Bool {
    if let sharing, sharing.isEnding.load(ordering: .sequentiallyConsistent) { return true }
    return handle?.isInterrupted ?? false
  }

  /// Waits for descriptors or for time to pass, until the guest is to end.
  func wait(_ poll: inout POSIXPoll, timeout: UInt64?) throws(Errno) {
    let start = MonotonicClock.nanoseconds
    while true {
      if isRequested { throw .intr }
      let elapsed = MonotonicClock.nanoseconds - start
      if let timeout, elapsed >= timeout { return }
      try poll.wait(timeout: min(Self.slice, timeout.map { $0 - elapsed } ?? .max))
      if poll.isAnyReady { return }
    }
  }
}
