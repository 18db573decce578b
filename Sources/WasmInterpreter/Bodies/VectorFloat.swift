// Float operators on lanes. (Core specification 3.0, 4.3.3 "Floating-Point Operations".)
// As with scalar operators, the payload of a NaN operand is propagated with its quiet bit set.

/// `f32` or `f64` as a lane.
protocol FloatLane: Lane, BinaryFloatingPoint {
  static func lessOrEqual(_ a: Lanes, _ b: Lanes) -> SIMDMask<Lanes.MaskStorage>
  /// The lanes where `a` or `b` is NaN.
  static func unordered(_ a: Lanes, _ b: Lanes) -> SIMDMask<Lanes.MaskStorage>
  /// The sign bits of all lanes.
  static var signs: Vector { get }
  /// From this number on, every float is an integer.
  static var integral: Self { get }
}

extension Float: FloatLane {
  @inline(__always) static func lessOrEqual(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD4<Int32>> { a .<= b }
  @inline(__always) static func unordered(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD4<Int32>> { (a .!= a) .| (b .!= b) }
  @inline(__always) static var signs: Vector { Vector(repeating: 0x8000_0000_8000_0000) }
  @inline(__always) static var integral: Float { 0x1p23 }
}
extension Double: FloatLane {
  @inline(__always) static func lessOrEqual(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD2<Int64>> { a .<= b }
  @inline(__always) static func unordered(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD2<Int64>> { (a .!= a) .| (b .!= b) }
  @inline(__always) static var signs: Vector { Vector(repeating: 0x8000_0000_0000_0000) }
  @inline(__always) static var integral: Double { 0x1p52 }
}

// MARK: Comparisons; the others are shared with integers

enum FloatLanesLessOrEqual<T: FloatLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> Vector { reinterpret(T.lessOrEqual(a, b)) }
}
enum FloatLanesGreaterOrEqual<T: FloatLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> Vector { reinterpret(T.lessOrEqual(b, a)) }
}

// MARK: Arithmetic

enum AddFloatLanes<T: FloatLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> T.Lanes { a + b }
}
enum SubtractFloatLanes<T: FloatLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> T.Lanes { a - b }
}
enum MultiplyFloatLanes<T: FloatLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> T.Lanes { a * b }
}
enum DivideFloatLanes<T: FloatLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> T.Lanes { a / b }
}
/// a × b + c, rounded twice, as in the deterministic profile.
enum MultiplyAddFloatLanes<T: FloatLane>: VectorTernaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes, _ c: T.Lanes) -> T.Lanes { a * b + c }
}
enum NegatedMultiplyAddFloatLanes<T: FloatLane>: VectorTernaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes, _ c: T.Lanes) -> T.Lanes { c - a * b }
}
enum AbsoluteFloatLanes<T: FloatLane>: VectorUnaryFunction {
  @inline(__always) static func apply(_ a: Vector) -> Vector { a & ~T.signs }
}
enum NegateFloatLanes<T: FloatLane>: VectorUnaryFunction {
  @inline(__always) static func apply(_ a: Vector) -> Vector { a ^ T.signs }
}
enum SquareRootOfLanes<T: FloatLane>: VectorUnaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes) -> T.Lanes { a.squareRoot() }
}

// MARK: Minimum and maximum

/// b < a ? b : a
enum PseudoMinimumLanes<T: FloatLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> T.Lanes {
    a.replacing(with: b, where: T.less(b, a))
  }
}
/// a < b ? b : a
enum PseudoMaximumLanes<T: FloatLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> T.Lanes {
    a.replacing(with: b, where: T.less(a, b))
  }
}

enum MinimumFloatLanes<T: FloatLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> T.Lanes {
    // Computed in both orders, the results differ only in the sign of zeros, where -0 is the minimum, or if an operand is NaN.
    let one: Vector = reinterpret(PseudoMinimumLanes<T>.apply(a, b))
    let other: Vector = reinterpret(PseudoMinimumLanes<T>.apply(b, a))
    let extreme: T.Lanes = reinterpret(one | other)
    return extreme.replacing(with: a + b, where: T.unordered(a, b))
  }
}
enum MaximumFloatLanes<T: FloatLane>: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes, _ b: T.Lanes) -> T.Lanes {
    let one: Vector = reinterpret(PseudoMaximumLanes<T>.apply(a, b))
    let other: Vector = reinterpret(PseudoMaximumLanes<T>.apply(b, a))
    let extreme: T.Lanes = reinterpret(one & other)
    return extreme.replacing(with: a + b, where: T.unordered(a, b))
  }
}

// MARK: Rounding to integers
// Without SSE 4.1 there is no instruction for it, and the C library's functions work lane by lane.

extension FloatLane {
  @inline(__always)
  static func magnitude(_ a: Lanes) -> Lanes { reinterpret(reinterpret(a, as: Vector.self) & ~signs) }

  @inline(__always)
  static func sign(_ magnitude: Lanes, like a: Lanes) -> Lanes {
    reinterpret(reinterpret(magnitude, as: Vector.self) | reinterpret(a, as: Vector.self) & signs)
  }

  /// Rounds a magnitude below ``integral`` to the nearest integer: (a + integral) - integral == nearest(a), since floats of that size
  /// have no fraction bits.
  @inline(__always)
  static func nearest(_ magnitude: Lanes) -> Lanes {
    let integral = Lanes(repeating: integral)
    return (magnitude + integral) - integral
  }

  /// 1 in the lanes where a < b, else 0.
  @inline(__always)
  static func one(whereLess a: Lanes, _ b: Lanes) -> Lanes {
    Lanes.zero.replacing(with: Lanes(repeating: 1), where: less(a, b))
  }
}

protocol LaneRoundingDirection {
  /// Rounds numbers whose magnitudes are below `integral`; the sign of a zero result may be wrong.
  static func round<T: FloatLane>(_ a: T.Lanes, as type: T.Type) -> T.Lanes
}
extension ToNearest: LaneRoundingDirection {
  @inline(__always)
  static func round<T: FloatLane>(_ a: T.Lanes, as type: T.Type) -> T.Lanes { T.nearest(T.magnitude(a)) }
}
extension TowardZero: LaneRoundingDirection {
  @inline(__always)
  static func round<T: FloatLane>(_ a: T.Lanes, as type: T.Type) -> T.Lanes {
    let magnitude = T.magnitude(a)
    let nearest = T.nearest(magnitude)
    return nearest - T.one(whereLess: magnitude, nearest)
  }
}
extension Downward: LaneRoundingDirection {
  @inline(__always)
  static func round<T: FloatLane>(_ a: T.Lanes, as type: T.Type) -> T.Lanes {
    let nearest = T.sign(T.nearest(T.magnitude(a)), like: a)
    return nearest - T.one(whereLess: a, nearest)
  }
}
extension Upward: LaneRoundingDirection {
  @inline(__always)
  static func round<T: FloatLane>(_ a: T.Lanes, as type: T.Type) -> T.Lanes {
    let nearest = T.sign(T.nearest(T.magnitude(a)), like: a)
    return nearest + T.one(whereLess: nearest, a)
  }
}

enum RoundLanes<T: FloatLane, Direction: LaneRoundingDirection>: VectorUnaryFunction {
  @inline(__always) static func apply(_ a: T.Lanes) -> T.Lanes {
    let rounded = T.sign(Direction.round(a, as: T.self), like: a)
    // Adding zero makes NaNs quiet and does not change infinities and large numbers.
    let others = a + T.Lanes.zero
    return others.replacing(with: rounded, where: T.less(T.magnitude(a), T.Lanes(repeating: T.integral)))
  }
}
