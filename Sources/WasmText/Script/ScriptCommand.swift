/// A command of a `.wast` script. Commands run in order. (WebAssembly/spec, `interpreter/README.md`, "Scripts"; threads
/// proposal for `thread` and `wait`.)
public struct ScriptCommand: Sendable {
  public var kind: Kind
  /// The location of the command's first parenthesis.
  public var location: SourceLocation

  public init(_ kind: Kind, at location: SourceLocation) {
    self.kind = kind
    self.location = location
  }

  public enum Kind: Sendable {
    /// Defines a module and instantiates it; the instance becomes the current one.
    case module(ScriptModule)
    /// `(module definition …)`: defines a module without instantiating it.
    case moduleDefinition(ScriptModule)
    /// `(module instance $instance $definition)`: instantiates a definition, by default the last one; the instance
    /// becomes the current one.
    case moduleInstance(name: String?, definition: String?)
    /// Makes the exports of an instance, by default the current one, importable under a module name.
    case register(name: String, instance: String?)
    case action(ScriptAction)
    case assertReturn(ScriptAction, [ScriptResult])
    case assertTrap(ScriptAction, message: String)
    /// `assert_trap` of a module: its instantiation must trap.
    case assertTrapOnInstantiation(ScriptModule, message: String)
    /// `assert_trap` of `(module instance $instance? $definition?)`: instantiating the definition, by default the last
    /// one, must trap.
    case assertTrapOfDefinition(String?, message: String)
    case assertExhaustion(ScriptAction, message: String)
    case assertException(ScriptAction)
    case assertMalformed(ScriptModule, message: String)
    case assertInvalid(ScriptModule, message: String)
    case assertUnlinkable(ScriptModule, message: String)
    case assertUnlinkableDefinition(String?, message: String)
    /// A custom section or annotation is malformed. Implementations may ignore it.
    case assertMalformedCustom(ScriptModule, message: String)
    /// A custom section or annotation is invalid. Implementations may ignore it.
    case assertInvalidCustom(ScriptModule, message: String)
    /// `(thread $name (shared (module $m))* command*)`: runs commands in another thread. It has its own store, which
    /// shares the memories of the named instances.
    case thread(name: String?, shared: [SharedModule], commands: [ScriptCommand])
    /// Waits until a thread has finished.
    case wait(thread: String?)
  }

  /// A module that is visible to a thread: `(shared (module $name))`.
  public struct SharedModule: Hashable, Sendable {
    public var name: String

    public init(name: String) { self.name = name }
  }
}

/// An export that a script calls or reads.
///
/// Compare names by their UTF-8, as the standard does: Swift's `==` also accepts canonically equivalent strings.
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
