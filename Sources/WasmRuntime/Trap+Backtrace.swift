extension Trap {
  /// The largest number of lines of a backtrace, and how many of them are for the outermost frames if there are more.
  private static let maximumLineCount = 24
  private static let outermostLineCount = 8

  /// A line of a backtrace, and how many frames it is about.
  private enum Line {
    case frame(number: Int, Frame)
    /// Frames that repeat the ones before them.
    case repetition(count: Int, of: ArraySlice<Frame>)
    case omission(count: Int)

    var count: Int {
      switch self {
      case .frame: 1
      case .repetition(let count, _), .omission(let count): count
      }
    }

    var isFrame: Bool { if case .frame = self { true } else { false } }

    var text: String {
      switch self {
      case .frame(let number, let frame): "  \(number): \(frame)"
      case .repetition(let count, let frames):
        "  … \(count.grouped) more frames of \(frames.map(\.name).joined(separator: " and "))"
      case .omission(let count): "  … \(count.grouped) frames left out …"
      }
    }
  }

  /// A message followed by a backtrace: the innermost and the outermost frames, with their numbers among all, and how many are left out. Of frames
  /// that repeat, as in a deep recursion, the first are shown, or the last after a gap.
  package static func description(_ message: String, backtrace: [Frame]) -> String {
    var lines: [Line] = []
    if let gap = backtrace.firstIndex(where: { $0.omittedCallerCount > 0 }) {
      let omittedCount = backtrace[gap].omittedCallerCount
      lines = Self.lines(backtrace[...gap], firstNumber: 0)
      lines.append(.omission(count: omittedCount))
      lines += Self.lines(backtrace[(gap + 1)...], firstNumber: gap + 1 + omittedCount, isAfterGap: true)
    } else {
      lines = Self.lines(backtrace[...], firstNumber: 0)
    }
    if lines.count > maximumLineCount {
      let rest = lines.count - outermostLineCount
      let hidden = maximumLineCount - outermostLineCount - 1..<rest
      lines.replaceSubrange(hidden, with: [.omission(count: lines[hidden].reduce(0) { $0 + $1.count })])
    }
    return ([message] + merged(lines).map(\.text)).joined(separator: "\n")
  }

  private static func lines(_ frames: ArraySlice<Frame>, firstNumber: Int, isAfterGap: Bool = false) -> [Line] {
    var lines: [Line] = []
    let number = firstNumber - frames.startIndex
    var index = frames.startIndex
    while index < frames.endIndex {
      let (period, end) = repetition(at: index, in: frames)
      // After a gap, the last of the frames that repeat are shown: those before them are like the ones that are left out.
      let isHidden = isAfterGap && index == frames.startIndex && end > index + period
      if isHidden { lines.append(.omission(count: end - index - period)) }
      let shown = isHidden ? end - period..<end : index..<index + period
      for position in shown { lines.append(.frame(number: number + position, frames[position])) }
      if !isHidden, shown.upperBound < end {
        lines.append(.repetition(count: end - shown.upperBound, of: frames[shown]))
      }
      index = end
    }
    return lines
  }

  /// The lines with one gap in place of several in succession, and of repetitions next to one.
  private static func merged(_ lines: [Line]) -> [Line] {
    var result: [Line] = []
    var start = 0
    while start < lines.count {
      let end = lines[start...].firstIndex(where: \.isFrame) ?? lines.count
      guard end > start else {
        result.append(lines[start])
        start += 1
        continue
      }
      let run = lines[start..<end]
      result.append(run.count == 1 ? run.first! : .omission(count: run.reduce(0) { $0 + $1.count }))
      start = end
    }
    return result
  }

  /// How many frames from an index on are repeated at least twice, and the end of the repetition; one frame and its end if there is none.
  private static func repetition(at start: Int, in frames: ArraySlice<Frame>) -> (period: Int, end: Int) {
    for period in 1...3 {
      var end = start + period
      while end < frames.endIndex, frames[end].isSame(as: frames[end - period]) { end += 1 }
      // Frames are left out only in whole periods, except where the backtrace ends.
      if end < frames.endIndex { end -= (end - start) % period }
      if end - start >= 3 * period, end - start > period + 1 { return (period, end) }
    }
    return (1, start + 1)
  }
}

extension Trap.Frame {
  /// The function's name, with its index if another function of the module has the same name; or its index.
  var name: String {
    guard let functionName else { return "func[\(functionIndex)]" }
    return isNameAmbiguous ? "\(functionName.printable)[\(functionIndex)]" : functionName.printable
  }

  /// Whether two frames differ at most in what is left out after them.
  fileprivate func isSame(as other: Trap.Frame) -> Bool {
    var other = other
    other.omittedCallerCount = omittedCallerCount
    return self == other
  }
}

extension Int {
  /// A number that is not negative, with commas: `9,876`.
  fileprivate var grouped: String {
    var text = ""
    for (position, digit) in String(self).reversed().enumerated() {
      if position > 0, position % 3 == 0 { text = "," + text }
      text = String(digit) + text
    }
    return text
  }
}
