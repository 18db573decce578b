import WasmRuntime

// Access to single lanes, and permutations of lanes. (Core specification 3.0, 4.6.11 "Vector Instructions".)

/// A lane as plain bits.
protocol BitLane: IntegerLane, UnsignedInteger {
  /// 0, 1, 2 and so on.
  static var numbers: Lanes { get }
}
extension UInt8: BitLane {
  @inline(__always) static var numbers: SIMD16<UInt8> { SIMD16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) }
}
extension UInt16: BitLane {
  @inline(__always) static var numbers: SIMD8<UInt16> { SIMD8(0, 1, 2, 3, 4, 5, 6, 7) }
}
extension UInt32: BitLane {
  @inline(__always) static var numbers: SIMD4<UInt32> { SIMD4(0, 1, 2, 3) }
}
extension UInt64: BitLane {
  @inline(__always) static var numbers: SIMD2<UInt64> { SIMD2(0, 1) }
}

extension BitLane {
  /// The vector with one lane replaced, in registers: a vector that was just partly written is slow to read.
  @inline(__always)
  static func replace(_ lane: UInt16, of vector: Lanes, with value: Self) -> Lanes {
    vector.replacing(
      with: Lanes(repeating: value), where: equal(numbers, Lanes(repeating: Self(truncatingIfNeeded: lane))))
  }
}

extension UnsafeMutablePointer<Slot> {
  /// A lane of the vector in this slot and the next.
  @inline(__always)
  func lane<T: BitwiseCopyable>(_ lane: Int, as type: T.Type) -> T {
    UnsafeRawPointer(self).loadUnaligned(fromByteOffset: lane &* MemoryLayout<T>.size, as: type)
  }
}

/// All lanes of `destination` ← `operand`. Floats are handled as bits, too.
enum Splat<T: BitLane>: Operation {
  typealias Format = UnaryFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let value = T(truncatingIfNeeded: machine.slot(machine[Format.self].operand).pointee)
    machine.writeLanes(
      T.Lanes(repeating: value),
      to: machine[Format.self].destination)
    machine.advance(Format.self)
    return true
  }
}

/// `destination` ← the lane of `vector`.
enum ExtractLane<Function: LoadFunction>: Operation {
  typealias Format = ExtractLaneFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let stored = machine.slot(machine[Format.self].vector).lane(
      Int(machine[Format.self].lane), as: Function.Stored.self)
    Function.convert(stored).write(machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}

/// `destination` ← `vector`, but the lane ← `value`.
enum ReplaceLane<T: BitLane>: Operation {
  typealias Format = ReplaceLaneFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let value = T(truncatingIfNeeded: machine.slot(machine[Format.self].value).pointee)
    machine.writeLanes(
      T.replace(machine[Format.self].lane, of: machine.lanes(machine[Format.self].vector), with: value),
      to: machine[Format.self].destination)
    machine.advance(Format.self)
    return true
  }
}

/// Looks up bytes in the concatenation of `low` and `high`, by the low five bits of each byte of `indices`.
///
/// Out of line: the table must be in memory, and a handler must not have a local whose address is taken.
@inline(never)
func lookUp(_ indices: Vector, low: Vector, high: Vector) -> Vector {
  withUnsafeBytes(of: (low, high)) { table in
    let bytes = table.baseAddress.unsafelyUnwrapped
    return Vector(lookUp(indices.x, bytes), lookUp(indices.y, bytes))
  }
}

@inline(__always)
private func lookUp(_ indices: UInt64, _ table: UnsafeRawPointer) -> UInt64 {
  var result: UInt64 = 0
  for position in 0..<8 {
    let shift = UInt64(truncatingIfNeeded: 8 &* position)
    let index = Int(truncatingIfNeeded: (indices &>> shift) & 31)
    result |= UInt64(table.load(fromByteOffset: index, as: UInt8.self)) &<< shift
  }
  return result
}

/// `destination` ← bytes of `first` and `second`, by the sixteen indices.
enum Shuffle: Operation {
  typealias Format = ShuffleFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let indices = Vector(machine[Format.self].lowIndices.bits, machine[Format.self].highIndices.bits)
    machine.writeLanes(
      lookUp(indices, low: machine.lanes(machine[Format.self].first), high: machine.lanes(machine[Format.self].second)),
      to: machine[Format.self].destination)
    machine.advance(Format.self)
    return true
  }
}

/// The bytes of `a` at the indices in `b`; 0 for an index out of range.
enum Swizzle: VectorBinaryFunction {
  @inline(__always) static func apply(_ a: SIMD16<UInt8>, _ b: SIMD16<UInt8>) -> Vector {
    let bounded = MinimumLanes<UInt8>.apply(b, SIMD16(repeating: 16))
    return lookUp(reinterpret(bounded), low: reinterpret(a), high: .zero)
  }
}
