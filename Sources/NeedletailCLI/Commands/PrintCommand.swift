import WasmText
import WebAssembly

/// `needletail print`: binary to text.
enum PrintCommand {
  private static let output = OptionDefinition.value(
    "output", letter: "o", "FILE", completion: .files, "Where to write the text; the default is standard output")
  private static let folded = OptionDefinition.flag(
    "folded", "Write instructions around their operands, as in (i32.add (local.get 0) (i32.const 1))")
  private static let flat = OptionDefinition.flag("flat", "Write one instruction after the other (the default)")
  private static let offsets = OptionDefinition.flag(
    "offsets", "Begin each line of code with a comment that tells its offset in the binary")

  static let definition = CommandDefinition(
    name: "print",
    summary: "Turn a module in the binary format into the text format",
    discussion: [
      """
      The text parses back to the same module, custom sections and names included. The bytes are identical if the \
      module's numbers have their shortest form. The module need not be valid, only well-formed.
      """
    ],
    operands: [OperandDefinition(placeholder: "MODULE", summary: "A .wasm or .wat file, or - for standard input")],
    ownOptions: [output, folded, flat, offsets, ModuleFile.legacyText],
    examples: [
      ("needletail print tool.wasm -o tool.wat", "Write a file"),
      ("needletail print --legacy-text old.wat", "Bring a text of the years before the standard up to date"),
    ],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    guard !(parser.has(folded) && parser.has(flat)) else {
      throw UsageError("--folded and --flat exclude each other", command: definition.name)
    }
    let file = try ModuleFile(path: parser.operands[0], legacyDialect: parser.has(ModuleFile.legacyText))
    let options = WatPrinter.Options(folded: parser.has(folded), showOffsets: parser.has(offsets))
    let target = parser.value(output) ?? "-"
    try file.checkIsNot(output: target)
    file.noteIfArtifact()
    let module = try file.decode()
    do {
      try Files.write(to: target) { write in try WatPrinter.print(module, options: options, to: write) }
    } catch let error as DecodingError {
      throw file.malformed(error)
    }
    return ExitCode.success
  }
}
