/// The output of `compile --timing`: a row for each pass with milliseconds and the part of the whole, and their sum.
struct PassTimeTable {
  private let rows: [(name: String, duration: Duration)]

  init(_ rows: [(name: String, duration: Duration)]) { self.rows = rows }

  var text: String {
    let total = rows.reduce(Duration.zero) { $0 + $1.duration }
    let lines = (rows + [("total", total)]).map { name, duration in
      let part = total > .zero ? duration / total : 1
      return pad(name, to: 28, left: true) + pad("\(tenths(duration / .milliseconds(1))) ms", to: 13, left: false)
        + pad("\(tenths(100 * part)) %", to: 9, left: false)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A number with one decimal.
  private func tenths(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  private func pad(_ text: String, to width: Int, left: Bool) -> String {
    let space = String(repeating: " ", count: max(width - text.count, 0))
    return left ? text + space : space + text
  }
}
