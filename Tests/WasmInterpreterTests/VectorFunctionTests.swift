import Testing
import TestSupport

@testable import WasmInterpreter

/// The vector functions match the standard's definitions, implemented naively lane by lane.
@Suite struct VectorFunctionTests {
  /// Bit patterns that are boundary values for some lane type, and random ones with a fixed seed.
  static let samples: [Vector] = {
    var words: [UInt64] = [
      0, .max, 0x8080_8080_8080_8080, 0x7F7F_7F7F_7F7F_7F7F, 0x0001_7FFF_8000_FFFF, 0x8000_8000_8000_8000,
      0x8000_0000_7FFF_FFFF, 0x0000_0001_FFFF_FFFF, 0x8000_0000_0000_0000, 0x7FFF_FFFF_FFFF_FFFF,
      0x0080_0100_7F81_FF01, 0x3F80_0000_BF80_0000, 0x7F80_0000_FF80_0000, 0x7FC0_0000_7FA0_0001,
    ]
    let floats: [Float] = [
      0.5, -0.5, 1.5, -1.5, 2.5, 0.3, -0.7, 8388607.5, -8388608, 4194303.5, 2147483648, -2147483904, 4294967296,
      2147483520, 1e30, 0x1p-140,
    ]
    for index in stride(from: 0, to: floats.count, by: 2) {
      words.append(UInt64(floats[index].bitPattern) | UInt64(floats[index + 1].bitPattern) << 32)
    }
    let doubles: [Double] = [
      0.5, -0.5, 1.5, -2.5, -0.3, 4503599627370495.5, -4503599627370496, 2147483647.9, -2147483648.9, 4294967295.9,
      -0.99, 1e300, .infinity, -.infinity, .nan, .signalingNaN, -0.0, 0x1p-1060,
    ]
    words += doubles.map(\.bitPattern)
    var random = RandomSource(seed: 1)
    for _ in 0..<40 { words.append(random.next()) }
    return words.indices.map { Vector(words[$0], words[($0 &* 7 &+ 3) % words.count]) }
  }()

  static let pairs: [(Vector, Vector)] = samples.indices.flatMap { first in
    [1, 2, 5, 11, 17].map { (samples[first], samples[(first + $0) % samples.count]) } + [
      (samples[first], samples[first])
    ]
  }

  private func check<F: VectorBinaryFunction, T: Lane, U: BitwiseCopyable>(
    _: F.Type, _: T.Type, _ expected: (T, T) -> U, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (a, b) in Self.pairs {
      let x: T.Lanes = reinterpret(a)
      let y: T.Lanes = reinterpret(b)
      let result: F.Result = F.apply(reinterpret(a), reinterpret(b))
      withUnsafeBytes(of: result) { bytes in
        for lane in 0..<T.Lanes.scalarCount {
          let actual = bytes.loadUnaligned(fromByteOffset: lane * MemoryLayout<U>.stride, as: U.self)
          let wanted = expected(x[lane], y[lane])
          if matches(actual, wanted) { continue }
          Issue.record("\(F.self)(\(x[lane]), \(y[lane])) is \(actual), not \(wanted)", sourceLocation: sourceLocation)
        }
      }
    }
  }

  private func check<F: VectorUnaryFunction, T: Lane, U: BitwiseCopyable>(
    _: F.Type, _: T.Type, _ expected: (T) -> U, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for a in Self.samples {
      let x: T.Lanes = reinterpret(a)
      let result: F.Result = F.apply(reinterpret(a))
      withUnsafeBytes(of: result) { bytes in
        for lane in 0..<min(T.Lanes.scalarCount, 16 / MemoryLayout<U>.stride) {
          let actual = bytes.loadUnaligned(fromByteOffset: lane * MemoryLayout<U>.stride, as: U.self)
          if matches(actual, expected(x[lane])) { continue }
          Issue.record("\(F.self)(\(x[lane])) is \(actual)", sourceLocation: sourceLocation)
        }
      }
    }
  }

