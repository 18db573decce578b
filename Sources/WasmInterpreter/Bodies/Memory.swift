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
    guard address &+ UInt64(byteCount) <= memoryByteCount else { return nil }
    return memoryBase + Int(truncatingIfNeeded: address)
  }

  /// The host address of a far access, or nil if it is out of bounds. 10: the slot of the address; 12: the memory; 14: whether the
  /// address has 64 bits; 16: the offset.
  @inline(__always)
  func farPlace(byteCount: Int) -> UnsafeMutableRawPointer? {
    let cell = context.pointee.memories[slotNumber(12)].pointee
    let slot = slot(10).pointee
    let address = slotNumber(14) != 0 ? slot : slot & 0xFFFF_FFFF
    let (effective, overflow) = address.addingReportingOverflow(operand(16, as: UInt64.self))
    let (end, overflowAtEnd) = effective.addingReportingOverflow(UInt64(byteCount))
    guard !overflow, !overflowAtEnd, end <= cell.byteCount else { return nil }
    return cell.base + Int(truncatingIfNeeded: effective)
  }
}

/// Slot 8 ← memory 0 at A.
enum Load<Function: LoadFunction, A: AddressSource>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.place(A.self, byteCount: MemoryLayout<Function.Stored>.size) else {
      return machine.trap(.outOfBoundsMemoryAccess)
    }
    Function.convert(place.loadUnaligned(as: Function.Stored.self)).write(machine.slot(8), &machine)
    machine.advance(A.wordCount)
    return true
  }
}

/// Memory 0 at A ← V.
enum Store<Function: StoreFunction, A: AddressSource, V: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let value = V.load(machine, as: Function.Operand.self)
    guard let place = machine.place(A.self, byteCount: MemoryLayout<Function.Stored>.size) else {
      return machine.trap(.outOfBoundsMemoryAccess)
    }
    place.storeBytes(of: Function.convert(value), as: Function.Stored.self)
    machine.advance(A.wordCount)
    return true
  }
}

/// Slot 8 ← any memory.
enum FarLoad<Function: LoadFunction>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.farPlace(byteCount: MemoryLayout<Function.Stored>.size) else {
      return machine.trap(.outOfBoundsMemoryAccess)
    }
    Function.convert(place.loadUnaligned(as: Function.Stored.self)).write(machine.slot(8), &machine)
    machine.advance(3)
    return true
  }
}

/// Any memory ← slot 8.
enum FarStore<Function: StoreFunction>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.farPlace(byteCount: MemoryLayout<Function.Stored>.size) else {
      return machine.trap(.outOfBoundsMemoryAccess)
    }
    let value = Function.Operand.read(machine.slot(8))
    place.storeBytes(of: Function.convert(value), as: Function.Stored.self)
    machine.advance(3)
    return true
  }
}
