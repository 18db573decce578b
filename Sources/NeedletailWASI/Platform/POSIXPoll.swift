#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Waits for several descriptors of the host at once.
struct POSIXPoll {
  private var requests: [pollfd] = []

  /// What `poll` reported for one descriptor.
  struct Result {
    var isReady: Bool
    var hasHungUp: Bool
    var error: Errno?
    /// The number of bytes that can be read, if the host reports it.
    var readableCount: UInt64
  }

  mutating func add(_ descriptor: Int32, writing: Bool) {
    requests.append(pollfd(fd: descriptor, events: Int16(writing ? POLLOUT : POLLIN), revents: 0))
  }

  var isEmpty: Bool { requests.isEmpty }

  /// Waits until a descriptor is ready or `timeout` nanoseconds have passed (nil: no limit). Signals do not end the
  /// wait.
  mutating func wait(timeout: UInt64?) throws(Errno) {
    guard let timeout else {
      while try !wait(once: nil) {}
      return
    }
    if timeout == 0 {
      _ = try wait(once: 0)
      return
    }
    let start = try POSIXSystem.time(.monotonic)
    var elapsed: UInt64 = 0
    repeat {
      if try wait(once: timeout - elapsed) { return }
      elapsed = try POSIXSystem.time(.monotonic) - start
    } while elapsed < timeout
  }

  /// Waits once. Returns whether a descriptor is ready. Can end early: at a signal, or at the host's longest timeout.
  private mutating func wait(once timeout: UInt64?) throws(Errno) -> Bool {
    let result: Int32
    if let timeout, requests.isEmpty {
      // `nanosleep` is finer than `poll`, which takes milliseconds.
      var limit = timespec(nanoseconds: min(timeout, UInt64(Int32.max) * 1_000_000_000))
      result = nanosleep(&limit, nil)
    } else {
      // Rounded up, to avoid a busy loop.
      let milliseconds = timeout.map { Int32(clamping: $0 / 1_000_000 + ($0 % 1_000_000 == 0 ? 0 : 1)) } ?? -1
      result = poll(&requests, nfds_t(requests.count), milliseconds)
    }
    guard result >= 0 else {
      guard errno == EINTR else { throw .ofLastCall }
      return false
    }
    return result > 0
  }

  /// Whether the last wait ended because a descriptor is ready.
  var isAnyReady: Bool { requests.contains { $0.revents != 0 } }

  /// The result for the descriptor that was added at position `index`.
  func result(_ index: Int) -> Result {
    let request = requests[index]
    let events = Int32(request.revents)
    var error: Errno?
    if events & Int32(POLLNVAL) != 0 { error = .badf }
    if events & Int32(POLLERR) != 0, events & Int32(POLLHUP) == 0, Int32(request.events) & Int32(POLLIN) != 0 {
      error = .io
    }
    var count: Int32 = 0
    if events & Int32(POLLIN) != 0 { _ = ioctl(request.fd, UInt(FIONREAD), &count) }
    return Result(
      isReady: events != 0, hasHungUp: events & Int32(POLLHUP) != 0, error: error,
      readableCount: UInt64(max(0, count)))
  }
}
