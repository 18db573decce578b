import WasmRuntime

// The standard's float operators. (Core specification 3.0, 4.3.3 "Floating-Point Operations".)
// For a NaN operand, the standard allows the processor's result; NaNs that must be canonical are.

/// `f32` or `f64`.
protocol WasmFloat: Scalar, BinaryFloatingPoint {
  associatedtype Bits: WasmInteger
  init(bitPattern: Bits)
  var bitPattern: Bits { get }
  /// Requires ``truncates(to:)``.
  func unsafeTruncated<I: TruncationTarget>(to type: I.Type) -> I
}

// The conversions of the concrete types: the generic one is a call.
extension Float: WasmFloat {
  @inline(__always) func unsafeTruncated<I: TruncationTarget>(to type: I.Type) -> I { I(self) }
}
extension Double: WasmFloat {
  @inline(__always) func unsafeTruncated<I: TruncationTarget>(to type: I.Type) -> I { I(self) }
}

extension WasmFloat {
  @inline(__always) static var signMask: Bits { 1 &<< Bits(truncatingIfNeeded: Bits.bitWidth - 1) }

  /// A NaN with its quiet bit set; its payload and sign are kept.
  @inline(__always) var quieted: Self { self + self }

  /// The lesser of two numbers, or NaN if one is NaN. (The standard library's `minimum` then returns the number.)
  @inline(__always)
  static func lesser(_ a: Self, _ b: Self) -> Self {
    if a < b { return a }
    if b < a { return b }
    // They are equal, and then differ at most in the sign of zero; or one is NaN, which the sum propagates.
    return a == b ? Self(bitPattern: a.bitPattern | b.bitPattern) : a + b
  }

  @inline(__always)
  static func greater(_ a: Self, _ b: Self) -> Self {
    if a > b { return a }
    if b > a { return b }
    return a == b ? Self(bitPattern: a.bitPattern & b.bitPattern) : a + b
  }
}

enum FloatAdd<T: WasmFloat>: BinaryFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T { a + b }
}
enum FloatSubtract<T: WasmFloat>: BinaryFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T { a - b }
}
enum FloatMultiply<T: WasmFloat>: BinaryFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T { a * b }
}
enum FloatDivide<T: WasmFloat>: BinaryFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T { a / b }
}
enum FloatMinimum<T: WasmFloat>: BinaryFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T { T.lesser(a, b) }
}
enum FloatMaximum<T: WasmFloat>: BinaryFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T { T.greater(a, b) }
}
enum CopySign<T: WasmFloat>: BinaryFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T {
    T(bitPattern: a.bitPattern & ~T.signMask | b.bitPattern & T.signMask)
  }
}

enum FloatEqual<T: WasmFloat>: Comparison {
  typealias Operand = T
  @inline(__always) static func holds(_ a: T, _ b: T) -> Bool { a == b }
}
enum FloatNotEqual<T: WasmFloat>: Comparison {
  typealias Operand = T
  @inline(__always) static func holds(_ a: T, _ b: T) -> Bool { a != b }
}
enum FloatLess<T: WasmFloat>: Comparison {
  typealias Operand = T
  @inline(__always) static func holds(_ a: T, _ b: T) -> Bool { a < b }
}
enum FloatGreater<T: WasmFloat>: Comparison {
  typealias Operand = T
  @inline(__always) static func holds(_ a: T, _ b: T) -> Bool { a > b }
}
enum FloatLessOrEqual<T: WasmFloat>: Comparison {
  typealias Operand = T
  @inline(__always) static func holds(_ a: T, _ b: T) -> Bool { a <= b }
}
enum FloatGreaterOrEqual<T: WasmFloat>: Comparison {
  typealias Operand = T
  @inline(__always) static func holds(_ a: T, _ b: T) -> Bool { a >= b }
}

enum Absolute<T: WasmFloat>: UnaryFunction {
  @inline(__always) static func apply(_ a: T) -> T { T(bitPattern: a.bitPattern & ~T.signMask) }
}
enum Negate<T: WasmFloat>: UnaryFunction {
  @inline(__always) static func apply(_ a: T) -> T { T(bitPattern: a.bitPattern ^ T.signMask) }
}
enum SquareRoot<T: WasmFloat>: UnaryFunction {
  @inline(__always) static func apply(_ a: T) -> T { a.squareRoot() }
}

