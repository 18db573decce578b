import WebAssembly

/// An argument of an invocation. Numbers are bit patterns.
public enum ScriptValue: Hashable, Sendable {
  case i32(UInt32)
  case i64(UInt64)
  case f32(UInt32)
  case f64(UInt64)
  /// The low half first.
  case v128(UInt64, UInt64)
  case refNull(HeapType)
  /// An external reference that the host makes, the same one for the same number.
  case refExtern(UInt32)
  /// A host reference (`anyref`), the same one for the same number.
  case refHost(UInt32)
}

/// What a result must be.
public indirect enum ScriptResult: Hashable, Sendable {
  case i32(UInt32)
  case i64(UInt64)
  case f32(FloatPattern<UInt32>)
  case f64(FloatPattern<UInt64>)
  /// Integer lanes of any width: the bits, the low half first.
  case v128(UInt64, UInt64)
  case f32x4([FloatPattern<UInt32>])
  case f64x2([FloatPattern<UInt64>])
  /// A null reference, of a hierarchy if that is given.
  case refNull(HeapType?)
  /// A reference that is not null, of the given kind; numbers identify it if they are given.
  case refFunc(UInt32?)
  case refExtern(UInt32?)
  case refHost(UInt32?)
  case refAny, refEq, refI31, refStruct, refArray, refExn
  /// One of several.
  case either([ScriptResult])
}

/// What a float result must be.
public enum FloatPattern<Bits: FixedWidthInteger & UnsignedInteger & Sendable>: Hashable, Sendable {
  case bits(Bits)
  /// `nan:canonical`: a NaN whose payload is the top bit alone, of either sign.
  case canonicalNaN
  /// `nan:arithmetic`: a NaN whose payload has the top bit set, of either sign.
  case arithmeticNaN
}

extension FloatPattern<UInt32> {
  /// Whether a value with these bits fits.
  public func matches(_ value: UInt32) -> Bool {
    switch self {
    case .bits(let bits): value == bits
    case .canonicalNaN: value & 0x7FFF_FFFF == 0x7FC0_0000
    case .arithmeticNaN: value & 0x7FC0_0000 == 0x7FC0_0000
    }
  }
}

extension FloatPattern<UInt64> {
  /// Whether a value with these bits fits.
  public func matches(_ value: UInt64) -> Bool {
    switch self {
    case .bits(let bits): value == bits
    case .canonicalNaN: value & 0x7FFF_FFFF_FFFF_FFFF == 0x7FF8_0000_0000_0000
    case .arithmeticNaN: value & 0x7FF8_0000_0000_0000 == 0x7FF8_0000_0000_0000
    }
  }
}
