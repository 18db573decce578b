extension Trap {
  /// The largest number of lines of a backtrace.
  private static let maximumLineCount = 24

  /// A message followed by a backtrace. Of frames that repeat, as in a deep recursion, the first are shown.
  package static func description(_ message: String, backtrace: [Frame]) -> String {
    var lines = [message]
    // A backtrace of the largest size was cut.
    let isCut = backtrace.count >= Backtrace.maximumCount
    func more(from start: Int, to end: Int) -> String { isCut && end == backtrace.count ? "" : "\(end - start) " }
    var index = 0
    while index < backtrace.count, lines.count <= maximumLineCount {
      let (period, end) = repetition(at: index, in: backtrace)
      for position in index..<index + period { lines.append("  \(position): \(backtrace[position])") }
      index += period
      guard index < end else { continue }
      let names = backtrace[index - period..<index].map(\.name).joined(separator: " and ")
      lines.append("  … \(more(from: index, to: end))more frames of \(names)")
      index = end
    }
    if index < backtrace.count {
      lines.append("  … \(more(from: index, to: backtrace.count))more frames")
    }
    return lines.joined(separator: "\n")
  }

  /// How many frames from an index on are repeated at least twice, and the end of the repetition; one frame and its end if there is none.
  private static func repetition(at start: Int, in frames: [Frame]) -> (period: Int, end: Int) {
    for period in 1...3 {
      var end = start + period
      while end < frames.count, frames[end] == frames[end - period] { end += 1 }
      // Frames are left out only in whole periods, except where the backtrace ends.
      if end < frames.count { end -= (end - start) % period }
      if end - start >= 3 * period, end - start > period + 1 { return (period, end) }
    }
    return (1, start + 1)
  }
}

extension Trap.Frame {
  /// The function's name, or its index.
  var name: String { functionName?.printable ?? "func[\(functionIndex)]" }
}
