import WasmRuntime

// Vector instructions see their operands as lanes of one type. Functions of lanes are pure; the operations below turn them into
// instructions that compile to a few machine instructions each, without intrinsics. Two rules make sure of that, found by reading the
// compiler's output: whole-vector operators are used only on vectors of 128 bits, since masks of wider ones are split; and loops have at
// most eight lanes, so that they are unrolled and then vectorized again (`AddSaturating` becomes one `paddsb`).
//
// Instructions with the same effect must share one type (`i32x4.replace_lane` and `f32x4.replace_lane`): the compiler would merge their
// handlers into one that is called, which the threaded dispatcher does not allow.

/// The type of a vector's lanes.
protocol Lane: SIMDScalar, BitwiseCopyable, Hashable, Codable {
  /// A vector of these lanes.
  associatedtype Lanes: SIMD, BitwiseCopyable where Lanes.Scalar == Self

  // `SIMD`'s generic operators are loops; these are the built-in ones of the concrete types.
  static func equal(_ a: Lanes, _ b: Lanes) -> SIMDMask<Lanes.MaskStorage>
  static func less(_ a: Lanes, _ b: Lanes) -> SIMDMask<Lanes.MaskStorage>
}

protocol IntegerLane: Lane, FixedWidthInteger {}

/// A lane for which there is one of twice the width.
protocol NarrowLane: IntegerLane where Lanes: HalvedVector, Lanes.Half: BitwiseCopyable {
  associatedtype Wide: IntegerLane
  static func extend(_ half: Lanes.Half) -> Wide.Lanes
}

/// A vector that can be halved.
protocol HalvedVector: SIMD {
  associatedtype Half
  var lowHalf: Half { get }
  var highHalf: Half { get }
  var evenHalf: Half { get }
  var oddHalf: Half { get }
}

extension SIMD16: HalvedVector { typealias Half = SIMD8<Scalar> }
extension SIMD8: HalvedVector { typealias Half = SIMD4<Scalar> }
extension SIMD4: HalvedVector { typealias Half = SIMD2<Scalar> }

