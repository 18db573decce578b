import Needletail
import NeedletailSystem
import NeedletailWASI
import WebAssembly

/// `needletail run`: runs a program, or calls one function of a module.
enum RunCommand {
  static let name = "run"

  private static let preload = OptionDefinition.value(
    "preload", "NAME=FILE", completion: .modules, isRepeatable: true,
    "Load another module first, whose exports the program imports from NAME")
  private static let allowPrecompiled = OptionDefinition.flag(
    "allow-precompiled", "Run the machine code of an artifact whose name does not end in .nwasm")
  private static let memoryUsage = OptionDefinition.flag(
    "memory-usage",
    "Print on standard error the peak of resident memory and, if the program made objects, the size of their heap and the time of its collections"
  )

  static let definition = CommandDefinition(
    name: name,
    isDefault: true,
    summary: "Run a program, or call a function of a module",
    discussion: [
      """
      A module that exports a function _start, or one with an empty name, is a program: what comes after it are its own \
      arguments, so options go before MODULE. In any other module, --invoke names the function to call; options may then \
      come after MODULE, too.
      """,
      """
      The program can use standard input, output and error, clocks and random numbers, and what --dir, --env and \
      --tcplisten give it; nothing else of this computer. 'needletail help limits' explains the limits on memory, \
      time and fuel. \(HelpTopic.sizes)
      """,
    ],
    operands: [
      OperandDefinition(placeholder: "MODULE", summary: "A .wasm, .wat or .nwasm file, or - for standard input"),
      OperandDefinition(
        placeholder: "ARGUMENT", summary: "Arguments of the program or of the function", completion: .files,
        isOptional: true, isRepeated: true),
    ],
    ownOptions: [
      FunctionOption.invoke
    ] + WASIOptions.all + [
      EngineOptions.maximumMemory, EngineOptions.maximumHeap, EngineOptions.maximumStackSize,
      EngineOptions.timeout, EngineOptions.fuel, EngineOptions.fuelUsage,
    ] + LimitOptions.all + [
      PolicyOption.definition, preload, memoryUsage, ModuleFile.legacyText,
      EngineOptions.stressesCollector, EngineOptions.features, EngineOptions.deterministic, EngineOptions.profile,
    ] + EngineOptions.execution + [EngineOptions.aheadOfTime, allowPrecompiled] + CacheOptions.all,
    examples: [
      ("needletail hello.wat", "Run a program"),
      ("needletail --dir data::/data tool.wasm /data/in.txt", "Run a program with an argument and a directory"),
      (
        "needletail --dir src::/src:ro --dir out::/out tool.wasm",
        "Let it read one directory, and read and write another"
      ),
      ("needletail --invoke add math.wasm 1 2", "Call a function"),
    ],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    let start = ContinuousClock.now
    let path = try parser.parseFirstOperand()
    // Reading and decoding count, so an option before the module has an effect at once.
    var policy = try PolicyOption.policy(parser)
    var deadlines = Deadlines(start)
    try deadlines.add(parser, policy)
    var file: ModuleFile
    do { file = try readModule(path, &parser) } catch {
      try checkValues(parser)
      throw error
    }
    try file.decodeToRun(LimitOptions.moduleLimits(parser), deadline: deadlines.instant)
    let arguments: [[UInt8]]
    if !parser.has(FunctionOption.invoke), !parser.rest.isEmpty, isProgram(file) {
      arguments = parser.takeRest()
      noteUselessOptions(arguments, file)
    } else {
      try parser.parse()
      arguments = parser.operands.dropFirst().map { Array($0.utf8) }
    }
    // Options may also come after the module.
    if policy == nil { policy = try PolicyOption.policy(parser) }
    try deadlines.add(parser, policy)
    let showsMemoryUsage = parser.has(memoryUsage)
    var configuration = try EngineOptions.configuration(parser)
    if deadlines.instant != nil { configuration.isInterruptible = true }
    if policy?.limits.fuel != nil { configuration.fuel = FuelCosts() }
    configuration.cache = try CacheOptions.cache(parser)
    // An artifact's machine code runs, unless the user chooses an engine.
    if file.artifact != nil, !parser.has(EngineOptions.engine) {
      configuration.execution = .jit(try EngineOptions.level(parser))
    }
    let preloads = try preloads(parser)
    let files = [file] + preloads.map(\.file)
    try ModuleFile.checkLegacyDialect(parser, files)
    if configuration.execution != .interpreter, !parser.has(allowPrecompiled) {
      for file in files { try refusePrecompiled(file, isRestricted: policy != nil) }
    }
    try parser.check(allowPrecompiled, configuration.execution != .interpreter, "on the interpreter")
    try parser.check(allowPrecompiled, files.contains { $0.artifact != nil }, "on a module without machine code")
    try EngineOptions.checkCombination(parser, configuration, isCompiled: files.allSatisfy { $0.artifact != nil })
    let redirection = OutputRedirection()
    defer { redirection.end() }
    let grants = try WASIOptions.configuration(parser, module: file.path, arguments, redirection)
    try redirection.check(
      against: [file.path] + preloads.map(\.file.path) + parser.values(WASIOptions.standardInput))
    let hints = Hints(
      file: file.displayName,
      standardOutput: parser.has(WASIOptions.standardOutput) ? parser.spelling(WASIOptions.standardOutput) : nil,
      fuel: try Hints.fuel(parser, policy), timeout: deadlines.hint,
      stackSize: parser.assignment(EngineOptions.maximumStackSize, OptionDefinition.size))
    deadlines.beginLoading()
    let program: LoadedProgram
    do {
      program = try LoadedProgram(
        file, engine: Engine(configuration), limits: try limits(parser, policy),
        threadCount: try parser.number(LimitOptions.maximumThreads, in: 0...Int(Int32.max)),
        fuel: try fuel(parser, policy),
        deadline: deadlines.instant, policy: policy, preloads: preloads, wasi: grants,
        options: WASIOptions.spellings(parser), beforeStart: redirection.begin,
        onEnd: { [deadlines] outcome, lostOutput in
          let status = Self.status(of: outcome, lostOutput)
          deadlines.endRunning(status)
          Self.report(outcome, lostOutput, hints)
          if showsMemoryUsage { Terminal.writeError(LoadedProgram.peakMemory) }
          CurrentProcess.exit(Program.status(status))
        })
    } catch let trap as Trap {
      // The deadline has passed.
      deadlines.endRunning(ExitCode.trap)
      report(.failure(trap), nil, hints)
      return ExitCode.trap
    }
    deadlines.beginRunning()
    let outcome = Result { try execute(program, parser) }
    let status = Self.status(of: outcome, program.lostOutput)
    deadlines.endRunning(status)
    program.storeHotCode()
    Self.report(outcome, program.lostOutput, hints)
    if showsMemoryUsage { Terminal.writeError(program.memoryUsage) }
    if parser.has(EngineOptions.fuelUsage) {
      let isExhausted = if case .failure(let trap as Trap) = outcome { trap.code == .outOfFuel } else { false }
      Terminal.writeError(program.fuelUsage(isExhausted: isExhausted))
    }
    return status
  }

