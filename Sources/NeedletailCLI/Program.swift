import NeedletailSystem
import WebAssembly

/// Finds the command, runs it, and turns errors into messages and exit statuses.
enum Program {
  static let commands: [CommandDefinition] = [
    RunCommand.definition, InspectCommand.definition, ValidateCommand.definition, CompileCommand.definition,
    SnapshotCommand.definition,
    ExploreCommand.definition,
    ParseCommand.definition,
    PrintCommand.definition,
    ObjdumpCommand.definition, WastCommand.definition, CacheCommand.definition, CompletionsCommand.definition,
  ]

  /// Runs the program with the arguments after its name; returns the exit status.
  static func run(_ arguments: CommandLineWords) -> Int32 {
    // A write beyond the limit on file sizes shall fail, not end the process.
    CurrentProcess.ignore(.fileSizeExceeded)
    guard let first = arguments.first else {
      Terminal.writeError(HelpText.overview(commands))
      return ExitCode.usage
    }
    switch first {
    case "help", "--help", "-h": return help(arguments.dropFirst())
    case "version", "--version", "-V":
      if let extra = arguments.dropFirst().first { return reportExtra(extra) }
      Terminal.write(Version.text)
      return ExitCode.success
    default: break
    }
    if first == RunCommand.name { return run(RunCommand.definition, arguments.dropFirst()) }
    if first.isEmpty { return run(RunCommand.definition, arguments) }
    // An option or a path does not need the definitions of all commands.
    if first.hasPrefix("-") || first.contains(where: { $0 == "/" || $0 == "." }) {
      return run(RunCommand.definition, arguments)
    }
    if let command = commands.first(where: { $0.name == first }) { return run(command, arguments.dropFirst()) }
    if !Files.exists(first) {
      let neighbours = FileError(path: first, verb: "read", error: .noent).neighbours
      return reportUnknown("command '\(first)', and no file has this name", first, hints: neighbours)
    }
    return run(RunCommand.definition, arguments)
  }

  /// Reports a word that is in the place of a command; returns the exit status.
  ///
  /// - Parameters:
  ///   - what: what is unknown, in the message.
  ///   - word: the word, for which hints are looked for.
  private static func reportUnknown(_ what: Message, _ word: String, hints others: [Message]) -> Int32 {
    var hints: [Message] = []
    if let hint = ForeignCommands.hint(for: word) {
      hints.append(hint)
    } else {
      let names = Suggestion.words(for: word, among: commands.map(\.name) + ["help", "version"])
      if !names.isEmpty { hints.append("did you mean the command \(ArgumentParser.alternatives(names))?") }
    }
    Terminal.reportError("unknown \(what)", hints: hints + others)
    Terminal.writeError("See 'needletail --help' for the commands.\n")
    return ExitCode.usage
  }

  /// Reports a word too many; returns the exit status.
  private static func reportExtra(_ word: String) -> Int32 {
    Terminal.reportError("unexpected argument '\(word)'")
    Terminal.writeError("See 'needletail --help' for the commands.\n")
    return ExitCode.usage
  }

  /// The exit status: a failure if Needletail's own output could not be written.
  static func status(_ status: Int32) -> Int32 {
    guard let error = Terminal.outputFailure else { return status }
    report(FileError(path: Files.standardOutputName, verb: "write", error: error))
    return status == ExitCode.success ? ExitCode.failure : status
  }

  /// The exit status for a program that ended with `code`. Systems keep the low 8 bits, which may be zero although the program failed.
  static func status(ofGuest code: Int32) -> Int32 {
    code != 0 && code & 0xFF == 0 ? ExitCode.failure : code & 0xFF
  }

  /// Tells the user if ``status(ofGuest:)`` is another status than the program's.
  static func reportHiddenStatus(ofGuest code: Int32) {
    guard code != 0, code & 0xFF == 0 else { return }
    Terminal.note(
      "the program ended with status \(UInt32(bitPattern: code)); systems would show it as 0, so the exit status is 1")
  }

  private static func help(_ arguments: CommandLineWords) -> Int32 {
    let words = arguments.dropFirst()
    if let word = words.first {
      if let extra = words.dropFirst().first { return reportExtra(extra) }
      guard let command = commands.first(where: { $0.name == arguments.first }) else { return reportExtra(word) }
      return help(onOption: word, of: command)
    }
    guard let topic = arguments.first else {
      Terminal.write(HelpText.overview(commands))
      return ExitCode.success
    }
    switch topic {
    case "help", "--help", "-h": Terminal.write(HelpText.overview(commands))
    case "version", "--version", "-V": Terminal.write("usage: needletail --version\n\nPrint the version.\n")
    default:
      if let command = commands.first(where: { $0.name == topic }) {
        Terminal.write(HelpText.command(command))
      } else if let text = HelpTopic.text(topic, commands) {
        Terminal.write(text)
      } else {
        return reportUnknownTopic(topic)
      }
    }
    return ExitCode.success
  }

