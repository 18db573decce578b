import Needletail

/// `needletail validate`: checks that modules and components are well-formed and valid.
enum ValidateCommand {
  static let definition = CommandDefinition(
    name: "validate",
    summary: "Check that modules and components are well-formed and valid",
    discussion: [
      """
      Prints nothing and has the exit status 0 if all are. Otherwise prints the first error of each, with its place; the \
      exit status is 1. Modules, also those in components, may use all proposals that are on by default ('needletail help features').
      """
    ],
    operands: [
      OperandDefinition(
        placeholder: "MODULE",
        summary: "A .wasm or .wat file, an artifact for the module in it, or - for standard input",
        isRepeated: true)
    ],
    ownOptions: [EngineOptions.features, LimitOptions.module, ModuleFile.legacyText],
    examples: [
      ("needletail validate a.wasm b.wat", "Check two modules"),
      ("needletail validate --features wasm1,simd tool.wasm", "Allow only version 1.0 of the standard and SIMD"),
    ],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    try parser.checkUsesOfInput(parser.operands)
    let engine = Engine(try EngineOptions.configuration(parser))
    var status = ExitCode.success
    var readsText = false
    var readsComponents = false
    for path in parser.operands {
      do {
        switch try ComponentFile.open(
          path, legacyDialect: parser.has(ModuleFile.legacyText), limits: engine.configuration.moduleLimits)
        {
        case .component(let file):
          readsComponents = true
          try file.validate(engine.configuration)
        case .module(let file):
          readsText = readsText || file.isText
          file.noteIfArtifact()
          _ = try file.load(engine, usesArtifact: false)
        }
      } catch {
        Program.report(error)
        status = ExitCode.failure
      }
    }
    // A file that cannot be read may have been a text.
    try parser.check(
      ModuleFile.legacyText, readsText || status != ExitCode.success,
      readsComponents ? "on components" : "on the binary format")
    return status
  }
}
