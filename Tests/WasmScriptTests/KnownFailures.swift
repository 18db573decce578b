import WasmScript

/// What of the suite does not hold yet, by file: how many failures there are. A file must fail exactly as often as it says
/// here, so that neither a new failure nor an old entry goes unnoticed.
enum KnownFailures {
  /// The failures that are too many, or how many are missing.
  static func remarks(in path: String, _ report: ScriptReport) -> (unexpected: [ScriptReport.Remark], missing: Int) {
    let known = counts[path] ?? 0
    let all = report.failures + report.notRun
    return (all.count > known ? all : [], max(0, known - all.count))
  }

  private static let counts: [String: Int] = [:]
}
