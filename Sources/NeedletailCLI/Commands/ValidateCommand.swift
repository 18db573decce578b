import Needletail

/// `needletail validate`: checks that modules are well-formed and valid.
enum ValidateCommand {
  static let definition = CommandDefinition(
    name: "validate",
    summary: "Check that modules are well-formed and valid",
    discussion: [
      "Prints nothing if all are. Otherwise prints the first error of each, with its place; the exit status is 1."
    ],
    operands: [
      OperandDefinition(
        placeholder: "MODULE", summary: "A .wasm or .wat file, or - for standard input", isRepeated: true)
    ],
    ownOptions: [EngineOptions.features, ModuleFile.legacyText],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    guard parser.operands.count(where: { $0 == "-" }) < 2 else {
      throw UsageError(
        "standard input can be read only once: two modules cannot come from it", command: definition.name)
    }
    let engine = Engine(try EngineOptions.configuration(parser))
    var status = ExitCode.success
    for path in parser.operands {
      do {
        let file = try ModuleFile(path: path, legacyDialect: parser.has(ModuleFile.legacyText))
        file.noteIfArtifact()
        _ = try file.load(engine, usesArtifact: false)
      } catch let error as UsageError {
        throw error
      } catch {
        Program.report(error)
        status = ExitCode.failure
      }
    }
    return status
  }
}
