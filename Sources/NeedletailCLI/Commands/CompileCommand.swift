import Needletail
import WasmText

/// `needletail compile`: compiles a module ahead of time, or shows what the compiler makes of it.
enum CompileCommand {
  private static let output = OptionDefinition.value(
    "output", letter: "o", "FILE", completion: .files,
    "Where to write the result; the default is the module's name with .nwasm, here, or standard output with --emit")
  private static let emit = OptionDefinition.choice(
    "emit", CompilationOutput.allCases.map(\.rawValue),
    "Write something to look at: the graph that code is made from, the machine code, or a map from code to the module in JSON"
  )
  private static let function = FunctionOption.definition(
    "With --emit: write only what belongs to this function, given by name or index")
  private static let eachPass = OptionDefinition.flag(
    "each-pass", "With --emit ir: write the graph as the front end makes it and as each pass leaves it")
  private static let target = OptionDefinition.choice(
    "target", [Engine.compilationTarget], "The kind of processors to compile for")
  private static let debugInformation = OptionDefinition.flag(
    "debug-info", letter: "g", "Keep the module's sections with debugging information, which make the file larger")

  static let definition = CommandDefinition(
    name: "compile",
    summary: "Compile a module ahead of time, or show the code that the compiler makes of it",
    discussion: [
      """
      'needletail run' takes what is written without compiling it again: with this version of Needletail, on processors that \
      can do what this one can; with --cpu baseline, on any of its kind. It holds machine code: run it only if you would run \
      an executable from the same hands.
      """,
      """
      With --emit, everything is told as it is for 'needletail run --jit' with the same options. Functions that the compiler \
      leaves to the interpreter are named, with the reason.
      """,
    ],
    operands: [OperandDefinition(placeholder: "MODULE", summary: "A .wasm or .wat file, or - for standard input")],
    ownOptions: [
      output, EngineOptions.optimize, EngineOptions.processor, target, debugInformation, emit, function, eachPass,
      EngineOptions.deterministic, EngineOptions.features, ModuleFile.legacyText,
    ],
    examples: [
      ("needletail compile -O aggressive app.wasm -o app.nwasm", "Compile a program"),
      ("needletail app.nwasm", "Run it"),
      ("needletail compile --emit ir --function main tool.wasm", "Show the graph of one function"),
      ("needletail compile --emit asm -O aggressive --function 7 tool.wasm", "Show its machine code"),
      ("needletail compile --emit wasm-map -O aggressive tool.wasm -o tool.json", "Write a map from code to module"),
    ],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    _ = try parser.choice(target)
    let kind = try parser.choice(emit).flatMap { CompilationOutput(rawValue: $0) }
    try checkOptions(parser, kind)
    let file = try ModuleFile(path: parser.operands[0], legacyDialect: parser.has(ModuleFile.legacyText))
    let path = parser.value(output) ?? (kind == nil ? file.baseName + ModuleFile.artifactSuffix : "-")
    try file.checkIsNot(output: path)
    if let kind {
      try show(kind, of: file, to: path, parser)
    } else {
      try compile(file, to: path, parser)
    }
    return ExitCode.success
  }

  /// - Throws: `UsageError` for options that mean nothing for what is to be written.
  private static func checkOptions(_ parser: ArgumentParser, _ kind: CompilationOutput?) throws(UsageError) {
    func check(_ option: OptionDefinition, _ means: Bool, _ what: String) throws(UsageError) {
      guard parser.has(option), !means else { return }
      throw UsageError("--\(option.name) is for \(what)", command: definition.name)
    }
    try check(function, kind != nil, "what --emit shows")
    try check(eachPass, kind == .ir, "--emit ir")
    try check(debugInformation, kind == nil, "artifacts, not for --emit")
  }

  private static func compile(_ file: ModuleFile, to path: String, _ parser: ArgumentParser) throws {
    var configuration = try EngineOptions.configuration(parser)
    configuration.engine = .jit(try EngineOptions.level(parser))
    do {
      // What was compiled before is compiled again, as the options say.
      let module = try file.load(Engine(configuration), usesArtifact: false)
      try Files.write(module.artifact(includingDebugInformation: parser.has(debugInformation)), to: path)
      if !parser.has(output) { Terminal.noteOutput(path) }
    } catch let error as ArtifactError {
      throw CommandError("\(file.displayName): \(error)")
    }
  }

  private static func show(
    _ kind: CompilationOutput, of file: ModuleFile, to path: String, _ parser: ArgumentParser
  ) throws {
    let module = try file.load(Engine(try EngineOptions.configuration(parser)))
    var report = CompilationReport(module, level: try EngineOptions.level(parser))
    report.showsEachPass = parser.has(eachPass)
    if let name = parser.value(function) { report.functions = [try FunctionOption.position(name, in: report.names)] }
    try Files.write(to: path) { sink in
      try report.write(kind) { text in
        var text = text
        try text.withUTF8(sink)
      }
    }
  }
}
