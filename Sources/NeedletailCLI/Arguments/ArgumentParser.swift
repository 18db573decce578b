import WebAssembly

/// The command line is wrong. Leads to exit status 2.
struct UsageError: Error {
  var message: Message
  /// The command whose help the message points to.
  var command: String?
  /// What the user can do about it.
  var hints: [Message]

  init(_ message: Message, command: String? = nil, hints: [Message] = []) {
    self.message = message
    self.command = command
    self.hints = hints
  }
}

/// The user asked for a command's help.
struct HelpRequest: Error {}

/// Parses the arguments of one command according to its definition.
///
/// Options may come in any order and between operands: `--name value`, `--name=value`, `-o value`, `-ovalue`; `--` ends
/// them. A minus sign before a digit, `inf` or `nan` begins a number, not an option, and `-` alone is an operand.
/// Options of other runtimes are translated by ``ForeignOptions``. Those of Go programs have one dash and a long name.
struct ArgumentParser {
  let command: CommandDefinition
  /// The arguments that are not parsed yet.
  private(set) var rest: CommandLineWords
  private(set) var operands: [String] = []
  private var values: [String: [String]] = [:]
  /// The options as they were typed, such as `-O`, by name; the last one if an option was given several times.
  private var spellings: [String: String] = [:]
  /// The last value that was a word of its own, and its option.
  private var lastValue: (text: String, spelling: String)?
  private var optionsHaveEnded = false

  init(_ command: CommandDefinition, _ arguments: CommandLineWords) {
    self.command = command
    rest = arguments
  }

  // MARK: Values

  func has(_ option: OptionDefinition) -> Bool { values[option.name] != nil }

  /// The option as the user typed it.
  func spelling(_ option: OptionDefinition) -> String { spellings[option.name] ?? option.spelling }

  /// The value of an option; the last one if it was given several times.
  func value(_ option: OptionDefinition) -> String? { values[option.name]?.last }

  func values(_ option: OptionDefinition) -> [String] { values[option.name] ?? [] }

  /// The value of an option, read by `read`.
  ///
  /// - Throws: `UsageError` if `read` returns nil; `expected` describes the values that it reads.
  func value<Value>(
    _ option: OptionDefinition, expected: String, _ read: (String) -> Value?
  ) throws(UsageError) -> Value? {
    guard let text = value(option) else { return nil }
    if let value = read(text) { return value }
    throw UsageError("invalid \(spelling(option)): expected \(expected), found '\(text)'", command: command.name)
  }

