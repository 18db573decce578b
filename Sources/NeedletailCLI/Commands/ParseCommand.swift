import Needletail

/// `needletail parse`: text to binary.
enum ParseCommand {
  private static let output = OptionDefinition.value(
    "output", letter: "o", "FILE", completion: .files,
    "The file to write; \(ModuleFile.defaultOutputRule(suffix))")
  private static let suffix = ".wasm"
  private static let noCheck = OptionDefinition.flag("no-validate", "Write the binary even if the module is invalid")

  static let definition = CommandDefinition(
    name: "parse",
    summary: "Turn a module or component in the text format into the binary format",
    operands: [OperandDefinition(placeholder: "TEXT", summary: "A .wat file, or - for standard input")],
    ownOptions: [output, noCheck, EngineOptions.features, ModuleFile.legacyText],
    counterparts: [
      "no-check": "--no-validate leaves out the validation", "debug-names": "names are always kept: leave it out",
      "n": "--no-validate leaves out the validation", "g": "names are always kept: leave it out",
      "generate-dwarf": "no debugging information is made; names are always kept",
    ],
    examples: [
      ("needletail parse add.wat", "Write add.wasm"),
      ("needletail parse - < add.wat > add.wasm", "From standard input to standard output"),
    ],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    try parser.check(EngineOptions.features, !parser.has(noCheck), "with \(parser.spelling(noCheck))")
    let path = parser.operands[0]
    let opened = try ComponentFile.open(path, legacyDialect: parser.has(ModuleFile.legacyText))
    guard case .module(let file) = opened else {
      guard case .component(let file) = opened else { return ExitCode.failure }
      try parser.check(ModuleFile.legacyText, false, "on components")
      guard file.isText else { throw Self.isBinary(file.displayName, "a component in the binary format") }
      if !parser.has(noCheck) { try file.validate(EngineOptions.configuration(parser)) }
      let target = parser.value(output) ?? ModuleFile.defaultOutput(of: path, suffix)
      try ModuleFile.checkIsNot(output: target, path, option: parser.spelling(output))
      try write(file.encoded, to: target, parser)
      return ExitCode.success
    }
    try ModuleFile.checkLegacyDialect(parser, [file])
    guard file.isText else {
      throw Self.isBinary(file.displayName, file.artifact == nil ? "the binary format" : "an artifact")
    }
    if !parser.has(noCheck) { _ = try file.load(Engine(try EngineOptions.configuration(parser))) }
    let target = parser.value(output) ?? file.defaultOutput(suffix)
    try file.checkIsNot(output: target, option: parser.spelling(output))
    try write(Array(file.bytes), to: target, parser)
    return ExitCode.success
  }

  private static func isBinary(_ name: String, _ found: String) -> CommandError {
    CommandError(
      "\(name): expected a module in the text format, found \(found)", hints: ["'needletail print' turns it into text"])
  }

  private static func write(_ bytes: [UInt8], to target: String, _ parser: ArgumentParser) throws {
    try parser.naming(output) { try Files.write(bytes, to: target) }
    if !parser.has(output), target != "-" { Terminal.noteOutput(target) }
  }
}
