#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The command: runs the programs, or starts one many times, on every runtime that is installed.
@main
struct Benchmarks {
  static func main() {
    let options: Options
    do {
      options = try Options(arguments: Array(CommandLine.arguments.dropFirst()))
    } catch {
      say("benchmarks: \(error.message)\n\n\(Options.usage)")
      exit(2)
    }
    if options.help {
      print(Options.usage, terminator: "")
      exit(0)
    }
    do {
      exit(try run(options) ? 0 : 1)
    } catch {
      say("benchmarks: \(error.message)\n")
      exit(1)
    }
  }

  /// Runs the programs that `options` select, and prints the tables.
  ///
  /// - Returns: whether all outputs agreed and Needletail, if it was found, ran every program.
  private static func run(_ options: Options) throws(UserError) -> Bool {
    let folder = Folder.benchmarks
    let (engines, absent) = try Engine.find(options, in: folder)
    if engines.isEmpty { throw UserError("no runtime found\n" + absent.map { "  " + $0 }.joined(separator: "\n")) }
    let programs = try Program.find(options, in: folder)

    let session = Session(engines: engines, options: options, folder: folder)
    let results = session.run(programs)
    let report = Report(results: results, engines: engines, options: options, absent: absent)
    print(options.startup ? report.startupTable : report.table, terminator: "")
    print(report.notes, terminator: "")
    if let path = options.json { try writeFile(path, JSON(results, options: options).text) }
    return results.allSatisfy { $0.outputsAgree && !$0.failedOnNeedletail }
  }
}

/// An error that the user can correct.
struct UserError: Error {
  let message: String
  init(_ message: String) { self.message = message }
}

/// Writes `text` to standard error.
func say(_ text: String) {
  let bytes = Array(text.utf8)
  _ = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
}
