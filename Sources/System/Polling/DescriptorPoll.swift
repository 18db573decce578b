#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Waits for several descriptors at once.
package struct DescriptorPoll {
  private var requests: [pollfd] = []

  package init() {}

  /// The event to wait for.
  package enum Readiness: Sendable {
    case reading, writing

    var events: Int16 { Int16(self == .writing ? POLLOUT : POLLIN) }
  }

  /// The result of `poll` for one descriptor.
  package struct Result {
    package var isReady: Bool
    package var hasHungUp: Bool
    package var error: SystemError?
    /// The number of bytes that can be read, if the system reports it.
    package var readableCount: UInt64
  }

  package mutating func add(_ descriptor: FileDescriptor, for readiness: Readiness) {
    requests.append(pollfd(fd: descriptor.number, events: readiness.events, revents: 0))
  }

  package var isEmpty: Bool { requests.isEmpty }

  /// Waits until a descriptor is ready or `timeout` nanoseconds have passed (nil: no limit). Signals do not end the wait.
  package mutating func wait(timeout: UInt64?) throws(SystemError) {
    guard let timeout else {
      while try !wait(once: nil) {}
      return
    }
    if timeout == 0 {
      _ = try wait(once: 0)
      return
    }
    let start = try SystemClock.monotonic.time()
    var elapsed: UInt64 = 0
    repeat {
      if try wait(once: timeout - elapsed) { return }
      elapsed = try SystemClock.monotonic.time() - start
    } while elapsed < timeout
  }

  /// Waits once. Returns whether a descriptor is ready. Can end early: at a signal, or at the system's longest timeout.
  private mutating func wait(once timeout: UInt64?) throws(SystemError) -> Bool {
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
      guard errno == EINTR else { throw .last }
      return false
    }
    return result > 0
  }

  /// Whether the last wait ended because a descriptor is ready.
  package var isAnyReady: Bool { requests.contains { $0.revents != 0 } }

  /// The result for the descriptor that was added at position `index`.
  package func result(_ index: Int) -> Result {
    let request = requests[index]
    let events = Int32(request.revents)
    var error: SystemError?
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

extension FileDescriptor {
  /// Whether the file can be read, or written, now.
  package func isReady(for readiness: DescriptorPoll.Readiness) throws(SystemError) -> Bool {
    var request = pollfd(fd: number, events: readiness.events, revents: 0)
    return try retrying { poll(&request, 1, 0) } > 0
  }
}
