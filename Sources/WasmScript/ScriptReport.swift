/// What came out of a script. Assertions and definitions of modules count; other commands only when they fail.
public struct ScriptReport: Sendable {
  /// Something in a script that went otherwise than it should.
  public struct Remark: Hashable, Sendable {
    /// The line in which the command begins, counted from 1.
    public var line: Int
    /// What was expected and what came, or why the command could not be run.
    public var message: String

    public init(line: Int, message: String) {
      self.line = line
      self.message = message
    }
  }

  public private(set) var passed = 0
  public private(set) var failures: [Remark] = []
  /// What could not be run here, each with its reason. None of it is counted as passed.
  public private(set) var notRun: [Remark] = []

  public init() {}

  public var failed: Int { failures.count }

  mutating func pass() { passed += 1 }

  mutating func fail(_ line: Int, _ message: String) { failures.append(Remark(line: line, message: message)) }

  mutating func skip(_ line: Int, _ reason: String) { notRun.append(Remark(line: line, message: reason)) }

  /// Adds what came out of another script, or of a thread of this one.
  public mutating func add(_ other: ScriptReport) {
    passed += other.passed
    failures += other.failures
    notRun += other.notRun
  }
}
