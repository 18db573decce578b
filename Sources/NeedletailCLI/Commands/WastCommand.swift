import Needletail
import Synchronization
import WasmBinary
import WasmScript
import WebAssembly

/// `needletail wast`: runs scripts such as those of the standard's test suite.
enum WastCommand {
  private static let recursive = OptionDefinition.flag(
    "recursive", letter: "r", "Run the scripts in folders within the folders, too")
  private static let json = OptionDefinition.flag(
    "json", "Print a report per file, as one JSON object per line, and the closing line on standard error")
  private static let jobs = OptionDefinition.value(
    "jobs", letter: "j", "N", "How many scripts run at once; the default is the number of processors")

  static let definition = CommandDefinition(
    name: "wast",
    summary: "Run .wast scripts and say how many of their assertions hold",
    discussion: [
      """
      Counts assertions and definitions of modules. Each failure is printed with its file and line, and so is what could \
      not be run. Files in a folder that has the name of a proposal run with that proposal turned on.
      """
    ],
    operands: [OperandDefinition(placeholder: "PATH", summary: "A script, or a folder of scripts", isRepeated: true)],
    ownOptions: [
      recursive, json, jobs, EngineOptions.maximumStackSize,
      EngineOptions.maximumHeap, EngineOptions.stressesCollector, EngineOptions.features, EngineOptions.deterministic,
    ] + EngineOptions.execution,
    examples: [("needletail wast testsuite", "Run the scripts in a folder")],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    let configuration = try EngineOptions.configuration(parser)
    try EngineOptions.checkCombination(parser, configuration)
    let limits = try EngineOptions.limits(parser)
    let chosenFeatures = parser.has(EngineOptions.features)
    let threads = try parser.value(jobs, expected: "a number above 0") { Int($0).flatMap { $0 > 0 ? $0 : nil } }
    let files = try parser.operands.flatMap { try scripts(in: $0, recursive: parser.has(recursive)) }
    let reports = ReportPrinter(files, asJSON: parser.has(json))
    Threads.forEach(files.count, threads: threads ?? Threads.processorCount) { index in
      var runner = ScriptRunner(configuration)
      runner.limits = limits
      if !chosenFeatures { runner.configuration.features = ScriptRunner.features(forScriptAt: files[index]) }
      reports.finish(index, FileReport(files[index], runner))
    }
    return reports.close()
  }

  /// The scripts that a path means: itself, or those in it, sorted.
  private static func scripts(in path: String, recursive: Bool) throws -> [String] {
    guard Files.isFolder(path) else {
      guard Files.exists(path) else { throw FileError(path: path, verb: "read", code: ENOENT) }
      return [path]
    }
    let found = try scripts(inFolder: path, recursive: recursive)
    guard found.isEmpty else { return found }
    throw CommandError(
      "there is no .wast file in '\(path)'", hints: recursive ? [] : ["--recursive looks into its folders, too"])
  }

  private static func scripts(inFolder folder: String, recursive: Bool) throws -> [String] {
    var scripts: [String] = []
    for name in try Files.list(folder) {
      let path = Files.join(folder, name)
      if Files.isFolder(path) {
        if recursive { scripts += try self.scripts(inFolder: path, recursive: true) }
      } else if name.hasSuffix(".wast") {
        scripts.append(path)
      }
    }
    return scripts
  }
}

/// What came out of one file.
private struct FileReport: Sendable {
  let path: String
  var script = ScriptReport()
  /// Why the file could not be read, if so.
  var error: String?
  let seconds: Double

  init(_ path: String, _ runner: ScriptRunner) {
    self.path = path
    let clock = ContinuousClock()
    let start = clock.now
    do {
      let contents = try Files.read(path)
      if contents.isEmpty {
        self.error = "expected a script, found nothing"
      } else if contents.starts(with: SectionID.moduleHeader.prefix(4)) {
        self.error = "expected a script, found a module in the binary format"
      } else if let format = FileFormat(contents), format.isForeign {
        self.error = "expected a script, found \(format)"
      } else {
        script = runner.run(contents)
      }
    } catch {
      self.error = error.message.text
    }
    seconds = (clock.now - start) / .seconds(1)
  }

  var failed: Int { script.failed + (error == nil ? 0 : 1) }

  var lines: String {
    let path = path.printable
    var text = error.map { "\(path): \($0)\n" } ?? ""
    for failure in script.failures { text += "\(path):\(failure.line): \(failure.message)\n" }
    for remark in script.notRun { text += "\(path):\(remark.line): not run: \(remark.message)\n" }
    return text
  }

  var json: JSONText {
    func remarks(_ remarks: [ScriptReport.Remark]) -> JSONText {
      .array(remarks.map { .object([("line", .number($0.line)), ("message", .string($0.message))]) })
    }
    var members: [(name: String, value: JSONText)] = [
      ("file", .string(path)), ("passed", .number(script.passed)), ("failed", .number(failed)),
      ("notRun", .number(script.notRun.count)), ("seconds", .decimal(seconds)),
      ("failures", remarks(script.failures)), ("notRunCommands", remarks(script.notRun)),
    ]
    if let error { members.append(("error", .string(error))) }
    return .object(members)
  }
}

/// Prints the reports of files in the order in which the files were named, each as soon as that order admits.
private final class ReportPrinter: Sendable {
  private struct State {
    var reports: [FileReport?]
    var printed = 0
    var passed = 0
    var failed = 0
    var notRun = 0
  }

  private let asJSON: Bool
  private let state: Mutex<State>

  init(_ files: [String], asJSON: Bool) {
    self.asJSON = asJSON
    state = Mutex(State(reports: Array(repeating: nil, count: files.count)))
  }

  func finish(_ index: Int, _ report: FileReport) {
    state.withLock { state in
      state.reports[index] = report
      while state.printed < state.reports.count, let next = state.reports[state.printed] {
        state.passed += next.script.passed
        state.failed += next.failed
        state.notRun += next.script.notRun.count
        state.reports[state.printed] = nil
        state.printed += 1
        let text = asJSON ? next.json.text + "\n" : next.lines
        if !text.isEmpty { Terminal.write(text) }
      }
    }
  }

  /// Prints the closing line; returns the exit status.
  func close() -> Int32 {
    state.withLock { state in
      var line = "\(state.passed) passed, \(state.failed) failed"
      if state.notRun > 0 { line += ", \(state.notRun) not run" }
      let style: Terminal.Style = state.failed > 0 ? .error : .success
      if asJSON {
        Terminal.writeError(Terminal.styled(line, style, on: STDERR_FILENO) + "\n")
      } else {
        Terminal.write(Terminal.styled(line, style, on: STDOUT_FILENO) + "\n")
      }
      return state.failed == 0 ? ExitCode.success : ExitCode.failure
    }
  }
}
