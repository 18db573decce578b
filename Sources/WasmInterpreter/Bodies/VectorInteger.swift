// Integer operators on lanes, and bitwise ones. (Core specification 3.0, 4.3.5 "Vector Operations".)

// MARK: Bitwise

enum VectorNot: VectorUnaryFunction {
  @inline(__always) static func apply(_ a: Vector) -> Vector { ~a }
}
enum VectorAnd: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: Vector, _ b: Vector) -> Vector { a & b }
}
enum VectorAndNot: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: Vector, _ b: Vector) -> Vector { a & ~b }
}
enum VectorOr: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: Vector, _ b: Vector) -> Vector { a | b }
}
enum VectorExclusiveOr: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: Vector, _ b: Vector) -> Vector { a ^ b }
}
/// Bits of `a` where `mask` is 1, of `b` where it is 0: (a & mask) | (b & ~mask) == b ^ ((a ^ b) & mask).
enum BitSelect: VectorTernaryFunction {
  @inline(__always) static func apply(_ a: Vector, _ b: Vector, _ mask: Vector) -> Vector { b ^ (a ^ b) & mask }
}

// MARK: Comparisons, by the lane's own signedness

enum LanesEqual<T: Lane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> Vector { reinterpret(T.equal(a, b)) }
}
enum LanesNotEqual<T: Lane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> Vector {
    ~reinterpret(T.equal(a, b), as: Vector.self)
  }
}
enum LanesLess<T: Lane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> Vector { reinterpret(T.less(a, b)) }
}
enum LanesGreater<T: Lane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> Vector { reinterpret(T.less(b, a)) }
}
enum LanesLessOrEqual<T: IntegerLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> Vector {
    ~reinterpret(T.less(b, a), as: Vector.self)
  }
}
enum LanesGreaterOrEqual<T: IntegerLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> Vector {
    ~reinterpret(T.less(a, b), as: Vector.self)
  }
}

// MARK: Arithmetic, modulo

enum AddLanes<T: IntegerLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> T.Lanes { a &+ b }
}
enum SubtractLanes<T: IntegerLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> T.Lanes { a &- b }
}
enum MultiplyLanes<T: IntegerLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> T.Lanes { a &* b }
}
enum NegateLanes<T: IntegerLane>: VectorUnaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes) -> T.Lanes { T.Lanes.zero &- a }
}
enum AbsoluteLanes<T: IntegerLane>: VectorUnaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes) -> T.Lanes {
    a.replacing(with: T.Lanes.zero &- a, where: T.less(a, .zero))
  }
}
enum MinimumLanes<T: IntegerLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> T.Lanes {
    a.replacing(with: b, where: T.less(b, a))
  }
}
enum MaximumLanes<T: IntegerLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> T.Lanes {
    a.replacing(with: b, where: T.less(a, b))
  }
}
/// The mean of two unsigned integers, rounded up: (a + b + 1) >> 1 == (a | b) - ((a ^ b) >> 1), without overflow.
enum AverageLanes<T: IntegerLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> T.Lanes {
    (a | b) &- ((a ^ b) &>> T.Lanes(repeating: 1))
  }
}
enum CountOnesInLanes: VectorUnaryFunction {
  @inline(__always) static func apply(_ a: Vector) -> Vector {
    let pairs = a &- ((a &>> 1) & 0x5555_5555_5555_5555)
    let fours = (pairs & 0x3333_3333_3333_3333) &+ ((pairs &>> 2) & 0x3333_3333_3333_3333)
    return (fours &+ (fours &>> 4)) & 0x0F0F_0F0F_0F0F_0F0F
  }
}

// MARK: Shifts, by a count modulo the lane's width

enum ShiftLanesLeft<T: IntegerLane>: VectorShiftFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ count: UInt32) -> T.Lanes {
    a &<< T.Lanes(repeating: T(truncatingIfNeeded: count))
  }
}
/// Arithmetic if the lanes are signed, else logical.
enum ShiftLanesRight<T: IntegerLane>: VectorShiftFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ count: UInt32) -> T.Lanes {
    a &>> T.Lanes(repeating: T(truncatingIfNeeded: count))
  }
}

// MARK: Saturating arithmetic

enum AddSaturatingUnsigned<T: IntegerLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> T.Lanes {
    let sum = a &+ b
    return sum.replacing(with: T.Lanes(repeating: T.max), where: T.less(sum, a))
  }
}
enum SubtractSaturatingUnsigned<T: IntegerLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> T.Lanes { MaximumLanes<T>.apply(a, b) &- b }
}

