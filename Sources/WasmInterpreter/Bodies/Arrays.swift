import WasmRuntime

// Access to arrays. (Core specification 3.0, 4.6.9 "Reference Instructions".)

extension Machine {
  /// The address of the element B of the array. Traps and returns nil if there is no such element.
  @inline(__always)
  func element<Value: OperandField, B: Source>(
    _: ArrayElement<Value>.Type, _: B.Type, byteCount: Int
  ) -> UnsafeMutableRawPointer? where B.Field == SlotOperand {
    let reference = slot(self[ArrayElement<Value>.self].array).pointee
    guard let array = UnsafeMutableRawPointer(bitPattern: UInt(reference)) else {
      _ = trap(.nullArrayReference)
      return nil
    }
    let index = B.load(self[ArrayElement<Value>.self].index, self, as: UInt32.self)
    guard _fastPath(index < array.load(as: HeapObject.Header.self).length) else {
      _ = outOfBounds(array, at: index)
      return nil
    }
    return array + (MemoryLayout<HeapObject.Header>.size + Int(index) &* byteCount)
  }
}

/// `value` ← the element with the index B of the array.
enum ArrayGet<Function: LoadFunction, B: Source>: Operation where B.Field == SlotOperand {
  typealias Format = ArrayElement<Destination>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard
      let element = machine.element(Format.self, B.self, byteCount: MemoryLayout<Function.Stored>.size)
    else { return false }
    Function.convert(element.loadUnaligned(as: Function.Stored.self)).write(
      machine.slot(machine[Format.self].value), &machine)
    machine.advance(Format.self)
    return true
  }
}

enum ArrayGetVector: Operation {
  typealias Format = ArrayElement<Destination>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let element = machine.element(Format.self, SlotOperand.self, byteCount: 16) else { return false }
    machine.slot(machine[Format.self].value).writeVector(element.loadUnaligned(as: Vector.self))
    machine.advance(Format.self)
    return true
  }
}

/// The element of the array ← V.
enum ArraySet<Function: StoreFunction, V: Source>: Operation where V.Field == SlotOperand {
  typealias Format = ArrayElement<SlotOperand>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let value = V.load(machine[Format.self].value, machine, as: Function.Operand.self)
    guard
      let element = machine.element(Format.self, SlotOperand.self, byteCount: MemoryLayout<Function.Stored>.size)
    else { return false }
    element.storeBytes(of: Function.convert(value), as: Function.Stored.self)
    machine.advance(Format.self)
    return true
  }
}

enum ArraySetVector: Operation {
  typealias Format = ArrayElement<SlotOperand>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let element = machine.element(Format.self, SlotOperand.self, byteCount: 16) else { return false }
    element.storeBytes(of: machine.slot(machine[Format.self].value).readVector(), as: Vector.self)
    machine.advance(Format.self)
    return true
  }
}

/// `destination` ← the length of the array A.
enum ArrayLength<A: Source>: Operation where A.Field == SlotOperand {
  typealias Format = UnaryFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let array = UnsafeRawPointer(bitPattern: UInt(A.load(machine[Format.self].operand, machine, as: UInt64.self)))
    else {
      return machine.trap(.nullArrayReference)
    }
    array.load(as: HeapObject.Header.self).length.write(
      machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}
