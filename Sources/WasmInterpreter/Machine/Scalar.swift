import WasmRuntime

/// A value of one slot.
protocol Scalar: BitwiseCopyable {
  static func read(_ slot: UnsafeMutablePointer<Slot>) -> Self
  static func accumulator(_ machine: Machine) -> Self
  /// A 32-bit immediate: sign-extended, or the bits of a float.
  static func immediate(_ bits: Int32) -> Self
  /// A 64-bit immediate, truncated if the type is narrower.
  static func immediate(_ bits: UInt64) -> Self
  /// Writes the slot, and the accumulator of this type.
  func write(_ slot: UnsafeMutablePointer<Slot>, _ machine: inout Machine)
}

extension UInt32: Scalar {
  @inline(__always)
  static func read(_ slot: UnsafeMutablePointer<Slot>) -> UInt32 { UInt32(truncatingIfNeeded: slot.pointee) }
  @inline(__always)
  static func accumulator(_ machine: Machine) -> UInt32 { UInt32(truncatingIfNeeded: machine.accumulator) }
  @inline(__always)
  static func immediate(_ bits: Int32) -> UInt32 { UInt32(bitPattern: bits) }
  @inline(__always)
  static func immediate(_ bits: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: bits) }
  @inline(__always)
  func write(_ slot: UnsafeMutablePointer<Slot>, _ machine: inout Machine) {
    if !machine.isSilent { slot.pointee = Slot(self) }
    machine.accumulator = Slot(self)
  }
}

extension UInt64: Scalar {
  @inline(__always)
  static func read(_ slot: UnsafeMutablePointer<Slot>) -> UInt64 { slot.pointee }
  @inline(__always)
  static func accumulator(_ machine: Machine) -> UInt64 { machine.accumulator }
  @inline(__always)
  static func immediate(_ bits: Int32) -> UInt64 { UInt64(bitPattern: Int64(bits)) }
  @inline(__always)
  static func immediate(_ bits: UInt64) -> UInt64 { bits }
  @inline(__always)
  func write(_ slot: UnsafeMutablePointer<Slot>, _ machine: inout Machine) {
    if !machine.isSilent { slot.pointee = self }
    machine.accumulator = self
  }
}

extension Float: Scalar {
  @inline(__always)
  static func read(_ slot: UnsafeMutablePointer<Slot>) -> Float { UnsafeRawPointer(slot).load(as: Float.self) }
  @inline(__always)
  static func accumulator(_ machine: Machine) -> Float { machine.float32 }
  @inline(__always)
  static func immediate(_ bits: Int32) -> Float { Float(bitPattern: UInt32(bitPattern: bits)) }
  @inline(__always)
  static func immediate(_ bits: UInt64) -> Float { Float(bitPattern: UInt32(truncatingIfNeeded: bits)) }
  @inline(__always)
  func write(_ slot: UnsafeMutablePointer<Slot>, _ machine: inout Machine) {
    if !machine.isSilent { UnsafeMutableRawPointer(slot).storeBytes(of: self, as: Float.self) }
    machine.float32 = self
  }
}

extension Double: Scalar {
  @inline(__always)
  static func read(_ slot: UnsafeMutablePointer<Slot>) -> Double { Double(bitPattern: slot.pointee) }
  @inline(__always)
  static func accumulator(_ machine: Machine) -> Double { machine.float64 }
  @inline(__always)
  static func immediate(_ bits: Int32) -> Double { Double(bitPattern: UInt64(UInt32(bitPattern: bits))) }
  @inline(__always)
  static func immediate(_ bits: UInt64) -> Double { Double(bitPattern: bits) }
  @inline(__always)
  func write(_ slot: UnsafeMutablePointer<Slot>, _ machine: inout Machine) {
    if !machine.isSilent { slot.pointee = bitPattern }
    machine.float64 = self
  }
}

/// A vector, in two adjacent slots.
typealias Vector = SIMD2<UInt64>

extension UnsafeMutablePointer<Slot> {
  @inline(__always)
  func readVector() -> Vector { UnsafeRawPointer(self).loadUnaligned(as: Vector.self) }
  @inline(__always)
  func writeVector(_ vector: Vector) { UnsafeMutableRawPointer(self).storeBytes(of: vector, as: Vector.self) }
}
