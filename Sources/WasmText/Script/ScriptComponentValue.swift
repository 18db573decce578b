/// A value of the component model in a script. (Component model, "Value Definitions"; the suite writes `(u32.const 1)` and the like.)
public indirect enum ScriptComponentValue: Hashable, Sendable {
  case bool(Bool)
  /// An integer of a type such as `s8`, as 64 bits with its sign.
  case integer(type: String, UInt64)
  case f32(FloatPattern<UInt32>)
  case f64(FloatPattern<UInt64>)
  /// A character, as a string of one scalar.
  case char(String)
  case string(String)
  case list([ScriptComponentValue])
  case record([Field])
  case tuple([ScriptComponentValue])
  /// A case of a variant or enumeration.
  case variant(String, ScriptComponentValue?)
  case option(ScriptComponentValue?)
  case ok(ScriptComponentValue?)
  case error(ScriptComponentValue?)
  case flags([String])

  /// A field of a record.
  public struct Field: Hashable, Sendable {
    public var name: String
    public var value: ScriptComponentValue

    public init(name: String, value: ScriptComponentValue) {
      self.name = name
      self.value = value
    }
  }
}
