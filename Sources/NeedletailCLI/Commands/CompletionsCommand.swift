import WebAssembly

/// `needletail completions`: prints a script that completes the program's arguments in a shell.
enum CompletionsCommand {
  static let definition = CommandDefinition(
    name: "completions",
    summary: "Print a script that completes command lines in a shell",
    discussion: [
      "'completions exports MODULE' lists the functions that a module exports. The scripts call it for --invoke."
    ],
    operands: [
      OperandDefinition(
        placeholder: "SHELL", summary: "bash, zsh or fish; or exports", completion: .words(words)),
      OperandDefinition(placeholder: "MODULE", summary: "With exports: the module", isOptional: true),
    ],
    examples: [
      ("source <(needletail completions bash)", "For bash; ~/.bashrc is the place for this line"),
      ("needletail completions zsh > \"${fpath[1]}/_needletail\"", "For zsh"),
      ("needletail completions fish | source", "For fish; ~/.config/fish/config.fish is the place"),
    ],
    run: run)

  private static let shells: [(name: String, script: @Sendable ([CommandDefinition]) -> String)] = [
    ("bash", CompletionScript.bash), ("zsh", CompletionScript.zsh), ("fish", CompletionScript.fish),
  ]

  private static let exports = "exports"
  private static let words = shells.map(\.name) + [exports]

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    let name = parser.operands[0]
    let module = parser.operands.dropFirst().first
    if name == exports {
      guard let module else { throw UsageError("missing MODULE", command: definition.name) }
      for name in try exportedFunctions(of: module) { Terminal.write("\(name.printable)\n") }
      return ExitCode.success
    }
    guard let shell = shells.first(where: { $0.name == name }) else {
      throw parser.invalidWord("SHELL", words, found: name)
    }
    if let module { throw UsageError("unexpected argument '\(module)'", command: definition.name) }
    Terminal.write(shell.script(Program.commands))
    return ExitCode.success
  }

  private static func exportedFunctions(of path: String) throws -> [String] {
    let module = try ModuleFile(oneOf: path, legacyDialect: false).decode()
    return module.exports.filter { $0.kind == .function }.map(\.name)
  }
}
