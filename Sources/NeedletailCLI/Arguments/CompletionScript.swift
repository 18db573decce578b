/// Writes scripts that complete arguments in shells, from the definitions of commands and options.
enum CompletionScript {
  /// Options that stand before any command.
  private static let globalOptions = [OptionDefinition.help, .flag("version", "Print the version")]

  // MARK: bash

  @Sendable static func bash(_ commands: [CommandDefinition]) -> String {
    var text = """
      # bash completion for needletail
      _needletail() {
        local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
        local command=run options="" values="" word
        COMPREPLY=()
        if [[ $COMP_CWORD -gt 1 ]]; then
          case "${COMP_WORDS[1]}" in
            \(commands.map(\.name).joined(separator: "|"))) command="${COMP_WORDS[1]}" ;;
          esac
        fi
        case "$command" in

      """
    for command in commands {
      text += "    \(command.name))\n"
      text += "      options=\"\(spellings(command).joined(separator: " "))\"\n"
      text += bashValues(command)
      text += "      ;;\n"
    }
    let names = (commands.map(\.name) + globalOptions.map(\.spelling)).joined(separator: " ")
    text += """
        esac
        if [[ "$current" == -* ]]; then
          [[ $COMP_CWORD -eq 1 ]] && options="$options \(globalOptions.map(\.spelling).joined(separator: " "))"
          COMPREPLY=($(compgen -W "$options" -- "$current"))
          return
        fi
        [[ $COMP_CWORD -eq 1 ]] && values="\(names)"
        COMPREPLY=($(compgen -W "$values" -- "$current") $(compgen -f -- "$current"))
      }
      complete -o filenames -F _needletail needletail

      """
    return text
  }

  /// What bash offers for options with values, and for operands that are words.
  private static func bashValues(_ command: CommandDefinition) -> String {
    var text = "      case \"$previous\" in\n"
    for option in command.options where option.placeholder != nil {
      let reply =
        switch option.completion {
        case .nothing: "return"
        case .files: "COMPREPLY=($(compgen -f -- \"$current\")); return"
        case .folders: "COMPREPLY=($(compgen -d -- \"$current\")); return"
        case .words(let words): "COMPREPLY=($(compgen -W \"\(words.joined(separator: " "))\" -- \"$current\")); return"
        }
      let letter = option.letter.map { "|-\($0)" } ?? ""
      text += "        \(option.spelling)\(letter)) \(reply) ;;\n"
    }
    text += "      esac\n"
    if case .words(let words)? = command.operands.first?.completion {
      text += "      values=\"\(words.joined(separator: " "))\"\n"
    }
    return text
  }

  // MARK: zsh

  @Sendable static func zsh(_ commands: [CommandDefinition]) -> String {
    var text = """
      #compdef needletail

      _needletail() {
        local -a commands
        commands=(

      """
    for command in commands { text += "    \(quoted("\(escaped(command.name)):\(command.summary)"))\n" }
    text += """
        )
        if (( CURRENT == 2 )); then
          _describe -t commands command commands
          _arguments \(globalOptions.map { zshOption($0) }.joined(separator: " "))
        fi
        local command="$words[2]"
        case "$command" in
          \(commands.map(\.name).joined(separator: "|"))) shift words; (( CURRENT -= 1 )) ;;
          *) command=run ;;
        esac
        case "$command" in

      """
    for command in commands {
      text += "    \(command.name))\n      _arguments -s"
      for option in command.options { text += " \\\n        \(zshOption(option))" }
      for operand in command.operands {
        let position = operand.isRepeated ? "*" : ""
        text += " \\\n        \(quoted("\(position):\(operand.placeholder):\(zshAction(operand.completion))"))"
      }
      text += "\n      ;;\n"
    }
    text += """
        esac
      }

      _needletail "$@"

      """
    return text
  }

  private static func zshOption(_ option: OptionDefinition) -> String {
    let repeated = option.isRepeatable ? "*" : ""
    let description = "[\(escaped(option.summary))]"
    let value = option.placeholder.map { ":\(escaped($0)):\(zshAction(option.completion))" } ?? ""
    guard let letter = option.letter, !option.isRepeatable else {
      return quoted("\(repeated)\(option.spelling)\(description)\(value)")
    }
    let exclusion = "'(-\(letter) \(option.spelling))'"
    return "\(exclusion){-\(letter),\(option.spelling)}\(quoted(description + value))"
  }

  private static func zshAction(_ completion: OptionDefinition.Completion) -> String {
    switch completion {
    case .nothing: ""
    case .files: "_files"
    case .folders: "_files -/"
    case .words(let words): "(\(words.joined(separator: " ")))"
    }
  }

  /// For zsh's descriptions, in which brackets and colons mean something.
  private static func escaped(_ text: String) -> String {
    text.map { "[]:".contains($0) ? "\\\($0)" : "\($0)" }.joined()
  }

  // MARK: fish

  @Sendable static func fish(_ commands: [CommandDefinition]) -> String {
    var text = """
      # fish completion for needletail
      set -l commands \(commands.map(\.name).joined(separator: " "))

      """
    for command in commands {
      text += "complete -c needletail -n \"not __fish_seen_subcommand_from $commands\" "
      text += "-a \(command.name) -d \(quoted(command.summary))\n"
    }
    for option in globalOptions {
      text += "complete -c needletail -n \"not __fish_seen_subcommand_from $commands\" \(fishOption(option))\n"
    }
    for command in commands {
      // Without a command, the options are those of `run`.
      let condition =
        command.name == RunCommand.name
        ? "not __fish_seen_subcommand_from $commands; or __fish_seen_subcommand_from run"
        : "__fish_seen_subcommand_from \(command.name)"
      for option in command.options where !(command.name == RunCommand.name && option == .help) {
        text += "complete -c needletail -n \"\(condition)\" \(fishOption(option))\n"
      }
      if case .words(let words)? = command.operands.first?.completion {
        text += "complete -c needletail -n \"\(condition)\" -f -a \"\(words.joined(separator: " "))\"\n"
      }
    }
    return text
  }

  private static func fishOption(_ option: OptionDefinition) -> String {
    var text = "-l \(option.name)"
    if let letter = option.letter { text += " -s \(letter)" }
    if option.placeholder != nil {
      switch option.completion {
      case .nothing: text += " -x"
      case .files: text += " -r"
      case .folders: text += " -x -a \"(__fish_complete_directories)\""
      case .words(let words): text += " -x -a \"\(words.joined(separator: " "))\""
      }
    }
    return text + " -d \(quoted(option.summary))"
  }

  // MARK: Common

  private static func spellings(_ command: CommandDefinition) -> [String] {
    command.options.flatMap { option in [option.spelling] + (option.letter.map { ["-\($0)"] } ?? []) }
  }

  /// A text in single quotes, for any of the shells.
  private static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
