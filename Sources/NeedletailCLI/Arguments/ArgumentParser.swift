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

/// The user asked for a text, such as a command's help.
struct InformationRequest: Error {
  var text: String
}

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
  /// What was given for each option, by its name.
  private var entries: [String: [OptionEntry]] = [:]
  /// The last value that was a word of its own, and its option.
  private var lastValue: (text: String, option: OptionDefinition)?
  /// The value that was parsed last and its option, if no other argument was parsed after it.
  private var valueBefore: (text: String, option: OptionDefinition)?
  /// The option without value that was parsed last, if no other argument was parsed after it.
  private var flagBefore: OptionDefinition?
  /// The first operand that came directly after an option without value, and that option.
  private var operandAfterFlag: (text: String, option: OptionDefinition)?
  private var optionsHaveEnded = false

  init(_ command: CommandDefinition, _ arguments: CommandLineWords) {
    self.command = command
    rest = arguments
  }

  // MARK: Values

  func has(_ option: OptionDefinition) -> Bool { entries[option.name] != nil }

  /// The option as the user typed it; the last time, if it was given several times.
  func spelling(_ option: OptionDefinition) -> String { last(option)?.spelling ?? option.spelling }

  /// An option that was given, and its last value, as they were typed: `--fuel 10`, `-W fuel=10`.
  func assignment(_ option: OptionDefinition) -> String {
    last(option)?.text ?? OptionEntry.text(option.spelling, option.placeholder ?? "")
  }

  /// The same with another value.
  func assignment(_ option: OptionDefinition, _ value: String) -> String { OptionEntry.text(spelling(option), value) }

  /// The value of an option; the last one if it was given several times.
  func value(_ option: OptionDefinition) -> String? { last(option)?.value }

  func values(_ option: OptionDefinition) -> [String] { entries(option).map(\.value) }

  /// All that was given for an option, in order.
  func entries(_ option: OptionDefinition) -> [OptionEntry] { entries[option.name] ?? [] }

  private func last(_ option: OptionDefinition) -> OptionEntry? { entries[option.name]?.last }

  /// Calls `body`; an error about a file names the option, if it was given.
  func naming<Result>(_ option: OptionDefinition, _ body: () throws -> Result) throws -> Result {
    has(option) ? try FileError.naming(spelling(option), body) : try body()
  }

  /// The error for the last value of an option.
  func invalid(_ option: OptionDefinition, expected: String, hints: [Message] = []) -> UsageError {
    UsageError(
      "invalid \(spelling(option)): expected \(expected), found '\(last(option)?.shownValue ?? "")'",
      command: command.name, hints: hints)
  }

  /// The error for two options that cannot be given together.
  func contradiction(_ option: OptionDefinition, _ other: OptionDefinition, _ reason: Message = "") -> UsageError {
    UsageError(
      "\(assignmentOrFlag(option)) and \(assignmentOrFlag(other)) contradict each other\(reason)", command: command.name
    )
  }

  private func assignmentOrFlag(_ option: OptionDefinition) -> String { last(option)?.text ?? option.spelling }

  /// The value of an option, read by `read`.
  ///
  /// - Throws: `UsageError` if `read` returns nil; `expected` describes the values that it reads.
  func value<Value>(
    _ option: OptionDefinition, expected: String, hints: (String) -> [Message] = { _ in [] },
    _ read: (String) -> Value?
  ) throws(UsageError) -> Value? {
    guard let entry = last(option) else { return nil }
    if let value = read(entry.value) { return value }
    throw invalid(option, expected: expected, hints: hints(entry.shownValue))
  }

  /// The value of an option that is a whole number.
  ///
  /// - Throws: `UsageError` if it is no number, or not in a range.
  func number<Number: FixedWidthInteger>(
    _ option: OptionDefinition, in range: ClosedRange<Number>
  ) throws(UsageError) -> Number? {
    let hints = { (text: String) -> [Message] in
      ValueHints.number(text).map { ["write \(assignment(option, $0))"] } ?? []
    }
    return try value(option, expected: "a number from \(range.lowerBound) to \(range.upperBound)", hints: hints) {
      text in
      WholeNumber.parse(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// The value of an option that is a size in bytes.
  ///
  /// - Throws: `UsageError` if it is no size, or not in a range.
  func byteCount(
    _ option: OptionDefinition, in range: ClosedRange<UInt64> = 0...UInt64.max
  ) throws(UsageError) -> UInt64? {
    guard let entry = last(option) else { return nil }
    switch ByteCount.read(entry.value) {
    case .byteCount(let count) where range.contains(count): return count
    case .byteCount(let count) where count < range.lowerBound:
      throw invalid(option, expected: "at least \(ByteCount.format(range.lowerBound))")
    case .byteCount, .tooLarge:
      // The largest numbers of 64 bits are one less than a round one.
      let (next, overflow) = range.upperBound.addingReportingOverflow(1)
      throw invalid(option, expected: overflow ? ByteCount.bound : "a size below \(next >> 40) TiB")
    case .malformed:
      throw invalid(
        option,
        expected: "a size, in bytes or with a unit (\(ByteCount.unitNames)), such as 65536, 64KiB or 1.5GiB")
    }
  }

  /// The value of an option that is a time.
  ///
  /// - Throws: `UsageError` if it is no time.
  func duration(_ option: OptionDefinition) throws(UsageError) -> Duration? {
    guard let entry = last(option) else { return nil }
    switch Duration.read(entry.value) {
    case .duration(let duration): return duration
    case .outOfRange: throw invalid(option, expected: Duration.bounds)
    case .malformed:
      let typed = entry.shownValue
      throw invalid(
        option, expected: "a time with a unit (ms, s, m or h), such as 500ms or 2.5s",
        hints: ValueHints.time(typed).map { form in
          ["write \(assignment(option, form))\(form == typed + "s" ? " for seconds" : "")"]
        } ?? [])
    }
  }

  /// The value of an option that has a list of words.
  ///
  /// - Parameters:
  ///   - synonym: the word that another one means, or nil.
  ///   - otherwise: hints if the value is no such word, and none is similar.
  /// - Throws: `UsageError` if it is none of the words.
  func choice(
    _ option: OptionDefinition, synonym: (String) -> String? = { _ in nil }, otherwise: [Message] = []
  ) throws(UsageError) -> String? {
    guard case .words(let words) = option.completion, let entry = last(option) else { return nil }
    if words.contains(entry.value) { return entry.value }
    if let word = synonym(entry.value) { return word }
    throw invalidWord("\(spelling(option))", words, found: entry.shownValue, otherwise: otherwise)
  }

  /// The error for a word that is none of a list.
  ///
  /// - Parameter otherwise: hints if no word of the list is similar.
  func invalidWord(_ what: Message, _ words: [String], found: String, otherwise: [Message] = []) -> UsageError {
    let hints = Suggestion.hints(for: found, among: words)
    guard !found.isEmpty else {
      return UsageError("missing \(what): expected \(Self.alternatives(words))", command: command.name)
    }
    return UsageError(
      "invalid \(what): expected \(Self.alternatives(words)), found '\(found)'", command: command.name,
      hints: hints.isEmpty ? otherwise : hints)
  }

  /// `'a', 'b' or 'c'`
  static func alternatives(_ words: [String]) -> String {
    let quoted = words.map { "'\($0)'" }
    guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "nothing" }
    return "\(quoted.dropLast().joined(separator: ", ")) or \(last)"
  }

  /// - Throws: `UsageError` if standard input would be read more than once.
  func checkUsesOfInput(_ paths: [String]) throws(UsageError) {
    let count = paths.count { $0 == "-" }
    guard count > 1 else { return }
    throw UsageError(
      "expected '-' once, found it \(count) times: standard input can be read only once", command: command.name)
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
      if let error = missingValue { throw error }
      let operand = required[operands.count]
      var message: Message = "missing \(operand.placeholder)"
      if case .words(let words) = operand.completion { message = "\(message): expected \(Self.alternatives(words))" }
      if let lastValue, Self.isModuleName(lastValue.text) || Files.isOrdinary(lastValue.text) {
        message = "\(message): '\(lastValue.text)' is the value of \(spelling(lastValue.option))"
      }
      throw UsageError(message, command: command.name)
    }
    for (index, text) in operands.enumerated() where text.isEmpty {
      guard let operand = index < command.operands.count ? command.operands[index] : command.operands.last,
        !operand.isOptional
      else { break }
      throw UsageError("missing \(operand.placeholder): the argument is empty", command: command.name)
    }
    let isOpen = command.operands.last?.isRepeated ?? false
    guard isOpen || operands.count <= command.operands.count else {
      if let error = uselessValue { throw error }
      let extra = operands[command.operands.count]
      let output = command.ownOptions.first { $0.name == "output" }
      throw UsageError(
        "unexpected argument '\(extra)'", command: command.name,
        hints: output.map { ["\($0.letter.map { "-\($0)" } ?? $0.spelling) \(extra) names the file to write"] } ?? [])
    }
  }

  /// The error if an option without value was probably meant to have the operand after it as its value; nil otherwise.
  private var uselessValue: UsageError? {
    guard let (text, option) = operandAfterFlag, !Self.isModuleName(text), !Files.exists(text),
      !Program.commands.contains(where: { $0.name == text })
    else { return nil }
    let isValue = Double(text) != nil || ["yes", "no", "true", "false", "on", "off"].contains(text)
    let next = operands.drop { $0 != text }.dropFirst().first ?? rest.first
    guard isValue || next.map({ Self.isModuleName($0) || Files.isOrdinary($0) }) == true else { return nil }
    return uselessValue(text, of: option, spelling(option))
  }

  private func uselessValue(_ text: String, of option: OptionDefinition, _ spelling: String) -> UsageError {
    UsageError(
      "\(spelling) takes no value, found '\(text.isEmpty ? "=" : text)'", command: command.name,
      hints: option.hintForValue.map { ["\($0)"] } ?? [])
  }

  /// The error if the last option probably took the module's name as its value; nil otherwise.
  private var missingValue: UsageError? {
    guard let (text, option) = lastValue, !option.takesFile, Self.isModuleName(text) else { return nil }
    return missingValue(of: spelling(option), option.placeholder ?? "", found: "'\(text)'")
  }

  /// The error for a file that does not exist; nil if another error explains it better.
  func error(insteadOf error: FileError) -> UsageError? {
    guard error.isMissingFile, error.path == operands.first else { return nil }
    return missingValue ?? (error.path == operandAfterFlag?.text ? uselessValue : nil)
  }

  func missingValue(
    of spelling: String, _ placeholder: String, found: Message? = nil, hints: [Message] = []
  ) -> UsageError {
    let remark: Message = found.map { ", found \($0)" } ?? ""
    return UsageError(
      "missing value of \(spelling): expected \(OptionEntry.text(spelling, placeholder))\(remark)",
      command: command.name, hints: hints)
  }

  static func isModuleName(_ text: String) -> Bool {
    [".wasm", ".wat", ModuleFile.artifactSuffix].contains(where: text.hasSuffix)
  }

  /// The word after an option, as its value.
  ///
  /// - Throws: `UsageError` if there is none, or if it is an option.
  private mutating func popValue(of spelling: String, _ placeholder: String) throws(UsageError) -> String {
    if let word = rest.first, isSurelyOption(word) {
      let hints: [Message] =
        switch word {
        case "--": []
        case "--help", "-h": ["'needletail help \(command.name) \(spelling)' explains the option"]
        default: ["\(spelling)=\(word) makes it the value"]
        }
      throw missingValue(of: spelling, placeholder, found: "the option '\(word)'", hints: hints)
    }
    guard let word = try rest.popFirst(command: command.name) else {
      throw missingValue(of: spelling, placeholder, found: nil)
    }
    return word
  }

  /// Whether a word after an option is not meant as its value.
  private func isSurelyOption(_ word: String) -> Bool {
    word.hasPrefix("--")
      || word.count == 2 && word.first == "-" && options.contains { $0.letter == word.last }
  }

  /// Parses the next argument; false if there is none.
  private mutating func parseNext() throws -> Bool {
    guard let argument = try rest.popFirst(command: command.name) else { return false }
    let (flag, value) = (flagBefore, valueBefore)
    (flagBefore, valueBefore) = (nil, nil)
    if optionsHaveEnded || !Self.isOption(argument) {
      if let value { try refuseUnit(argument, after: value.text, of: value.option) }
      operands.append(argument)
      if let flag, operandAfterFlag == nil { operandAfterFlag = (argument, flag) }
    } else if argument == "--" {
      optionsHaveEnded = true
    } else if argument.hasPrefix("--") {
      try parseLong(argument, dashes: "--")
    } else {
      try parseLetters(argument)
    }
    return true
  }

  /// - Throws: `UsageError` if an operand is meant as the unit of the number before it: `--max-memory 64 KiB`.
  private func refuseUnit(_ unit: String, after number: String, of option: OptionDefinition) throws(UsageError) {
    guard number.last?.isNumber == true, unit.first?.isLetter == true, let whole = option.joined(number, unit),
      !Files.exists(unit)
    else { return }
    throw UsageError(
      "invalid \(spelling(option)): expected a number and its unit in one word, found '\(number) \(unit)'",
      command: command.name, hints: ["write \(assignment(option, whole))"])
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
    guard let option = options.first(where: { $0.name == name }) else {
      return try enterForeign("\(dashes)\(name)", attached: attached)
    }
    try enter(option, spelling: "\(dashes)\(name)", attached: attached)
  }

  /// The options that can be parsed.
  private var options: [OptionDefinition] { command.options + [.version] }

  /// `-o value`, `-ovalue`, or several letters of options without values.
  private mutating func parseLetters(_ argument: String) throws {
    var letters = argument.dropFirst()
    if isLongName(letters) { return try parseLong(argument, dashes: "-") }
    if let error = misspelling(argument) { throw error }
    while let letter = letters.popFirst() {
      // `-h` and `-V` are accepted only alone: a misspelled option must not end with status 0.
      guard argument.count == 2 || letter != OptionDefinition.help.letter && letter != OptionDefinition.version.letter
      else { throw unknownOption(argument) }
      guard let option = options.first(where: { $0.letter == letter }) else {
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
    return options.contains { $0.name == name } || command.counterparts[name] != nil
      || ForeignOptions.isKnown(name) || Program.commands.contains { $0.ownOptions.contains { $0.name == name } }
  }

  /// The error for a misspelled long name with one dash; nil for anything else.
  private func misspelling(_ argument: String) -> UsageError? {
    let name = argument.dropFirst().prefix { $0 != "=" }
    guard name.count > 3, name.allSatisfy({ $0.isLowercase || $0 == "-" }),
      !command.ownOptions.contains(where: { $0.letter == name.first })
    else { return nil }
    let hints = Suggestion.hints(for: "-\(name)", among: (options.map(\.name) + ForeignOptions.names).map { "-\($0)" })
    return hints.isEmpty ? nil : UsageError("unknown option '-\(name)'", command: command.name, hints: hints)
  }

  private mutating func enter(_ option: OptionDefinition, spelling: String, attached: String?) throws {
    guard let placeholder = option.placeholder else {
      if let attached { throw uselessValue(attached, of: option, spelling) }
      switch option {
      case .help: throw InformationRequest(text: HelpText.command(command))
      case .version: throw InformationRequest(text: Version.text)
      default: break
      }
      try store(option, OptionEntry(spelling: spelling))
      flagBefore = option
      return
    }
    let value = try attached ?? popValue(of: spelling, placeholder)
    if attached == nil { lastValue = (value, option) }
    guard !value.isEmpty || option.acceptsEmptyValue else { throw missingValue(of: spelling, placeholder) }
    if let group = SettingGroup.group(of: option), group.reads(value) {
      return try enter(group.meanings(of: spelling, value))
    }
    try store(option, OptionEntry(spelling: spelling, value: value, typedValue: value))
    valueBefore = (value, option)
  }

  private mutating func store(_ option: OptionDefinition, _ entry: OptionEntry) throws(UsageError) {
    // The same again changes nothing.
    if !option.isRepeatable, let other = last(option), other.value != entry.value {
      throw UsageError(
        other.spelling == entry.spelling
          ? "\(entry.spelling) was given twice, with different values: '\(other.shownValue)' and '\(entry.shownValue)'"
          : "\(other.text) and \(entry.text) contradict each other: both mean \(option.spelling)",
        command: command.name)
    }
    entries[option.name, default: []].append(entry)
  }

  /// An option that the command does not have: it may be known from another runtime.
  private mutating func enterForeign(_ spelling: String, attached: String?) throws {
    if let hint = command.counterparts[String(spelling.drop { $0 == "-" })] {
      throw UsageError("unknown option '\(spelling)'", command: command.name, hints: [hint])
    }
    var attached = attached
    if spelling.count == 2, attached?.first == "=" { attached!.removeFirst() }
    let meanings = try ForeignOptions.meanings(of: spelling) {
      if let attached { return attached }
      return try rest.first.map(isSurelyOption) == true ? nil : rest.popFirst(command: command.name)
    }
    guard let meanings else { throw unknownOption(spelling) }
    try enter(meanings)
  }

  private mutating func enter(_ meanings: [ForeignOptions.Given]) throws {
    for given in meanings {
      switch given.meaning {
      case .information(let text): throw InformationRequest(text: text)
      case .hint(let hint): throw UsageError("unknown option '\(given.text)'", command: command.name, hints: [hint])
      case .unknown(let hints): throw UsageError("unknown option '\(given.text)'", command: command.name, hints: hints)
      case .missing(let placeholder, let hints):
        throw missingValue(
          of: given.spelling, placeholder, found: given.value.flatMap { $0.isEmpty ? nil : "'\($0)'" }, hints: hints)
      case .invalid(let expected, let found, let hints):
        throw UsageError(
          "invalid \(given.spelling): expected \(expected), found '\(found)'", command: command.name, hints: hints)
      case .options(let options):
        for (option, value) in options {
          guard command.options.contains(option) else {
            throw UsageError(
              "unknown option '\(given.spelling)'", command: command.name,
              hints: hints(ofOtherCommandsFor: option.spelling))
          }
          if !option.takesValue, has(option) { continue }
          try store(option, OptionEntry(spelling: given.spelling, value: value ?? "", typedValue: given.value))
          if let value, value == given.value { valueBefore = (value, option) }
        }
      }
    }
  }

  /// The error for an option that is not known at all.
  private func unknownOption(_ spelling: String) -> UsageError {
    var hints = hints(ofOtherCommandsFor: spelling)
    let dashes = String(spelling.prefix { $0 == "-" })
    if hints.isEmpty { hints = Suggestion.hints(for: spelling, among: options.map { dashes + $0.name }) }
    if hints.isEmpty { hints = ForeignOptions.suggestions(for: spelling) }
    let name = spelling.dropFirst(dashes.count)
    if hints.isEmpty, dashes == "--", name.count <= 2, options.contains(where: { $0.letter == name.first }) {
      hints = ["did you mean '-\(name)'?"]
    }
    let words = command.operands.flatMap { operand in
      if case .words(let words) = operand.completion { words } else { [String]() }
    }
    if words.contains(String(name)) { hints = ["write '\(name)' without dashes"] }
    return UsageError("unknown option '\(spelling)'", command: command.name, hints: hints)
  }

  /// The hint that names the commands with an option that this one does not have; none if no command has it.
  private func hints(ofOtherCommandsFor spelling: String) -> [Message] {
    let name = String(spelling.drop { $0 == "-" })
    let owners = Program.commands.filter { other in
      other.name != command.name
        && other.ownOptions.contains { $0.name == name || spelling.count == 2 && $0.letter == name.first }
    }
    guard let last = owners.last else { return [] }
    let names = owners.map { "'needletail \($0.name)'" }
    guard owners.count > 1 else { return ["\(spelling) is an option of 'needletail \(last.name)'"] }
    return ["\(spelling) is an option of \(names.dropLast().joined(separator: ", ")) and 'needletail \(last.name)'"]
  }
}
