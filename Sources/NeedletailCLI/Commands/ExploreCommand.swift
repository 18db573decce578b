import Needletail
import WasmText
import WebAssembly

/// `needletail explore`: writes a page with text, graph and machine code side by side.
enum ExploreCommand {
  private static let output = OptionDefinition.value(
    "output", letter: "o", "FILE", completion: .files,
    "The file to write; \(ModuleFile.defaultOutputRule(suffix))")
  private static let suffix = ".html"
  private static let function = FunctionOption.definition("Show only this function, given by name, export or index")
  private static let filter = OptionDefinition.value(
    "filter", "TEXT", acceptsEmptyValue: true, "Show only functions with this text in their names")
  private static let maximumSize = OptionDefinition.value(
    "max-size", OptionDefinition.size,
    "Leave out the largest functions if the page would be larger; the default is 64 MiB")

  private static let open = OptionDefinition.flag(
    "open", "Show the page in the browser")

  static let definition = CommandDefinition(
    name: "explore",
    summary: "Write a page with text, graph and machine code side by side",
    discussion: [
      """
      The page is one HTML file and loads nothing. Lines of one instruction have one colour; a click on a line scrolls the \
      other columns to it.
      """
    ],
    operands: [OperandDefinition(placeholder: "MODULE", summary: "A .wasm or .wat file, or - for standard input")],
    ownOptions: [
      output, open, function, filter, maximumSize, EngineOptions.optimize, EngineOptions.processor,
      EngineOptions.deterministic, EngineOptions.features, ModuleFile.legacyText,
    ],
    examples: [
      ("needletail explore tool.wasm", "Write tool.html"),
      ("needletail explore --open tool.wasm", "Write it and show it"),
      (
        "needletail explore -O aggressive --filter parse tool.wasm -o parse.html",
        "Show some functions, fully optimized"
      ),
    ],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    guard !(parser.has(function) && parser.has(filter)) else {
      throw parser.contradiction(function, filter)
    }
    let limit =
      try parser.byteCount(maximumSize, in: 0...UInt64(Int.max)).map { Int($0) } ?? ExplorerPage.defaultMaximumSize
    let file = try ModuleFile(parser, path: parser.operands[0])
    let level = try EngineOptions.level(parser)
    let module = try file.load(Engine(try EngineOptions.configuration(parser)), usesArtifact: false)
    let names = ObjectDump(module.structure)
    let target = parser.value(output) ?? file.defaultOutput(suffix)
    try file.checkIsNot(output: target, option: parser.spelling(output))
    file.noteIfArtifact()
    guard target != "-" || !parser.has(open) else {
      throw UsageError("--open has no effect on standard output; --output names a file", command: definition.name)
    }
    let page = ExplorerPage(
      module, named: file.fileName, level: level, names: names,
      functions: try functions(parser, file, module, names), limit: limit)
    var leftOutCount = 0
    var byteCount = 0
    try parser.naming(output) {
      try Files.write(to: target) { sink in
        (leftOutCount, byteCount) = try page.write { text in
          var text = text
          try text.withUTF8(sink)
        }
      }
    }
    if leftOutCount > 0 {
      Terminal.note(
        "\(leftOutCount) \(leftOutCount == 1 ? "function is" : "functions are") left out: the page may have \(ByteCount.format(UInt64(limit))) (--max-size)"
      )
    }
    if byteCount > limit {
      Terminal.note(
        "the page has \(ByteCount.format(byteCount)): its parts that are never left out are larger than --max-size")
    }
    if !parser.has(output), !parser.has(open), target != "-" { Terminal.noteOutput(target) }
    if parser.has(open), let reason = DesktopProgram.open(target) {
      Terminal.note("wrote '\(target)', but cannot show it: \(reason)")
    }
    return ExitCode.success
  }

  /// The chosen functions, by position.
  private static func functions(
    _ parser: ArgumentParser, _ file: ModuleFile, _ module: Needletail.Module, _ names: ObjectDump
  ) throws(CommandError) -> [Int] {
    if let name = parser.value(function) { return [try FunctionOption.position(name, in: names, of: file)] }
    let all = Array(module.structure.functions.indices)
    guard let text = parser.value(filter) else { return all }
    let imported = module.structure.importedFunctions.count
    let found = all.filter { names.names.functions[UInt32(imported + $0)]?.includes(text) ?? false }
    guard !found.isEmpty else {
      throw CommandError("\(file.displayName): no function that the module defines has '\(text)' in its name")
    }
    return found
  }
}
