/// How much of everything a module may have. What goes beyond is refused before memory is taken for it.
///
/// The defaults are those that the WebAssembly JavaScript Interface prescribes ("Implementation-defined Limits"), so
/// that what browsers load also loads here; lower where a module of a few bytes per entry would take many times its
/// own size.
public struct DecodingLimits: Hashable, Sendable {
  /// Bytes of the whole module.
  public var moduleSize = 1 << 30
  public var types = 500_000
  public var parameters = 1000
  public var results = 1000
  public var fields = 10_000
  public var imports = 1_000_000
  /// Functions that the module defines; imported ones count among ``imports``, as globals and tags do.
  public var functions = 1_000_000
  /// Tables, imported ones included.
  public var tables = 100_000
  /// Memories, imported ones included. More than the 100 of the JavaScript Interface, which modules that other runtimes load go beyond.
  public var memories = 1000
  public var globals = 1_000_000
  public var tags = 1_000_000
  public var exports = 1_000_000
  public var elementSegments = 100_000
  /// Elements of one element segment.
  public var elements = 10_000_000
  public var dataSegments = 100_000
  /// Bytes of one function body.
  public var functionBodySize = 7_654_321
  /// Locals of one function, parameters not counted.
  public var locals = 50_000
  public var customSections = 100_000

  public init() {}
}
