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

/// `destination` ← function of A, B and `third`.
enum Compound<Function: CompoundFunction, A: Source, B: Source>: Operation where A.Field == SlotOperand {
  typealias Format = TernaryFormat<B.Field>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let a = A.load(machine[Format.self].first, machine, as: Function.Operand.self)
    let b = B.load(machine[Format.self].second, machine, as: Function.Operand.self)
    let c = SlotOperand.load(machine[Format.self].third, machine, as: Function.Operand.self)
    Function.apply(a, b, c).write(machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}

/// `destination` ← function of A and the value in memory 0 at an address.
enum BinaryLoad<Function: BinaryFunction, Address: AddressSource, A: Source>: Operation
where Address.Format: LoadedOperandFormat, A.Field == SlotOperand {
  typealias Format = Address.Format

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.place(Address.self, byteCount: MemoryLayout<Function.Operand>.size) else {
      return machine.outOfBounds(Address.self)
    }
    let a = A.load(machine[Format.self].first, machine, as: Function.Operand.self)
    Function.apply(a, place.loadUnaligned(as: Function.Operand.self)).write(
      machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}

/// Adds `step` to the local in `first`, then branches if the comparison with B holds.
enum StepBranchIf<Function: Comparison, B: Source>: ConditionalBranch where Function.Operand == UInt32 {
  typealias Format = StepBranchFormat<B.Field>

  @inline(__always)
  static func isTaken(_ machine: inout Machine) -> Bool {
    let slot = machine.slot(machine[Format.self].first)
    let value = UInt32.read(slot) &+ UInt32(bitPattern: machine[Format.self].step.value)
    slot.pointee = Slot(value)
    let b = B.load(machine[Format.self].second, machine, as: UInt32.self)
    return Function.holds(value, b)
  }
}

/// `destination` ← `ifTrue` if the comparison of A and B holds, else `ifFalse`.
enum SelectIf<Function: Comparison, Format: ComparisonSelectFormat, A: Source, B: Source>: Operation
where A.Field == SlotOperand, B.Field == Format.Second {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let a = A.load(machine[Format.self].first, machine, as: Function.Operand.self)
    let b = B.load(machine[Format.self].second, machine, as: Function.Operand.self)
    let first = machine.slot(machine[Format.self].ifTrue).pointee
    let second = machine.slot(machine[Format.self].ifFalse).pointee
    (Function.holds(a, b) ? first : second).write(machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}

enum CopyTwo: Operation {
  typealias Format = CopyTwoFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.slot(machine[Format.self].destination).pointee = machine.slot(machine[Format.self].source).pointee
    let value = machine.slot(machine[Format.self].secondSource).pointee
    machine.slot(machine[Format.self].secondDestination).pointee = value
    machine.accumulator = value
    machine.advance(Format.self)
    return true
  }
}

enum CopyBranch: Operation {
  typealias Format = CopyBranchFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.slot(machine[Format.self].destination).pointee = machine.slot(machine[Format.self].source).pointee
    machine.branch(machine[Format.self].target)
    return true
  }
}