  /// Checks the options before a module that cannot be read. A wrong value is a better reason: of `--timeout 1 s`, `s` is taken for the
  /// module.
  ///
  /// - Throws: `UsageError` for an invalid value, and for options that contradict each other.
  private static func checkValues(_ parser: ArgumentParser) throws {
    try EngineOptions.checkContradictions(parser)
    _ = try EngineOptions.configuration(parser)
    _ = try EngineOptions.fuel(parser)
    _ = try limits(parser, nil)
  }

  /// The deadlines of a run: those of `--timeout` and of the policy.
  private struct Deadlines {
    private let start: ContinuousClock.Instant
    private var all: [(origin: Origin, deadline: RunDeadline, hint: String)] = []

    private enum Origin { case option, policy }

    /// - Parameter start: when the time of the run began.
    init(_ start: ContinuousClock.Instant) { self.start = start }

    /// The earliest; nil if there is none.
    var instant: ContinuousClock.Instant? { all.map(\.deadline.instant).min() }

    /// What to do about the earliest; nil if there is none.
    var hint: String? { all.min { $0.deadline.instant < $1.deadline.instant }?.hint }

    /// Adds those that are known now.
    ///
    /// - Throws: `UsageError` if the value of `--timeout` is no time.
    mutating func add(_ parser: ArgumentParser, _ policy: Policy?) throws {
      if let time = try parser.duration(EngineOptions.timeout) {
        add(.option, time, "\(parser.assignment(EngineOptions.timeout)) is the limit; a longer time allows more")
      }
      if let time = policy?.limits.time { add(.policy, time, "limits.time of the policy is the limit") }
    }

    private mutating func add(_ origin: Origin, _ time: Duration, _ hint: String) {
      guard !all.contains(where: { $0.origin == origin }) else { return }
      all.append((origin, RunDeadline(timeout: time, since: start, hint: hint), hint))
    }

    func beginLoading() { for entry in all { entry.deadline.beginLoading() } }

    func beginRunning() { for entry in all { entry.deadline.beginRunning() } }