  private func checkIntegers<T: IntegerLane>(_: T.Type) {
    check(AddLanes<T>.self, T.self) { $0 &+ $1 }
    check(SubtractLanes<T>.self, T.self) { $0 &- $1 }
    check(MultiplyLanes<T>.self, T.self) { $0 &* $1 }
    check(MinimumLanes<T>.self, T.self) { min($0, $1) }
    check(MaximumLanes<T>.self, T.self) { max($0, $1) }
    check(LanesEqual<T>.self, T.self) { $0 == $1 ? ~T.zero : 0 }
    check(LanesNotEqual<T>.self, T.self) { $0 != $1 ? ~T.zero : 0 }
    check(LanesLess<T>.self, T.self) { $0 < $1 ? ~T.zero : 0 }
    check(LanesGreater<T>.self, T.self) { $0 > $1 ? ~T.zero : 0 }
    check(LanesLessOrEqual<T>.self, T.self) { $0 <= $1 ? ~T.zero : 0 }
    check(LanesGreaterOrEqual<T>.self, T.self) { $0 >= $1 ? ~T.zero : 0 }
    check(NegateLanes<T>.self, T.self) { 0 &- $0 }
    if T.isSigned { check(AbsoluteLanes<T>.self, T.self) { T(truncatingIfNeeded: $0.magnitude) } }
    for count: UInt32 in [0, 1, 7, 8, 13, 31, 33, 64, 127, 0xFFFF_FFFF] {
      let width = UInt32(T.bitWidth)
      for sample in Self.samples {
        let a: T.Lanes = reinterpret(sample)
        let left = ShiftLanesLeft<T>.apply(a, count)
        let right = ShiftLanesRight<T>.apply(a, count)
        for lane in 0..<T.Lanes.scalarCount {
          expect(left[lane] == a[lane] << (count % width))
          expect(right[lane] == a[lane] >> (count % width))
        }
      }
    }
  }

  @Test func integerFunctions() {
    checkIntegers(Int8.self)
    checkIntegers(UInt8.self)
    checkIntegers(Int16.self)
    checkIntegers(UInt16.self)
    checkIntegers(Int32.self)
    checkIntegers(UInt32.self)
    checkIntegers(Int64.self)
    checkIntegers(UInt64.self)
    check(CountOnesInLanes.self, UInt8.self) { UInt8($0.nonzeroBitCount) }
    check(AverageLanes<UInt8>.self, UInt8.self) { UInt8((UInt32($0) + UInt32($1) + 1) / 2) }
    check(AverageLanes<UInt16>.self, UInt16.self) { UInt16((UInt32($0) + UInt32($1) + 1) / 2) }
  }

  @Test func saturatingFunctions() {
    check(EachOf16<AddSaturatingSigned<Int8>>.self, Int8.self) { Int8(clamping: Int($0) + Int($1)) }
    check(EachOf16<SubtractSaturatingSigned<Int8>>.self, Int8.self) { Int8(clamping: Int($0) - Int($1)) }
    check(EachOf8<AddSaturatingSigned<Int16>>.self, Int16.self) { Int16(clamping: Int($0) + Int($1)) }
    check(EachOf8<SubtractSaturatingSigned<Int16>>.self, Int16.self) { Int16(clamping: Int($0) - Int($1)) }
    check(AddSaturatingUnsigned<UInt8>.self, UInt8.self) { UInt8(clamping: Int($0) + Int($1)) }
    check(SubtractSaturatingUnsigned<UInt8>.self, UInt8.self) { UInt8(clamping: Int($0) - Int($1)) }
    check(AddSaturatingUnsigned<UInt16>.self, UInt16.self) { UInt16(clamping: Int($0) + Int($1)) }
    check(SubtractSaturatingUnsigned<UInt16>.self, UInt16.self) { UInt16(clamping: Int($0) - Int($1)) }
    check(MultiplyQ15.self, Int16.self) { Int16(clamping: (Int($0) * Int($1) + 0x4000) >> 15) }
  }

  @Test func narrowingTakesTheLanesOfTheFirstOperandFirst() {
    for (a, b) in Self.pairs {
      let (a16, b16): (SIMD8<Int16>, SIMD8<Int16>) = (reinterpret(a), reinterpret(b))
      let (a32, b32): (SIMD4<Int32>, SIMD4<Int32>) = (reinterpret(a), reinterpret(b))
      for lane in 0..<8 {
        expect(NarrowTo16<Int8>.apply(a16, b16)[lane] == Int8(clamping: a16[lane]))
        expect(NarrowTo16<UInt8>.apply(a16, b16)[8 + lane] == UInt8(clamping: b16[lane]))
      }
      for lane in 0..<4 {
        expect(NarrowTo8<UInt16>.apply(a32, b32)[lane] == UInt16(clamping: a32[lane]))
        expect(NarrowTo8<Int16>.apply(a32, b32)[4 + lane] == Int16(clamping: b32[lane]))
      }
    }
  }

