import WasmRuntime

/// The location of an instruction's operand. An instruction's body is written once, generic over sources; its handlers are the
/// specializations that occur.
protocol Source {
  static func load<T: Scalar>(_ machine: Machine, as type: T.Type) -> T
}

/// The slot that the operand at byte offset 8 names; the others accordingly.
enum Slot8: Source {
  @inline(__always)
  static func load<T: Scalar>(_ machine: Machine, as type: T.Type) -> T { T.read(machine.slot(8)) }
}
enum Slot10: Source {
  @inline(__always)
  static func load<T: Scalar>(_ machine: Machine, as type: T.Type) -> T { T.read(machine.slot(10)) }
}
enum Slot12: Source {
  @inline(__always)
  static func load<T: Scalar>(_ machine: Machine, as type: T.Type) -> T { T.read(machine.slot(12)) }
}
enum Slot14: Source {
  @inline(__always)
  static func load<T: Scalar>(_ machine: Machine, as type: T.Type) -> T { T.read(machine.slot(14)) }
}

/// The result of the last instruction.
enum Accumulator: Source {
  @inline(__always)
  static func load<T: Scalar>(_ machine: Machine, as type: T.Type) -> T { T.accumulator(machine) }
}

/// A signed immediate of 16 bits.
enum Immediate8: Source {
  @inline(__always)
  static func load<T: Scalar>(_ machine: Machine, as type: T.Type) -> T {
    T.immediate(Int32(machine.operand(8, as: Int16.self)))
  }
}
enum Immediate14: Source {
  @inline(__always)
  static func load<T: Scalar>(_ machine: Machine, as type: T.Type) -> T {
    T.immediate(Int32(machine.operand(14, as: Int16.self)))
  }
}

enum ShortImmediate12: Source {
  @inline(__always)
  static func load<T: Scalar>(_ machine: Machine, as type: T.Type) -> T {
    T.immediate(Int32(machine.operand(12, as: Int16.self)))
  }
}

/// A signed immediate of 32 bits.
enum Immediate12: Source {
  @inline(__always)
  static func load<T: Scalar>(_ machine: Machine, as type: T.Type) -> T {
    T.immediate(machine.operand(12, as: Int32.self))
  }
}

/// The slot that the operand at byte offset 16 names, or a signed 32-bit immediate there.
enum Slot16: Source {
  @inline(__always)
  static func load<T: Scalar>(_ machine: Machine, as type: T.Type) -> T { T.read(machine.slot(16)) }
}
enum ShortImmediate16: Source {
  @inline(__always)
  static func load<T: Scalar>(_ machine: Machine, as type: T.Type) -> T {
    T.immediate(machine.operand(16, as: Int32.self))
  }
}

/// A 64-bit immediate, in the word after the operands.
enum Immediate16: Source {
  @inline(__always)
  static func load<T: Scalar>(_ machine: Machine, as type: T.Type) -> T {
    T.immediate(machine.operand(16, as: UInt64.self))
  }
}

/// How a near access computes its address, including the offset. Cannot overflow.
protocol AddressSource {
  static func address(_ machine: Machine) -> UInt64
  /// The number of words of the access.
  static var wordCount: Int { get }
}

extension AddressSource {
  @inline(__always)
  static var wordCount: Int { 2 }
}

/// A, plus the 32-bit offset at 12.
enum Based<A: Source>: AddressSource {
  @inline(__always)
  static func address(_ machine: Machine) -> UInt64 {
    UInt64(A.load(machine, as: UInt32.self)) &+ UInt64(machine.operand(12, as: UInt32.self))
  }
}

/// The 32-bit offset at 12 alone.
enum Absolute32: AddressSource {
  @inline(__always)
  static func address(_ machine: Machine) -> UInt64 { UInt64(machine.operand(12, as: UInt32.self)) }
}

/// A plus the 32-bit constant at 12, as `i32.add` adds; no offset.
enum Stepped<A: Source>: AddressSource {
  @inline(__always)
  static func address(_ machine: Machine) -> UInt64 {
    UInt64(A.load(machine, as: UInt32.self) &+ machine.operand(12, as: UInt32.self))
  }
}

/// A plus slot 12, as `i32.add` adds, plus the 16-bit offset at 14.
enum Indexed<A: Source>: AddressSource {
  @inline(__always)
  static func address(_ machine: Machine) -> UInt64 {
    UInt64(A.load(machine, as: UInt32.self) &+ Slot12.load(machine, as: UInt32.self))
      &+ UInt64(machine.operand(14, as: UInt16.self))
  }
}

/// Slot 10, shifted left by 16, plus the 32-bit offset at 12: an element of a static array.
enum Scaled: AddressSource {
  @inline(__always)
  static func address(_ machine: Machine) -> UInt64 {
    UInt64(Slot10.load(machine, as: UInt32.self) &<< machine.operand(16, as: UInt32.self))
      &+ UInt64(machine.operand(12, as: UInt32.self))
  }
  @inline(__always)
  static var wordCount: Int { 3 }
}

/// Slot 10, shifted left by 16, plus slot 12, plus the 16-bit offset at 14: an element of any array.
enum ScaledIndexed: AddressSource {
  @inline(__always)
  static func address(_ machine: Machine) -> UInt64 {
    let index = Slot10.load(machine, as: UInt32.self) &<< machine.operand(16, as: UInt32.self)
    return UInt64(index &+ Slot12.load(machine, as: UInt32.self)) &+ UInt64(machine.operand(14, as: UInt16.self))
  }
  @inline(__always)
  static var wordCount: Int { 3 }
}
