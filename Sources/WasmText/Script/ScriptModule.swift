import WebAssembly

/// A module or component in a script, not assembled yet. Errors in it are reported when its command runs.
public struct ScriptModule: Sendable {
  /// The identifier without its `$`.
  public var name: String?
  public var source: Source
  /// The line on which the module begins, counted from 1.
  public var line: Int
  /// Whether it is a component: `(component …)`.
  public var isComponent: Bool

  /// The form in which the script contains the module.
  public enum Source: Sendable {
    /// A module in the text format: the range of `(module …)` in the script, or of the fields alone.
    case text(script: [UInt8], range: Range<Int>)
    /// `(module binary "…")`: the bytes of a module.
    case binary([UInt8])
    /// `(module quote "…")`: a text that is assembled on demand.
    case quote([UInt8])
  }

  public init(name: String?, source: Source, line: Int, isComponent: Bool = false) {
    self.name = name
    self.source = source
    self.line = line
    self.isComponent = isComponent
  }
}
