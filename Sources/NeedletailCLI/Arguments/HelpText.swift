import WebAssembly

/// Writes the help from the definitions of commands and options.
enum HelpText {
  /// No line is longer, so that a terminal of the usual width breaks none.
  private static let width = 80
  /// Longer headings have their text on the next line.
  private static let maximumHeadingWidth = 22

  /// The help of the whole program.
  static func overview(_ commands: [CommandDefinition]) -> String {
    var text = """
      Needletail \(Version.current), a WebAssembly runtime

      usage: needletail [run] [OPTION…] MODULE [ARGUMENT…]
             needletail COMMAND [OPTION…] …

      commands:

      """
    text += columns(commands.map { ($0.name, $0.summary) })
    text += """

      options:

      """
    text += columns([
      ("--help, -h", "Print this help"),
      ("--version, -V", "Print the version"),
    ])
    text += """

      Without a command, the module is run. Modules are .wasm, .wat or .nwasm files,
      or - for standard input. Options go before MODULE: what follows a program are
      its own arguments.

      'needletail help run' lists the options, and 'needletail help WORD' explains a
      command, an option or a topic:
      \(wrap("\(HelpTopic.names.joined(separator: ", "))."))
      Many options of wasmtime, wasmer and wazero work, too.

      examples:
      \(examples(commands.first(where: \.isDefault)?.examples ?? []))
      exit status:

      """
    text += columns(ExitCode.meanings.map { ($0.status, $0.meaning) })
    return text
  }

  /// The help of one command.
  static func command(_ command: CommandDefinition) -> String {
    var text = usage(command) + "\n\n\(command.summary).\n"
    for paragraph in command.discussion { text += "\n" + wrap(paragraph, indentation: 0) + "\n" }
    if !command.operands.isEmpty {
      text += "\narguments:\n" + columns(command.operands.map { ($0.placeholder, $0.summary) })
    }
    text += "\noptions:\n" + options(command.options)
    if !command.examples.isEmpty { text += "\nexamples:\n" + examples(command.examples) }
    return text
  }

  private static func examples(_ examples: [(line: String, summary: String)]) -> String {
    examples.map { "  \($0.line)\n      \($0.summary)\n" }.joined()
  }

  static func usage(_ command: CommandDefinition) -> String {
    (["usage: needletail \(command.name)", "[OPTION…]"] + command.operands.map(\.usage)).joined(separator: " ")
  }

  /// A table of options.
  static func options(_ options: [OptionDefinition]) -> String { columns(options.map { (heading($0), $0.summary) }) }

  private static func heading(_ option: OptionDefinition) -> String {
    let value = option.placeholder.map { " \($0)" } ?? ""
    let letter = option.letter.map { ", -\($0)" } ?? ""
    return "\(option.spelling)\(letter)\(value)"
  }

  /// Two columns. The text of a long heading begins on the next line.
  static func columns(_ rows: [(heading: String, text: String)]) -> String {
    let longest = rows.map(\.heading.count).filter { $0 <= maximumHeadingWidth }.max() ?? 0
    let indentation = longest + 4
    return rows.map { row in
      let text = wrap(row.text, indentation: indentation)
      guard row.heading.count <= longest else {
        return "  \(row.heading)\n\(String(repeating: " ", count: indentation))\(text)\n"
      }
      return "  \(row.heading)\(String(repeating: " ", count: indentation - 2 - row.heading.count))\(text)\n"
    }.joined()
  }

  /// Breaks a paragraph into lines. All lines but the first are indented.
  static func wrap(_ paragraph: String, indentation: Int = 0) -> String {
    var lines: [String] = []
    var line = ""
    for word in paragraph.split(separator: " ") {
      if !line.isEmpty, indentation + line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " \(word)"
    }
    lines.append(line)
    return lines.joined(separator: "\n" + String(repeating: " ", count: indentation))
  }
}
