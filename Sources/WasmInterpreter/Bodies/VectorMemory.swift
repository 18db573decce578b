import WasmRuntime

// Loads and stores of vectors and of lanes. (Core specification 3.0, 4.6.8 "Memory Instructions".)

/// Converts the bytes in memory to the result of a load.
protocol VectorLoadFunction {
  associatedtype Stored: BitwiseCopyable
  associatedtype Result
  static func convert(_ stored: Stored) -> Result
}

enum LoadWhole: VectorLoadFunction {
  @inline(__always) static func convert(_ stored: Vector) -> Vector { stored }
}
/// Half a vector of narrow lanes, extended according to their signedness.
enum LoadExtended<T: NarrowLane>: VectorLoadFunction {
  @inline(__always) static func convert(_ stored: T.Lanes.Half) -> T.Wide.Lanes { T.extend(stored) }
}
enum LoadSplat<T: BitLane>: VectorLoadFunction {
  @inline(__always) static func convert(_ stored: T) -> T.Lanes { T.Lanes(repeating: stored) }
}
/// Into the lowest lane; the others are zero.
enum LoadZeroExtended<T: BitLane>: VectorLoadFunction {
  @inline(__always) static func convert(_ stored: T) -> Vector { Vector(UInt64(stored), 0) }
}

/// `value` ← memory 0 at A + `offset`.
enum VectorLoad<Function: VectorLoadFunction, A: Source>: Operation where A.Field == SlotOperand {
  typealias Format = BasedAccess<Destination>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard
      let place = machine.place(Based<Format, A>.self, byteCount: MemoryLayout<Function.Stored>.size)
    else { return machine.outOfBounds(Based<Format, A>.self) }
    machine.writeLanes(
      Function.convert(place.loadUnaligned(as: Function.Stored.self)),
      to: machine[Format.self].value)
    machine.advance(Format.self)
    return true
  }
}

/// `value` ← any memory.
enum FarVectorLoad<Function: VectorLoadFunction>: Operation {
  typealias Format = FarAccess<Destination>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.farPlace(Format.self, byteCount: MemoryLayout<Function.Stored>.size) else {
      return machine.farOutOfBounds(Format.self, byteCount: MemoryLayout<Function.Stored>.size)
    }
    machine.writeLanes(
      Function.convert(place.loadUnaligned(as: Function.Stored.self)),
      to: machine[Format.self].value)
    machine.advance(Format.self)
    return true
  }
}

/// Memory 0 at A + `offset` ← `value`.
enum VectorStore<A: Source>: Operation where A.Field == SlotOperand {
  typealias Format = BasedAccess<SlotOperand>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard
      let place = machine.place(Based<Format, A>.self, byteCount: 16)
    else { return machine.outOfBounds(Based<Format, A>.self) }
    place.storeBytes(of: machine.lanes(machine[Format.self].value), as: Vector.self)
    machine.advance(Format.self)
    return true
  }
}

/// Any memory ← `value`.
enum FarVectorStore: Operation {
  typealias Format = FarAccess<SlotOperand>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.farPlace(Format.self, byteCount: 16) else {
      return machine.farOutOfBounds(Format.self, byteCount: 16)
    }
    place.storeBytes(of: machine.lanes(machine[Format.self].value), as: Vector.self)
    machine.advance(Format.self)
    return true
  }
}

/// `value` ← `vector`, but the lane ← memory 0 at `base` + `offset`.
enum LoadLane<T: BitLane>: Operation {
  typealias Format = LaneAccess<Destination>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard
      let place = machine.place(Based<Format, SlotOperand>.self, byteCount: MemoryLayout<T>.size)
    else { return machine.outOfBounds(Based<Format, SlotOperand>.self) }
    let value = place.loadUnaligned(as: T.self)
    machine.writeLanes(
      T.replace(machine[Format.self].lane, of: machine.lanes(machine[Format.self].vector), with: value),
      to: machine[Format.self].value)
    machine.advance(Format.self)
    return true
  }
}

/// `value` ← `vector`, but the lane ← any memory.
enum FarLoadLane<T: BitLane>: Operation {
  typealias Format = FarLaneAccess<Destination>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.farPlace(Format.self, byteCount: MemoryLayout<T>.size) else {
      return machine.farOutOfBounds(Format.self, byteCount: MemoryLayout<T>.size)
    }
    let value = place.loadUnaligned(as: T.self)
    machine.writeLanes(
      T.replace(machine[Format.self].lane, of: machine.lanes(machine[Format.self].vector), with: value),
      to: machine[Format.self].value)
    machine.advance(Format.self)
    return true
  }
}

/// Memory 0 at `base` + `offset` ← the lane of `vector`.
enum StoreLane<T: BitLane>: Operation {
  typealias Format = LaneAccess<Unused16>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard
      let place = machine.place(Based<Format, SlotOperand>.self, byteCount: MemoryLayout<T>.size)
    else { return machine.outOfBounds(Based<Format, SlotOperand>.self) }
    let lane = Int(machine[Format.self].lane)
    place.storeBytes(of: machine.slot(machine[Format.self].vector).lane(lane, as: T.self), as: T.self)
    machine.advance(Format.self)
    return true
  }
}

/// Any memory ← the lane of `vector`.
enum FarStoreLane<T: BitLane>: Operation {
  typealias Format = FarLaneAccess<Unused16>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.farPlace(Format.self, byteCount: MemoryLayout<T>.size) else {
      return machine.farOutOfBounds(Format.self, byteCount: MemoryLayout<T>.size)
    }
    let lane = Int(machine[Format.self].lane)
    place.storeBytes(of: machine.slot(machine[Format.self].vector).lane(lane, as: T.self), as: T.self)
    machine.advance(Format.self)
    return true
  }
}