    func endRunning(_ status: Int32) { for entry in all { entry.deadline.endRunning(status) } }
  }

  /// Reads the module. Parses the options after it, if one of them may say what it is.
  private static func readModule(_ path: String, _ parser: inout ArgumentParser) throws -> ModuleFile {
    try checkUsesOfInput(parser)
    if let file = try ModuleFile(artifact: path) { return file }
    let contents = try Files.readModule(path)
    do {
      return try ModuleFile(path: path, contents: contents, legacyDialect: parser.has(ModuleFile.legacyText))
    } catch {
      // A file that is not a module takes no arguments, so the rest are our options. One of them may help.
      guard !parser.has(ModuleFile.legacyText) else { throw error }
      try parser.parse()
      guard parser.has(ModuleFile.legacyText) else { throw error }
      return try ModuleFile(path: path, contents: contents, legacyDialect: true)
    }
  }

  /// Options after a program are its own arguments. If it cannot see them, they were meant for Needletail.
  private static func noteUselessOptions(_ arguments: [[UInt8]], _ file: ModuleFile) {
    // Somebody who restricts a program must know that it is not restricted.
    let spelling = PolicyOption.definition.spelling
    let words = arguments.lazy.map { String(decoding: $0, as: UTF8.self) }
    if words.contains(where: { $0 == spelling || $0.hasPrefix("\(spelling)=") }) {
      Terminal.note("\(spelling) after MODULE is an argument of the program: options go before MODULE")
      return
    }
    guard let module = file.structure, !module.imports.contains(where: { $0.name == "args_get" }),
      let (word, option) = arguments.lazy.compactMap({ option(in: String(decoding: $0, as: UTF8.self)) }).first
    else { return }
    let question: Message = option.map { " (did you mean '\($0)'?)" } ?? ""
    Terminal.note(
      "\(word)\(question) has no effect: it is an argument of the program, which reads none; options go before MODULE")
  }

  /// An argument that is one of our options, or a misspelled one with what was probably meant; nil for any other.
  private static func option(in word: String) -> (word: String, meant: String?)? {
    guard word.hasPrefix("--"), let name = word.split(separator: "=").first.map(String.init) else { return nil }
    let options = definition.options.map(\.spelling)
    if options.contains(name) { return (word, nil) }
    return Suggestion.best(for: name, among: options).map { (word, $0) }
  }

  /// Whether the module is a program. A malformed module is none; its error is reported when it is loaded.
  private static func isProgram(_ file: ModuleFile) -> Bool {
    file.structure.map(LoadedProgram.isProgram) ?? false
  }

  /// Machine code runs outside the sandbox, and checksums do not tell who made it. So it runs only from a file with the suffix of artifacts,
  /// or if the user allows it; never because a stranger's `.wasm` file turns out to be an artifact.
  ///
  /// - Parameter isRestricted: whether there is a policy, which can say nothing of machine code.
  /// - Throws: `CommandError` if the file is an artifact under another name; with a policy, if it is an artifact.
  private static func refusePrecompiled(_ file: ModuleFile, isRestricted: Bool) throws(CommandError) {
    guard file.artifact != nil, isRestricted || !file.isNamedAsArtifact else { return }
    throw CommandError(
      isRestricted
        ? "\(file.displayName): machine code can do what the policy forbids, whatever its module asks for"
        : "\(file.displayName): expected a module, found an artifact with machine code",
      hints: [
        "machine code runs outside the sandbox: --allow-precompiled runs it, if you trust its author",
        "--engine interpreter runs the module in it, inside the sandbox",
      ])
  }

  // MARK: Options

  /// - Throws: `UsageError` for an invalid value, and for a limit that cannot be reached.
  private static func limits(_ parser: ArgumentParser, _ policy: Policy?) throws(UsageError) -> Store.Limits {
    let limits = try LimitOptions.limits(parser)
    return policy?.limits.lowering(limits) ?? limits
  }

  /// The fuel of the program; nil if it is not counted.
  ///
  /// - Throws: `UsageError` for an invalid value.
  private static func fuel(_ parser: ArgumentParser, _ policy: Policy?) throws -> UInt64? {
    let fuel = try EngineOptions.fuel(parser)
    return policy?.limits.fuel.map { min($0, fuel ?? $0, UInt64(Int64.max)) } ?? fuel
  }

  /// - Throws: `UsageError` if standard input would be read twice.
  private static func checkUsesOfInput(_ parser: ArgumentParser) throws(UsageError) {
    let files = parser.values(preload).map { text in
      text.firstIndex(of: "=").map { text[text.index(after: $0)...] } ?? ""
    }
    try parser.checkUsesOfInput(
      [parser.operands[0]] + files.map(String.init) + parser.values(PolicyOption.definition))
  }

