import WasmRuntime

// The standard's integer operators, over UInt32 and UInt64. (Core specification 3.0, 4.3.2 "Integer Operations".)

/// `i32` or `i64`, as unsigned.
protocol WasmInteger: Scalar, FixedWidthInteger, UnsignedInteger {
  associatedtype Signed: FixedWidthInteger & SignedInteger
  init(bitPattern: Signed)
  var signed: Signed { get }
}

extension UInt32: WasmInteger {
  @inline(__always) var signed: Int32 { Int32(bitPattern: self) }
}
extension UInt64: WasmInteger {
  @inline(__always) var signed: Int64 { Int64(bitPattern: self) }
}

enum Add<T: WasmInteger>: BinaryFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T { a &+ b }
}
enum Subtract<T: WasmInteger>: BinaryFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T { a &- b }
}
enum Multiply<T: WasmInteger>: BinaryFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T { a &* b }
}
enum And<T: WasmInteger>: BinaryFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T { a & b }
}
enum Or<T: WasmInteger>: BinaryFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T { a | b }
}
enum ExclusiveOr<T: WasmInteger>: BinaryFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T { a ^ b }
}
enum ShiftLeft<T: WasmInteger>: BinaryFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T { a &<< b }
}
enum ShiftRightSigned<T: WasmInteger>: BinaryFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T {
    T(bitPattern: a.signed &>> T.Signed(truncatingIfNeeded: b))
  }
}
enum ShiftRightUnsigned<T: WasmInteger>: BinaryFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T { a &>> b }
}
enum RotateLeft<T: WasmInteger>: BinaryFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T { a &<< b | a &>> (0 &- b) }
}
enum RotateRight<T: WasmInteger>: BinaryFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T { a &>> b | a &<< (0 &- b) }
}

enum Equal<T: WasmInteger>: Comparison {
  typealias Operand = T
  @inline(__always) static func holds(_ a: T, _ b: T) -> Bool { a == b }
}
enum NotEqual<T: WasmInteger>: Comparison {
  typealias Operand = T
  @inline(__always) static func holds(_ a: T, _ b: T) -> Bool { a != b }
}
enum LessSigned<T: WasmInteger>: Comparison {
  typealias Operand = T
  @inline(__always) static func holds(_ a: T, _ b: T) -> Bool { a.signed < b.signed }
}
enum LessUnsigned<T: WasmInteger>: Comparison {
  typealias Operand = T
  @inline(__always) static func holds(_ a: T, _ b: T) -> Bool { a < b }
}
enum GreaterSigned<T: WasmInteger>: Comparison {
  typealias Operand = T
  @inline(__always) static func holds(_ a: T, _ b: T) -> Bool { a.signed > b.signed }
}
enum GreaterUnsigned<T: WasmInteger>: Comparison {
  typealias Operand = T
  @inline(__always) static func holds(_ a: T, _ b: T) -> Bool { a > b }
}
enum LessOrEqualSigned<T: WasmInteger>: Comparison {
  typealias Operand = T
  @inline(__always) static func holds(_ a: T, _ b: T) -> Bool { a.signed <= b.signed }
}
enum LessOrEqualUnsigned<T: WasmInteger>: Comparison {
  typealias Operand = T
  @inline(__always) static func holds(_ a: T, _ b: T) -> Bool { a <= b }
}
enum GreaterOrEqualSigned<T: WasmInteger>: Comparison {
  typealias Operand = T
  @inline(__always) static func holds(_ a: T, _ b: T) -> Bool { a.signed >= b.signed }
}
enum GreaterOrEqualUnsigned<T: WasmInteger>: Comparison {
  typealias Operand = T
  @inline(__always) static func holds(_ a: T, _ b: T) -> Bool { a >= b }
}
/// Not in the standard: a branch on `and`, which the lowering generates for `br_if (i32.and …)`.
enum AnyCommonBit<T: WasmInteger>: Comparison {
  typealias Operand = T
  @inline(__always) static func holds(_ a: T, _ b: T) -> Bool { a & b != 0 }
}

enum CountLeadingZeros<T: WasmInteger>: UnaryFunction {
  @inline(__always) static func apply(_ a: T) -> T { T(truncatingIfNeeded: a.leadingZeroBitCount) }
}
enum CountTrailingZeros<T: WasmInteger>: UnaryFunction {
  @inline(__always) static func apply(_ a: T) -> T { T(truncatingIfNeeded: a.trailingZeroBitCount) }
}
enum CountOnes<T: WasmInteger>: UnaryFunction {
  @inline(__always) static func apply(_ a: T) -> T { T(truncatingIfNeeded: a.nonzeroBitCount) }
}
/// Sign extension from a narrower integer.
enum ExtendSigned<Narrow: FixedWidthInteger & SignedInteger, T: WasmInteger>: UnaryFunction {
  @inline(__always) static func apply(_ a: T) -> T {
    T(truncatingIfNeeded: Narrow(truncatingIfNeeded: a))
  }
}
enum ExtendI32Signed: UnaryFunction {
  @inline(__always) static func apply(_ a: UInt32) -> UInt64 { UInt64(bitPattern: Int64(a.signed)) }
}
enum ExtendI32Unsigned: UnaryFunction {
  @inline(__always) static func apply(_ a: UInt32) -> UInt64 { UInt64(a) }
}

/// Whether a signed divisor is neither 0, which traps, nor -1, for which the quotient of the least integer overflows.
@inline(__always)
private func isPlainDivisor<T: WasmInteger>(_ b: T) -> Bool { b &+ 1 > 1 }

enum DivideSigned<T: WasmInteger>: CheckedBinaryFunction {
  @inline(__always) static func trap(_ a: T, _ b: T) -> TrapCode? {
    if _fastPath(isPlainDivisor(b)) { return nil }
    if b == 0 { return .integerDivideByZero }
    return a.signed == T.Signed.min ? .integerOverflow : nil
  }
  @inline(__always) static func apply(_ a: T, _ b: T) -> T {
    guard _fastPath(isPlainDivisor(b)) else { return 0 &- a }
    return T(bitPattern: a.signed.dividedReportingOverflow(by: b.signed).partialValue)
  }
}
enum DivideUnsigned<T: WasmInteger>: CheckedBinaryFunction {
  @inline(__always) static func trap(_ a: T, _ b: T) -> TrapCode? {
    _slowPath(b == 0) ? .integerDivideByZero : nil
  }
  @inline(__always) static func apply(_ a: T, _ b: T) -> T { a.dividedReportingOverflow(by: b).partialValue }
}
enum RemainderSigned<T: WasmInteger>: CheckedBinaryFunction {
  @inline(__always) static func trap(_ a: T, _ b: T) -> TrapCode? {
    _slowPath(b == 0) ? .integerDivideByZero : nil
  }
  @inline(__always) static func apply(_ a: T, _ b: T) -> T {
    guard _fastPath(isPlainDivisor(b)) else { return 0 }
    return T(bitPattern: a.signed.remainderReportingOverflow(dividingBy: b.signed).partialValue)
  }
}
enum RemainderUnsigned<T: WasmInteger>: CheckedBinaryFunction {
  @inline(__always) static func trap(_ a: T, _ b: T) -> TrapCode? {
    _slowPath(b == 0) ? .integerDivideByZero : nil
  }
  @inline(__always) static func apply(_ a: T, _ b: T) -> T {
    a.remainderReportingOverflow(dividingBy: b).partialValue
  }
}
