import Needletail
import NeedletailSystem
import NeedletailWASI
import WebAssembly

/// Options that say what a program can use of this computer.
enum WASIOptions {
  static let directory = OptionDefinition.value(
    "dir", "HOST[::GUEST][:ro]", completion: .folders, isRepeatable: true,
    "Give the program a directory, under the name GUEST if there is one; with :ro, only to read; :rw is the default")
  static let environment = OptionDefinition.value(
    "env", "NAME[=VALUE]", isRepeatable: true,
    "Give the program an environment variable; without a value, the one that it has here")
  static let ownName = OptionDefinition.value(
    "argv0", "NAME", acceptsEmptyValue: true,
    "The program's first argument, its own name; the default is the file's name")
  static let standardInput = OptionDefinition.value(
    "stdin", "inherit|null|FILE", completion: .files, "The program's standard input")
  static let standardOutput = OptionDefinition.value(
    "stdout", "inherit|null|FILE", completion: .files, "The program's standard output")
  static let standardError = OptionDefinition.value(
    "stderr", "inherit|null|FILE", completion: .files, "The program's standard error")
  static let listener = OptionDefinition.value(
    "tcplisten", "ADDRESS:PORT", isRepeatable: true,
    "Let the program accept connections to a port of this computer; listeners are descriptors 3, 4, …")
  static let clock = OptionDefinition.value(
    "clock", "system|frozen[=NANOSECONDS]", completion: .words(["system", "frozen"]),
    "The clocks of the program: the system's, or clocks that begin at 1970, or NANOSECONDS after it, in every run")
  static let randomSeed = OptionDefinition.value(
    "random-seed", "NUMBER", "Seed the program's random numbers (predictable; not for secrets)")
  static let log = OptionDefinition.flag(
    "log",
    "Print on standard error what the program was denied, growth of memory that was refused, and problems of the cache, one line each"
  )

  static let all = [
    directory, environment, ownName, standardInput, standardOutput, standardError, listener, clock, randomSeed, log,
  ]

  /// The configuration according to the options.
  ///
  /// - Parameters:
  ///   - module: the module's path.
  ///   - arguments: the program's arguments as bytes, without its name.
  ///   - redirection: opens the files of `--stdout` and `--stderr`.
  /// - Throws: `UsageError` for an invalid value; `FileError` if a file or folder cannot be opened.
  static func configuration(
    _ parser: ArgumentParser, module: String, _ arguments: [[UInt8]], _ redirection: OutputRedirection
  ) throws -> WASI.Configuration {
    var configuration = WASI.Configuration()
    configuration.argumentBytes = [Array((parser.value(ownName) ?? baseName(module)).utf8)] + arguments
    configuration.environment = try variables(parser)
    configuration.standardInput = try FileError.naming(parser.spelling(standardInput)) {
      try input(parser.value(standardInput))
    }
    configuration.standardOutput = try output(standardOutput, parser, redirection)
    configuration.standardError = try output(standardError, parser, redirection)
    // Listeners come first, as in wasmtime.
    configuration.preopens = try listeners(parser) + directories(parser)
    configuration.clocks = try clocks(parser)
    if let seed = try parser.number(randomSeed, in: 0...UInt64.max) {
      configuration.random = .seeded(seed)
    }
    if parser.has(log) { configuration.log = { Terminal.note("\(LimitOptions.naming($0))") } }
    if let count = try parser.number(LimitOptions.maximumDescriptors, in: 0...Int(Int32.max)) {
      configuration.limits.descriptors = count
    }
    return configuration
  }

  /// The last component of a path. (As in wasmtime.)
  private static func baseName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  /// Options as the user typed them, for messages.
  struct Spellings {
    /// Those that only have an effect on programs with WASI. (Grants may go unused: a script can make them for any program.)
    var needingWASI: [String]
    /// Those that count fuel.
    var fuel: [String]
    /// Those that gave the preopens, in the order of the configuration.
    var preopens: [String]
  }

  static func spellings(_ parser: ArgumentParser) -> Spellings {
    let needingWASI = [standardInput, standardOutput, standardError, ownName, listener, clock, randomSeed]
    return Spellings(
      needingWASI: needingWASI.filter(parser.has).map(parser.spelling),
      fuel: [EngineOptions.fuel, EngineOptions.fuelUsage].filter(parser.has).map(parser.spelling),
      preopens: (parser.entries(listener) + directoryEntries(parser)).map(\.spelling))
  }

  // MARK: Folders

  /// The values of `--dir`. The same again changes nothing.
  private static func directoryEntries(_ parser: ArgumentParser) -> [OptionEntry] {
    var seen: Set<String> = []
    return parser.entries(directory).filter { seen.insert($0.value).inserted }
  }

