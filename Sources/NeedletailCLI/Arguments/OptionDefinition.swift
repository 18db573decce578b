import WebAssembly

/// One option of a command, as data: parsing, help and completions all come from it.
struct OptionDefinition: Hashable, Sendable {
  /// The name without its dashes.
  var name: String
  /// The one-letter form, without its dash.
  var letter: Character?
  /// The value's name in the help; nil for an option without value, and for one whose words are its name.
  private var valueName: String?
  /// What a shell proposes for the value.
  var completion: Completion
  var isRepeatable: Bool
  /// Whether the empty text is a value, such as the name of a function.
  var acceptsEmptyValue = false
  /// One sentence, without its full stop.
  var summary: String
  /// What to do in place of giving the option a value; only for options without one.
  var hintForValue: String?

  /// What a shell can propose at a place of the command line.
  enum Completion: Hashable, Sendable {
    case nothing
    case files
    case folders
    case words([String])
    /// Modules, and folders on the way to them.
    case modules
    /// Exported functions of the module on the command line.
    case exports
    /// Proposals and sets of them.
    case features
  }

  /// An option without value.
  ///
  /// - Parameter hintForValue: what to do if it is given one.
  static func flag(
    _ name: String, letter: Character? = nil, _ summary: String, hintForValue: String? = nil
  ) -> OptionDefinition {
    OptionDefinition(
      name: name, letter: letter, valueName: nil, completion: .nothing, isRepeatable: false, summary: summary,
      hintForValue: hintForValue)
  }

  /// An option with a value.
  static func value(
    _ name: String, letter: Character? = nil, _ placeholder: String, completion: Completion = .nothing,
    isRepeatable: Bool = false, acceptsEmptyValue: Bool = false, _ summary: String
  ) -> OptionDefinition {
    OptionDefinition(
      name: name, letter: letter, valueName: placeholder, completion: completion, isRepeatable: isRepeatable,
      acceptsEmptyValue: acceptsEmptyValue, summary: summary)
  }

  /// An option whose value is one of a few words, which the help lists.
  static func choice(
    _ name: String, letter: Character? = nil, _ words: [String], _ summary: String
  ) -> OptionDefinition {
    OptionDefinition(
      name: name, letter: letter, valueName: nil, completion: .words(words), isRepeatable: false, summary: summary)
  }

  static let help = flag("help", letter: "h", "Print this help")
  /// Accepted by all commands.
  static let version = flag("version", letter: "V", "Print the version")

  var takesValue: Bool { completion != .nothing || valueName != nil }

  /// Whether the value is the name of a file or folder.
  var takesFile: Bool { [.files, .folders, .modules].contains(completion) }

  /// The value's name in the help; nil for an option without value.
  var placeholder: String? {
    if let valueName { return valueName }
    guard case .words(let words) = completion else { return nil }
    return words.joined(separator: "|")
  }

  /// A number and the unit after it as one value; nil if this is no value of the option.
  func joined(_ number: String, _ unit: String) -> String? {
    let whole = number + unit
    switch valueName {
    case Self.size:
      if ["byte", "bytes"].contains(unit.lowercased()) { return number }
      return ByteCount.parse(whole) == nil ? nil : whole
    case Self.time: return Duration.parse(whole) == nil ? nil : whole
    default: return nil
    }
  }

  /// The names of values that have units.
  static let size = "SIZE"
  static let time = "TIME"

  /// The option as the user writes it, such as `--dir`.
  var spelling: String { "--\(name)" }
}

/// One operand of a command: an argument that is not an option.
struct OperandDefinition: Sendable {
  /// Its name in the help, such as `MODULE`.
  var placeholder: String
  var summary: String
  var completion: OptionDefinition.Completion = .modules
  var isOptional = false
  /// Whether there may be more than one; only for a command's last operand.
  var isRepeated = false

  /// The operand in a usage line.
  var usage: String {
    let repeated = isRepeated ? "\(placeholder)…" : placeholder
    return isOptional ? "[\(repeated)]" : repeated
  }
}
