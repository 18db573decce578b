import NeedletailSystem

extension ClockIdentifier {
  /// The host's clock.
  var host: SystemClock {
    switch self {
    case .realtime: .realtime
    case .monotonic: .monotonic
    case .processCPUTime: .processTime
    case .threadCPUTime: .threadTime
    }
  }

  /// Nanoseconds since the origin of the host's clock.
  func hostTime() throws(Errno) -> UInt64 { try onHost { () throws(SystemError) in try host.time() } }

  /// The step of the host's clock in nanoseconds.
  func hostResolution() throws(Errno) -> UInt64 { try onHost { () throws(SystemError) in try host.resolution() } }
}
