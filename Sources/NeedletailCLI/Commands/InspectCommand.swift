import Needletail
import WebAssembly

/// `needletail inspect`: shows what modules ask for, and writes the smallest policy that lets them run.
enum InspectCommand {
  private static let json = OptionDefinition.flag("json", "Print JSON")
  private static let writePolicy = OptionDefinition.value(
    "write-policy", "FILE", completion: .files,
    "Write the smallest policy that lets the modules run, for 'run --policy', in place of showing them; - is standard output"
  )

  static let definition = CommandDefinition(
    name: "inspect",
    summary: "Show what a module asks for, or write a policy for it",
    discussion: [
      """
      Shows imports and exports, what WASI gives the module access to, memories and what its code does with them, and the \
      proposals that it uses. The module is not run. If one of several modules cannot be shown, the others are; the exit status is 1.
      """,
      """
      A policy says what modules may ask for: 'needletail run --policy FILE' refuses others before any of their code runs. \
      'needletail help policy' lists its members.
      """,
    ],
    operands: [
      OperandDefinition(
        placeholder: "MODULE",
        summary: "A .wasm or .wat file, an artifact for the module in it, or - for standard input",
        isRepeated: true)
    ],
    ownOptions: [json, writePolicy, EngineOptions.features, ModuleFile.legacyText],
    counterparts: [
      "format": "--json prints JSON", "output": "'needletail inspect MODULE > FILE' writes a file",
      "policy": "--write-policy FILE writes one; 'needletail run --policy FILE' applies it",
    ],
    examples: [
      ("needletail inspect app.wasm", "Show what a program asks for"),
      ("needletail inspect --write-policy app.json app.wasm", "Write the smallest policy that lets it run"),
      (
        "needletail inspect --write-policy all.json app.wasm lib.wasm",
        "Write one for a program and a module to preload"
      ),
      ("needletail run --policy app.json app.wasm", "Run it, and no version of it that asks for more"),
    ],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    try parser.check(json, !parser.has(writePolicy), "with --write-policy, which writes JSON")
    try parser.checkUsesOfInput(parser.operands)
    var configuration = try EngineOptions.configuration(parser)
    configuration.execution = .interpreter
    let engine = Engine(configuration)
    guard let path = parser.value(writePolicy) else { return try show(parser, engine) }
    let files = try parser.operands.map { path in
      try ModuleFile(oneOf: path, legacyDialect: parser.has(ModuleFile.legacyText))
    }
    try ModuleFile.checkLegacyDialect(parser, files)
    for file in files { try file.checkIsNot(output: path, option: parser.spelling(writePolicy)) }
    var policy: Policy?
    for file in files {
      let smallest = try Policy(smallestFor: file.load(engine, usesArtifact: false))
      if policy == nil { policy = smallest } else { policy?.formUnion(smallest) }
    }
    try parser.naming(writePolicy) { try Files.write(Array((policy ?? Policy()).json.utf8), to: path) }
    return ExitCode.success
  }

  /// Shows each module that can be read; returns the exit status.
  private static func show(_ parser: ArgumentParser, _ engine: Engine) throws -> Int32 {
    var status = ExitCode.success
    var files: [ModuleFile] = []
    try Files.write(to: "-") { write in
      func print(_ text: String) throws {
        var text = text
        try text.withUTF8 { try write($0) }
      }
      for path in parser.operands {
        let report: InspectionReport
        do {
          let file = try ModuleFile(oneOf: path, legacyDialect: parser.has(ModuleFile.legacyText))
          files.append(file)
          report = try InspectionReport(file.load(engine, usesArtifact: false), fileName: file.displayName)
        } catch {
          Program.report(error)
          status = ExitCode.failure
          continue
        }
        if parser.has(json) {
          try report.writeJSON(to: print)
        } else {
          if files.count > 1 { try print("\n") }
          try report.writeText(to: print)
        }
      }
    }
    // A file that cannot be read may have been a text.
    if status == ExitCode.success { try ModuleFile.checkLegacyDialect(parser, files) }
    return status
  }
}
