/// The program: finds the command, runs it, and turns errors into messages and exit statuses.
enum Program {
  static let commands: [CommandDefinition] = [
    RunCommand.definition, ValidateCommand.definition, CompileCommand.definition, ExploreCommand.definition,
    ParseCommand.definition,
    PrintCommand.definition,
    ObjdumpCommand.definition, WastCommand.definition, CacheCommand.definition, CompletionsCommand.definition,
  ]

  /// Runs the program with the arguments behind its name; returns the exit status.
  static func run(_ arguments: CommandLineWords) -> Int32 {
    // Beyond a limit on the size of files, who writes shall get an error.
    signal(SIGXFSZ, SIG_IGN)
    guard let first = arguments.first else {
      Terminal.writeError(HelpText.overview(commands))
      return ExitCode.usage
    }
    switch first {
    case "--help", "-h": return help(arguments.dropFirst())
    case "help" where arguments.count < 2 || commands.contains { $0.name == arguments.dropFirst().first }:
      return help(arguments.dropFirst())
    case "--version", "-V":
      Terminal.write("needletail \(Version.current)\n")
      return ExitCode.success
    default: break
    }
    // The usual case does not need the definitions of all commands.
    if first == RunCommand.name { return run(RunCommand.definition, arguments.dropFirst()) }
    if let command = commands.first(where: { $0.name == first }) { return run(command, arguments.dropFirst()) }
    return run(RunCommand.definition, arguments)
  }

  /// The status to end with: not success if the program's own output could not be written.
  static func status(_ status: Int32) -> Int32 {
    guard let code = Terminal.outputFailure else { return status }
    report(FileError(path: Files.standardOutputName, verb: "write", code: code))
    return status == ExitCode.success ? ExitCode.failure : status
  }

  /// The status of a program that ended with `code`. Systems keep its low 8 bits, which may be zero though the program failed.
  static func status(ofGuest code: Int32) -> Int32 {
    guard code != 0, code & 0xFF == 0 else { return code & 0xFF }
    Terminal.note(
      "the program ended with status \(UInt32(bitPattern: code)), which the system cannot tell from 0: the status is 1")
    return ExitCode.failure
  }

  private static func help(_ arguments: CommandLineWords) -> Int32 {
    let command = arguments.first.flatMap { name in commands.first { $0.name == name } }
    Terminal.write(command.map(HelpText.command) ?? HelpText.overview(commands))
    return ExitCode.success
  }

  private static func run(_ command: CommandDefinition, _ arguments: CommandLineWords) -> Int32 {
    var parser = ArgumentParser(command, arguments)
    do {
      return try command.run(&parser)
    } catch is HelpRequest {
      Terminal.write(HelpText.command(command))
      return ExitCode.success
    } catch let error as UsageError {
      Terminal.reportError(error.message, hints: error.hints)
      Terminal.writeError(
        "\(HelpText.usage(command))\nSee 'needletail \(command.name) --help' for the options.\n")
      return ExitCode.usage
    } catch {
      report(error)
      return ExitCode.failure
    }
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
  /// What else may have been meant by the path of a missing file: a command, or a file nearby with a like name.
  var hints: [Message] {
    guard isMissingFile, verb == "read" else { return [] }
    var hints: [Message] = []
    if !path.contains("/"), !path.contains("."),
      let command = Suggestion.best(for: path, among: Program.commands.map(\.name))
    {
      hints.append("did you mean the command '\(command)'?")
    }
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { String(path[...$0]) } ?? "."
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    if let names = try? Files.list(folder), let neighbour = Suggestion.best(for: name, among: names) {
      hints.append("did you mean '\(slash == nil ? neighbour : folder + neighbour)'?")
    }
    return hints
  }
}
