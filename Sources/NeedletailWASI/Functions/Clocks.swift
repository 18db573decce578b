import Needletail

/// The guest's clocks.
struct GuestClock {
  private let source: WASI.Clocks
  /// The time elapsed on frozen clocks, in nanoseconds.
  private var elapsed: UInt64 = 0

  init(_ source: WASI.Clocks) { self.source = source }

  mutating func time(_ clock: ClockIdentifier) throws(Errno) -> UInt64 {
    switch source {
    case .system: return try clock.hostTime()
    case .frozen(let realtime, let step):
      elapsed &+= step
      return clock == .realtime ? realtime &+ elapsed : elapsed
    }
  }

  func resolution(_ clock: ClockIdentifier) throws(Errno) -> UInt64 {
    switch source {
    case .system: try clock.hostResolution()
    case .frozen(_, let step): max(step, 1)
    }
  }

  /// If the clocks are frozen, advances them by `duration` (in nanoseconds) and returns true.
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
    // The precision is a hint. The host's clock is always read at full precision.
    try functions.define("clock_time_get") {
      [self] (memory: GuestMemory, clock: UInt32, precision: UInt64, result: UInt32) throws(Errno) in
      guard let clock = ClockIdentifier(rawValue: clock) else { throw .inval }
      try memory.store(self.clock.time(clock), at: result)
    }
  }
}
