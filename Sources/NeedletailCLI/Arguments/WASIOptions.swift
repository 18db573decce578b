import Needletail
import NeedletailSystem
import NeedletailWASI

/// Options that say what a program can use of this computer.
enum WASIOptions {
  static let directory = OptionDefinition.value(
    "dir", "HOST[::GUEST][:ro]", completion: .folders, isRepeatable: true,
    "Give the program a folder, under the name GUEST if there is one; with :ro, only to read")
  static let environment = OptionDefinition.value(
    "env", "NAME[=VALUE]", isRepeatable: true,
    "Give the program an environment variable; without a value, the one that it has here")
  static let ownName = OptionDefinition.value(
    "argv0", "NAME", "The program's first argument, its own name; the default is the file's name")
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
    "With frozen, show the same times in every run, from 1970 or from so many nanoseconds after it on")
  static let randomSeed = OptionDefinition.value(
    "random-seed", "NUMBER", "Seed the program's random numbers (predictable; not for secrets)")
  static let log = OptionDefinition.flag(
    "log", "Print on standard error what the program was denied, one line each")

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
    configuration.standardInput = try input(parser.value(standardInput))
    configuration.standardOutput = try output(parser.value(standardOutput), redirection)
    configuration.standardError = try output(parser.value(standardError), redirection)
    // Listeners come first, as in wasmtime.
    configuration.preopens = try listeners(parser) + directories(parser)
    configuration.clocks = try clocks(parser)
    if let seed = try parser.value(randomSeed, expected: "a number from 0 to \(UInt64.max)", { UInt64($0) }) {
      configuration.random = .seeded(seed)
    }
    if parser.has(log) { configuration.log = { Terminal.note("\($0)") } }
    return configuration
  }

  /// The last component of a path. (As in wasmtime.)
  private static func baseName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  /// The given options that only have an effect on programs with WASI. (Grants may go unused: a script can make them for any program.)
  static func needingWASI(_ parser: ArgumentParser) -> [OptionDefinition] {
    [standardInput, standardOutput, standardError, ownName, listener, clock, randomSeed].filter(parser.has)
  }

  // MARK: Folders

  private static func directories(_ parser: ArgumentParser) throws -> [WASI.Preopen] {
    var names: Set<String> = []
    return try parser.values(directory).map { text in
      let grant = try DirectoryGrant(text, command: parser.command.name)
      do throws(FileError) {
        try Files.checkIsFolder(grant.host)
      } catch {
        var error = error
        error.ownHints = DirectoryGrant.hints(for: text, host: grant.host)
        throw error
      }
      guard names.insert(grant.guest).inserted else {
        throw UsageError(
          "--dir \(text): there is another folder '\(grant.guest)'", command: parser.command.name,
          hints: ["--dir \(grant.host)::NAME gives it another name"])
      }
      return WASI.Preopen(hostPath: grant.host, guestPath: grant.guest, access: grant.access)
    }
  }

  // MARK: Environment and streams

  private static func variables(_ parser: ArgumentParser) throws(UsageError) -> [(name: String, value: String)] {
    var variables: [(name: String, value: String)] = []
    for text in parser.values(environment) {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard !parts[0].isEmpty else {
        throw UsageError("invalid --env: expected NAME=VALUE or NAME, found '\(text)'", command: parser.command.name)
      }
      guard let value = try parts.count == 2 ? parts[1] : inherited(text, command: parser.command.name) else {
        continue
      }
      // The last value counts.
      variables.removeAll { $0.name == parts[0] }
      variables.append((parts[0], value))
    }
    return variables
  }

  /// The value that a variable has here; nil if it has none.
  private static func inherited(_ name: String, command: String) throws(UsageError) -> String? {
    guard let value = EnvironmentVariable.bytes(name) else { return nil }
    guard let text = String(validatingCString: value) else {
      throw UsageError("--env \(name): the value is not UTF-8", command: command)
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

  private static func output(_ text: String?, _ redirection: OutputRedirection) throws(FileError) -> WASI.Output {
    switch text {
    case nil, "inherit": .inherit
    case "null": .null
    case let path?: .descriptor(try redirection.open(path).number)
    }
  }

  // MARK: Network, clocks

  private static func listeners(_ parser: ArgumentParser) throws(UsageError) -> [WASI.Preopen] {
    try parser.values(listener).map { text throws(UsageError) in
      guard let colon = text.lastIndex(of: ":"), colon != text.startIndex else {
        throw UsageError("invalid --tcplisten: expected ADDRESS:PORT, found '\(text)'", command: parser.command.name)
      }
      guard UInt16(text[text.index(after: colon)...]) != nil else {
        throw UsageError(
          "invalid --tcplisten: expected ADDRESS:PORT with a port from 0 to 65535, found '\(text)'",
          command: parser.command.name)
      }
      return .listener(address: text)
    }
  }

  private static func clocks(_ parser: ArgumentParser) throws(UsageError) -> WASI.Clocks {
    let clocks = try parser.value(clock, expected: "'system', 'frozen' or 'frozen=NANOSECONDS'") {
      text -> WASI.Clocks? in
      switch text {
      case "system": return .system
      case "frozen": return .frozen(realtime: 0)
      default:
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "frozen" else { return nil }
        return UInt64(parts[1]).map { .frozen(realtime: $0) }
      }
    }
    return clocks ?? .system
  }
}