/// Functions of single lanes, of at most 16 bits.
protocol LaneFunction {
  associatedtype T: IntegerLane
  static func apply(_ a: T, _ b: T) -> T
}

extension IntegerLane {
  @inline(__always)
  init(saturating value: Int32) {
    let least = Int32(truncatingIfNeeded: Self.min)
    let greatest = Int32(truncatingIfNeeded: Self.max)
    self.init(truncatingIfNeeded: Swift.max(Swift.min(value, greatest), least))
  }
}
enum AddSaturatingSigned<T: IntegerLane>: LaneFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T {
    T(saturating: Int32(truncatingIfNeeded: a) &+ Int32(truncatingIfNeeded: b))
  }
}
enum SubtractSaturatingSigned<T: IntegerLane>: LaneFunction {
  @inline(__always) static func apply(_ a: T, _ b: T) -> T {
    T(saturating: Int32(truncatingIfNeeded: a) &- Int32(truncatingIfNeeded: b))
  }
}

/// Eight lanes, lane by lane.
enum EachOf8<Function: LaneFunction>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: SIMD8<Function.T>, _ b: SIMD8<Function.T>) -> SIMD8<Function.T> {
    var result = SIMD8<Function.T>()
    for lane in 0..<8 { result[lane] = Function.apply(a[lane], b[lane]) }
    return result
  }
}
/// Sixteen lanes, lane by lane.
enum EachOf16<Function: LaneFunction>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: SIMD16<Function.T>, _ b: SIMD16<Function.T>) -> SIMD16<Function.T> {
    SIMD16(
      lowHalf: EachOf8<Function>.apply(a.lowHalf, b.lowHalf),
      highHalf: EachOf8<Function>.apply(a.highHalf, b.highHalf))
  }
}

/// (a × b + 2^14) >> 15, saturated.
enum MultiplyQ15: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: SIMD8<Int16>, _ b: SIMD8<Int16>) -> SIMD8<Int16> {
    let low: SIMD8<UInt16> = reinterpret(a &* b)
    var high = SIMD8<Int16>()
    for lane in 0..<8 { high[lane] = a[lane].multipliedFullWidth(by: b[lane]).high }
    let one = SIMD8<UInt16>(repeating: 1)
    let rounded = (high &<< 1) &+ reinterpret(((low &>> 14) &+ one) &>> 1)
    // Only -1 × -1 overflows; only it yields the least integer, which is replaced by the greatest.
    return rounded ^ reinterpret(rounded .== SIMD8<Int16>(repeating: .min), as: SIMD8<Int16>.self)
  }
}

// MARK: Widening

/// The half of a vector's lanes that an instruction takes.
protocol VectorHalf {
  static func of<V: HalvedVector>(_ vector: V) -> V.Half
}
enum LowHalf: VectorHalf {
  @inline(__always) static func of<V: HalvedVector>(_ vector: V) -> V.Half { vector.lowHalf }
}
enum HighHalf: VectorHalf {
  @inline(__always) static func of<V: HalvedVector>(_ vector: V) -> V.Half { vector.highHalf }
}

enum ExtendHalf<T: NarrowLane, Half: VectorHalf>: VectorUnaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes) -> T.Wide.Lanes { T.extend(Half.of(a)) }
}
enum MultiplyExtendedHalf<T: NarrowLane, Half: VectorHalf>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> T.Wide.Lanes {
    T.extend(Half.of(a)) &* T.extend(Half.of(b))
  }
}
enum AddExtendedPairs<T: NarrowLane>: VectorUnaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes) -> T.Wide.Lanes { T.extend(a.evenHalf) &+ T.extend(a.oddHalf) }
}
/// The sums of the products of adjacent lanes.
enum DotProduct: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: SIMD8<Int16>, _ b: SIMD8<Int16>) -> SIMD4<Int32> {
    Int16.extend(a.evenHalf) &* Int16.extend(b.evenHalf) &+ Int16.extend(a.oddHalf) &* Int16.extend(b.oddHalf)
  }
}
/// The same for 8-bit lanes, with saturating sums. Both operands are signed, as in the deterministic profile.
enum RelaxedDotProduct: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: SIMD16<Int8>, _ b: SIMD16<Int8>) -> SIMD8<Int16> {
    EachOf8<AddSaturatingSigned<Int16>>.apply(
      Int8.extend(a.evenHalf) &* Int8.extend(b.evenHalf), Int8.extend(a.oddHalf) &* Int8.extend(b.oddHalf))
  }
}
/// The pairwise sums of those, added to `c`.
enum RelaxedDotProductAdd: VectorTernaryFunction {
  @inline(__always) static func apply(_ a: SIMD16<Int8>, _ b: SIMD16<Int8>, _ c: SIMD4<Int32>) -> SIMD4<Int32> {
    AddExtendedPairs<Int16>.apply(RelaxedDotProduct.apply(a, b)) &+ c
  }
}

