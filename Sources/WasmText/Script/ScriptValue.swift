import WebAssembly

/// An argument of an invocation. Numbers are stored as bit patterns.
public enum ScriptValue: Hashable, Sendable {
  case i32(UInt32)
  case i64(UInt64)
  case f32(UInt32)
  case f64(UInt64)
  /// The low half, then the high half.
  case v128(UInt64, UInt64)
  /// A null reference of the hierarchy that contains the type.
  case refNull(HeapType)
  /// A host reference of type `externref`. Equal numbers are the same reference.
  case refExtern(UInt32)
  /// A host reference of type `anyref`. Equal numbers are the same reference.
  case refHost(UInt32)
  /// An argument of a function of a component.
  case component(ScriptComponentValue)
}

/// An expected result.
public indirect enum ScriptResult: Hashable, Sendable {
  case i32(UInt32)
  case i64(UInt64)
  case f32(FloatPattern<UInt32>)
  case f64(FloatPattern<UInt64>)
  /// Integer lanes of any width, as bits: the low half, then the high half.
  case v128(UInt64, UInt64)
  case f32x4([FloatPattern<UInt32>])
  case f64x2([FloatPattern<UInt64>])
  /// A null reference, of the given hierarchy if there is one.
  case refNull(HeapType?)
  /// A non-null reference of the given kind, with the given number if there is one.
  case refFunc(UInt32?)
  case refExtern(UInt32?)
  case refHost(UInt32?)
  /// A non-null reference that matches the heap type of the same name.
  case refAny, refEq, refI31, refStruct, refArray, refExn
  /// Any one of several results.
  case either([ScriptResult])
  /// A result of a function of a component.
  case component(ScriptComponentValue)
}

/// An expected float.
public enum FloatPattern<Bits: FixedWidthInteger & UnsignedInteger & Sendable>: Hashable, Sendable {
  /// Exactly this bit pattern.
  case bits(Bits)
  /// `nan:canonical`: a NaN of either sign whose payload is the top bit only.
  case canonicalNaN
  /// `nan:arithmetic`: a NaN of either sign whose payload includes the top bit.
  case arithmeticNaN
}

extension FloatPattern<UInt32> {
  /// Whether a bit pattern matches.
  public func matches(_ value: UInt32) -> Bool {
    switch self {
    case .bits(let bits): value == bits
    case .canonicalNaN: value & 0x7FFF_FFFF == 0x7FC0_0000
    case .arithmeticNaN: value & 0x7FC0_0000 == 0x7FC0_0000
    }
  }
}

extension FloatPattern<UInt64> {
  /// Whether a bit pattern matches.
  public func matches(_ value: UInt64) -> Bool {
    switch self {
    case .bits(let bits): value == bits
    case .canonicalNaN: value & 0x7FFF_FFFF_FFFF_FFFF == 0x7FF8_0000_0000_0000
    case .arithmeticNaN: value & 0x7FF8_0000_0000_0000 == 0x7FF8_0000_0000_0000
    }
  }
}
