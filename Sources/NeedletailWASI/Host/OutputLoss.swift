import Synchronization

/// Notes whether what a guest wrote to its standard output is lost. Any thread may ask.
final class OutputLoss: Sendable {
  private let code = Atomic<UInt16>(0)

  /// The error of the first write that failed for good.
  var error: Errno? {
    let code = code.load(ordering: .relaxed)
    return code == 0 ? nil : Errno(rawValue: code)
  }

  /// Notes an error of a write, if it says that the bytes cannot get there.
  func note(_ error: Errno) {
    switch error {
    case .nospc, .dquot, .pipe, .fbig, .io, .badf:
      _ = code.compareExchange(expected: 0, desired: error.rawValue, ordering: .relaxed)
    default: break
    }
  }
}
