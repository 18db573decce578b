import Needletail
import WasmBinary

/// `needletail objdump`: shows what is in a binary.
enum ObjdumpCommand {
  private static let sections = OptionDefinition.flag(
    "sections", letter: "s", "Show the sections, with places and sizes")
  private static let details = OptionDefinition.flag(
    "details", letter: "x", "Show what the sections hold: types, imports, functions and so on")
  private static let disassemble = OptionDefinition.flag(
    "disassemble", letter: "d", "Show the code, instruction by instruction")
  private static let contents = OptionDefinition.flag(
    "contents", letter: "c", "Show the bytes of data segments and custom sections")
  private static let function = OptionDefinition.value(
    "function", "NAME", "Disassemble only this function, given by name or index")

  static let definition = CommandDefinition(
    name: "objdump",
    summary: "Show the sections, definitions and code of a module",
    discussion: [
      "Without options, sections, details and code are shown. The module need not be valid, only well-formed."
    ],
    operands: [OperandDefinition(placeholder: "MODULE", summary: "A .wasm or .wat file, or - for standard input")],
    ownOptions: [sections, details, disassemble, contents, function, ModuleFile.legacyText],
    examples: [("needletail objdump -d --function main tool.wasm", "Show the code of one function")],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    let file = try ModuleFile(path: parser.operands[0], legacyDialect: parser.has(ModuleFile.legacyText))
    let dump: ModuleDump
    do {
      dump = ModuleDump(try Decoder.decode(file.bytes))
    } catch {
      throw CommandError("\(file.displayName): malformed module: \(error)")
    }
    let showsAll = ![sections, details, disassemble, contents, function].contains { parser.has($0) }
    if showsAll || parser.has(sections) { Terminal.write(dump.sections()) }
    if showsAll || parser.has(details) { Terminal.write(dump.details()) }
    if parser.has(contents) { Terminal.write(dump.contents()) }
    if let name = parser.value(function) {
      guard let index = dump.functionIndex(name) else {
        let suggestion = Suggestion.best(for: name, among: dump.names.functions.entries.map(\.name))
        throw CommandError(
          "there is no function '\(name)' with code", hints: suggestion.map { ["did you mean '\($0)'?"] } ?? [])
      }
      Terminal.write(dump.disassembly(of: index))
    } else if showsAll || parser.has(disassemble) {
      for index in dump.module.functions.indices { Terminal.write(dump.disassembly(of: index)) }
    }
    return ExitCode.success
  }
}
