import WasmRuntime

// Locals, globals, constants and select.

/// `destination` ← `source`.
enum Copy<T: Scalar>: Operation {
  typealias Format = CopyFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    T.read(machine.slot(machine[Format.self].source)).write(machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}

enum CopyVector: Operation {
  typealias Format = CopyFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.slot(machine[Format.self].destination).writeVector(
      machine.slot(machine[Format.self].source).readVector())
    machine.advance(Format.self)
    return true
  }
}

/// The ranges may overlap.
enum CopySlots: Operation {
  typealias Format = CopySlotsFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    copy(
      machine.slot(machine[Format.self].source), to: machine.slot(machine[Format.self].destination),
      count: Int(machine[Format.self].count))
    machine.advance(Format.self)
    return true
  }

  @inline(never)
  private static func copy(_ source: UnsafeMutablePointer<Slot>, to target: UnsafeMutablePointer<Slot>, count: Int) {
    target.update(from: source, count: count)
  }
}

/// `destination` ← `value`.
enum Constant<T: Scalar>: Operation {
  typealias Format = ConstantFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    WideImmediate.load(machine[Format.self].value, machine, as: T.self).write(
      machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}

enum ConstantVector: Operation {
  typealias Format = VectorConstantFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.slot(machine[Format.self].destination).writeVector(
      Vector(machine[Format.self].low.bits, machine[Format.self].high.bits))
    machine.advance(Format.self)
    return true
  }
}

/// `destination` ← condition ≠ 0 ? `ifTrue` : `ifFalse`.
enum Select<T: Scalar, Condition: Source>: Operation where Condition.Field == SlotOperand {
  typealias Format = SelectFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let condition = Condition.load(machine[Format.self].condition, machine, as: UInt32.self)
    let a = T.read(machine.slot(machine[Format.self].ifTrue))
    let b = T.read(machine.slot(machine[Format.self].ifFalse))
    (condition != 0 ? a : b).write(machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}

enum SelectVector<Condition: Source>: Operation where Condition.Field == SlotOperand {
  typealias Format = SelectFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let condition = Condition.load(machine[Format.self].condition, machine, as: UInt32.self)
    let a = machine.slot(machine[Format.self].ifTrue).readVector()
    let b = machine.slot(machine[Format.self].ifFalse).readVector()
    machine.slot(machine[Format.self].destination).writeVector(condition != 0 ? a : b)
    machine.advance(Format.self)
    return true
  }
}

/// The location of a global's value.
protocol GlobalPlace {
  static func cell(_ place: UInt32, _ machine: Machine) -> UnsafeMutablePointer<Slot>
}

/// In the instance's context, at a byte offset.
enum OwnGlobal: GlobalPlace {
  @inline(__always)
  static func cell(_ place: UInt32, _ machine: Machine) -> UnsafeMutablePointer<Slot> {
    (UnsafeMutableRawPointer(machine.context) + Int(place))
      .assumingMemoryBound(to: Slot.self)
  }
}

/// In another instance, or a host global, by index.
enum ImportedGlobal: GlobalPlace {
  @inline(__always)
  static func cell(_ place: UInt32, _ machine: Machine) -> UnsafeMutablePointer<Slot> {
    machine.context.pointee.importedGlobals[Int(place)]
  }
}

enum GlobalGet<T: Scalar, Place: GlobalPlace>: Operation {
  typealias Format = GlobalFormat<Destination>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    T.read(Place.cell(machine[Format.self].place, machine)).write(machine.slot(machine[Format.self].value), &machine)
    machine.advance(Format.self)
    return true
  }
}

/// Global ← A.
enum GlobalSet<T: Scalar, Place: GlobalPlace, A: Source>: Operation where A.Field == SlotOperand {
  typealias Format = GlobalFormat<SlotOperand>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    A.load(machine[Format.self].value, machine, as: T.self).write(
      Place.cell(machine[Format.self].place, machine), &machine)
    machine.advance(Format.self)
    return true
  }
}

enum GlobalGetVector<Place: GlobalPlace>: Operation {
  typealias Format = GlobalFormat<Destination>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.slot(machine[Format.self].value).writeVector(
      Place.cell(machine[Format.self].place, machine).readVector())
    machine.advance(Format.self)
    return true
  }
}

enum GlobalSetVector<Place: GlobalPlace>: Operation {
  typealias Format = GlobalFormat<SlotOperand>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    Place.cell(machine[Format.self].place, machine).writeVector(
      machine.slot(machine[Format.self].value).readVector())
    machine.advance(Format.self)
    return true
  }
}