  private static func directories(_ parser: ArgumentParser) throws -> [WASI.Preopen] {
    var givenBy: [String: String] = [:]
    var hosts: [String: String] = [:]
    return try directoryEntries(parser).map { entry in
      let grant = try DirectoryGrant(entry, command: parser.command.name)
      do throws(FileError) {
        try Files.checkIsDirectory(grant.host)
      } catch {
        var error = error
        error.option = entry.spelling
        error.ownHints = DirectoryGrant.hints(for: entry.value, host: grant.host)
        throw error
      }
      if let other = givenBy.updateValue(entry.text, forKey: grant.guest) {
        if hosts[grant.guest] == grant.host {
          throw UsageError(
            "\(other) and \(entry.text) contradict each other: they give the same directory with different access",
            command: parser.command.name)
        }
        throw UsageError(
          "\(entry.text): \(other) gives the program another directory '\(grant.guest)'",
          command: parser.command.name, hints: ["--dir \(grant.host)::NAME gives it another name"])
      }
      hosts[grant.guest] = grant.host
      return WASI.Preopen(hostPath: grant.host, guestPath: grant.guest, access: grant.access)
    }
  }

  // MARK: Environment and streams

  private static func variables(_ parser: ArgumentParser) throws(UsageError) -> [(name: String, value: String)] {
    var variables: [(name: String, value: String)] = []
    var unset: Set<String> = []
    for entry in parser.entries(environment) {
      let (text, spelling) = (entry.value, entry.spelling)
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard !parts[0].isEmpty else {
        throw UsageError(
          "invalid \(spelling): expected NAME=VALUE or NAME, found '\(text)'", command: parser.command.name)
      }
      guard let value = try parts.count == 2 ? parts[1] : inherited(text, spelling, command: parser.command.name) else {
        // The program does not get the variable, as in wasmtime.
        if unset.insert(text).inserted {
          Terminal.note("\(entry.text) has no effect: there is no variable '\(text)' here")
        }
        continue
      }
      // The last value counts.
      variables.removeAll { $0.name == parts[0] }
      variables.append((parts[0], value))
    }
    return variables
  }

  /// The value that a variable has here; nil if it has none.
  private static func inherited(_ name: String, _ option: String, command: String) throws(UsageError) -> String? {
    guard let value = EnvironmentVariable.bytes(name) else { return nil }
    guard let text = String(validatingCString: value) else {
      throw UsageError("\(OptionEntry.text(option, name)): the value is not UTF-8", command: command)
    }
    return text
  }

  private static func input(_ text: String?) throws(FileError) -> WASI.Input {
    switch text {
    case nil, "inherit": .inherit
    case "null": .null
    case let path?: .descriptor(try Files.openInput(path).number)
    }
  }

  private static func output(
    _ option: OptionDefinition, _ parser: ArgumentParser, _ redirection: OutputRedirection
  ) throws -> WASI.Output {
    switch parser.value(option) {
    case nil, "inherit": .inherit
    case "null": .null
    case let path?: .descriptor(try redirection.open(path, option: parser.spelling(option)).number)
    }
  }

  // MARK: Network, clocks

  private static func listeners(_ parser: ArgumentParser) throws(UsageError) -> [WASI.Preopen] {
    try parser.entries(listener).map { entry throws(UsageError) in
      let (text, spelling) = (entry.value, entry.spelling)
      let port = text.split(separator: ":").last.flatMap { UInt16($0) }
      let hasNumber = !text.hasPrefix("localhost:")
      guard let colon = text.lastIndex(of: ":"), colon != text.startIndex, hasNumber else {
        throw UsageError(
          "invalid \(spelling): expected \(hasNumber ? "ADDRESS:PORT" : "a numeric address"), found '\(text)'",
          command: parser.command.name,
          hints: port.map { ["\(spelling) 127.0.0.1:\($0) accepts connections of this computer"] } ?? [])
      }
      guard UInt16(text[text.index(after: colon)...]) != nil else {
        throw UsageError(
          "invalid \(spelling): expected ADDRESS:PORT with a port from 0 to 65535, found '\(text)'",
          command: parser.command.name)
      }
      return .listener(address: text)
    }
  }

  private static func clocks(_ parser: ArgumentParser) throws(UsageError) -> WASI.Clocks {
    let clocks = try parser.value(
      clock, expected: "'system', 'frozen' or 'frozen=NANOSECONDS', from 0 to \(UInt64.max)",
      hints: { text in
        let word = text.prefix { $0 != "=" }
        return Suggestion.hints(for: String(word), among: ["system", "frozen"])
      }
    ) {
      text -> WASI.Clocks? in
      switch text {
      case "system": return .system
      case "frozen": return .frozen(realtime: 0)
      default:
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "frozen" else { return nil }
        return WholeNumber.parse(String(parts[1])).map { .frozen(realtime: $0) }
      }
    }
    return clocks ?? .system
  }
}
