import Needletail
import WasmText

/// `needletail compile`: compiles a module ahead of time, or shows the compiler's output.
enum CompileCommand {
  private static let output = OptionDefinition.value(
    "output", letter: "o", "FILE", completion: .files,
    "The file to write; \(ModuleFile.defaultOutputRule(artifactSuffix)) and with --emit and --timing")
  private static let artifactSuffix = ModuleFile.artifactSuffix
  private static let emit = OptionDefinition.choice(
    "emit", CompilationOutput.allCases.map(\.rawValue),
    "Show the compiler's graph, the machine code, the interpreter's code, or a map from machine code to the module in JSON"
  )
  private static let function = FunctionOption.definition(
    "With --emit: show only this function, given by name, export or index")
  private static let eachPass = OptionDefinition.flag(
    "each-pass",
    "With --emit ir: show the graph before the first pass, and after each pass that changes it and leaves it well-formed"
  )
  private static let timing = OptionDefinition.flag(
    "timing", "Show how long each pass of the compiler takes, in place of writing an artifact")
  private static let target = OptionDefinition.choice(
    "target", [Engine.compilationTarget], "The kind of processor to compile for")
  private static let debugInformation = OptionDefinition.flag(
    "debug-info", letter: "g", "Keep the module's debugging information, which makes the file larger")

  private static func alwaysCompiles(_ option: String) -> Message {
    "'compile' always makes machine code; leave \(option) out"
  }

  static let definition = CommandDefinition(
    name: "compile",
    summary: "Compile a module ahead of time, or show the machine code",
    discussion: [
      """
      'needletail run' runs the file without compiling: with this version of Needletail, on processors with the features of \
      this one; with --cpu baseline, on any of its kind. The file contains machine code: run it only if you would run an \
      executable from the same source.
      """,
      """
      --emit shows the code of 'needletail run --jit' with the same options. It names the functions that are left to the \
      interpreter, with the reason. --emit bytecode shows the code of 'needletail run' without --jit: the position in \
      words, the instruction, its operands (s4 is slot 4 of the frame, @12 is word 12), and the offset in the module. \
      Documentation/CommandLine.md explains all listings.
      """,
    ],
    operands: [OperandDefinition(placeholder: "MODULE", summary: "A .wasm or .wat file, or - for standard input")],
    ownOptions: [
      output, EngineOptions.optimize, EngineOptions.processor, target, debugInformation, emit, function, eachPass,
      timing, EngineOptions.deterministic, EngineOptions.metered, EngineOptions.features, ModuleFile.legacyText,
    ],
    counterparts: [
      "jit": alwaysCompiles("--jit"), "aot": alwaysCompiles("--aot"), "lazy": alwaysCompiles("--lazy"),
      "singlepass": "-O none compiles fastest", "cranelift": alwaysCompiles("--cranelift"),
      "llvm": "-O aggressive compiles to the fastest code",
    ],
    examples: [
      ("needletail compile -O aggressive app.wasm -o app.nwasm", "Compile a program"),
      ("needletail app.nwasm", "Run it"),
      ("needletail compile --emit ir --function main tool.wasm", "Show the graph of one function"),
      ("needletail compile --emit asm -O aggressive --function 7 tool.wasm", "Show its machine code"),
      ("needletail compile --emit bytecode --function 7 tool.wasm", "Show the interpreter's code"),
      ("needletail compile --emit wasm-map -O aggressive tool.wasm -o tool.json", "Write a map from code to module"),
    ],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    _ = try parser.choice(
      target, synonym: targetSynonym, otherwise: ["machine code is for this kind of processor and system only"])
    let kind = try parser.choice(emit).flatMap { CompilationOutput(rawValue: $0) }
    try checkOptions(parser, kind)
    let file = try ModuleFile(parser, path: parser.operands[0])
    let isArtifact = kind == nil && !parser.has(timing)
    let path = parser.value(output) ?? (isArtifact ? file.defaultOutput(artifactSuffix) : "-")
    try file.checkIsNot(output: path, option: parser.spelling(output))
    file.noteIfArtifact()
    if parser.has(timing) {
      try showTimes(of: file, to: path, parser)
    } else if let kind {
      try show(kind, of: file, to: path, parser)
    } else {
      try compile(file, to: path, parser)
    }
    return ExitCode.success
  }

  /// The target that a triple of compilers means, such as `x86_64-unknown-linux-gnu`; nil if it is for another kind of processor or system.
  private static func targetSynonym(_ text: String) -> String? {
    #if os(macOS)
      let systems = ["darwin", "macos"]
    #else
      let systems = ["linux"]
    #endif
    let parts = text.split(separator: "-", maxSplits: 1)
    guard let first = parts.first, ["x86_64", "amd64"].contains(first) else { return nil }
    guard parts.count == 1 || systems.contains(where: { String(parts[1]).includes($0) }) else { return nil }
    return Engine.compilationTarget
  }

  /// - Throws: `UsageError` for options without effect.
  private static func checkOptions(_ parser: ArgumentParser, _ kind: CompilationOutput?) throws(UsageError) {
    try parser.check(function, kind != nil, "without --emit")
    try parser.check(eachPass, kind == .ir, "without --emit ir")
    for option in [EngineOptions.optimize, EngineOptions.processor, target] {
      try parser.check(option, kind != .bytecode, "with --emit bytecode")
    }
    try parser.check(debugInformation, kind == nil, "with --emit")
    try parser.check(debugInformation, !parser.has(timing), "with --timing")
    try parser.check(timing, kind == nil, "with --emit")
  }

  private static func compile(_ file: ModuleFile, to path: String, _ parser: ArgumentParser) throws {
    var configuration = try EngineOptions.configuration(parser)
    configuration.execution = .jit(try EngineOptions.level(parser))
    do {
      // An artifact is compiled again, with the new options.
      let module = try file.load(Engine(configuration), usesArtifact: false)
      let bytes = try module.artifact(includingDebugInformation: parser.has(debugInformation))
      try parser.naming(output) { try Files.write(bytes, to: path) }
      if !parser.has(output), path != "-" { Terminal.noteOutput(path) }
      if path != "-", !path.hasSuffix(".nwasm") {
        Terminal.note("the name of '\(path)' does not end in .nwasm, so --allow-precompiled is needed to run it")
      }
    } catch let error as ArtifactError {
      throw CommandError("\(file.displayName): \(error)")
    }
  }

  private static func showTimes(of file: ModuleFile, to path: String, _ parser: ArgumentParser) throws {
    let module = try file.load(Engine(try EngineOptions.configuration(parser)), usesArtifact: false)
    let rows = module.inspector(try EngineOptions.level(parser)).passTimes()
    try parser.naming(output) { try Files.write(Array(PassTimeTable(rows).text.utf8), to: path) }
  }

  private static func show(
    _ kind: CompilationOutput, of file: ModuleFile, to path: String, _ parser: ArgumentParser
  ) throws {
    let module = try file.load(Engine(try EngineOptions.configuration(parser)), usesArtifact: false)
    var report = CompilationReport(module, level: try EngineOptions.level(parser))
    report.showsEachPass = parser.has(eachPass)
    if let name = parser.value(function) {
      report.functions = [try FunctionOption.position(name, in: report.names, of: file)]
    }
    try parser.naming(output) {
      try Files.write(to: path) { sink in
        try report.write(kind) { text in
          var text = text
          try text.withUTF8(sink)
        }
      }
    }
  }
}
