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

/// `destination` ← A op B.
enum Binary<Function: BinaryFunction, Format: BinaryFormat, A: Source, B: Source>: Operation
where A.Field == Format.First, B.Field == Format.Second {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let a = A.load(machine[Format.self].first, machine, as: Function.Operand.self)
    let b = B.load(machine[Format.self].second, machine, as: Function.Operand.self)
    Function.apply(a, b).write(machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}

/// Branches if the comparison of A and B holds.
enum BranchIf<Function: Comparison, A: Source, B: Source>: ConditionalBranch where A.Field == SlotOperand {
  typealias Format = ComparisonBranchFormat<B.Field>

  @inline(__always)
  static func isTaken(_ machine: inout Machine) -> Bool {
    let a = A.load(machine[Format.self].first, machine, as: Function.Operand.self)
    let b = B.load(machine[Format.self].second, machine, as: Function.Operand.self)
    return Function.holds(a, b)
  }
}

/// Branches unless the comparison of A and B holds; for floats, where no comparison is the negation of another.
enum BranchUnless<Function: Comparison, A: Source, B: Source>: ConditionalBranch where A.Field == SlotOperand {
  typealias Format = ComparisonBranchFormat<B.Field>

  @inline(__always)
  static func isTaken(_ machine: inout Machine) -> Bool {
    let a = A.load(machine[Format.self].first, machine, as: Function.Operand.self)
    let b = B.load(machine[Format.self].second, machine, as: Function.Operand.self)
    return !Function.holds(a, b)
  }
}
