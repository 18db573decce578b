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

/// All lanes of slots 8 ← slot 10. Floats are handled as bits, too.
enum Splat<T: BitLane>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.writeLanes(8, T.Lanes(repeating: T(truncatingIfNeeded: machine.slot(10).pointee)))
    machine.advance(2)
    return true
  }
}

/// Slot 8 ← lane 12 of slots 10.
enum ExtractLane<Function: LoadFunction>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let stored = machine.slot(10).lane(machine.slotNumber(12), as: Function.Stored.self)
    Function.convert(stored).write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}

/// Slots 8 ← slots 10, but lane 14 ← slot 12.
enum ReplaceLane<T: BitLane>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let value = T(truncatingIfNeeded: machine.slot(12).pointee)
    machine.writeLanes(8, T.replace(machine.operand(14, as: UInt16.self), of: machine.lanes(10), with: value))
    machine.advance(2)
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

/// Slots 8 ← bytes of slots 10 and 12, by the sixteen indices at 16.
enum Shuffle: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let indices = Vector(machine.operand(16, as: UInt64.self), machine.operand(24, as: UInt64.self))
    machine.writeLanes(8, lookUp(indices, low: machine.lanes(10), high: machine.lanes(12)))
    machine.advance(4)
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