  /// The value of an option that is a size in bytes.
  ///
  /// - Throws: `UsageError` if it is no size, or not in a range.
  func byteCount(
    _ option: OptionDefinition, in range: ClosedRange<UInt64> = 0...UInt64.max
  ) throws(UsageError) -> UInt64? {
    let least = range.lowerBound > 0 ? " of \(ByteCount.format(range.lowerBound)) or more" : ""
    return try value(option, expected: "a size\(least), such as 65536, 64KiB or 1.5GiB") { text in
      ByteCount.parse(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// The value of an option that has a list of words; other spellings are translated first.
  ///
  /// - Throws: `UsageError` if it is none of the words.
  func choice(
    _ option: OptionDefinition, synonym: (String) -> String? = { _ in nil }
  ) throws(UsageError) -> String? {
    guard case .words(let words) = option.completion, let text = value(option) else { return nil }
    if words.contains(text) { return text }
    if let word = synonym(text) { return word }
    let suggestion = Suggestion.question(for: text, among: words)
    let last = words.last.map { "'\($0)'" } ?? ""
    let others = words.dropLast().map { "'\($0)'" }.joined(separator: ", ")
    let list = others.isEmpty ? last : "\(others) or \(last)"
    throw UsageError(
      "invalid \(spelling(option)): expected \(list), found '\(text)'\(suggestion)", command: command.name)
  }

  /// Checks that an option has an effect if it was given.
  ///
  /// - Parameter condition: when it has none, in the words after "has no effect".
  /// - Throws: `UsageError` if it was given and has none.
  func check(_ option: OptionDefinition, _ hasEffect: Bool, _ condition: Message) throws(UsageError) {
    guard has(option), !hasEffect else { return }
    throw UsageError("\(spelling(option)) has no effect \(condition)", command: command.name)
  }

  // MARK: Parsing

  /// Parses everything and checks the number of operands.
  mutating func parse() throws {
    while try parseNext() {}
    try checkOperands()
  }

  /// Parses the arguments up to and including the first operand, which is returned.
  ///
  /// - Throws: `UsageError` if there is none.
  mutating func parseFirstOperand() throws -> String {
    while operands.isEmpty, try parseNext() {}
    try checkOperands()
    return operands[0]
  }

  /// Removes all arguments that are not parsed yet; returns their bytes.
  mutating func takeRest() -> [[UInt8]] { rest.takeAll() }

  private func checkOperands() throws(UsageError) {
    let required = command.operands.filter { !$0.isOptional }
    guard operands.count >= required.count else {
      var message: Message = "missing \(required[operands.count].placeholder)"
      if let lastValue, Self.isModuleName(lastValue.text) {
        message = "\(message): '\(lastValue.text)' is the value of \(lastValue.spelling)"
      }
      throw UsageError(message, command: command.name)
    }
    let isOpen = command.operands.last?.isRepeated ?? false
    guard isOpen || operands.count <= command.operands.count else {
      throw UsageError("unexpected argument '\(operands[command.operands.count])'", command: command.name)
    }
  }

  /// Whether a value was probably meant as the operand after its option.
  private static func isModuleName(_ text: String) -> Bool {
    [".wasm", ".wat", ModuleFile.artifactSuffix].contains(where: text.hasSuffix) || Files.isOrdinary(text)
  }

  /// Parses the next argument; false if there is none.
  private mutating func parseNext() throws -> Bool {
    guard let argument = try rest.popFirst(command: command.name) else { return false }
    if optionsHaveEnded || !Self.isOption(argument) {
      operands.append(argument)
    } else if argument == "--" {
      optionsHaveEnded = true
    } else if argument.hasPrefix("--") {
      try parseLong(argument, dashes: "--")
    } else {
      try parseLetters(argument)
    }
    return true
  }

  private static func isOption(_ argument: String) -> Bool {
    guard argument.hasPrefix("-"), argument != "-" else { return false }
    let tail = argument.dropFirst().lowercased()
    let isNumber = tail.first!.isNumber || tail.first == "." || tail.hasPrefix("inf") || tail.hasPrefix("nan")
    return !isNumber
  }

  private mutating func parseLong(_ argument: String, dashes: String) throws {
    let parts = argument.dropFirst(dashes.count).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    let attached = parts.count > 1 ? String(parts[1]) : nil
    guard let option = command.options.first(where: { $0.name == name }) else {
      return try enterForeign("\(dashes)\(name)", attached: attached)
    }
    try enter(option, spelling: "\(dashes)\(name)", attached: attached)
  }

  /// `-o value`, `-ovalue`, or several letters of options without values.
  private mutating func parseLetters(_ argument: String) throws {
    var letters = argument.dropFirst()
    if isLongName(letters) { return try parseLong(argument, dashes: "-") }
    while let letter = letters.popFirst() {
      // `-h` is accepted only alone: a misspelled option must not end with help and status 0.
      guard letter != OptionDefinition.help.letter || argument.count == 2 else {
        return try enterForeign(argument, attached: nil)
      }
      guard let option = command.options.first(where: { $0.letter == letter }) else {
        return try enterForeign("-\(letter)", attached: letters.isEmpty ? nil : String(letters))
      }
      if !option.takesValue {
        try enter(option, spelling: "-\(letter)", attached: nil)
      } else {
        let attached = letters.first == "=" ? letters.dropFirst() : letters
        try enter(option, spelling: "-\(letter)", attached: letters.isEmpty ? nil : String(attached))
        return
      }
    }
  }

  /// Whether an argument with one dash has the name of a long option, in the manner of Go, and is not one of our letters.
  private func isLongName(_ argument: Substring) -> Bool {
    guard argument.count > 1, !command.ownOptions.contains(where: { $0.letter == argument.first }) else { return false }
    let name = String(argument.prefix { $0 != "=" })
    guard name.count > 1 else { return false }
    return command.options.contains { $0.name == name } || command.counterparts[name] != nil
      || ForeignOptions.isKnown(name)
  }

  private mutating func enter(_ option: OptionDefinition, spelling: String, attached: String?) throws {
    if option == .help { throw HelpRequest() }
    if !option.isRepeatable, values[option.name] != nil {
      throw UsageError("\(spelling) was given twice", command: command.name)
    }
    spellings[option.name] = spelling
    guard let placeholder = option.placeholder else {
      guard attached == nil else { throw UsageError("\(spelling) takes no value", command: command.name) }
      values[option.name] = []
      return
    }
    guard let value = try attached ?? rest.popFirst(command: command.name) else {
      throw UsageError("missing value of \(spelling): expected \(spelling) \(placeholder)", command: command.name)
    }
    values[option.name, default: []].append(value)
    if attached == nil { lastValue = (value, spelling) }
  }

  /// An option that the command does not have: it may be known from another runtime.
  private mutating func enterForeign(_ spelling: String, attached: String?) throws {
    if let hint = command.counterparts[String(spelling.drop { $0 == "-" })] {
      throw UsageError("unknown option '\(spelling)'", command: command.name, hints: [hint])
    }
    var attached = attached
    if spelling.count == 2, attached?.first == "=" { attached!.removeFirst() }
    let meanings = try ForeignOptions.meanings(of: spelling) { try attached ?? rest.popFirst(command: command.name) }
    guard let meanings else {
      let suggestion = Suggestion.question(for: spelling, among: command.options.map(\.spelling))
      throw UsageError("unknown option '\(spelling)'\(suggestion)", command: command.name)
    }
    for (spelling, meaning) in meanings {
      switch meaning {
      case .hint(let hint): throw UsageError("unknown option '\(spelling)'", command: command.name, hints: [hint])
      case .invalid(let expected, let found):
        let subject: Message = spelling.includes(" ") ? "value of \(spelling)" : "\(spelling)"
        throw UsageError("invalid \(subject): expected \(expected), found '\(found)'", command: command.name)
      case .options(let options):
        for (option, value) in options {
          guard command.options.contains(option) else {
            throw UsageError("unknown option '\(spelling)'", command: command.name)
          }
          if !option.takesValue, has(option) { continue }
          try enter(option, spelling: option.spelling, attached: value)
        }
      }
    }
  }
}