  private func checkWidening<T: NarrowLane>(_: T.Type) {
    let half = T.Wide.Lanes.scalarCount
    for (a, b) in Self.pairs {
      let x: T.Lanes = reinterpret(a)
      let y: T.Lanes = reinterpret(b)
      for lane in 0..<half {
        expect(ExtendHalf<T, LowHalf>.apply(x)[lane] == T.Wide(x[lane]))
        expect(ExtendHalf<T, HighHalf>.apply(x)[lane] == T.Wide(x[half + lane]))
        expect(MultiplyExtendedHalf<T, LowHalf>.apply(x, y)[lane] == T.Wide(x[lane]) &* T.Wide(y[lane]))
        expect(MultiplyExtendedHalf<T, HighHalf>.apply(x, y)[lane] == T.Wide(x[half + lane]) &* T.Wide(y[half + lane]))
        expect(AddExtendedPairs<T>.apply(x)[lane] == T.Wide(x[2 * lane]) + T.Wide(x[2 * lane + 1]))
      }
    }
  }

  @Test func widening() {
    checkWidening(Int8.self)
    checkWidening(UInt8.self)
    checkWidening(Int16.self)
    checkWidening(UInt16.self)
    checkWidening(Int32.self)
    checkWidening(UInt32.self)
  }

  @Test func dotProducts() {
    for (a, b) in Self.pairs {
      let (a16, b16): (SIMD8<Int16>, SIMD8<Int16>) = (reinterpret(a), reinterpret(b))
      let (a8, b8): (SIMD16<Int8>, SIMD16<Int8>) = (reinterpret(a), reinterpret(b))
      let c: SIMD4<Int32> = reinterpret(b)
      for lane in 0..<4 {
        let products = (0..<2).map { Int(a16[2 * lane + $0]) * Int(b16[2 * lane + $0]) }
        expect(DotProduct.apply(a16, b16)[lane] == Int32(truncatingIfNeeded: products[0] + products[1]))
      }
      let relaxed = (0..<8).map { lane in
        let even = Int(a8[2 * lane]) * Int(b8[2 * lane])
        let odd = Int(a8[2 * lane + 1]) * Int(b8[2 * lane + 1])
        return Int16(clamping: even + odd)
      }
      for lane in 0..<8 { expect(RelaxedDotProduct.apply(a8, b8)[lane] == relaxed[lane]) }
      for lane in 0..<4 {
        let sum = Int32(relaxed[2 * lane]) + Int32(relaxed[2 * lane + 1])
        expect(RelaxedDotProductAdd.apply(a8, b8, c)[lane] == sum &+ c[lane])
      }
    }
  }

  @Test func tests() {
    for a in Self.samples + [Vector(1, 0), Vector(0x0100_0001_0000_0100, 0x0101_0101_0101_0101)] {
      expect(AnyTrue.apply(a) == (a == .zero ? 0 : 1))
      checkTests(UInt8.self, a, AllTrue<UInt8>.apply(a), BitMask<UInt8>.apply(a))
      checkTests(UInt16.self, a, AllTrue<UInt16>.apply(a), BitMask<UInt16>.apply(a))
      checkTests(UInt32.self, a, AllTrue<UInt32>.apply(a), BitMask<UInt32>.apply(a))
      checkTests(UInt64.self, a, AllTrue64.apply(a), BitMask64.apply(a))
    }
  }