  private static func preloads(_ parser: ArgumentParser) throws -> [PreloadedFile] {
    try checkUsesOfInput(parser)
    var names: Set<String> = []
    // The same again changes nothing.
    var seen: Set<String> = []
    return try parser.entries(preload).filter { seen.insert($0.value).inserted }.map { entry in
      let (text, spelling) = (entry.value, entry.spelling)
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw UsageError("invalid \(spelling): expected NAME=FILE, found '\(text)'", command: name)
      }
      guard names.insert(parts[0]).inserted else {
        throw UsageError("\(spelling) \(text): another module was preloaded as '\(parts[0])'", command: name)
      }
      let file = try CommandError.naming(spelling) {
        try ModuleFile(oneOf: parts[1], legacyDialect: parser.has(ModuleFile.legacyText))
      }
      return PreloadedFile(name: parts[0], file: file, option: spelling)
    }
  }

  // MARK: Execution

  private static func execute(
    _ program: LoadedProgram, _ parser: ArgumentParser
  ) throws -> Int32 {
    try program.run { instance in
      if let function = parser.value(FunctionOption.invoke) {
        try program.initialize(instance)
        let results = try program.invocation(of: function, in: instance, Array(parser.operands.dropFirst())).call()
        for result in results { Terminal.write(ValueText.format(result, of: instance.module).printable + "\n") }
      } else {
        try program.start(instance, Array(parser.operands.dropFirst()))
      }
    }
  }

  /// The exit status: a failure if output was lost, since many programs do not check whether their output was written.
  private static func status(of outcome: ThreadedProgram.Outcome, _ lostOutput: Errno?) -> Int32 {
    let status =
      switch outcome {
      case .success(let code): Program.status(ofGuest: code)
      case .failure(let status as ExitStatus): Program.status(ofGuest: status.code)
      case .failure(is Trap), .failure(is Exception): ExitCode.trap
      case .failure: ExitCode.failure
      }
    return status == ExitCode.success && lostOutput != nil ? ExitCode.failure : status
  }

  /// Tells the user of an error, of a status that systems would show as another, and of lost output.
  private static func report(_ outcome: ThreadedProgram.Outcome, _ lostOutput: Errno?, _ hints: Hints) {
    switch outcome {
    case .success(let code): Program.reportHiddenStatus(ofGuest: code)
    case .failure(let status as ExitStatus): Program.reportHiddenStatus(ofGuest: status.code)
    case .failure(let trap as Trap): Terminal.reportError("\(lines: trap)", hints: hints.messages(for: trap))
    case .failure(let exception as Exception): Terminal.reportError("\(lines: exception)")
    case .failure(let error as MissingExport):
      Terminal.reportError(
        "\(hints.file): \(error), which a function of WASI needs",
        hints: error.kind == .memory ? ["in a text, (export \"\(error.name)\" (memory 0)) exports it"] : [])
    case .failure(let error): Program.report(error)
    }
    if let lostOutput {
      let option: Message = hints.standardOutput.map { "\($0): " } ?? ""
      Terminal.reportError("\(option)the program's output is incomplete: \(lostOutput.explanation)")
    }
  }

  /// What the user can do about traps.
  private struct Hints {
    /// The module's file, for messages.
    var file: String
    /// The option that names a file for the standard output, as it was typed; nil if none does.
    var standardOutput: String?
    /// What gave the fuel, such as the option as it was typed; nil if nothing did.
    var fuel: String?
    /// What to do about the limit on time; nil if there is none.
    var timeout: String?

    /// The option that sets the stack's size, with the name of its value.
    var stackSize: String

    static func fuel(_ parser: ArgumentParser, _ policy: Policy?) throws -> String? {
      let isFromOption = parser.has(EngineOptions.fuel)
      if let limit = policy?.limits.fuel, try RunCommand.fuel(parser, nil).map({ limit < $0 }) ?? true {
        return "limits.fuel of the policy"
      }
      return isFromOption ? parser.assignment(EngineOptions.fuel) : nil
    }

    func messages(for trap: Trap) -> [Message] {
      switch trap.code {
      case .callStackExhausted: ["the recursion may be endless; \(stackSize) allows more calls"]
      case .outOfFuel:
        fuel.map { ["\($0) was too little; a larger number allows more, and --fuel-usage shows how much is used"] }
          ?? []
      case .deadlineExceeded: timeout.map { ["\($0)"] } ?? []
      default: []
      }
    }
  }
}