// MARK: Narrowing

/// Signed 16-bit lanes of two vectors to 8-bit lanes, saturated.
enum NarrowTo16<T: IntegerLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: SIMD8<Int16>, _ b: SIMD8<Int16>) -> SIMD16<T> {
    SIMD16(lowHalf: half(a), highHalf: half(b))
  }
  @inline(__always) private static func half(_ wide: SIMD8<Int16>) -> SIMD8<T> {
    var result = SIMD8<T>()
    for lane in 0..<8 { result[lane] = T(saturating: Int32(wide[lane])) }
    return result
  }
}
/// Signed 32-bit lanes of two vectors to 16-bit lanes, saturated.
enum NarrowTo8<T: IntegerLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: SIMD4<Int32>, _ b: SIMD4<Int32>) -> SIMD8<T> {
    SIMD8(lowHalf: half(a), highHalf: half(b))
  }
  @inline(__always) private static func half(_ wide: SIMD4<Int32>) -> SIMD4<T> {
    // Clamping lane by lane, from memory, would compile to branches.
    let least = SIMD4(repeating: Int32(truncatingIfNeeded: T.min))
    let greatest = SIMD4(repeating: Int32(truncatingIfNeeded: T.max))
    let bounded = MaximumLanes<Int32>.apply(MinimumLanes<Int32>.apply(wide, greatest), least)
    var result = SIMD4<T>()
    for lane in 0..<4 { result[lane] = T(truncatingIfNeeded: bounded[lane]) }
    return result
  }
}

// MARK: Tests

enum AnyTrue: VectorTestFunction {
  @inline(__always) static func apply(_ a: Vector) -> UInt32 { a.x | a.y != 0 ? 1 : 0 }
}

/// Constants for testing all lanes of a word at once.
protocol LaneWord {
  /// The lowest bit of each lane.
  static var lowest: UInt64 { get }
  static var bitWidth: Int { get }
  /// A factor that moves the lowest bits of all lanes, in order, to the top of the word.
  static var gather: UInt64 { get }
}
extension UInt8: LaneWord {
  @inline(__always) static var lowest: UInt64 { 0x0101_0101_0101_0101 }
  @inline(__always) static var gather: UInt64 { 0x0102_0408_1020_4080 }
}
extension UInt16: LaneWord {
  @inline(__always) static var lowest: UInt64 { 0x0001_0001_0001_0001 }
  @inline(__always) static var gather: UInt64 { 0x1000_2000_4000_8000 }
}
extension UInt32: LaneWord {
  @inline(__always) static var lowest: UInt64 { 0x0000_0001_0000_0001 }
  @inline(__always) static var gather: UInt64 { 0x4000_0000_8000_0000 }
}

enum AllTrue<T: LaneWord>: VectorTestFunction {
  @inline(__always) static func apply(_ a: Vector) -> UInt32 {
    // A borrow reaches a lane's highest bit only from a zero lane below it, so at least the lowest zero lane is detected.
    let zeros = (a &- T.lowest) & ~a & (T.lowest &<< UInt64(truncatingIfNeeded: T.bitWidth - 1))
    return zeros.x | zeros.y == 0 ? 1 : 0
  }
}
enum AllTrue64: VectorTestFunction {
  @inline(__always) static func apply(_ a: Vector) -> UInt32 { a.x != 0 && a.y != 0 ? 1 : 0 }
}

/// The signs of all lanes.
enum BitMask<T: LaneWord>: VectorTestFunction {
  @inline(__always) static func apply(_ a: Vector) -> UInt32 { half(a.x) | half(a.y) &<< UInt32(64 / T.bitWidth) }
  @inline(__always) private static func half(_ word: UInt64) -> UInt32 {
    let signs = (word &>> UInt64(truncatingIfNeeded: T.bitWidth - 1)) & T.lowest
    return UInt32(truncatingIfNeeded: (signs &* T.gather) &>> UInt64(truncatingIfNeeded: 64 - 64 / T.bitWidth))
  }
}
enum BitMask64: VectorTestFunction {
  @inline(__always) static func apply(_ a: Vector) -> UInt32 {
    UInt32(truncatingIfNeeded: a.x &>> 63) | UInt32(truncatingIfNeeded: a.y &>> 63) &<< 1
  }
}
