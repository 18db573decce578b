import WasmRuntime

/// A function of two operands that cannot trap.
protocol BinaryFunction {
  associatedtype Operand: Scalar
  associatedtype Result: Scalar
  static func apply(_ a: Operand, _ b: Operand) -> Result
}

/// A comparison of two operands.
protocol Comparison: BinaryFunction where Result == UInt32 {
  static func holds(_ a: Operand, _ b: Operand) -> Bool
}

extension Comparison {
  @inline(__always)
  static func apply(_ a: Operand, _ b: Operand) -> UInt32 { holds(a, b) ? 1 : 0 }
}

/// Slot 8 ← A op B.
enum Binary<Function: BinaryFunction, A: Source, B: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let a = A.load(machine, as: Function.Operand.self)
    let b = B.load(machine, as: Function.Operand.self)
    Function.apply(a, b).write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}

/// The same with a 64-bit immediate in a third word.
enum WideBinary<Function: BinaryFunction, A: Source, B: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let a = A.load(machine, as: Function.Operand.self)
    let b = B.load(machine, as: Function.Operand.self)
    Function.apply(a, b).write(machine.slot(8), &machine)
    machine.advance(3)
    return true
  }
}

/// Branches by offset 8 if the comparison of A and B holds.
enum BranchIf<Function: Comparison, A: Source, B: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let a = A.load(machine, as: Function.Operand.self)
    let b = B.load(machine, as: Function.Operand.self)
    if Function.holds(a, b) { machine.branch(8) } else { machine.advance(2) }
    return true
  }
}

/// Branches by offset 8 unless the comparison of A and B holds; for floats, where no comparison is the negation of another.
enum BranchUnless<Function: Comparison, A: Source, B: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let a = A.load(machine, as: Function.Operand.self)
    let b = B.load(machine, as: Function.Operand.self)
    if Function.holds(a, b) { machine.advance(2) } else { machine.branch(8) }
    return true
  }
}
