import Needletail
import WasmText

/// `needletail compile`: shows what the compiler makes of a module.
enum CompileCommand {
  private static let output = OptionDefinition.value(
    "output", letter: "o", "FILE", completion: .files, "Where to write the result; the default is standard output")
  private static let emit = OptionDefinition.choice(
    "emit", CompilationOutput.allCases.map(\.rawValue),
    "What to write: the graph that code is made from, the machine code, or a map from code to the module in JSON")
  private static let function = FunctionOption.definition(
    "Write only what belongs to this function, given by name or index")
  private static let eachPass = OptionDefinition.flag(
    "each-pass", "With --emit ir: write the graph as the front end makes it and as each pass leaves it")

  static let definition = CommandDefinition(
    name: "compile",
    summary: "Show the code that the compiler makes of a module",
    discussion: [
      """
      Everything is told as it is for 'needletail run --jit' with the same options. Functions that the compiler leaves to \
      the interpreter are named, with the reason.
      """
    ],
    operands: [OperandDefinition(placeholder: "MODULE", summary: "A .wasm or .wat file, or - for standard input")],
    ownOptions: [
      emit, function, eachPass, output, EngineOptions.optimize, EngineOptions.processor, EngineOptions.deterministic,
      EngineOptions.features, ModuleFile.legacyText,
    ],
    examples: [
      ("needletail compile --emit ir --function main tool.wasm", "Show the graph of one function"),
      ("needletail compile --emit asm -O aggressive --function 7 tool.wasm", "Show its machine code"),
      ("needletail compile --emit wasm-map -O aggressive tool.wasm -o tool.json", "Write a map from code to module"),
    ],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    guard let word = try parser.choice(emit), let kind = CompilationOutput(rawValue: word) else {
      throw UsageError("--emit says what to write", command: definition.name)
    }
    let file = try ModuleFile(path: parser.operands[0], legacyDialect: parser.has(ModuleFile.legacyText))
    let level = try EngineOptions.level(parser)
    let module = try file.load(Engine(try EngineOptions.configuration(parser)))
    var report = CompilationReport(module, level: level)
    report.showsEachPass = parser.has(eachPass)
    if let name = parser.value(function) { report.functions = [try FunctionOption.position(name, in: report.names)] }
    let target = parser.value(output) ?? "-"
    guard target != file.path || target == "-" else {
      throw CommandError("'\(target)' would be overwritten", hints: ["name another file with --output"])
    }
    try Files.write(to: target) { sink in
      try report.write(kind) { text in
        var text = text
        try text.withUTF8(sink)
      }
    }
    return ExitCode.success
  }
}