/// A direction in which floats are rounded to integers.
protocol RoundingDirection {
  static var rule: FloatingPointRoundingRule { get }
}
enum Upward: RoundingDirection {
  @inline(__always) static var rule: FloatingPointRoundingRule { .up }
}
enum Downward: RoundingDirection {
  @inline(__always) static var rule: FloatingPointRoundingRule { .down }
}
enum TowardZero: RoundingDirection {
  @inline(__always) static var rule: FloatingPointRoundingRule { .towardZero }
}
enum ToNearest: RoundingDirection {
  @inline(__always) static var rule: FloatingPointRoundingRule { .toNearestOrEven }
}

enum Round<T: WasmFloat, Direction: RoundingDirection>: UnaryFunction {
  @inline(__always) static func apply(_ a: T) -> T { a.isNaN ? a.quieted : a.rounded(Direction.rule) }
}

// MARK: Conversions

/// The exclusive bounds of the floats that truncate to this integer type without overflow.
protocol TruncationTarget: FixedWidthInteger {
  init(_ value: Double)
  init(_ value: Float)
  associatedtype Bits: WasmInteger
  /// The integer as bits of a slot.
  var slotBits: Bits { get }
}
extension Int32: TruncationTarget {
  @inline(__always) var slotBits: UInt32 { UInt32(bitPattern: self) }
}
extension UInt32: TruncationTarget {
  @inline(__always) var slotBits: UInt32 { self }
}
extension Int64: TruncationTarget {
  @inline(__always) var slotBits: UInt64 { UInt64(bitPattern: self) }
}
extension UInt64: TruncationTarget {
  @inline(__always) var slotBits: UInt64 { self }
}

extension WasmFloat {
  /// Whether this can be truncated to an integer of type `I`. False for NaN.
  @inline(__always)
  func truncates<I: TruncationTarget>(to type: I.Type) -> Bool {
    // A power of two, so exact in both float types. The lower bound is the last float that can be truncated, or the one below it.
    let upper = Self(sign: .plus, exponent: Self.Exponent(I.bitWidth - (I.isSigned ? 1 : 0)), significand: 1)
    guard self < upper else { return false }
    if !I.isSigned { return self > -1 }
    // -2^31 - 1 is not exact in f32, nor is -2^63 - 1 in either type; then no float is between it and -2^31 or -2^63.
    return I.bitWidth < Self.significandBitCount ? self > -upper - 1 : self >= -upper
  }

  @inline(__always)
  func saturated<I: TruncationTarget>(to type: I.Type) -> I {
    if truncates(to: type) { return unsafeTruncated(to: type) }
    if isNaN { return 0 }
    return self < 0 ? I.min : I.max
  }
}

enum Truncate<Source: WasmFloat, Target: TruncationTarget>: CheckedUnaryFunction {
  @inline(__always) static func trap(_ a: Source) -> TrapCode? {
    if a.truncates(to: Target.self) { return nil }
    return a.isNaN ? .invalidConversionToInteger : .integerOverflow
  }
  @inline(__always) static func apply(_ a: Source) -> Target.Bits { a.unsafeTruncated(to: Target.self).slotBits }
}
enum TruncateSaturating<Source: WasmFloat, Target: TruncationTarget>: UnaryFunction {
  @inline(__always) static func apply(_ a: Source) -> Target.Bits { a.saturated(to: Target.self).slotBits }
}
enum ConvertSigned<Source: WasmInteger, Target: WasmFloat>: UnaryFunction {
  @inline(__always) static func apply(_ a: Source) -> Target { Target(a.signed) }
}
enum ConvertUnsigned<Source: WasmInteger, Target: WasmFloat>: UnaryFunction {
  @inline(__always) static func apply(_ a: Source) -> Target { Target(a) }
}
enum Demote: UnaryFunction {
  @inline(__always) static func apply(_ a: Double) -> Float { Float(a) }
}
enum Promote: UnaryFunction {
  @inline(__always) static func apply(_ a: Float) -> Double { Double(a) }
}
enum FloatBits<T: WasmFloat>: UnaryFunction {
  @inline(__always) static func apply(_ a: T) -> T.Bits { a.bitPattern }
}
enum FloatFromBits<T: WasmFloat>: UnaryFunction {
  @inline(__always) static func apply(_ a: T.Bits) -> T { T(bitPattern: a) }
}
