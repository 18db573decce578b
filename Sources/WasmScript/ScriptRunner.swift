import Needletail
import WasmText

/// Runs `.wast` scripts, the format of the standard's test suite. (WebAssembly/spec, `interpreter/README.md`,
/// "Scripts".)
///
/// ```swift
/// let report = ScriptRunner().run(script)
/// let failed = report.failed  // 0
/// ```
///
/// Comparisons are strict: floats by their bits, messages by their prefix, errors by their phase.
public struct ScriptRunner: Sendable {
  /// The configuration of each script's engine.
  public var configuration: Engine.Configuration
  /// Limits on each script's store.
  public var limits = Store.Limits()

  /// Creates a runner whose engines have this configuration.
  public init(_ configuration: Engine.Configuration = Engine.Configuration()) {
    self.configuration = configuration
  }

  /// Runs a script. A script that cannot be parsed counts as one failure.
  public func run(_ script: [UInt8]) -> ScriptReport {
    let commands: [ScriptCommand]
    do {
      commands = try ScriptParser.parse(script)
    } catch {
      var report = ScriptReport()
      report.fail(TextLocation(line: error.line, column: error.column), "the script is malformed: \(error.message)")
      return report
    }
    return run(commands)
  }

  /// Runs a script given as text.
  public func run(text: String) -> ScriptReport { run(Array(text.utf8)) }

  /// Runs the commands of a script in a new engine and store.
  public func run(_ commands: [ScriptCommand]) -> ScriptReport {
    do {
      var session = try ScriptSession(Engine(configuration), limits: limits)
      session.run(commands)
      return session.finish()
    } catch {
      var report = ScriptReport()
      report.fail(TextLocation(line: 1, column: 1), "no store could be made for the script: \(error)")
      return report
    }
  }

  /// The proposals that a script of the suite needs: the default ones, and the one after which its folder is named.
  public static func features(forScriptAt path: String) -> Features {
    let folders = path.split(separator: "/").dropLast().map(String.init)
    if folders.last == "legacy" { return .standard.union(.legacyExceptions) }
    if folders.last == "threads" { return threadsProposal }
    let named = Features.names.filter { folders.contains($0.name) }.map(\.feature)
    return named.reduce(.standard) { $0.union($1) }
  }

  /// The scripts of the threads proposal assume an older version of the standard, in which these proposals are invalid.
  private static let threadsProposal = Features.standard.subtracting([.multiMemory, .memory64, .referenceTypes])
}
