import WasmRuntime

/// A function of one operand that cannot trap.
protocol UnaryFunction {
  associatedtype Operand: Scalar
  associatedtype Result: Scalar
  static func apply(_ a: Operand) -> Result
}

/// `destination` ← op A.
enum Unary<Function: UnaryFunction, A: Source>: Operation where A.Field == SlotOperand {
  typealias Format = UnaryFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    Function.apply(A.load(machine[Format.self].operand, machine, as: Function.Operand.self))
      .write(machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}

/// A function of one operand that can trap.
protocol CheckedUnaryFunction: UnaryFunction {
  static func trap(_ a: Operand) -> TrapCode?
}

/// `destination` ← op A, or a trap.
enum CheckedUnary<Function: CheckedUnaryFunction, A: Source>: Operation where A.Field == SlotOperand {
  typealias Format = UnaryFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let a = A.load(machine[Format.self].operand, machine, as: Function.Operand.self)
    if let code = Function.trap(a) { return machine.trap(code) }
    Function.apply(a).write(machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}

/// A function of two operands that can trap.
protocol CheckedBinaryFunction: BinaryFunction {
  static func trap(_ a: Operand, _ b: Operand) -> TrapCode?
}

/// `destination` ← A op B, or a trap.
enum CheckedBinary<Function: CheckedBinaryFunction, Format: BinaryFormat, A: Source, B: Source>: Operation
where A.Field == Format.First, B.Field == Format.Second {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let a = A.load(machine[Format.self].first, machine, as: Function.Operand.self)
    let b = B.load(machine[Format.self].second, machine, as: Function.Operand.self)
    if let code = Function.trap(a, b) { return machine.trap(code) }
    Function.apply(a, b).write(machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}
