import Needletail

/// The clocks that the guest sees.
struct GuestClock {
  private let source: WASI.Clocks
  /// How far frozen clocks have come, in nanoseconds.
  private var elapsed: UInt64 = 0

  init(_ source: WASI.Clocks) { self.source = source }

  mutating func time(_ clock: ClockIdentifier) throws(Errno) -> UInt64 {
    switch source {
    case .system: return try POSIXSystem.time(clock)
    case .frozen(let realtime, let step):
      elapsed &+= step
      return clock == .realtime ? realtime &+ elapsed : elapsed
    }
  }

  func resolution(_ clock: ClockIdentifier) throws(Errno) -> UInt64 {
    switch source {
    case .system: try POSIXSystem.resolution(clock)
    case .frozen(_, let step): max(step, 1)
    }
  }

  /// If the clocks are frozen, lets `duration` pass at once and returns true.
  mutating func skip(_ duration: UInt64) -> Bool {
    guard case .frozen = source else { return false }
    elapsed &+= duration
    return true
  }
}

extension WASI {
  func defineClocks(_ functions: HostFunctions) throws {
    try functions.define("clock_res_get") { [self] (memory: GuestMemory, clock: UInt32, result: UInt32) throws(Errno) in
      guard let clock = ClockIdentifier(rawValue: clock) else { throw .inval }
      try memory.store(self.clock.resolution(clock), at: result)
    }
    // The precision is a wish; the host's clock is as precise as can be in any case.
    try functions.define("clock_time_get") {
      [self] (memory: GuestMemory, clock: UInt32, precision: UInt64, result: UInt32) throws(Errno) in
      guard let clock = ClockIdentifier(rawValue: clock) else { throw .inval }
      try memory.store(self.clock.time(clock), at: result)
    }
  }
}
