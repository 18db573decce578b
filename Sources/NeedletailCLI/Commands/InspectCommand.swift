import Needletail
import WebAssembly

/// `needletail inspect`: shows what a module asks for, and writes the smallest policy that lets it run.
enum InspectCommand {
  private static let json = OptionDefinition.flag("json", "Print JSON")
  private static let writePolicy = OptionDefinition.value(
    "write-policy", "FILE", completion: .files,
    "Write the smallest policy that lets the module run, for 'run --policy', in place of showing it; - is standard output"
  )

  static let definition = CommandDefinition(
    name: "inspect",
    summary: "Show what a module asks for, or write a policy for it",
    discussion: [
      """
      Shows imports and exports, what WASI gives the module access to, memories and what its code does with them, and the \
      proposals that it uses. The module is not run.
      """,
      """
      A policy says what modules may ask for: 'needletail run --policy FILE' refuses others before any of their code runs. \
      Documentation/Policy.md has its members.
      """,
    ],
    operands: [
      OperandDefinition(
        placeholder: "MODULE",
        summary: "A .wasm or .wat file, an artifact for the module in it, or - for standard input")
    ],
    ownOptions: [json, writePolicy, EngineOptions.features, ModuleFile.legacyText],
    counterparts: ["policy": "--write-policy FILE writes one; 'needletail run --policy FILE' applies it"],
    examples: [
      ("needletail inspect app.wasm", "Show what a program asks for"),
      ("needletail inspect --write-policy app.json app.wasm", "Write the smallest policy that lets it run"),
      ("needletail run --policy app.json app.wasm", "Run it, and no version of it that asks for more"),
    ],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    try parser.check(json, !parser.has(writePolicy), "with --write-policy, which writes JSON")
    let file = try ModuleFile(parser, path: parser.operands[0])
    var configuration = try EngineOptions.configuration(parser)
    configuration.execution = .interpreter
    let module = try file.load(Engine(configuration), usesArtifact: false)
    let report = try InspectionReport(module, fileName: file.displayName)
    if let path = parser.value(writePolicy) {
      try file.checkIsNot(output: path)
      try Files.write(Array(report.policyText.utf8), to: path)
    } else {
      Terminal.write(parser.has(json) ? report.json.formatted() + "\n" : report.text)
    }
    return ExitCode.success
  }
}
