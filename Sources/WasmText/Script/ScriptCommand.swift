/// One command of a `.wast` script, in the order in which they are to be run.
/// (WebAssembly/spec, `interpreter/README.md`, "Scripts"; threads proposal for `thread` and `wait`.)
public struct ScriptCommand: Sendable {
  public var kind: Kind
  /// The line in which the command begins, counted from 1.
  public var line: Int

  public init(_ kind: Kind, line: Int) {
    self.kind = kind
    self.line = line
  }

  public enum Kind: Sendable {
    /// Defines a module and instantiates it; the instance becomes the current one.
    case module(ScriptModule)
    /// `(module definition …)`: defines a module without instantiating it.
    case moduleDefinition(ScriptModule)
    /// `(module instance $instance $definition)`: instantiates a definition, or the last one; the instance becomes the current one.
    case moduleInstance(name: String?, definition: String?)
    /// Makes the exports of an instance, or of the current one, importable under a module name.
    case register(name: String, instance: String?)
    case action(ScriptAction)
    case assertReturn(ScriptAction, [ScriptResult])
    case assertTrap(ScriptAction, message: String)
    /// `assert_trap` of a module: its instantiation must trap.
    case assertTrapOnInstantiation(ScriptModule, message: String)
    /// The same of `(module instance $instance? $definition?)`: a definition, or the last one.
    case assertTrapOfDefinition(String?, message: String)
    case assertExhaustion(ScriptAction, message: String)
    case assertException(ScriptAction)
    case assertMalformed(ScriptModule, message: String)
    case assertInvalid(ScriptModule, message: String)
    case assertUnlinkable(ScriptModule, message: String)
    case assertUnlinkableDefinition(String?, message: String)
    /// A custom section or annotation is malformed; an implementation may ignore it.
    case assertMalformedCustom(ScriptModule, message: String)
    /// A custom section or annotation is invalid; an implementation may ignore it.
    case assertInvalidCustom(ScriptModule, message: String)
    /// `(thread $name (shared (module $m))* command*)`: runs commands in a thread of their own, with a store of their own
    /// that shares the named instances' memories.
    case thread(name: String?, shared: [SharedModule], commands: [ScriptCommand])
    /// Waits for the end of a thread.
    case wait(thread: String?)
  }

  /// A module that a thread sees: `(shared (module $name))`.
  public struct SharedModule: Hashable, Sendable {
    public var name: String

    public init(name: String) { self.name = name }
  }
}

/// Something that a script calls or reads.
///
/// Names compare by their UTF-8: Swift's `==` for strings holds canonically equivalent names for equal, the standard does not.
public struct ScriptAction: Sendable {
  /// The identifier of the instance, without its `$`; nil for the current one.
  public var instance: String?
  /// The name of the export.
  public var name: String
  public var kind: Kind
  public var line: Int

  public enum Kind: Sendable {
    case invoke([ScriptValue])
    /// Reads a global.
    case get
  }

  public init(instance: String?, name: String, kind: Kind, line: Int) {
    self.instance = instance
    self.name = name
    self.kind = kind
    self.line = line
  }
}