extension Int8: NarrowLane {
  typealias Lanes = SIMD16<Int8>
  typealias Wide = Int16
  @inline(__always) static func equal(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD16<Int8>> { a .== b }
  @inline(__always) static func less(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD16<Int8>> { a .< b }
  @inline(__always) static func extend(_ half: SIMD8<Int8>) -> SIMD8<Int16> { convertEach(half) }
}
extension UInt8: NarrowLane {
  typealias Lanes = SIMD16<UInt8>
  typealias Wide = UInt16
  @inline(__always) static func equal(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD16<Int8>> { a .== b }
  @inline(__always) static func less(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD16<Int8>> { a .< b }
  @inline(__always) static func extend(_ half: SIMD8<UInt8>) -> SIMD8<UInt16> { convertEach(half) }
}
extension Int16: NarrowLane {
  typealias Lanes = SIMD8<Int16>
  typealias Wide = Int32
  @inline(__always) static func equal(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD8<Int16>> { a .== b }
  @inline(__always) static func less(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD8<Int16>> { a .< b }
  @inline(__always) static func extend(_ half: SIMD4<Int16>) -> SIMD4<Int32> { SIMD4(truncatingIfNeeded: half) }
}
extension UInt16: NarrowLane {
  typealias Lanes = SIMD8<UInt16>
  typealias Wide = UInt32
  @inline(__always) static func equal(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD8<Int16>> { a .== b }
  @inline(__always) static func less(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD8<Int16>> { a .< b }
  @inline(__always) static func extend(_ half: SIMD4<UInt16>) -> SIMD4<UInt32> { SIMD4(truncatingIfNeeded: half) }
}
extension Int32: NarrowLane {
  typealias Lanes = SIMD4<Int32>
  typealias Wide = Int64
  @inline(__always) static func equal(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD4<Int32>> { a .== b }
  @inline(__always) static func less(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD4<Int32>> { a .< b }
  @inline(__always) static func extend(_ half: SIMD2<Int32>) -> SIMD2<Int64> { SIMD2(truncatingIfNeeded: half) }
}
extension UInt32: NarrowLane {
  typealias Lanes = SIMD4<UInt32>
  typealias Wide = UInt64
  @inline(__always) static func equal(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD4<Int32>> { a .== b }
  @inline(__always) static func less(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD4<Int32>> { a .< b }
  @inline(__always) static func extend(_ half: SIMD2<UInt32>) -> SIMD2<UInt64> { SIMD2(truncatingIfNeeded: half) }
}
extension Int64: IntegerLane {
  typealias Lanes = SIMD2<Int64>
  @inline(__always) static func equal(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD2<Int64>> { a .== b }
  @inline(__always) static func less(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD2<Int64>> { a .< b }
}
extension UInt64: IntegerLane {
  typealias Lanes = SIMD2<UInt64>
  @inline(__always) static func equal(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD2<Int64>> { a .== b }
  @inline(__always) static func less(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD2<Int64>> { a .< b }
}
extension Float: Lane {
  typealias Lanes = SIMD4<Float>
  @inline(__always) static func equal(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD4<Int32>> { a .== b }
  @inline(__always) static func less(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD4<Int32>> { a .< b }
}
extension Double: Lane {
  typealias Lanes = SIMD2<Double>
  @inline(__always) static func equal(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD2<Int64>> { a .== b }
  @inline(__always) static func less(_ a: Lanes, _ b: Lanes) -> SIMDMask<SIMD2<Int64>> { a .< b }
}

/// The same 128 bits as another type; a true lane of a mask is all ones.
@inline(__always)
func reinterpret<Source, Target>(_ vector: Source, as type: Target.Type = Target.self) -> Target {
  unsafeBitCast(vector, to: type)
}

/// Converts eight integers to another type. The standard library's initializers become calls in a module of this size.
@inline(__always)
func convertEach<Source: IntegerLane, Target: IntegerLane>(_ vector: SIMD8<Source>) -> SIMD8<Target> {
  var result = SIMD8<Target>()
  for lane in 0..<8 { result[lane] = Target(truncatingIfNeeded: vector[lane]) }
  return result
}

/// A function of one vector.
protocol VectorUnaryFunction {
  associatedtype Operand
  associatedtype Result
  static func apply(_ a: Operand) -> Result
}

/// A function of two vectors.
protocol VectorBinaryFunction {
  associatedtype Operand
  associatedtype Result
  static func apply(_ a: Operand, _ b: Operand) -> Result
}

/// A function of three vectors.
protocol VectorTernaryFunction {
  associatedtype Operand
  associatedtype Addend
  static func apply(_ a: Operand, _ b: Operand, _ c: Addend) -> Addend
}

/// A function of a vector and an `i32`.
protocol VectorShiftFunction {
  associatedtype Operand
  static func apply(_ a: Operand, _ count: UInt32) -> Operand
}

/// A function of a vector whose result is an `i32`.
protocol VectorTestFunction {
  associatedtype Operand
  static func apply(_ a: Operand) -> UInt32
}

extension Machine {
  /// The vector in the two slots that the operand names.
  @inline(__always)
  func lanes<V>(_ operand: SlotOperand, as type: V.Type = V.self) -> V { reinterpret(slot(operand).readVector()) }

  @inline(__always)
  func writeLanes<V>(_ lanes: V, to destination: Destination) { slot(destination).writeVector(reinterpret(lanes)) }
}

/// `destination` ← op `operand`.
enum VectorUnary<Function: VectorUnaryFunction>: Operation {
  typealias Format = UnaryFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.writeLanes(
      Function.apply(machine.lanes(machine[Format.self].operand)),
      to: machine[Format.self].destination)
    machine.advance(Format.self)
    return true
  }
}

/// `destination` ← `first` op `second`.
enum VectorBinary<Function: VectorBinaryFunction>: Operation {
  typealias Format = BinarySlots

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.writeLanes(
      Function.apply(machine.lanes(machine[Format.self].first), machine.lanes(machine[Format.self].second)),
      to: machine[Format.self].destination)
    machine.advance(Format.self)
    return true
  }
}

/// `destination` ← op (`first`, `second`, `third`).
enum VectorTernary<Function: VectorTernaryFunction>: Operation {
  typealias Format = TernaryFormat<SlotOperand>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.writeLanes(
      Function.apply(
        machine.lanes(machine[Format.self].first), machine.lanes(machine[Format.self].second),
        machine.lanes(machine[Format.self].third)),
      to: machine[Format.self].destination)
    machine.advance(Format.self)
    return true
  }
}

/// `destination` ← `first` op `second`, an i32.
enum VectorShift<Function: VectorShiftFunction>: Operation {
  typealias Format = BinarySlots

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.writeLanes(
      Function.apply(
        machine.lanes(machine[Format.self].first), UInt32.read(machine.slot(machine[Format.self].second))),
      to: machine[Format.self].destination)
    machine.advance(Format.self)
    return true
  }
}

/// `destination`, an i32 ← op `operand`.
enum VectorTest<Function: VectorTestFunction>: Operation {
  typealias Format = UnaryFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    Function.apply(machine.lanes(machine[Format.self].operand)).write(
      machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}
