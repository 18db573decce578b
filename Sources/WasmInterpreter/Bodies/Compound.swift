import WasmRuntime

/// Two functions, where one takes the other's result as an operand.
protocol CompoundFunction {
  associatedtype Operand: Scalar
  static func apply(_ a: Operand, _ b: Operand, _ c: Operand) -> Operand
}

/// Outer(Inner(a, b), c).
enum Compose<Inner: BinaryFunction, Outer: BinaryFunction>: CompoundFunction
where Inner.Result == Inner.Operand, Outer.Operand == Inner.Operand, Outer.Result == Inner.Operand {
  typealias Operand = Inner.Operand
  @inline(__always)
  static func apply(_ a: Operand, _ b: Operand, _ c: Operand) -> Operand { Outer.apply(Inner.apply(a, b), c) }
}

/// Outer(c, Inner(a, b)).
enum ComposeSecond<Inner: BinaryFunction, Outer: BinaryFunction>: CompoundFunction
where Inner.Result == Inner.Operand, Outer.Operand == Inner.Operand, Outer.Result == Inner.Operand {
  typealias Operand = Inner.Operand
  @inline(__always)
  static func apply(_ a: Operand, _ b: Operand, _ c: Operand) -> Operand { Outer.apply(c, Inner.apply(a, b)) }
}

/// Slot 8 ← function of A, B and slot 14.
enum Compound<Function: CompoundFunction, A: Source, B: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let a = A.load(machine, as: Function.Operand.self)
    let b = B.load(machine, as: Function.Operand.self)
    let c = Slot14.load(machine, as: Function.Operand.self)
    Function.apply(a, b, c).write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}

/// Adds the 32-bit constant at 16 to the local in slot 12, then branches by offset 8 if the comparison with B holds.
enum StepBranchIf<Function: Comparison, B: Source>: Operation where Function.Operand == UInt32 {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let slot = machine.slot(12)
    let value = UInt32.read(slot) &+ machine.operand(16, as: UInt32.self)
    slot.pointee = Slot(value)
    let b = B.load(machine, as: UInt32.self)
    if Function.holds(value, b) { machine.branch(8) } else { machine.advance(3) }
    return true
  }
}

/// Slot 8 ← slot 10 if the comparison of A and B holds, else slot 12.
enum SelectIf<Function: Comparison, A: Source, B: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let a = A.load(machine, as: Function.Operand.self)
    let b = B.load(machine, as: Function.Operand.self)
    let first = machine.slot(10).pointee
    let second = machine.slot(12).pointee
    (Function.holds(a, b) ? first : second).write(machine.slot(8), &machine)
    machine.advance(3)
    return true
  }
}

/// Slot 8 ← slot 10; slot 12 ← slot 14; in this order.
enum CopyTwo: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.slot(8).pointee = machine.slot(10).pointee
    let value = machine.slot(14).pointee
    machine.slot(12).pointee = value
    machine.accumulator = value
    machine.advance(2)
    return true
  }
}

/// Slot 12 ← slot 14, and branches by offset 8.
enum CopyBranch: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.slot(12).pointee = machine.slot(14).pointee
    machine.branch(8)
    return true
  }
}
