import WasmRuntime

/// A function of one operand that cannot trap.
protocol UnaryFunction {
  associatedtype Operand: Scalar
  associatedtype Result: Scalar
  static func apply(_ a: Operand) -> Result
}

/// Slot 8 ← op A.
enum Unary<Function: UnaryFunction, A: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    Function.apply(A.load(machine, as: Function.Operand.self)).write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}

/// A function of one operand that can trap.
protocol CheckedUnaryFunction: UnaryFunction {
  static func trap(_ a: Operand) -> TrapCode?
}

/// Slot 8 ← op A, or a trap.
enum CheckedUnary<Function: CheckedUnaryFunction, A: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let a = A.load(machine, as: Function.Operand.self)
    if let code = Function.trap(a) { return machine.trap(code) }
    Function.apply(a).write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}

/// A function of two operands that can trap.
protocol CheckedBinaryFunction: BinaryFunction {
  static func trap(_ a: Operand, _ b: Operand) -> TrapCode?
}

/// Slot 8 ← A op B, or a trap.
enum CheckedBinary<Function: CheckedBinaryFunction, A: Source, B: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let a = A.load(machine, as: Function.Operand.self)
    let b = B.load(machine, as: Function.Operand.self)
    if let code = Function.trap(a, b) { return machine.trap(code) }
    Function.apply(a, b).write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}
