#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The results as Markdown.
struct Report {
  let results: [ProgramResult]
  let engines: [Engine]
  let options: Options
  let absent: [String]

  /// The engine with which the others are compared: Needletail, or the first one.
  private var reference: Int { engines.firstIndex { $0.name.hasPrefix("needletail") } ?? 0 }
  private var others: [Int] { engines.indices.filter { $0 != reference } }

  private func time(_ result: ProgramResult, _ engine: Int) -> Double? {
    result.measurements[engine].time(options.statistic, options.clock)
  }

  /// The time of `engine` relative to the reference; nil if one failed or any output differs.
  private func ratio(_ result: ProgramResult, _ engine: Int) -> Double? {
    guard result.outputsAgree, let own = time(result, reference), let other = time(result, engine), own > 0, other > 0
    else { return nil }
    return other / own
  }

  /// A row per program: seconds on each engine, then the other engines' times relative to the reference.
  var table: String {
    var table = MarkdownTable(
      head: ["program"] + engines.map { "\($0.name), s" } + others.map { "\(engines[$0].name) ÷" })
    for result in results {
      let times = engines.indices.map { time(result, $0).map { decimal($0, 3) } ?? "–" }
      let ratios = others.map { ratio(result, $0).map { decimal($0, 2) } ?? "–" }
      table.rows.append([result.program] + times + ratios)
    }
    let means = others.map { engine in
      geometricMean(results.compactMap { ratio($0, engine) }).map { "**\(decimal($0, 2))**" } ?? "–"
    }
    table.rows.append(["**geometric mean**"] + engines.map { _ in "" } + means)
    let what = options.clock == .wall ? "wall time of the whole process" : "processor time in user mode"
    let less = options.net ? ", less that of hello world" : ""
    return """
      Seconds, \(what)\(less), \(options.statistic.rawValue) of \(options.runs) interleaved runs; "÷": that runtime's time \
      divided by \(engines[reference].name)'s.

      \(table.text)
      """
  }

  /// A row per engine: the time and memory of a process that prints hello.
  var startupTable: String {
    var table = MarkdownTable(
      head: ["runtime", "median, ms", "minimum, ms", "user median, ms", "peak, MB", "÷ \(engines[reference].name)"])
    guard let result = results.first else { return "" }
    for (index, measurement) in result.measurements.enumerated() {
      func milliseconds(_ statistic: Options.Statistic, _ clock: Options.Clock) -> String {
        measurement.time(statistic, clock).map { decimal($0 * 1000, 1) } ?? "–"
      }
      let own = result.measurements[reference].time(.median, .wall)
      let ratio = measurement.time(.median, .wall).flatMap { time in own.map { decimal(time / $0, 2) } }
      table.rows.append([
        measurement.engine, milliseconds(.median, .wall), milliseconds(.minimum, .wall), milliseconds(.median, .user),
        measurement.failure == nil ? decimal(Double(measurement.peakMemory) / 1e6, 1) : "–",
        index == reference ? "" : ratio ?? "–",
      ])
    }
    return "\(result.program), whole process, \(options.runs) interleaved runs.\n\n\(table.text)"
  }

  /// Failures, missing runtimes and differing outputs.
  var notes: String {
    var lines: [String] = []
    for result in results {
      if !result.outputsAgree {
        let groups = result.groups.map { $0.joined(separator: ", ") }
        lines.append("\(result.program): OUTPUTS DIFFER between " + groups.joined(separator: " and "))
      }
      for measurement in result.measurements {
        if let failure = measurement.failure { lines.append("\(result.program) on \(measurement.engine): \(failure)") }
      }
    }
    lines += absent
    if results.allSatisfy(\.outputsAgree) { lines.append("all outputs agree") }
    return "\n" + lines.map { "- \($0)\n" }.joined()
  }
}

/// A table whose columns are also aligned in plain text.
struct MarkdownTable {
  let head: [String]
  var rows: [[String]] = []

  init(head: [String]) { self.head = head }

  var text: String {
    let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
      let padded = zip(cells, widths).enumerated().map { index, cell in
        let space = String(repeating: " ", count: cell.1 - cell.0.count)
        return index == 0 ? cell.0 + space : space + cell.0
      }
      return "| " + padded.joined(separator: " | ") + " |\n"
    }
    let rule = widths.enumerated().map { index, width in
      index == 0 ? String(repeating: "-", count: width) : String(repeating: "-", count: max(1, width - 1)) + ":"
    }
    return line(head) + "| " + rule.joined(separator: " | ") + " |\n" + rows.map(line).joined()
  }
}

/// `value` with `digits` digits after the decimal point.
func decimal(_ value: Double, _ digits: Int) -> String {
  let scale = pow(10, Double(digits))
  let scaled = (value * scale).rounded()
  guard scaled.magnitude < 1e15 else { return "\(value)" }
  let whole = Int(scaled.magnitude) / Int(scale)
  let fraction = String(Int(scaled.magnitude) % Int(scale))
  let sign = scaled < 0 ? "-" : ""
  return "\(sign)\(whole)." + String(repeating: "0", count: digits - fraction.count) + fraction
}

/// The geometric mean; nil if there are no values.
func geometricMean(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : exp(values.map { log($0) }.reduce(0, +) / Double(values.count))
}
