/// One command, as data.
struct CommandDefinition: Sendable {
  var name: String
  /// Whether it is the command of a command line that names none.
  var isDefault = false
  /// One sentence, without its full stop.
  var summary: String
  /// Further paragraphs of the help.
  var discussion: [String] = []
  var operands: [OperandDefinition] = []
  /// All options but `--help`.
  var ownOptions: [OptionDefinition] = []
  /// What to do in place of options that other commands or runtimes have, by their names.
  var counterparts: [String: Message] = [:]
  /// Command lines, with what they do.
  var examples: [(line: String, summary: String)] = []
  /// Parses the rest of the arguments and executes the command; returns the exit status.
  var run: @Sendable (inout ArgumentParser) throws -> Int32

  var options: [OptionDefinition] { ownOptions + [.help] }
}
