import Needletail
import NeedletailWASI
import WebAssembly

/// `needletail run`: runs a program, or calls one function of a module.
enum RunCommand {
  static let name = "run"

  private static let invoke = OptionDefinition.value(
    "invoke", "NAME", "Call this exported function with the arguments behind the module, and print its results")
  static let maximumMemory = OptionDefinition.value(
    "max-memory", "SIZE",
    "How much the program's memories, tables and objects may take together, such as 100MB; the default is no limit")
  private static let preload = OptionDefinition.value(
    "preload", "NAME=FILE", completion: .files, isRepeatable: true,
    "Load another module first, whose exports the program can import from NAME")
  private static let allowPrecompiled = OptionDefinition.flag(
    "allow-precompiled", "Run the machine code of an artifact whose name does not end in .nwasm")
  private static let memoryUsage = OptionDefinition.flag(
    "memory-usage", "Say on standard error how much memory the program took")

  static let definition = CommandDefinition(
    name: name,
    summary: "Run a program, or call a function of a module",
    discussion: [
      """
      A module that exports a function _start, or one with an empty name, is a program: what comes after it are its own \
      arguments. Of any other module, --invoke names the function to call; options may then come after the module, too.
      """,
      """
      The program sees nothing of this computer but standard input, output and error, clocks and random numbers, and what \
      --dir, --env and --tcplisten give it. There is no limit on time. Sizes are bytes, or have a unit (KB, MB, GB or TB, \
      powers of 1024): 65536, 64KB, 1.5GB.
      """,
    ],
    operands: [
      OperandDefinition(placeholder: "MODULE", summary: "A .wasm, .wat or .nwasm file, or - for standard input"),
      OperandDefinition(
        placeholder: "ARGUMENT", summary: "Arguments of the program or of the function", isOptional: true,
        isRepeated: true),
    ],
    ownOptions: [
      invoke, WASIOptions.directory, WASIOptions.environment, WASIOptions.ownName, WASIOptions.standardInput,
      WASIOptions.standardOutput, WASIOptions.standardError, WASIOptions.listener, WASIOptions.clock,
      WASIOptions.randomSeed, WASIOptions.log, maximumMemory, EngineOptions.maximumHeap, EngineOptions.maximumStackSize,
      preload, memoryUsage, ModuleFile.legacyText, EngineOptions.stressesCollector,
      EngineOptions.features, EngineOptions.deterministic, EngineOptions.profile,
    ] + EngineOptions.execution + [EngineOptions.aheadOfTime, allowPrecompiled] + CacheOptions.all,
    examples: [
      ("needletail hello.wat", "Run a program"),
      ("needletail --dir data::/data tool.wasm /data/in.txt", "Run it with an argument and a folder"),
      ("needletail --dir src::/src:ro --dir out::/out tool.wasm", "Let it read one folder and change another"),
      ("needletail math.wasm --invoke add 1 2", "Call a function"),
    ],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    var file = try readModule(&parser)
    try file.decodeToRun()
    let arguments: [[UInt8]]
    if !parser.has(invoke), !parser.rest.isEmpty, isProgram(file) {
      arguments = parser.takeRest()
    } else {
      try parser.parse()
      arguments = parser.operands.dropFirst().map { Array($0.utf8) }
    }
    let showsMemoryUsage = parser.has(memoryUsage)
    var configuration = try EngineOptions.configuration(parser)
    configuration.cache = try CacheOptions.cache(parser)
    // Who compiled a module wants its code to run.
    if file.artifact != nil, !parser.has(EngineOptions.engine) { configuration.engine = .jit(.basic) }
    let preloads = try preloads(parser)
    if configuration.engine != .interpreter, !parser.has(allowPrecompiled) {
      for file in [file] + preloads.map(\.file) { try refusePrecompiled(file) }
    }
    try EngineOptions.checkCombination(parser, configuration, isCompiled: file.artifact != nil)
    let redirection = OutputRedirection()
    defer { redirection.end() }
    let grants = try WASIOptions.configuration(parser, module: file.path, arguments, redirection)
    try redirection.check(
      against: [file.path] + preloads.map(\.file.path) + parser.values(WASIOptions.standardInput))
    let program = try LoadedProgram(
      file, engine: Engine(configuration), limits: try limits(parser),
      preloads: preloads, wasi: grants, optionsOfWASI: WASIOptions.needingWASI(parser).map(\.spelling),
      beforeStart: redirection.begin,
      onEnd: { outcome, lostOutput in
        let status = Self.status(of: outcome, lostOutput)
        if showsMemoryUsage { Terminal.writeError(LoadedProgram.peakMemory) }
        exit(Program.status(status))
      })
    let outcome = Result { try execute(program, parser) }
    let status = Self.status(of: outcome, program.lostOutput)
    if showsMemoryUsage { Terminal.writeError(program.memoryUsage) }
    return status
  }

