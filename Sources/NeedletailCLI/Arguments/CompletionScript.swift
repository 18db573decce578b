import WebAssembly

/// Writes scripts that complete arguments in shells, from the definitions of commands and options.
///
/// The scripts call `needletail completions exports MODULE` for the values of `--invoke`.
enum CompletionScript {
  /// Options before any command.
  private static let globalOptions = [OptionDefinition.help, .version]

  // MARK: bash

  @Sendable static func bash(_ commands: [CommandDefinition]) -> String {
    var text = """
      # bash completion for needletail
      # The module among the words of the command line.
      _needletail_module() {
        local word
        for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}" "${COMP_WORDS[@]:COMP_CWORD+1}"; do
          case "$word" in
            *.wasm|*.wat|*.nwasm) word="${word/#\\~/$HOME}"; [[ -f "$word" ]] && printf '%s\\n' "$word" && return ;;
          esac
        done
        return 1
      }
      _needletail_files() {
        local IFS=$'\\n' extension
        if ! _needletail_module > /dev/null; then
          for extension in wasm wat nwasm; do COMPREPLY+=($(compgen -f -X "!*.$extension" -- "$1")); done
          [[ ${#COMPREPLY[@]} -gt 0 ]] && COMPREPLY+=($(compgen -d -- "$1"))
        fi
        [[ ${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- "$1"))
      }
      _needletail() {
        local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
        local command=run options="" values="" word
        COMPREPLY=()
        # In --name=value, '=' is a word of its own.
        if [[ "$current" == "=" ]]; then current=""; elif [[ "$previous" == "=" ]]; then previous="${COMP_WORDS[COMP_CWORD-2]}"; fi
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
        COMPREPLY=($(compgen -W "$values" -- "$current"))
        local words=("${COMPREPLY[@]}")
        COMPREPLY=()
        _needletail_files "$current"
        COMPREPLY+=("${words[@]}")
      }
      complete -o filenames -F _needletail needletail

      """
    return text
  }

  /// What bash proposes for options with values, and for operands that are words.
  private static func bashValues(_ command: CommandDefinition) -> String {
    var text = "      case \"$previous\" in\n"
    for option in command.options where option.takesValue {
      let reply =
        switch option.completion {
        case .nothing: ""
        case .files: "COMPREPLY=($(compgen -f -- \"$current\"))"
        case .folders: "COMPREPLY=($(compgen -d -- \"$current\"))"
        case .words(let words): "COMPREPLY=($(compgen -W \"\(words.joined(separator: " "))\" -- \"$current\"))"
        case .modules: "_needletail_files \"$current\""
        case .exports: bashExports
        case .features: bashFeatures
        }
      let pattern = ([option.spelling] + letters(option).map { "-\($0)" }).joined(separator: "|")
      text += "        \(pattern)) \(reply.isEmpty ? "" : reply + "; ")return ;;\n"
    }
    text += "      esac\n"
    if case .words(let words)? = command.operands.first?.completion {
      text += "      values=\"\(words.joined(separator: " "))\"\n"
    }
    return text
  }

  private static let bashExports = """
    word="$(_needletail_module)" && local IFS=$'\\n' && \
    COMPREPLY=($(compgen -W "$("${1/#\\~/$HOME}" completions exports "$word" 2> /dev/null)" -- "$current"))
    """

  /// The last name of a list, perhaps with a minus sign.
  private static let bashFeatures = """
    word="${current##*,}"; word="${word#-}"; \
    COMPREPLY=($(compgen -P "${current%"$word"}" -W "\(EngineOptions.featureWords.joined(separator: " "))" -- "$word"))
    """

  // MARK: zsh

  @Sendable static func zsh(_ commands: [CommandDefinition]) -> String {
    var text = """
      #compdef needletail

      _needletail_exports() {
        local word
        for word in $words; do
          [[ $word == *.(wasm|wat|nwasm) && -f ${~word} ]] || continue
          compadd -- ${(f)"$(needletail completions exports ${~word} 2> /dev/null)"}
        done
      }

      # The last name of a list, perhaps with a minus sign.
      _needletail_features() {
        compset -P '*,'
        compset -P -
        compadd -S '' -- \(EngineOptions.featureWords.joined(separator: " "))
      }

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
    // A value can be in the same word: after `=` for a name, directly for a letter.
    let hasValue = option.takesValue
    let name = option.spelling + (hasValue ? "=" : "")
    guard let letter = option.letter, !option.isRepeatable else {
      return quoted("\(repeated)\(name)\(description)\(value)")
    }
    let exclusion = "'(-\(letter) \(option.spelling))'"
    return "\(exclusion){-\(letter)\(hasValue ? "+" : ""),\(name)}\(quoted(description + value))"
  }

  private static func zshAction(_ completion: OptionDefinition.Completion) -> String {
    switch completion {
    case .nothing: ""
    case .files: "_files"
    case .folders: "_files -/"
    case .words(let words): "(\(words.joined(separator: " ")))"
    case .modules: "_files -g \"*.(wasm|wat|nwasm)(-.)\""
    case .exports: "_needletail_exports"
    case .features: "_needletail_features"
    }
  }

  /// Escapes brackets and colons, which have a meaning in zsh's descriptions.
  private static func escaped(_ text: String) -> String {
    text.map { "[]:".contains($0) ? "\\\($0)" : "\($0)" }.joined()
  }

  // MARK: fish

  @Sendable static func fish(_ commands: [CommandDefinition]) -> String {
    var text = """
      # fish completion for needletail
      function __needletail_exports
        for word in (commandline -op)
          if string match -qr '\\.(wasm|wat|nwasm)$' -- $word; and test -f $word
            needletail completions exports $word 2> /dev/null
          end
        end
      end
      # The last name of a list, perhaps with a minus sign.
      function __needletail_features
        set -l word (string replace -r '^--features=' '' -- (commandline -ct))
        set -l before (string match -r '^(?:.*,)?-?' -- $word)
        for name in \(EngineOptions.featureWords.joined(separator: " "))
          echo "$before$name"
        end
      end
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
        command.isDefault
        ? "not __fish_seen_subcommand_from $commands; or __fish_seen_subcommand_from run"
        : "__fish_seen_subcommand_from \(command.name)"
      for option in command.options where !(command.isDefault && option == .help) {
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
    for letter in letters(option) { text += " -s \(letter)" }
    if option.takesValue {
      switch option.completion {
      case .nothing: text += " -x"
      case .files: text += " -r"
      case .folders: text += " -x -a \"(__fish_complete_directories)\""
      case .words(let words): text += " -x -a \"\(words.joined(separator: " "))\""
      case .modules: text += " -r"
      case .exports: text += " -x -a \"(__needletail_exports)\""
      case .features: text += " -x -a \"(__needletail_features)\""
      }
    }
    return text + " -d \(quoted(option.summary))"
  }

  // MARK: Common

  private static func spellings(_ command: CommandDefinition) -> [String] {
    command.options.flatMap { option in [option.spelling] + (option.letter.map { ["-\($0)"] } ?? []) }
  }

  /// An option's letters: its own, or wasmtime's for proposals.
  private static func letters(_ option: OptionDefinition) -> [Character] {
    option.letter.map { [$0] } ?? (option.completion == .features ? ["W"] : [])
  }

  /// A text in single quotes, for any of the shells.
  private static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
