import WasmRuntime

// Loads and stores. (Core specification 3.0, 4.6.8 "Memory Instructions".)

/// Converts the bytes in memory to the result of a load.
protocol LoadFunction {
  associatedtype Stored: BitwiseCopyable
  associatedtype Result: Scalar
  static func convert(_ stored: Stored) -> Result
}

/// An integer, extended according to the signedness of `Stored`.
enum LoadInteger<Stored: FixedWidthInteger & BitwiseCopyable, Result: WasmInteger>: LoadFunction {
  @inline(__always) static func convert(_ stored: Stored) -> Result { Result(truncatingIfNeeded: stored) }
}
enum LoadFloat<T: WasmFloat>: LoadFunction {
  @inline(__always) static func convert(_ stored: T) -> T { stored }
}

/// Converts a value to the bytes that a store writes.
protocol StoreFunction {
  associatedtype Operand: Scalar
  associatedtype Stored: BitwiseCopyable
  static func convert(_ value: Operand) -> Stored
}

enum StoreInteger<Operand: WasmInteger, Stored: FixedWidthInteger & BitwiseCopyable>: StoreFunction {
  @inline(__always) static func convert(_ value: Operand) -> Stored { Stored(truncatingIfNeeded: value) }
}
enum StoreFloat<T: WasmFloat>: StoreFunction {
  @inline(__always) static func convert(_ value: T) -> T { value }
}

extension Machine {
  /// The host address of an access to memory 0, or nil if it is out of bounds.
  @inline(__always)
  func place<A: AddressSource>(_: A.Type, byteCount: Int) -> UnsafeMutableRawPointer? {
    let address = A.address(self)
    // Signed: the difference is negative for a memory smaller than the access. So the address itself needs no addition.
    let last = Int64(bitPattern: memoryByteCount) &- Int64(byteCount)
    guard _fastPath(Int64(bitPattern: address) <= last) else { return nil }
    return memoryBase + Int(truncatingIfNeeded: address)
  }

  /// The host address of a far access, or nil if it is out of bounds.
  @inline(__always)
  func farPlace<Format: FarFormat>(_: Format.Type, byteCount: Int) -> UnsafeMutableRawPointer? {
    let cell = context.pointee.memories[Int(self[Format.self].memory)].pointee
    let slot = slot(self[Format.self].address).pointee
    let address = self[Format.self].is64.isSet ? slot : slot & 0xFFFF_FFFF
    let (effective, overflow) = address.addingReportingOverflow(self[Format.self].offset)
    let (end, overflowAtEnd) = effective.addingReportingOverflow(UInt64(byteCount))
    guard _fastPath(!overflow && !overflowAtEnd && end <= cell.byteCount) else { return nil }
    return cell.base + Int(truncatingIfNeeded: effective)
  }
}

/// `value` ← memory 0 at A.
enum Load<Function: LoadFunction, A: AddressSource>: Operation
where A.Format: AccessFormat, A.Format.Value == Destination {
  typealias Format = A.Format

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.place(A.self, byteCount: MemoryLayout<Function.Stored>.size) else {
      return machine.outOfBounds(A.self)
    }
    Function.convert(place.loadUnaligned(as: Function.Stored.self)).write(
      machine.slot(machine[Format.self].value), &machine)
    machine.advance(Format.self)
    return true
  }
}

/// Memory 0 at A ← V.
enum Store<Function: StoreFunction, A: AddressSource, V: Source>: Operation
where A.Format: AccessFormat, A.Format.Value == V.Field {
  typealias Format = A.Format

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let value = V.load(machine[Format.self].value, machine, as: Function.Operand.self)
    guard let place = machine.place(A.self, byteCount: MemoryLayout<Function.Stored>.size) else {
      return machine.outOfBounds(A.self)
    }
    place.storeBytes(of: Function.convert(value), as: Function.Stored.self)
    machine.advance(Format.self)
    return true
  }
}

/// `value` ← any memory.
enum FarLoad<Function: LoadFunction>: Operation {
  typealias Format = FarAccess<Destination>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.farPlace(Format.self, byteCount: MemoryLayout<Function.Stored>.size) else {
      return machine.farOutOfBounds(Format.self, byteCount: MemoryLayout<Function.Stored>.size)
    }
    Function.convert(place.loadUnaligned(as: Function.Stored.self)).write(
      machine.slot(machine[Format.self].value), &machine)
    machine.advance(Format.self)
    return true
  }
}

/// Any memory ← `value`.
enum FarStore<Function: StoreFunction>: Operation {
  typealias Format = FarAccess<SlotOperand>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.farPlace(Format.self, byteCount: MemoryLayout<Function.Stored>.size) else {
      return machine.farOutOfBounds(Format.self, byteCount: MemoryLayout<Function.Stored>.size)
    }
    let value = Function.Operand.read(machine.slot(machine[Format.self].value))
    place.storeBytes(of: Function.convert(value), as: Function.Stored.self)
    machine.advance(Format.self)
    return true
  }
}
