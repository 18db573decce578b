import Needletail
import WasmText

/// Runs `.wast` scripts, which is what the standard's test suite consists of.
/// (WebAssembly/spec, `interpreter/README.md`, "Scripts".)
///
///     let report = ScriptRunner().run(text: script)
///     print("\(report.passed) passed, \(report.failed) failed")
///
/// Judges strictly: floats by their bits, messages by their beginning, errors by the phase in which they come.
public struct ScriptRunner: Sendable {
  public var configuration: Engine.Configuration
  /// How much a script's modules may hold.
  public var limits = Store.Limits()

  public init(_ configuration: Engine.Configuration = Engine.Configuration()) {
    self.configuration = configuration
  }

  /// Runs a script. A script that cannot be read counts as one failure.
  public func run(_ script: [UInt8]) -> ScriptReport {
    let commands: [ScriptCommand]
    do {
      commands = try ScriptParser.parse(script)
    } catch {
      var report = ScriptReport()
      report.fail(error.line, "the script is malformed: \(error)")
      return report
    }
    return run(commands)
  }

  /// Runs a script.
  public func run(text: String) -> ScriptReport { run(Array(text.utf8)) }

  /// Runs the commands of a script. Each script has an engine and a store of its own.
  public func run(_ commands: [ScriptCommand]) -> ScriptReport {
    do {
      var session = try ScriptSession(Engine(configuration), limits: limits)
      session.run(commands)
      return session.finish()
    } catch {
      var report = ScriptReport()
      report.fail(1, "no store could be made for the script: \(error)")
      return report
    }
  }

  /// The proposals that the scripts in the suite's folders ask for: those on by default, and the one that gives the
  /// folder its name.
  public static func features(forScriptAt path: String) -> Features {
    let folders = path.split(separator: "/").dropLast().map(String.init)
    if folders.last == "legacy" { return .standard.union(.legacyExceptions) }
    if folders.last == "threads" { return threadsProposal }
    let named = Features.names.filter { folders.contains($0.name) }.map(\.feature)
    return named.reduce(.standard) { $0.union($1) }
  }

  /// The scripts of the threads proposal were written for an older version of the standard: what later ones admit, they
  /// take for invalid.
  private static let threadsProposal = Features.standard.subtracting([.multiMemory, .memory64, .referenceTypes])
}
