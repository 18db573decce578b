import WasmText
import WebAssembly

/// The result of a script. Assertions and module definitions count; other commands count only if they fail.
public struct ScriptReport: Sendable {
  /// A failure or a skipped command.
  public struct Remark: Hashable, Sendable {
    /// The location at which the command begins.
    public var location: TextLocation
    /// The expected and the actual result, or why the command could not run. One printable line.
    public var message: String

    /// Creates a remark.
    public init(at location: TextLocation, message: String) {
      self.location = location
      self.message = message.printable
    }
  }

  /// The number of commands that passed.
  public private(set) var passed = 0
  /// The commands that failed, in order.
  public private(set) var failures: [Remark] = []
  /// Commands that could not run here, with the reasons. They do not count as passed.
  public private(set) var notRun: [Remark] = []

  /// Creates an empty report.
  public init() {}

  /// The number of commands that failed.
  public var failed: Int { failures.count }

  mutating func pass() { passed += 1 }

  mutating func fail(_ location: TextLocation, _ message: String) {
    failures.append(Remark(at: location, message: message))
  }

  mutating func skip(_ location: TextLocation, _ reason: String) {
    notRun.append(Remark(at: location, message: reason))
  }

  /// Adds the result of another script, or of a thread of this one.
  public mutating func add(_ other: ScriptReport) {
    passed += other.passed
    failures += other.failures
    notRun += other.notRun
  }
}
