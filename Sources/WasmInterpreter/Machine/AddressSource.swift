/// How a near access computes its address, including the offset. Cannot overflow.
protocol AddressSource {
  associatedtype Format: InstructionFormat
  static func address(_ machine: Machine) -> UInt64
}

/// The base in A.
enum Based<Format: BasedFormat, A: Source>: AddressSource where A.Field == SlotOperand {
  @inline(__always)
  static func address(_ machine: Machine) -> UInt64 {
    UInt64(A.load(machine[Format.self].base, machine, as: UInt32.self)) &+ UInt64(machine[Format.self].offset)
  }
}

enum AbsoluteAddress<Value: OperandField>: AddressSource {
  typealias Format = AbsoluteAccess<Value>

  @inline(__always)
  static func address(_ machine: Machine) -> UInt64 { UInt64(machine[Format.self].address) }
}

enum Stepped<Format: SteppedFormat>: AddressSource {
  @inline(__always)
  static func address(_ machine: Machine) -> UInt64 {
    UInt64(
      SlotOperand.load(machine[Format.self].base, machine, as: UInt32.self)
        &+ UInt32(bitPattern: machine[Format.self].step.value))
  }
}

/// The base in A.
enum Indexed<Value: OperandField, A: Source>: AddressSource where A.Field == SlotOperand {
  typealias Format = IndexedAccess<Value>

  @inline(__always)
  static func address(_ machine: Machine) -> UInt64 {
    let base = A.load(machine[Format.self].base, machine, as: UInt32.self)
    let index = SlotOperand.load(machine[Format.self].index, machine, as: UInt32.self)
    return UInt64(base &+ index) &+ UInt64(machine[Format.self].offset)
  }
}

enum Scaled<Value: OperandField>: AddressSource {
  typealias Format = ScaledAccess<Value>

  @inline(__always)
  static func address(_ machine: Machine) -> UInt64 {
    let index = SlotOperand.load(machine[Format.self].index, machine, as: UInt32.self)
    return UInt64(index &<< machine[Format.self].shift) &+ UInt64(machine[Format.self].offset)
  }
}

enum ScaledIndexed<Value: OperandField>: AddressSource {
  typealias Format = ScaledIndexedAccess<Value>

  @inline(__always)
  static func address(_ machine: Machine) -> UInt64 {
    let index = SlotOperand.load(machine[Format.self].index, machine, as: UInt32.self) &<< machine[Format.self].shift
    let base = SlotOperand.load(machine[Format.self].base, machine, as: UInt32.self)
    return UInt64(index &+ base) &+ UInt64(machine[Format.self].offset)
  }
}
