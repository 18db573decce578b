/// The output of `compile --timing`: a row for each pass with milliseconds and the part of the whole, and their sum.
struct PassTimeTable {
  private let rows: [(name: String, duration: Duration)]

  init(_ rows: [(name: String, duration: Duration)]) { self.rows = rows }

  var text: String {
    let total = rows.reduce(Duration.zero) { $0 + $1.duration }
    let lines = (rows + [("total", total)]).map { name, duration in
      let part = total > .zero ? duration / total : 1
      return pad(name, to: 28, left: true)
        + pad("\(decimal(duration / .milliseconds(1), places: 3)) ms", to: 15, left: false)
        + pad("\(decimal(100 * part, places: 1)) %", to: 9, left: false)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A number that is not negative, with some decimal places.
  private func decimal(_ number: Double, places: Int) -> String {
    let unit = (0..<places).reduce(1) { unit, _ in 10 * unit }
    let rounded = Int((number * Double(unit)).rounded())
    let fraction = String(rounded % unit)
    return "\(rounded / unit)." + String(repeating: "0", count: places - fraction.count) + fraction
  }

  private func pad(_ text: String, to width: Int, left: Bool) -> String {
    let space = String(repeating: " ", count: max(width - text.count, 0))
    return left ? text + space : space + text
  }
}
