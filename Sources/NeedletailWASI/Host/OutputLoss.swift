import Synchronization

/// Records whether data written to the standard output was lost. Can be read from any thread.
final class OutputLoss: Sendable {
  private let code = Atomic<UInt16>(0)

  /// The error of the first write that lost data.
  var error: Errno? {
    let code = code.load(ordering: .relaxed)
    return code == 0 ? nil : Errno(rawValue: code)
  }

  /// Records the error of a write, if it means that the data cannot be delivered.
  func note(_ error: Errno) {
    switch error {
    case .nospc, .dquot, .pipe, .fbig, .io, .badf:
      _ = code.compareExchange(expected: 0, desired: error.rawValue, ordering: .relaxed)
    default: break
    }
  }
}
