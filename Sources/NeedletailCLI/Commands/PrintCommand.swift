import Needletail
import WasmText

/// `needletail print`: binary to text.
enum PrintCommand {
  private static let output = OptionDefinition.value(
    "output", letter: "o", "FILE", completion: .files, "Where to write the text; the default is standard output")
  private static let folded = OptionDefinition.flag("folded", "Write instructions as nested expressions")
  private static let flat = OptionDefinition.flag("flat", "Write one instruction to a line (the default)")

  static let definition = CommandDefinition(
    name: "print",
    summary: "Turn a module in the binary format into the text format",
    discussion: ["The text assembles back to the identical binary."],
    operands: [OperandDefinition(placeholder: "MODULE", summary: "A .wasm file, or - for standard input")],
    ownOptions: [output, folded, flat, ModuleFile.legacyText],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    guard !(parser.has(folded) && parser.has(flat)) else {
      throw UsageError("--folded and --flat exclude each other", command: definition.name)
    }
    let file = try ModuleFile(path: parser.operands[0], legacyDialect: parser.has(ModuleFile.legacyText))
    let text = try WatPrinter.print(file.bytes, folded: parser.has(folded))
    try Files.write(Array(text.utf8), to: parser.value(output) ?? "-")
    return ExitCode.success
  }
}
