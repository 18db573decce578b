#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The host's clocks and random numbers, and other stateless calls.
enum POSIXSystem {
  private static func host(_ clock: ClockIdentifier) -> clockid_t {
    switch clock {
    case .realtime: CLOCK_REALTIME
    case .monotonic: CLOCK_MONOTONIC
    case .processCPUTime: CLOCK_PROCESS_CPUTIME_ID
    case .threadCPUTime: CLOCK_THREAD_CPUTIME_ID
    }
  }

  /// Nanoseconds since the clock's origin.
  static func time(_ clock: ClockIdentifier) throws(Errno) -> UInt64 {
    var time = timespec()
    guard clock_gettime(host(clock), &time) == 0 else { throw .ofLastCall }
    return time.nanoseconds
  }

  static func resolution(_ clock: ClockIdentifier) throws(Errno) -> UInt64 {
    var time = timespec()
    guard clock_getres(host(clock), &time) == 0 else { throw .ofLastCall }
    return time.nanoseconds
  }

  /// Fills `bytes` from the system's cryptographic generator.
  static func fillWithRandom(_ bytes: UnsafeMutableRawBufferPointer) throws(Errno) {
    #if canImport(Darwin)
      arc4random_buf(bytes.baseAddress!, bytes.count)
    #else
      var filled = 0
      while filled < bytes.count {
        filled += try retrying { LinuxSystemCalls.random(UnsafeMutableRawBufferPointer(rebasing: bytes[filled...])) }
      }
    #endif
  }

  static func yield() { sched_yield() }

  /// Ignores SIGPIPE and SIGXFSZ, unless the process has changed their default actions. A write to a closed pipe
  /// (`EPIPE`) or past the process's file size limit (`EFBIG`) then fails instead of ending the process.
  static func ignoreSignalsOfWriting() {
    for number in [SIGPIPE, SIGXFSZ] {
      var action = sigaction()
      guard sigaction(number, nil, &action) == 0 else { continue }
      #if canImport(Darwin)
        let handler = action.__sigaction_u.__sa_handler
      #else
        let handler = action.__sigaction_handler.sa_handler
      #endif
      // SIG_DFL is a null pointer, which Swift imports as nil.
      if handler == nil { signal(number, SIG_IGN) }
    }
  }
}
