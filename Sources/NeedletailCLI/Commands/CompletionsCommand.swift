/// `needletail completions`: prints a script that completes the program's arguments in a shell.
enum CompletionsCommand {
  static let definition = CommandDefinition(
    name: "completions",
    summary: "Print a script that completes commands, options and files in a shell",
    operands: [
      OperandDefinition(
        placeholder: "SHELL", summary: "bash, zsh or fish", completion: .words(shells.map(\.name)))
    ],
    examples: [
      ("needletail completions bash > ~/.local/share/bash-completion/completions/needletail", "For bash"),
      ("needletail completions zsh > \"${fpath[1]}/_needletail\"", "For zsh"),
      ("needletail completions fish > ~/.config/fish/completions/needletail.fish", "For fish"),
    ],
    run: run)

  private static let shells: [(name: String, script: @Sendable ([CommandDefinition]) -> String)] = [
    ("bash", CompletionScript.bash), ("zsh", CompletionScript.zsh), ("fish", CompletionScript.fish),
  ]

  @Sendable private static func run(_ parser: inout ArgumentParser) throws -> Int32 {
    try parser.parse()
    let name = parser.operands[0]
    guard let shell = shells.first(where: { $0.name == name }) else {
      let names = shells.map(\.name).joined(separator: ", ")
      throw UsageError("no completions for '\(name)'; there are some for \(names)", command: definition.name)
    }
    Terminal.write(shell.script(Program.commands))
    return ExitCode.success
  }
}
