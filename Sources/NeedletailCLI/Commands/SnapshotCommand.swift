import Needletail
import NeedletailWASI
import WebAssembly

/// `needletail snapshot`: runs a module's preparation once, and writes a module that begins in the state after it.
enum SnapshotCommand {
  private static let suffix = ".snapshot.wasm"
  /// The functions that prepare a module, by convention. (Those of Wizer, present and past.)
  private static let conventionalNames = ["wizer-initialize", "wizer.initialize"]
  private static let reactorName = "_initialize"

  private static let output = OptionDefinition.value(
    "output", letter: "o", "FILE", completion: .files,
    "The file to write; \(ModuleFile.defaultOutputRule(suffix))")
  private static let initializer = OptionDefinition.value(
    "init-func", "NAME", completion: .exports, acceptsEmptyValue: true,
    "The exported function that prepares the module; the default is \(conventionalNames[0])")
  private static let keepsInitializer = OptionDefinition.flag(
    "keep-init-func", "Export the functions that have run from the new module, too")
  private static let renaming = OptionDefinition.value(
    "rename-func", "NEW=OLD", isRepeatable: true,
    "Export the function OLD as NEW, in place of what the module exports as NEW")

  static let definition = CommandDefinition(
    name: "snapshot",
    summary: "Run a module's preparation once, and keep its state",
    discussion: [
      """
      Calls a function of the module, and writes a module that begins with the memories, tables and globals that the \
      function left. A program that prepares itself for long, such as an interpreter of another language, starts with that \
      done.
      """,
      """
      The function runs with what the options give it: see 'needletail help run'. Open files and other state of the host \
      are not kept. A module cannot hold objects of the garbage-collected heap, memories of other modules, or threads: with \
      these there is an error. Exports of the functions that ran, _initialize of a reactor included, are left out. The \
      options are those of Wizer.
      """,
    ],
    operands: [OperandDefinition(placeholder: "MODULE", summary: "A .wasm or .wat file, or - for standard input")],
    ownOptions: [output, initializer, keepsInitializer, renaming] + WASIOptions.all + [
      EngineOptions.maximumMemory, EngineOptions.maximumHeap, EngineOptions.maximumStackSize, EngineOptions.timeout,
      EngineOptions.features, ModuleFile.legacyText,
    ],
    counterparts: [
      "allow-wasi": "WASI is always available: leave it out", "invoke": "--init-func NAME",
      "inherit-stdio": "standard input, output and error are always given: leave it out",
    ],
    examples: [
      ("needletail snapshot app.wasm -o ready.wasm", "Call wizer-initialize, and write the module after it"),
      (
        "needletail snapshot --init-func load --dir data::/data app.wasm",
        "Let the function 'load' read a directory"
      ),
      (
        "needletail snapshot --rename-func _start=resume app.wasm",
        "Make the function 'resume' the program"
      ),
    ],
    run: run)

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    let start = ContinuousClock.now
    try parser.parse()
    let deadline = try parser.duration(EngineOptions.timeout).map { start.advanced(by: $0) }
    let file = try ModuleFile(parser, path: parser.operands[0])
    let path = parser.value(output) ?? file.defaultOutput(suffix)
    try file.checkIsNot(output: path, option: parser.spelling(output))
    var options = Instance.SnapshotOptions()
    options.renamedExports = try renamedExports(parser)
    var configuration = try EngineOptions.configuration(parser)
    if deadline != nil { configuration.isInterruptible = true }
    let redirection = OutputRedirection()
    defer { redirection.end() }
    let grants = try WASIOptions.configuration(parser, module: file.path, [], redirection)
    let isMixed = path == "-" && !parser.has(WASIOptions.standardOutput)
    try redirection.check(against: [file.path] + parser.values(WASIOptions.standardInput))
    for input in parser.values(WASIOptions.standardInput) where path == input || Files.isSame(path, input) {
      throw CommandError("'\(path)' would be overwritten", hints: ["name another file with --output"])
    }
    let module = try file.decode()
    // Its output would be part of the module.
    guard !isMixed || !module.imports.contains(where: { Snapshot(rawValue: $0.module) != nil }) else {
      throw UsageError(
        "the new module and the output of this one would both be written to standard output", command: definition.name,
        hints: ["--output FILE writes the module elsewhere, and --stdout FILE the output"])
    }
    for old in options.renamedExports.values.sorted() {
      guard let export = module.exports.first(where: { $0.name.utf8.elementsEqual(old.utf8) }), export.kind == .function
      else { throw CommandError("\(file.displayName): the module exports no function '\(old)'") }
    }
    guard !module.imports.contains(where: { $0.module == "wasi" && $0.name == "thread-spawn" }) else {
      throw CommandError("\(file.displayName): expected a module without threads, found an import of thread-spawn")
    }
    let functions = try preparation(of: module, file, parser)
    if !parser.has(keepsInitializer) { options.removedExports = Set(functions) }
    let program = try LoadedProgram(
      file, engine: Engine(configuration), limits: try LimitOptions.limits(parser), threadCount: nil, fuel: nil,
      deadline: deadline, policy: nil, preloads: [], wasi: grants, options: WASIOptions.spellings(parser),
      beforeStart: redirection.begin, onEnd: { _, _ in })
    var bytes: [UInt8] = []
    do {
      _ = try program.run { instance in
        for name in functions { try program.call(name, in: instance) }
        bytes = try instance.snapshot(options)
      }
    } catch let error as SnapshotError {
      throw CommandError("\(file.displayName): \(error)")
    } catch let error as ExitStatus {
      throw CommandError(
        "\(file.displayName): the module ended with status \(error.code) before it was prepared, so nothing is written")
    } catch let trap as Trap {
      Terminal.reportError("\(lines: trap)", hints: hints(trap, parser))
      return ExitCode.trap
    } catch let exception as Exception {
      Terminal.reportError("\(lines: exception)")
      return ExitCode.trap
    }
    try parser.naming(output) { try Files.write(bytes, to: path) }
    if !parser.has(output), path != "-" { Terminal.noteOutput(path) }
    return ExitCode.success
  }

  /// What the user can do about a trap.
  private static func hints(_ trap: Trap, _ parser: ArgumentParser) -> [Message] {
    guard trap.code == .deadlineExceeded else { return [] }
    return ["\(parser.assignment(EngineOptions.timeout)) is the limit; a longer time allows more"]
  }

  /// The functions to call, in order.
  ///
  /// - Throws: `CommandError` if there are none.
  private static func preparation(
    of module: WebAssembly.Module, _ file: ModuleFile, _ parser: ArgumentParser
  ) throws(CommandError) -> [String] {
    let exports = module.exports.filter { $0.kind == .function }.map(\.name)
    // A program is initialized by its own `_start`.
    let reactor = exports.contains(LoadedProgram.entryName) ? [] : exports.filter { $0 == reactorName }
    if let name = parser.value(initializer) {
      guard exports.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else {
        let suggestion = Suggestion.best(for: name, among: exports)
        throw CommandError(
          "\(file.displayName): the module exports no function '\(name)'",
          hints: suggestion.map { ["did you mean '\($0)'?"] }
            ?? (exports.isEmpty ? [] : ["it exports \(Invocation.list(exports))"]))
      }
      return reactor.filter { $0 != name } + [name]
    }
    if let name = conventionalNames.first(where: exports.contains) { return reactor + [name] }
    guard reactor.isEmpty, module.startFunction == nil else { return reactor }
    let others = exports.filter { $0 != LoadedProgram.entryName }
    throw CommandError(
      "\(file.displayName): expected an exported function '\(conventionalNames[0])' that prepares the module, found none",
      hints: [
        others.isEmpty
          ? "--init-func names another, but the module exports none that could be one"
          : "--init-func names another: \(Invocation.list(others))"
      ])
  }

  /// - Throws: `UsageError` for a malformed value, and for a name that is given twice.
  private static func renamedExports(_ parser: ArgumentParser) throws(UsageError) -> [String: String] {
    var names: [String: String] = [:]
    for entry in parser.entries(renaming) {
      let text = entry.value
      guard let separator = text.firstIndex(of: "="), separator != text.startIndex else {
        throw UsageError("invalid \(entry.spelling): expected NEW=OLD, found '\(text)'", command: definition.name)
      }
      let new = String(text[..<separator])
      guard names.updateValue(String(text[text.index(after: separator)...]), forKey: new) == nil else {
        throw UsageError("\(entry.text): '\(new)' has another function already", command: definition.name)
      }
    }
    return names
  }
}
