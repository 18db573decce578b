/// The limits on the size of a module and of its parts. They are checked before memory is allocated.
///
/// The defaults are those of the WebAssembly JavaScript Interface ("Implementation-defined Limits"), so that every module that loads in
/// browsers loads here. They are lower where a module with a few bytes per entry would take many times its own size.
public struct DecodingLimits: Hashable, Sendable {
  /// Bytes of the whole module.
  public var moduleSize = 1 << 30
  public var types = 500_000
  /// Parameters of one function type.
  public var parameters = 1000
  /// Results of one function type.
  public var results = 1000
  /// Fields of one structure.
  public var fields = 10_000
  public var imports = 1_000_000
  /// Functions that the module defines. Imported functions count as ``imports``, as do imported globals and tags.
  public var functions = 1_000_000
  /// Tables, imported ones included.
  public var tables = 100_000
  /// Memories, imported ones included. More than the 100 of the JavaScript Interface, since other runtimes load modules with more.
  public var memories = 1000
  /// Globals that the module defines.
  public var globals = 1_000_000
  /// Tags that the module defines.
  public var tags = 1_000_000
  public var exports = 1_000_000
  public var elementSegments = 100_000
  /// Elements of one element segment.
  public var elements = 10_000_000
  public var dataSegments = 100_000
  /// Bytes of one function body.
  public var functionBodySize = 7_654_321
  /// Locals of one function, without its parameters.
  public var locals = 50_000
  public var customSections = 100_000

  public init() {}
}
