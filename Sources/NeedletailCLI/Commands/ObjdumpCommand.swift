import WasmBinary
import WasmText

/// `needletail objdump`: shows the contents of a binary.
enum ObjdumpCommand {
  private static let sections = OptionDefinition.flag(
    "sections", letter: "s", "Show the sections, with offsets and sizes")
  private static let details = OptionDefinition.flag(
    "details", letter: "x", "Show the definitions: types, imports, functions and so on")
  private static let disassemble = OptionDefinition.flag(
    "disassemble", letter: "d", "Show the code, instruction by instruction")
  private static let contents = OptionDefinition.flag(
    "contents", letter: "c", "Show the bytes of data segments and custom sections")
  private static let function = FunctionOption.definition(
    "Disassemble only this function, given by name, export or index")

  static let definition = CommandDefinition(
    name: "objdump",
    summary: "Show the sections, definitions and code of a module",
    discussion: [
      "The default is --sections --details --disassemble. For a malformed module, what comes before the error is shown."
    ],
    operands: [OperandDefinition(placeholder: "MODULE", summary: "A .wasm or .wat file, or - for standard input")],
    ownOptions: [sections, details, disassemble, contents, function, ModuleFile.legacyText],
    counterparts: [
      "headers": "--sections shows the sections", "full-contents": "--contents shows the bytes of segments",
    ],
    examples: [("needletail objdump -d --function main tool.wasm", "Show the code of one function")],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    let file = try ModuleFile(parser, path: parser.operands[0])
    file.noteIfArtifact()
    let dump = ObjectDump(try file.completeBytes())
    // Without the header of a module, the bytes mean nothing that can be listed.
    if let error = dump.error, error.offset < SectionID.moduleHeader.count {
      throw file.malformed(error, isListed: true)
    }
    var parts: ObjectDump.Parts = []
    for (option, part) in [
      (sections, ObjectDump.Parts.sections), (details, .details), (disassemble, .disassembly), (function, .disassembly),
      (contents, .contents),
    ] where parser.has(option) { parts.insert(part) }
    let position = try parser.value(function).map { name in try FunctionOption.position(name, in: dump, of: file) }
    var listingError = dump.error
    try Files.write(to: "-") { write in
      let listed = parts.isEmpty ? [.sections, .details, .disassembly] : parts
      listingError = try dump.write(listed, function: position, to: write)
    }
    if let error = dump.error { throw file.malformed(error, isListed: true) }
    // The listing has the error.
    if listingError != nil { throw CommandError("\(file.displayName): malformed module: the listing says where") }
    return ExitCode.success
  }
}
