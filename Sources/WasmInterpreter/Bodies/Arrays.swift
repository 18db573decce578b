import WasmRuntime

// Access to arrays. (Core specification 3.0, 4.6.9 "Reference Instructions".)

extension Machine {
  /// The address of element B of the array A. Traps and returns nil if there is no such element.
  @inline(__always)
  func element<A: Source, B: Source>(_: A.Type, _: B.Type, byteCount: Int) -> UnsafeMutableRawPointer? {
    guard let array = UnsafeMutableRawPointer(bitPattern: UInt(A.load(self, as: UInt64.self))) else {
      _ = trap(.nullArrayReference)
      return nil
    }
    let index = B.load(self, as: UInt32.self)
    guard index < array.load(fromByteOffset: HeapObject.lengthOffset, as: UInt32.self) else {
      _ = trap(.outOfBoundsArrayAccess)
      return nil
    }
    return array + (HeapObject.payloadOffset + Int(index) * byteCount)
  }
}

/// Slot 8 ← the element with the index B of the array in slot 10.
enum ArrayGet<Function: LoadFunction, B: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard
      let element = machine.element(Slot10.self, B.self, byteCount: MemoryLayout<Function.Stored>.size)
    else { return false }
    Function.convert(element.loadUnaligned(as: Function.Stored.self)).write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}

enum ArrayGetVector: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let element = machine.element(Slot10.self, Slot12.self, byteCount: 16) else { return false }
    machine.slot(8).writeVector(element.loadUnaligned(as: Vector.self))
    machine.advance(2)
    return true
  }
}

/// The element with the index in slot 12 of the array in slot 10 ← V.
enum ArraySet<Function: StoreFunction, V: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let value = V.load(machine, as: Function.Operand.self)
    guard
      let element = machine.element(Slot10.self, Slot12.self, byteCount: MemoryLayout<Function.Stored>.size)
    else { return false }
    element.storeBytes(of: Function.convert(value), as: Function.Stored.self)
    machine.advance(2)
    return true
  }
}

enum ArraySetVector: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let element = machine.element(Slot10.self, Slot12.self, byteCount: 16) else { return false }
    element.storeBytes(of: machine.slot(8).readVector(), as: Vector.self)
    machine.advance(2)
    return true
  }
}

/// Slot 8 ← the length of the array A.
enum ArrayLength<A: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let array = UnsafeRawPointer(bitPattern: UInt(A.load(machine, as: UInt64.self))) else {
      return machine.trap(.nullArrayReference)
    }
    array.load(fromByteOffset: HeapObject.lengthOffset, as: UInt32.self).write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}
