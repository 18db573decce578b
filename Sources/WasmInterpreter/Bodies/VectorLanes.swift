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

/// `destination` ← lanes of any vectors. Each half is made in a register: a vector that was just partly written is slow to read.
enum Shuffle<T: BitLane>: Operation {
  typealias Format = ShuffleFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let places = machine.elements(Format.self)
    let (low, high) = (half(places, machine), half(places + halfCount, machine))
    machine.slot(machine[Format.self].destination).writeVector(Vector(low, high))
    machine.pc += Format.byteCount + 2 * halfCount * MemoryLayout<LanePlace>.stride
    return true
  }

  /// The number of lanes of half a vector.
  @inline(__always) private static var halfCount: Int { 8 / MemoryLayout<T>.size }

  @inline(__always)
  private static func half(_ places: UnsafePointer<LanePlace>, _ machine: Machine) -> UInt64 {
    let lanes = UnsafeRawPointer(machine.frame).assumingMemoryBound(to: T.self)
    var result: UInt64 = 0
    for position in 0..<halfCount {
      result |= UInt64(lanes[places[position].number]) &<< UInt64(truncatingIfNeeded: T.bitWidth &* position)
    }
    return result
  }
}

/// `destination` ← the bytes of `first` at the indices in `second`; 0 for an index out of range.
enum Swizzle: Operation {
  typealias Format = BinarySlots

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let bytes = UnsafeRawPointer(machine.slot(machine[Format.self].first)).assumingMemoryBound(to: UInt8.self)
    let indices = machine.slot(machine[Format.self].second)
    let (low, high) = (lookUp(indices[0], bytes), lookUp(indices[1], bytes))
    machine.slot(machine[Format.self].destination).writeVector(Vector(low, high))
    machine.advance(Format.self)
    return true
  }

  /// The bytes at eight indices.
  @inline(__always)
  static func lookUp(_ indices: UInt64, _ bytes: UnsafePointer<UInt8>) -> UInt64 {
    var result: UInt64 = 0
    for position in 0..<8 {
      let shift = UInt64(truncatingIfNeeded: 8 &* position)
      let index = (indices &>> shift) & 0xFF
      let byte = UInt64(bytes[Int(truncatingIfNeeded: index & 15)])
      result |= (index < 16 ? byte : 0) &<< shift
    }
    return result
  }
}
