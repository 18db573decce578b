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

/// Slots 8 ← memory 0 at A + offset 12.
enum VectorLoad<Function: VectorLoadFunction, A: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard
      let place = machine.place(Based<A>.self, byteCount: MemoryLayout<Function.Stored>.size)
    else { return machine.trap(.outOfBoundsMemoryAccess) }
    machine.writeLanes(8, Function.convert(place.loadUnaligned(as: Function.Stored.self)))
    machine.advance(2)
    return true
  }
}

/// Slots 8 ← any memory.
enum FarVectorLoad<Function: VectorLoadFunction>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.farPlace(byteCount: MemoryLayout<Function.Stored>.size) else {
      return machine.trap(.outOfBoundsMemoryAccess)
    }
    machine.writeLanes(8, Function.convert(place.loadUnaligned(as: Function.Stored.self)))
    machine.advance(3)
    return true
  }
}

/// Memory 0 at A + offset 12 ← slots 8.
enum VectorStore<A: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard
      let place = machine.place(Based<A>.self, byteCount: 16)
    else { return machine.trap(.outOfBoundsMemoryAccess) }
    place.storeBytes(of: machine.lanes(8), as: Vector.self)
    machine.advance(2)
    return true
  }
}

/// Any memory ← slots 8.
enum FarVectorStore: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.farPlace(byteCount: 16) else { return machine.trap(.outOfBoundsMemoryAccess) }
    place.storeBytes(of: machine.lanes(8), as: Vector.self)
    machine.advance(3)
    return true
  }
}

/// Slots 8 ← slots 16, but lane 18 ← memory 0 at slot 10 + offset 12.
enum LoadLane<T: BitLane>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard
      let place = machine.place(Based<Slot10>.self, byteCount: MemoryLayout<T>.size)
    else { return machine.trap(.outOfBoundsMemoryAccess) }
    let value = place.loadUnaligned(as: T.self)
    machine.writeLanes(8, T.replace(machine.operand(18, as: UInt16.self), of: machine.lanes(16), with: value))
    machine.advance(3)
    return true
  }
}

/// Slots 8 ← slots 24, but lane 26 ← any memory.
enum FarLoadLane<T: BitLane>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.farPlace(byteCount: MemoryLayout<T>.size) else {
      return machine.trap(.outOfBoundsMemoryAccess)
    }
    let value = place.loadUnaligned(as: T.self)
    machine.writeLanes(8, T.replace(machine.operand(26, as: UInt16.self), of: machine.lanes(24), with: value))
    machine.advance(4)
    return true
  }
}

/// Memory 0 at slot 10 + offset 12 ← lane 18 of slots 16.
enum StoreLane<T: BitLane>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard
      let place = machine.place(Based<Slot10>.self, byteCount: MemoryLayout<T>.size)
    else { return machine.trap(.outOfBoundsMemoryAccess) }
    place.storeBytes(of: machine.slot(16).lane(machine.slotNumber(18), as: T.self), as: T.self)
    machine.advance(3)
    return true
  }
}

/// Any memory ← lane 26 of slots 24.
enum FarStoreLane<T: BitLane>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.farPlace(byteCount: MemoryLayout<T>.size) else {
      return machine.trap(.outOfBoundsMemoryAccess)
    }
    place.storeBytes(of: machine.slot(24).lane(machine.slotNumber(26), as: T.self), as: T.self)
    machine.advance(4)
    return true
  }
}
