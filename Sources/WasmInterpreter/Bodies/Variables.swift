import WasmRuntime

// Locals, globals, constants and select.

/// Slot 8 ← A.
enum Copy<T: Scalar, A: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    A.load(machine, as: T.self).write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}

enum CopyVector: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.slot(8).writeVector(machine.slot(10).readVector())
    machine.advance(2)
    return true
  }
}

/// Slots from 8 on ← slots from 10 on; 12: the number of slots. The ranges may overlap.
enum CopySlots: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    copy(machine.slot(10), to: machine.slot(8), count: machine.slotNumber(12))
    machine.advance(2)
    return true
  }

  @inline(never)
  private static func copy(_ source: UnsafeMutablePointer<Slot>, to target: UnsafeMutablePointer<Slot>, count: Int) {
    target.update(from: source, count: count)
  }
}

/// Slot 8 ← the 64-bit immediate.
enum Constant<T: Scalar>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    Immediate16.load(machine, as: T.self).write(machine.slot(8), &machine)
    machine.advance(3)
    return true
  }
}

enum ConstantVector: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.slot(8).writeVector(Vector(machine.operand(16, as: UInt64.self), machine.operand(24, as: UInt64.self)))
    machine.advance(4)
    return true
  }
}

/// Slot 8 ← slot 14 ≠ 0 ? slot 10 : slot 12.
enum Select<T: Scalar, Condition: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let condition = Condition.load(machine, as: UInt32.self)
    let a = T.read(machine.slot(10))
    let b = T.read(machine.slot(12))
    (condition != 0 ? a : b).write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}

enum SelectVector<Condition: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let condition = Condition.load(machine, as: UInt32.self)
    let a = machine.slot(10).readVector()
    let b = machine.slot(12).readVector()
    machine.slot(8).writeVector(condition != 0 ? a : b)
    machine.advance(2)
    return true
  }
}

/// The location of a global's value.
protocol GlobalPlace {
  static func cell(_ machine: Machine) -> UnsafeMutablePointer<Slot>
}

/// In the instance's context, at the byte offset at 12.
enum OwnGlobal: GlobalPlace {
  @inline(__always)
  static func cell(_ machine: Machine) -> UnsafeMutablePointer<Slot> {
    (UnsafeMutableRawPointer(machine.context) + Int(machine.operand(12, as: UInt32.self)))
      .assumingMemoryBound(to: Slot.self)
  }
}

/// In another instance, or a host global; 12: the index.
enum ImportedGlobal: GlobalPlace {
  @inline(__always)
  static func cell(_ machine: Machine) -> UnsafeMutablePointer<Slot> {
    machine.context.pointee.importedGlobals[Int(machine.operand(12, as: UInt32.self))]
  }
}

enum GlobalGet<T: Scalar, Place: GlobalPlace>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    T.read(Place.cell(machine)).write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}

/// Global ← A.
enum GlobalSet<T: Scalar, Place: GlobalPlace, A: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    A.load(machine, as: T.self).write(Place.cell(machine), &machine)
    machine.advance(2)
    return true
  }
}

enum GlobalGetVector<Place: GlobalPlace>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.slot(8).writeVector(Place.cell(machine).readVector())
    machine.advance(2)
    return true
  }
}

enum GlobalSetVector<Place: GlobalPlace>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    Place.cell(machine).writeVector(machine.slot(8).readVector())
    machine.advance(2)
    return true
  }
}
