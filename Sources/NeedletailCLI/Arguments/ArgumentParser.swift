/// The arguments do not say what to do. Leads to exit status 2.
struct UsageError: Error {
  var message: Message
  /// The command at hand, to whose help the message points.
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
struct ArgumentParser {
  let command: CommandDefinition
  /// What is not parsed yet.
  private(set) var rest: CommandLineWords
  private(set) var operands: [String] = []
  private var values: [String: [String]] = [:]
  private var optionsHaveEnded = false

  init(_ command: CommandDefinition, _ arguments: CommandLineWords) {
    self.command = command
    rest = arguments
  }

  // MARK: What was given

  func has(_ option: OptionDefinition) -> Bool { values[option.name] != nil }

  /// The value of an option; the last one if it was given several times.
  func value(_ option: OptionDefinition) -> String? { values[option.name]?.last }

  func values(_ option: OptionDefinition) -> [String] { values[option.name] ?? [] }

  /// The value of an option, read by `read`.
  ///
  /// - Throws: `UsageError` if `read` cannot make anything of it; `expected` says what it should be.
  func value<Value>(
    _ option: OptionDefinition, expected: String, _ read: (String) -> Value?
  ) throws(UsageError) -> Value? {
    guard let text = value(option) else { return nil }
    if let value = read(text) { return value }
    throw UsageError("\(option.spelling) wants \(expected), not '\(text)'", command: command.name)
  }

  /// The value of an option that is a size in bytes.
  ///
  /// - Throws: `UsageError` if it is no size, or not in a range.
  func byteCount(
    _ option: OptionDefinition, in range: ClosedRange<UInt64> = 0...UInt64.max
  ) throws(UsageError) -> UInt64? {
    guard let text = value(option) else { return nil }
    let least = range.lowerBound > 0 ? " of \(ByteCount.format(range.lowerBound)) or more" : ""
    guard let count = ByteCount.parse(text), range.contains(count) else {
      throw UsageError(
        "\(option.spelling) wants a size\(least) in bytes, KB, MB, GB or TB, such as 65536, 64KB or 1.5GB, not '\(text)'",
        command: command.name)
    }
    return count
  }

  /// The value of an option that is one of its words.
  func choice(_ option: OptionDefinition) throws(UsageError) -> String? {
    guard case .words(let words) = option.completion, let text = value(option) else { return nil }
    if words.contains(text) { return text }
    let suggestion = Suggestion.best(for: text, among: words).map { "; did you mean '\($0)'?" } ?? ""
    let list = words.map { "'\($0)'" }.joined(separator: " or ")
    throw UsageError("\(option.spelling) is \(list), not '\(text)'\(suggestion)", command: command.name)
  }

  // MARK: Parsing

  /// Parses everything and checks the number of operands.
  mutating func parse() throws {
    while try parseNext() {}
    try checkOperands()
  }

  /// Parses up to and with the first operand, which is returned.
  ///
  /// - Throws: `UsageError` if there is none.
  mutating func parseFirstOperand() throws -> String {
    while operands.isEmpty, try parseNext() {}
    try checkOperands()
    return operands[0]
  }

  /// The bytes of the rest as it is, which is then empty.
  mutating func takeRest() -> [[UInt8]] { rest.takeAll() }

  private func checkOperands() throws(UsageError) {
    let required = command.operands.filter { !$0.isOptional }
    guard operands.count >= required.count else {
      throw UsageError("missing \(required[operands.count].placeholder)", command: command.name)
    }
    let isOpen = command.operands.last?.isRepeated ?? false
    guard isOpen || operands.count <= command.operands.count else {
      throw UsageError("unexpected argument '\(operands[command.operands.count])'", command: command.name)
    }
  }

  /// Parses the next argument; false if there is none.
  private mutating func parseNext() throws -> Bool {
    guard let argument = try rest.popFirst(command: command.name) else { return false }
    if optionsHaveEnded || !Self.isOption(argument) {
      operands.append(argument)
    } else if argument == "--" {
      optionsHaveEnded = true
    } else if argument.hasPrefix("--") {
      try parseLong(argument)
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

  private mutating func parseLong(_ argument: String) throws {
    let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard let option = command.options.first(where: { $0.name == name }) else {
      throw try unknown("--\(name)", value: parts.count > 1 ? String(parts[1]) : nil)
    }
    try enter(option, spelling: "--\(name)", attached: parts.count > 1 ? String(parts[1]) : nil)
  }

  /// `-o value`, `-ovalue`, or several letters of options without values.
  private mutating func parseLetters(_ argument: String) throws {
    var letters = argument.dropFirst()
    while let letter = letters.popFirst() {
      guard let option = command.options.first(where: { $0.letter == letter }) else {
        throw try unknown("-\(letter)", value: letters.isEmpty ? nil : String(letters))
      }
      if option.placeholder == nil {
        try enter(option, spelling: "-\(letter)", attached: nil)
      } else {
        let attached = letters.first == "=" ? letters.dropFirst() : letters
        try enter(option, spelling: "-\(letter)", attached: letters.isEmpty ? nil : String(attached))
        return
      }
    }
  }

  private mutating func enter(_ option: OptionDefinition, spelling: String, attached: String?) throws {
    if option == .help { throw HelpRequest() }
    if !option.isRepeatable, values[option.name] != nil {
      throw UsageError("\(spelling) was given twice", command: command.name)
    }
    guard let placeholder = option.placeholder else {
      guard attached == nil else { throw UsageError("\(spelling) takes no value", command: command.name) }
      values[option.name] = []
      return
    }
    guard let value = try attached ?? rest.popFirst(command: command.name) else {
      throw UsageError("\(spelling) wants a value: \(spelling) \(placeholder)", command: command.name)
    }
    values[option.name, default: []].append(value)
  }

  private mutating func unknown(_ spelling: String, value: String?) throws -> UsageError {
    // Options of wasmtime may be known by what they set.
    if let hint = ForeignOptions.hint(for: spelling, value: try value ?? rest.popFirst(command: command.name)) {
      return UsageError("unknown option '\(spelling)'", command: command.name, hints: [hint])
    }
    let known = command.options.map(\.spelling)
    let suggestion = Suggestion.best(for: spelling, among: known).map { "; did you mean '\($0)'?" } ?? ""
    return UsageError("unknown option '\(spelling)'\(suggestion)", command: command.name)
  }
}
