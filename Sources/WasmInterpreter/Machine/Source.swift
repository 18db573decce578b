import WasmRuntime

/// The location of an instruction's operand. An instruction's body is written once, generic over sources; its handlers are the
/// specializations that occur.
protocol Source {
  /// The type of the operand in the instruction's format.
  associatedtype Field: OperandField
  static func load<T: Scalar>(_ field: Field, _ machine: Machine, as type: T.Type) -> T
}

/// The slot that the operand names.
extension SlotOperand: Source {
  @inline(__always)
  static func load<T: Scalar>(_ field: SlotOperand, _ machine: Machine, as type: T.Type) -> T {
    T.read(machine.slot(field))
  }
}

/// The result of the last instruction. The operand names the slot that has it, too.
enum Accumulator: Source {
  @inline(__always)
  static func load<T: Scalar>(_ field: SlotOperand, _ machine: Machine, as type: T.Type) -> T { T.accumulator(machine) }
}

extension ShortImmediate: Source {
  @inline(__always)
  static func load<T: Scalar>(_ field: ShortImmediate, _ machine: Machine, as type: T.Type) -> T {
    T.immediate(Int32(field.value))
  }
}

extension Immediate: Source {
  @inline(__always)
  static func load<T: Scalar>(_ field: Immediate, _ machine: Machine, as type: T.Type) -> T {
    T.immediate(field.value)
  }
}

extension WideImmediate: Source {
  @inline(__always)
  static func load<T: Scalar>(_ field: WideImmediate, _ machine: Machine, as type: T.Type) -> T {
    T.immediate(field.bits)
  }
}
