/// Writes the help from the definitions of commands and options.
enum HelpText {
  private static let width = 96

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
      ("--help, -h", "Print this help, or that of a command: needletail COMMAND --help"),
      ("--version", "Print the version"),
    ])
    text += """

      Without a command, the module is run. Modules are .wasm or .wat files, or - for standard input.

      exit status:
        0…255   The program's own: 0 if it returns, else what it gives to proc_exit
        1       A file, a module, an import, a function or its arguments are wrong; output is lost; an assertion failed
        2       The command line is wrong: an unknown option, a value that it does not take, options that exclude each other
        134     The program trapped, or did not catch an exception
        141     A reader of the output is gone (SIGPIPE, as shells show it)

      """
    return text
  }

  /// The help of one command.
  static func command(_ command: CommandDefinition) -> String {
    var text = usage(command) + "\n\n\(command.summary).\n"
    for paragraph in command.discussion { text += "\n" + wrap(paragraph, indentation: 0) + "\n" }
    if !command.operands.isEmpty {
      text += "\narguments:\n" + columns(command.operands.map { ($0.placeholder, $0.summary) })
    }
    text += "\noptions:\n" + columns(command.options.map { (heading($0), $0.summary) })
    if !command.examples.isEmpty {
      text += "\nexamples:\n"
      for example in command.examples { text += "  \(example.line)\n      \(example.summary)\n" }
    }
    return text
  }

  static func usage(_ command: CommandDefinition) -> String {
    (["usage: needletail \(command.name)", "[OPTION…]"] + command.operands.map(\.usage)).joined(separator: " ")
  }

  private static func heading(_ option: OptionDefinition) -> String {
    let value = option.placeholder.map { " \($0)" } ?? ""
    let letter = option.letter.map { ", -\($0)" } ?? ""
    return "\(option.spelling)\(letter)\(value)"
  }

  /// Two columns: short headings have their text on the same line, long ones below.
  private static func columns(_ rows: [(heading: String, text: String)]) -> String {
    let longest = rows.map(\.heading.count).filter { $0 <= 28 }.max() ?? 0
    let indentation = longest + 4
    return rows.map { row in
      let text = wrap(row.text, indentation: indentation)
      guard row.heading.count <= longest else {
        return "  \(row.heading)\n\(String(repeating: " ", count: indentation))\(text)\n"
      }
      return "  \(row.heading)\(String(repeating: " ", count: indentation - 2 - row.heading.count))\(text)\n"
    }.joined()
  }

  /// Breaks a paragraph into lines, of which all but the first are indented.
  private static func wrap(_ paragraph: String, indentation: Int) -> String {
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