  /// The exit status, which is not success if output was lost: many programs do not look whether their output was written.
  private static func status(of outcome: ThreadedProgram.Outcome, _ lostOutput: Errno?) -> Int32 {
    let status = status(of: outcome)
    guard status == ExitCode.success, let lostOutput else { return status }
    Terminal.reportError("the program's output is incomplete: \(lostOutput.explanation)")
    return ExitCode.failure
  }

  /// Reads the module; options stand in front of it.
  private static func readModule(_ parser: inout ArgumentParser) throws -> ModuleFile {
    let path = try parser.parseFirstOperand()
    try checkUsesOfInput(parser)
    if let file = try ModuleFile(artifact: path) { return file }
    let contents = try ModuleFile.readToRun(path)
    do {
      return try ModuleFile(path: path, contents: contents, legacyDialect: parser.has(ModuleFile.legacyText))
    } catch {
      // What is no module takes no arguments, so what stands behind it are our options; one of them may help.
      guard !parser.has(ModuleFile.legacyText) else { throw error }
      try parser.parse()
      guard parser.has(ModuleFile.legacyText) else { throw error }
      return try ModuleFile(path: path, contents: contents, legacyDialect: true)
    }
  }

  /// Whether the module exports what programs begin with. What is malformed is no program; it is reported when it is loaded.
  private static func isProgram(_ file: ModuleFile) -> Bool {
    file.structure.map(LoadedProgram.isProgram) ?? false
  }

  /// Machine code runs outside of the sandbox, and checksums do not tell who made it. So it runs only from a file that says by its name
  /// that it is an artifact, or that the user allows; never because a stranger's `.wasm` file turns out to be one.
  ///
  /// - Throws: `CommandError` if the file is an artifact under another name.
  private static func refusePrecompiled(_ file: ModuleFile) throws(CommandError) {
    guard file.artifact != nil, !file.isNamedAsArtifact else { return }
    throw CommandError(
      "\(file.displayName): expected a module, found an artifact with machine code",
      hints: [
        "machine code runs outside of the sandbox: if you trust whoever made the file, --allow-precompiled runs it",
        "--engine interpreter runs the module in it, inside the sandbox",
      ])
  }

  // MARK: Options

  private static func limits(_ parser: ArgumentParser) throws -> Store.Limits {
    var limits = try EngineOptions.limits(parser)
    if let size = try parser.byteCount(maximumMemory) { limits.totalByteCount = size }
    return limits
  }

  /// - Throws: `UsageError` if two modules would be read from standard input.
  private static func checkUsesOfInput(_ parser: ArgumentParser) throws(UsageError) {
    let count = parser.values(preload).count { $0.hasSuffix("=-") } + (parser.operands[0] == "-" ? 1 : 0)
    guard count < 2 else {
      throw UsageError("standard input can be read once only: it cannot be two modules", command: name)
    }
  }

  private static func preloads(_ parser: ArgumentParser) throws -> [(name: String, file: ModuleFile)] {
    let texts = parser.values(preload)
    try checkUsesOfInput(parser)
    return try texts.map { text in
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw UsageError("--preload wants NAME=FILE, not '\(text)'", command: name)
      }
      return (parts[0], try ModuleFile(path: parts[1], legacyDialect: parser.has(ModuleFile.legacyText)))
    }
  }

  // MARK: Execution

  private static func execute(
    _ program: LoadedProgram, _ parser: ArgumentParser
  ) throws -> Int32 {
    try program.run { instance in
      if let function = parser.value(invoke) {
        try program.initialize(instance)
        let results = try Invocation(instance, function, Array(parser.operands.dropFirst())).call()
        for result in results { Terminal.write(ValueText.format(result).printable + "\n") }
      } else {
        try program.start(instance)
      }
    }
  }

  /// The exit status; tells the user of an error.
  private static func status(of outcome: ThreadedProgram.Outcome) -> Int32 {
    switch outcome {
    case .success(let status): return Program.status(ofGuest: status)
    case .failure(let status as ExitStatus): return Program.status(ofGuest: status.code)
    case .failure(let trap as Trap):
      Terminal.reportError("\(lines: trap)", hints: hints(for: trap))
      return ExitCode.trap
    case .failure(let exception as Exception):
      Terminal.reportError("\(lines: exception)")
      return ExitCode.trap
    case .failure(let error):
      Program.report(error)
      return ExitCode.failure
    }
  }

  private static func hints(for trap: Trap) -> [Message] {
    switch trap.code {
    case .callStackExhausted: ["the recursion may be endless; a larger --max-stack-size gives it more room"]
    default: []
    }
  }
}