  /// Shows the help of one option of a command; returns the exit status.
  private static func help(onOption word: String, of command: CommandDefinition) -> Int32 {
    if ["--help", "-h", "--version", "-V"].contains(word) {
      return help(CommandLineWords([word == "--help" || word == "-h" ? command.name : word]))
    }
    if let text = HelpTopic.optionText(word, [command]) {
      Terminal.write(text)
      return ExitCode.success
    }
    if let text = ForeignOptions.help(word) {
      Terminal.write(text)
      return ExitCode.success
    }
    let owners = commands.filter { HelpTopic.optionText(word, [$0]) != nil }
    var hints = Suggestion.hints(for: word, among: command.options.map(\.spelling))
    if let owner = owners.first { hints = ["'needletail help \(owner.name) \(word)' explains that of '\(owner.name)'"] }
    Terminal.reportError("'needletail \(command.name)' has no option '\(word)'", hints: hints)
    Terminal.writeError("See 'needletail help \(command.name)' for the options.\n")
    return ExitCode.usage
  }

  /// Reports a word for which there is no help; returns the exit status.
  private static func reportUnknownTopic(_ word: String) -> Int32 {
    var hints: [Message] = []
    if let hint = ForeignCommands.hint(for: word) {
      hints.append(hint)
    } else {
      let options = word.hasPrefix("-") ? commands.flatMap(\.options).map(\.spelling) : []
      hints = Suggestion.hints(for: word, among: commands.map(\.name) + HelpTopic.names + options)
    }
    let topics: Message =
      "there is help for all commands and options, and for \(HelpTopic.names.joined(separator: ", "))"
    Terminal.reportError("unknown command or topic '\(word)'", hints: hints + [topics])
    Terminal.writeError("See 'needletail --help' for the commands.\n")
    return ExitCode.usage
  }

  private static func run(_ command: CommandDefinition, _ arguments: CommandLineWords) -> Int32 {
    var parser = ArgumentParser(command, arguments)
    do {
      return try command.run(&parser)
    } catch let request as InformationRequest {
      Terminal.write(request.text)
      return ExitCode.success
    } catch let error as UsageError {
      return report(error, command)
    } catch let error as FileError {
      if let usage = parser.error(insteadOf: error) { return report(usage, command) }
      report(error)
      return ExitCode.failure
    } catch {
      report(error)
      return ExitCode.failure
    }
  }

  /// Tells the user that the command line is wrong; returns the exit status.
  private static func report(_ error: UsageError, _ command: CommandDefinition) -> Int32 {
    Terminal.reportError(error.message, hints: error.hints)
    Terminal.writeError("\(HelpText.usage(command))\nSee 'needletail help \(command.name)' for the options.\n")
    return ExitCode.usage
  }

  /// Tells the user about an error that ended a command.
  static func report(_ error: any Error) {
    switch error {
    case let error as CommandError: Terminal.reportError(error.message, hints: error.hints)
    case let error as FileError: Terminal.reportError(error.message, hints: error.hints)
    default: Terminal.reportError("\(error)")
    }
  }
}

extension FileError {
  /// What else the path of a missing file may mean: a command, or a file nearby with a similar name.
  var hints: [Message] {
    if let ownHints { return ownHints }
    guard isMissingFile, verb == "read" else { return [] }
    var hints: [Message] = []
    if path == "help" || path == "version" {
      hints.append("the command comes first: needletail \(path)")
    } else if Program.commands.contains(where: { $0.name == path }) {
      hints.append("the command comes first, before its options: needletail \(path) …")
    } else if !path.includes("/"), !path.includes("."),
      let command = Suggestion.best(for: path, among: Program.commands.map(\.name))
    {
      hints.append("did you mean the command '\(command)'?")
    }
    return hints + neighbours
  }

  /// A file in the same folder with a similar name, or with the same name and an extension of modules.
  var neighbours: [Message] { neighbours(where: { _ in true }) }

  /// A neighbour whose path `accepts`.
  func neighbours(where accepts: (String) -> Bool) -> [Message] {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { String(path[...$0]) } ?? "."
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    guard let names = try? Files.list(folder).filter({ accepts(Files.join(folder, $0)) }) else { return [] }
    let withExtension = names.first { [".wasm", ".wat", ModuleFile.artifactSuffix].map { name + $0 }.contains($0) }
    guard let neighbour = withExtension ?? Suggestion.best(for: name, among: names) else { return [] }
    return ["did you mean '\(slash == nil ? neighbour : folder + neighbour)'?"]
  }
}
