import Needletail
import Synchronization
import NeedletailSystem

extension WASI {
  /// Makes the functions that are linked from now on thread-safe.
  func shareBetweenThreads() {
    if sharing == nil { sharing = ThreadSharing() }
  }

  /// Ends all waits: they fail with `EINTR`.
  func endThreads() { sharing?.isEnding.store(true, ordering: .sequentiallyConsistent) }

  /// Whether the guest's waits may have to be ended. If so, the host is called only when it does not block.
  var canEndWaiting: Bool { sharing != nil || callers.caller?.store.mayBeInterrupted == true }

  /// Tells whether the current call should give up. The threads of a guest end together, so that their stores need no
  /// check.
  private var ending: GuestEnding {
    GuestEnding(sharing: sharing, store: callers.caller?.store)
  }

  /// - Throws: `EINTR` if the guest is ending: its store was interrupted, or another of its threads has ended it.
  func requireGoingOn() throws(Errno) {
    if ending.isRequested { throw .intr }
  }

  /// Waits for descriptors of the host or for a timeout, while other threads of the guest run.
  ///
  /// - Parameter timeout: in nanoseconds; nil for no limit.
  /// - Throws: `EINTR` shortly after the guest is told to end.
  func wait(_ poll: inout DescriptorPoll, timeout: UInt64?) throws(Errno) {
    guard timeout != 0 else { return try onHost { () throws(SystemError) in try poll.wait(timeout: timeout) } }
    let ending = ending
    sharing?.lock.unlock()
    defer { sharing?.lock.lock() }
    try ending.wait(&poll, timeout: timeout)
  }

  /// Makes a host call that can block, while other threads of the guest run. The object's descriptor stays open
  /// meanwhile, even if another thread closes or replaces the guest's descriptor.
  ///
  /// Only calls to the host's objects release the lock. An embedder's objects expect one call at a time.
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

  /// Makes a call that reads, accepts or receives once data is available, while other threads of the guest run. The
  /// wait can be ended if the guest has threads or can be interrupted.
  @inline(__always)
  func reading<R>(
    _ file: any File, count: @autoclosure () -> Int = 1, _ body: () throws(Errno) -> R
  ) throws(Errno) -> R {
    guard canEndWaiting, count() > 0 else { return try body() }
    return try transferring(file, writing: false, body)
  }

  /// Writes or sends with `body` once there is room, while other threads of the guest run. Everything is written,
  /// unless the descriptor is non-blocking.
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

  /// Records a failed write if it was to the standard output.
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
        // Reports what was written; the error occurs again in the next write.
        guard written > 0 else { throw error }
        break
      }
    }
    return written
  }

  /// Whether reading from a file or writing to it can block.
  private func waits(_ file: any File) throws(Errno) -> Bool {
    guard let file = file as? POSIXFile, case .descriptor = file.readiness else { return false }
    return try !file.flags().contains(.nonblock)
  }

  /// Calls the host only when it is ready, so that the call does not block: a wait can be ended with the guest, a
  /// blocked call cannot. Threads take turns, so that two of them cannot see the same readiness.
  private func transferring<R>(
    _ file: any File, writing: Bool, _ body: () throws(Errno) -> R
  ) throws(Errno) -> R {
    guard let object = file as? POSIXFile, try waits(file) else { return try unlocked(file, body) }
    let ending = ending
    let turn = writing ? object.turns.writing : object.turns.reading
    return try unlocked(file) { () throws(Errno) in
      var poll = DescriptorPoll()
      poll.add(object.descriptor, for: writing ? .writing : .reading)
      while true {
        if let result = try ifReady(&poll, turn, body) { return result }
        try ending.wait(&poll, timeout: nil)
      }
    }
  }

  private func ifReady<R>(
    _ poll: inout DescriptorPoll, _ turn: NativeLock, _ body: () throws(Errno) -> R
  ) throws(Errno) -> R? {
    turn.lock()
    defer { turn.unlock() }
    try onHost { () throws(SystemError) in try poll.wait(timeout: 0) }
    return poll.isAnyReady ? try body() : nil
  }
}

/// Tells whether a guest is ending, so that its waits must end.
private struct GuestEnding {
  /// Set if the guest has threads, which end together.
  var sharing: ThreadSharing?
  /// The store of the caller.
  var store: Store?

  /// The longest wait without a check whether the guest is ending, in nanoseconds.
  private static let slice: UInt64 = 20_000_000

  var isRequested: Bool {
    if let sharing, sharing.isEnding.load(ordering: .sequentiallyConsistent) { return true }
    return store?.isInterrupted ?? false
  }

  /// Waits for descriptors or for a timeout in nanoseconds, unless the guest ends first.
  func wait(_ poll: inout DescriptorPoll, timeout: UInt64?) throws(Errno) {
    let start = MonotonicClock.nanoseconds
    while true {
      if isRequested { throw .intr }
      let elapsed = MonotonicClock.nanoseconds - start
      if let timeout, elapsed >= timeout { return }
      let rest = min(Self.slice, timeout.map { $0 - elapsed } ?? .max)
      try onHost { () throws(SystemError) in try poll.wait(timeout: rest) }
      if poll.isAnyReady { return }
    }
  }
}
