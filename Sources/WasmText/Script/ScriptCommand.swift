import WebAssembly

/// A command of a `.wast` script. Commands run in order. (WebAssembly/spec, `interpreter/README.md`, "Scripts"; threads
/// proposal for `thread` and `wait`.)
public struct ScriptCommand: Sendable {
  public var kind: Kind
  /// The location of the command's first parenthesis.
  public var location: TextLocation

  public init(_ kind: Kind, at location: TextLocation) {
    self.kind = kind
    self.location = location
  }

  /// What a command does or asserts. A `message` is the start of the expected error message.
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
    /// An action whose results are not checked.
    case action(ScriptAction)
    case assertReturn(ScriptAction, [ScriptResult])
    case assertTrap(ScriptAction, message: String)
    /// `assert_trap` of a module: its instantiation must trap.
    case assertTrapOnInstantiation(ScriptModule, message: String)
    /// `assert_trap` of `(module instance $instance? $definition?)`: instantiating the definition, by default the last
    /// one, must trap.
    case assertTrapOfDefinition(String?, message: String)
    /// The action must exhaust the call stack.
    case assertExhaustion(ScriptAction, message: String)
    /// The action must end with an uncaught exception.
    case assertException(ScriptAction)
    /// The module must fail to parse or decode.
    case assertMalformed(ScriptModule, message: String)
    /// The module must decode and fail to validate.
    case assertInvalid(ScriptModule, message: String)
    /// The module must be valid; its instantiation must fail because of its imports.
    case assertUnlinkable(ScriptModule, message: String)
    /// The same for `(module instance $instance? $definition?)`.
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
  /// Counted from 1.
  public var line: Int

  /// What is done with the export.
  public enum Kind: Sendable {
    /// Calls a function with these arguments.
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
