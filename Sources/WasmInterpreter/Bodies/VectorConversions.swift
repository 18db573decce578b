// Conversions between lanes of floats and of integers. (Core specification 3.0, 4.3.4 "Conversions".)

/// The range of 32-bit integers as 64-bit floats, which represent all of them.
protocol TruncatedLane: IntegerLane {
  static var range: (least: Double, greatest: Double) { get }
}
extension Int32: TruncatedLane {
  @inline(__always) static var range: (least: Double, greatest: Double) { (-0x1p31, 0x1p31 - 1) }
}
extension UInt32: TruncatedLane {
  @inline(__always) static var range: (least: Double, greatest: Double) { (0, 0x1p32 - 1) }
}

extension TruncatedLane {
  /// Truncates floats to integers of this type, saturating; 0 for NaN.
  @inline(__always)
  static func truncate(_ a: SIMD2<Double>) -> SIMD2<UInt32> {
    let least = SIMD2<Double>(repeating: range.least)
    let greatest = SIMD2<Double>(repeating: range.greatest)
    let number = SIMD2<Double>.zero.replacing(with: a, where: a .== a)
    let bounded = number.replacing(with: least, where: number .< least)
    let inside = bounded.replacing(with: greatest, where: greatest .< bounded)
    let integer = Double.sign(TowardZero.round(inside, as: Double.self), like: inside)
    // In floats near 1.5 × 2^52 the last bit has the value 1, so the low bits are the integer in two's complement.
    let shifted: SIMD4<UInt32> = reinterpret(integer + SIMD2(repeating: 0x1.8p52))
    return shifted.evenHalf
  }
}

enum TruncateFloat32Lanes<T: TruncatedLane>: VectorUnaryFunction {
  @inline(__always) static func apply(_ a: SIMD4<Float>) -> SIMD4<UInt32> {
    SIMD4(lowHalf: T.truncate(SIMD2<Double>(a.lowHalf)), highHalf: T.truncate(SIMD2<Double>(a.highHalf)))
  }
}
enum TruncateFloat64Lanes<T: TruncatedLane>: VectorUnaryFunction {
  @inline(__always) static func apply(_ a: SIMD2<Double>) -> SIMD4<UInt32> {
    SIMD4(lowHalf: T.truncate(a), highHalf: .zero)
  }
}

enum ConvertLanesToFloat32<T: IntegerLane>: VectorUnaryFunction {
  @inline(__always) static func apply(_ a: SIMD4<T>) -> SIMD4<Float> { SIMD4<Float>(a) }
}
enum ConvertLowLanesToFloat64<T: IntegerLane>: VectorUnaryFunction {
  @inline(__always) static func apply(_ a: SIMD4<T>) -> SIMD2<Double> { SIMD2<Double>(a.lowHalf) }
}
enum DemoteLanes: VectorUnaryFunction {
  @inline(__always) static func apply(_ a: SIMD2<Double>) -> SIMD4<Float> {
    SIMD4(lowHalf: SIMD2<Float>(a), highHalf: .zero)
  }
}
enum PromoteLowLanes: VectorUnaryFunction {
  @inline(__always) static func apply(_ a: SIMD4<Float>) -> SIMD2<Double> { SIMD2<Double>(a.lowHalf) }
}