  private func checkTests<T: BitLane>(_: T.Type, _ a: Vector, _ allTrue: UInt32, _ mask: UInt32) {
    let lanes: T.Lanes = reinterpret(a)
    let all = (0..<T.Lanes.scalarCount).map { lanes[$0] }
    expect(allTrue == (all.contains(0) ? 0 : 1), "\(lanes)")
    let signs = all.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element >> T(T.bitWidth - 1)) << UInt32($1.offset) }
    expect(mask == signs, "\(lanes)")
  }

  private func checkFloats<T: FloatLane & WasmFloat>(_: T.Type) {
    check(AddFloatLanes<T>.self, T.self) { $0 + $1 }
    check(SubtractFloatLanes<T>.self, T.self) { $0 - $1 }
    check(MultiplyFloatLanes<T>.self, T.self) { $0 * $1 }
    check(DivideFloatLanes<T>.self, T.self) { $0 / $1 }
    check(MinimumFloatLanes<T>.self, T.self) { FloatMinimum<T>.apply($0, $1) }
    check(MaximumFloatLanes<T>.self, T.self) { FloatMaximum<T>.apply($0, $1) }
    check(PseudoMinimumLanes<T>.self, T.self) { ($1 < $0 ? $1 : $0).bitPattern }
    check(PseudoMaximumLanes<T>.self, T.self) { ($0 < $1 ? $1 : $0).bitPattern }
    check(LanesEqual<T>.self, T.self) { $0 == $1 ? T.Bits.max : 0 }
    check(LanesNotEqual<T>.self, T.self) { $0 != $1 ? T.Bits.max : 0 }
    check(LanesLess<T>.self, T.self) { $0 < $1 ? T.Bits.max : 0 }
    check(LanesGreater<T>.self, T.self) { $0 > $1 ? T.Bits.max : 0 }
    check(FloatLanesLessOrEqual<T>.self, T.self) { $0 <= $1 ? T.Bits.max : 0 }
    check(FloatLanesGreaterOrEqual<T>.self, T.self) { $0 >= $1 ? T.Bits.max : 0 }
    check(AbsoluteFloatLanes<T>.self, T.self) { $0.bitPattern & ~T.signMask }
    check(NegateFloatLanes<T>.self, T.self) { $0.bitPattern ^ T.signMask }
    check(SquareRootOfLanes<T>.self, T.self) { $0.squareRoot() }
    check(RoundLanes<T, ToNearest>.self, T.self) { Round<T, ToNearest>.apply($0) }
    check(RoundLanes<T, TowardZero>.self, T.self) { Round<T, TowardZero>.apply($0) }
    check(RoundLanes<T, Upward>.self, T.self) { Round<T, Upward>.apply($0) }
    check(RoundLanes<T, Downward>.self, T.self) { Round<T, Downward>.apply($0) }
  }

  @Test func floatFunctions() {
    checkFloats(Float.self)
    checkFloats(Double.self)
  }

  @Test func conversions() {
    check(TruncateFloat32Lanes<Int32>.self, Float.self) { TruncateSaturating<Float, Int32>.apply($0) }
    check(TruncateFloat32Lanes<UInt32>.self, Float.self) { TruncateSaturating<Float, UInt32>.apply($0) }
    check(TruncateFloat64Lanes<Int32>.self, Double.self) { TruncateSaturating<Double, Int32>.apply($0) }
    check(TruncateFloat64Lanes<UInt32>.self, Double.self) { TruncateSaturating<Double, UInt32>.apply($0) }
    check(ConvertLanesToFloat32<Int32>.self, Int32.self) { Float($0) }
    check(ConvertLanesToFloat32<UInt32>.self, UInt32.self) { Float($0) }
    check(ConvertLowLanesToFloat64<Int32>.self, Int32.self) { Double($0) }
    check(ConvertLowLanesToFloat64<UInt32>.self, UInt32.self) { Double($0) }
    check(DemoteLanes.self, Double.self) { Float($0) }
    check(PromoteLowLanes.self, Float.self) { Double($0) }
    for a in Self.samples {
      expect(reinterpret(DemoteLanes.apply(reinterpret(a)), as: Vector.self).y == 0)
      expect(reinterpret(TruncateFloat64Lanes<Int32>.apply(reinterpret(a)), as: Vector.self).y == 0)
    }
  }

  @Test func lanesInAnotherOrder() {
    for (a, b) in Self.pairs {
      let (a8, b8): (SIMD16<UInt8>, SIMD16<UInt8>) = (reinterpret(a), reinterpret(b))
      let swizzled: SIMD16<UInt8> = withUnsafeBytes(of: a8) {
        let bytes = $0.baseAddress!.assumingMemoryBound(to: UInt8.self)
        return reinterpret(Vector(Swizzle.lookUp(b.x, bytes), Swizzle.lookUp(b.y, bytes)))
      }
      for lane in 0..<16 {
        expect(swizzled[lane] == (b8[lane] < 16 ? a8[Int(b8[lane])] : 0))
        let replaced = UInt8.replace(UInt16(lane), of: a8, with: b8[lane])
        expect((0..<16).allSatisfy { replaced[$0] == ($0 == lane ? b8[lane] : a8[$0]) })
      }
      expect(BitSelect.apply(a, b, a ^ b) == (a & (a ^ b)) | (b & ~(a ^ b)))
    }
  }
}

/// Whether two lanes have the same bits; all quiet NaNs are equal.
private func matches<U: BitwiseCopyable>(_ actual: U, _ expected: U) -> Bool {
  switch (actual, expected) {
  case (let a as Float, let b as Float): a.isNaN && b.isNaN ? !a.isSignalingNaN : a.bitPattern == b.bitPattern
  case (let a as Double, let b as Double): a.isNaN && b.isNaN ? !a.isSignalingNaN : a.bitPattern == b.bitPattern
  default: withUnsafeBytes(of: actual) { a in withUnsafeBytes(of: expected) { a.elementsEqual($0) } }
  }
}

/// A cheap `#expect` for loops: it costs nothing if the condition holds.
private func expect(
  _ condition: Bool, _ about: @autoclosure () -> String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  if !condition { Issue.record(Comment(rawValue: about()), sourceLocation: sourceLocation) }
}
