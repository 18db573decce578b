import WasmText
import WebAssembly

/// `needletail print`: binary to text.
enum PrintCommand {
  private static let output = OptionDefinition.value(
    "output", letter: "o", "FILE", completion: .files, "The file to write; the default is standard output")
  private static let folded = OptionDefinition.flag(
    "folded", "Nest instructions, as in (i32.add (local.get 0) (i32.const 1))")
  private static let flat = OptionDefinition.flag("flat", "Write one instruction after another (the default)")
  private static let offsets = OptionDefinition.flag(
    "offsets", "Begin each line of code with its offset in the binary, in a comment")

  static let definition = CommandDefinition(
    name: "print",
    summary: "Turn a module or component in the binary format into the text format",
    discussion: [
      """
      The text parses to the same module, with its names and custom sections. The bytes are identical if all numbers of the \
      module are encoded in the fewest bytes. The module need not be valid, only well-formed.
      """
    ],
    operands: [OperandDefinition(placeholder: "MODULE", summary: "A .wasm or .wat file, or - for standard input")],
    ownOptions: [output, folded, flat, offsets, ModuleFile.legacyText],
    counterparts: [
      "fold-exprs": "--folded nests instructions", "f": "--folded nests instructions",
      "print-offsets": "--offsets shows the offset of each line", "p": "--offsets shows the offset of each line",
      "no-check": "modules need not be valid: leave it out",
    ],
    examples: [
      ("needletail print tool.wasm -o tool.wat", "Write a file"),
      ("needletail print --legacy-text old.wat", "Update a text from before the standard"),
    ],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    guard !(parser.has(folded) && parser.has(flat)) else {
      throw parser.contradiction(folded, flat)
    }
    let opened = try ComponentFile.open(parser.operands[0], legacyDialect: parser.has(ModuleFile.legacyText))
    let options = WatPrinter.Options(folded: parser.has(folded), showOffsets: parser.has(offsets))
    let target = parser.value(output) ?? "-"
    guard case .module(let file) = opened else {
      guard case .component(let file) = opened else { return ExitCode.failure }
      try parser.check(ModuleFile.legacyText, false, "on components")
      try ModuleFile.checkIsNot(output: target, file.path, option: parser.spelling(output))
      let text = try file.print(options)
      try parser.naming(output) { try Files.write(Array(text.utf8), to: target) }
      return ExitCode.success
    }
    try ModuleFile.checkLegacyDialect(parser, [file])
    try file.checkIsNot(output: target, option: parser.spelling(output))
    file.noteIfArtifact()
    let module = try file.decode()
    do {
      try parser.naming(output) {
        try Files.write(to: target) { write in try WatPrinter.print(module, options: options, to: write) }
      }
    } catch let error as DecodingError {
      throw file.malformed(error)
    }
    return ExitCode.success
  }
}
