import Needletail
import NeedletailSystem
import Synchronization
import WasmBinary
import WasmScript
import WebAssembly

/// `needletail wast`: runs scripts such as those of the standard's test suite.
enum WastCommand {
  private static let recursive = OptionDefinition.flag(
    "recursive", letter: "r", "Include the directories within directories")
  private static let json = OptionDefinition.flag(
    "json", "Print one JSON object per file; the summary goes to standard error")
  private static let jobs = OptionDefinition.value(
    "jobs", letter: "j", "N", "Number of scripts that run at once; the default is the number of CPUs")

  static let definition = CommandDefinition(
    name: "wast",
    summary: "Run .wast scripts and count passed and failed assertions",
    discussion: [
      """
      Assertions and definitions of modules are counted. Each failure, and each command that could not run, is printed as \
      FILE:LINE:COLUMN. Scripts in a directory named after a proposal run with that proposal.
      """
    ],
    operands: [
      OperandDefinition(
        placeholder: "PATH", summary: "A script, a directory of scripts, or - for standard input", completion: .files,
        isRepeated: true)
    ],
    ownOptions: [
      recursive, json, jobs, EngineOptions.maximumStackSize,
      EngineOptions.maximumHeap, EngineOptions.stressesCollector, EngineOptions.features, EngineOptions.deterministic,
    ] + EngineOptions.execution,
    counterparts: ["format": "--json prints JSON"],
    examples: [("needletail wast testsuite", "Run the scripts in a directory")],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    try parser.checkUsesOfInput(parser.operands)
    let configuration = try EngineOptions.configuration(parser)
    try EngineOptions.checkCombination(parser, configuration)
    let limits = try LimitOptions.limits(parser)
    let chosenFeatures = parser.has(EngineOptions.features)
    let threads = try parser.number(jobs, in: 1...Int(Int32.max))
    let files = try parser.operands.flatMap { try scripts(in: $0, recursive: parser.has(recursive)) }
    let reports = ReportPrinter(files, asJSON: parser.has(json))
    Threads.forEach(files.count, threads: threads ?? Processors.availableCount) { index in
      var runner = ScriptRunner(configuration)
      runner.limits = limits
      if !chosenFeatures { runner.configuration.features = ScriptRunner.features(forScriptAt: files[index]) }
      reports.finish(index, FileReport(files[index], runner))
    }
    return reports.close()
  }

  /// The scripts at a path: the file itself, or those in the folder, sorted.
  private static func scripts(in path: String, recursive: Bool) throws -> [String] {
    guard Files.isFolder(path) else {
      guard path == "-" || Files.exists(path) else { throw FileError(path: path, verb: "read", error: .noent) }
      return [path]
    }
    let found = try scripts(inFolder: path, recursive: recursive)
    guard found.isEmpty else { return found }
    throw CommandError(
      "there is no .wast file in '\(path)'", hints: recursive ? [] : ["--recursive includes the directories in it"])
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

/// The result of one file.
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
        self.error = "expected a script, found an empty file"
      } else if contents.starts(with: SectionID.moduleHeader.prefix(4)) {
        self.error = "expected a script, found a module in the binary format"
      } else if let format = FileFormat(contents), format.isForeign, !format.isComponent {
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
    let path = ModuleFile.displayName(path).printable
    var text = error.map { "\(path): \($0)\n" } ?? ""
    for failure in script.failures { text += "\(path):\(failure.location): \(failure.message)\n" }
    for remark in script.notRun { text += "\(path):\(remark.location): not run: \(remark.message)\n" }
    return text
  }

  var json: JSONText {
    func remarks(_ remarks: [ScriptReport.Remark]) -> JSONText {
      .array(
        remarks.map { remark in
          let location = remark.location
          return .object([
            ("line", .number(location.line)), ("column", .number(location.column)),
            ("message", .string(remark.message)),
          ])
        })
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

/// Prints the reports of files in the order of the command line, each as early as this order allows.
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

  /// Prints the summary; returns the exit status.
  func close() -> Int32 {
    state.withLock { state in
      var line = "\(state.passed) passed, \(state.failed) failed"
      if state.notRun > 0 { line += ", \(state.notRun) not run" }
      let style: Terminal.Style = state.failed > 0 ? .error : .success
      if asJSON {
        Terminal.writeError(Terminal.styled(line, style, on: .standardError) + "\n")
      } else {
        Terminal.write(Terminal.styled(line, style, on: .standardOutput) + "\n")
      }
      return state.failed == 0 ? ExitCode.success : ExitCode.failure
    }
  }
}
