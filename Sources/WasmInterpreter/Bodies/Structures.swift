import WasmRuntime

// Structures. (Core specification 3.0, 4.6.9 "Reference Instructions".)

extension Machine {
  /// Allocates a cell of the size class at 12 from its window. 10: the slot after those in use; 20: the object's size.
  ///
  /// - Returns: nil if the heap is exhausted.
  @inline(__always)
  mutating func allocate() -> UnsafeMutableRawPointer? {
    let window = context.pointee.store.pointee.allocationWindows + slotNumber(12)
    let address = window.pointee.cursor
    let next = address &+ window.pointee.cellSize
    if next <= window.pointee.end {
      window.pointee.cursor = next
      return UnsafeMutableRawPointer(bitPattern: address)
    }
    return UnsafeMutableRawPointer(bitPattern: operands.allocateSlowly())
  }
}

extension Operands {
  /// Allocates if the window of ``Machine/allocate()`` is empty.
  @inline(never)
  func allocateSlowly() -> UInt {
    UInt(
      bitPattern: allocating(stackInUse: slotNumber(10)) { heap, stackTop in
        heap.allocate(
          Int(operand(20, as: UInt32.self)), sizeClass: slotNumber(12), stackTop: stackTop)
      })
  }

  /// Allocates on the heap while the current frame, up to a slot, is part of the stack that the collector sees.
  func allocating<T>(stackInUse count: Int, _ body: (Heap, UnsafeMutablePointer<Slot>) throws -> T) rethrows -> T {
    let context = context.pointee.store
    let saved = context.pointee.stackTop
    context.pointee.stackTop = frame + count
    defer { context.pointee.stackTop = saved }
    return try body(store.heap, frame + count)
  }
}

/// Slot 8 ← a new structure. 10, 12: see ``Machine/allocate()``; 14: the number of 64-bit fields; 16 (32 bits): the canonical type; 20
/// (32 bits): the size; 24: the number of 32-bit fields; 26: the number of other fields. From 32 on, in this order, a word for each
/// field: its slot, its size, and in the high half its offset.
enum StructureNew: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let object = machine.allocate() else { return machine.trap(.allocationFailure) }
    object.storeBytes(of: UInt64(machine.operand(16, as: UInt32.self)), as: UInt64.self)
    var entry = machine.pc + 32
    for _ in 0..<machine.slotNumber(14) {
      let field = entry.load(as: UInt64.self)
      object.storeBytes(
        of: machine.frame[Int(field & 0xFFFF)], toByteOffset: Int(truncatingIfNeeded: field >> 32), as: UInt64.self)
      entry += 8
    }
    for _ in 0..<machine.slotNumber(24) {
      let field = entry.load(as: UInt64.self)
      object.storeBytes(
        of: UInt32(truncatingIfNeeded: machine.frame[Int(field & 0xFFFF)]),
        toByteOffset: Int(truncatingIfNeeded: field >> 32), as: UInt32.self)
      entry += 8
    }
    for _ in 0..<machine.slotNumber(26) {
      initializeField(object, machine.frame, entry.load(as: UInt64.self))
      entry += 8
    }
    UInt64(UInt(bitPattern: object)).write(machine.slot(8), &machine)
    machine.pc = entry
    return true
  }

  @inline(never)
  private static func initializeField(
    _ object: UnsafeMutableRawPointer, _ frame: UnsafeMutablePointer<Slot>, _ field: UInt64
  ) {
    let value = frame + Int(field & 0xFFFF)
    let byteCount = Int(field >> 16 & 0xFFFF)
    HeapCell.store(
      value[0], byteCount == 16 ? value[1] : 0, at: object + Int(field >> 32), byteCount: byteCount)
  }
}

/// Slot 8 ← a new structure whose fields are zero or null. 10, 12, 16, 20: as for ``StructureNew``.
enum StructureNewDefault: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let object = machine.allocate() else { return machine.trap(.allocationFailure) }
    object.storeBytes(of: UInt64(machine.operand(16, as: UInt32.self)), as: UInt64.self)
    var offset = HeapObject.payloadOffset
    let end = Int(machine.operand(20, as: UInt32.self))
    while offset < end {
      object.storeBytes(of: 0, toByteOffset: offset, as: UInt64.self)
      offset += 8
    }
    UInt64(UInt(bitPattern: object)).write(machine.slot(8), &machine)
    machine.advance(3)
    return true
  }
}

/// Slot 8 ← the field at offset 12 (32 bits) of the structure A.
enum StructureGet<Function: LoadFunction, A: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let object = UnsafeRawPointer(bitPattern: UInt(A.load(machine, as: UInt64.self))) else {
      return machine.trap(.nullStructureReference)
    }
    let field = object + Int(machine.operand(12, as: UInt32.self))
    Function.convert(field.loadUnaligned(as: Function.Stored.self)).write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}

enum StructureGetVector: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let object = UnsafeRawPointer(bitPattern: UInt(machine.slot(10).pointee)) else {
      return machine.trap(.nullStructureReference)
    }
    let field = object + Int(machine.operand(12, as: UInt32.self))
    machine.slot(8).writeVector(field.loadUnaligned(as: Vector.self))
    machine.advance(2)
    return true
  }
}

/// The field at offset 12 (32 bits) of the structure A ← V.
enum StructureSet<Function: StoreFunction, A: Source, V: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let value = V.load(machine, as: Function.Operand.self)
    guard let object = UnsafeMutableRawPointer(bitPattern: UInt(A.load(machine, as: UInt64.self))) else {
      return machine.trap(.nullStructureReference)
    }
    object.storeBytes(
      of: Function.convert(value), toByteOffset: Int(machine.operand(12, as: UInt32.self)), as: Function.Stored.self)
    machine.advance(2)
    return true
  }
}

enum StructureSetVector: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let object = UnsafeMutableRawPointer(bitPattern: UInt(machine.slot(10).pointee)) else {
      return machine.trap(.nullStructureReference)
    }
    object.storeBytes(
      of: machine.slot(8).readVector(), toByteOffset: Int(machine.operand(12, as: UInt32.self)), as: Vector.self)
    machine.advance(2)
    return true
  }
}

/// Traps if slot 8, a descriptor, is null.
enum CheckDescriptor: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard machine.slot(8).pointee != 0 else { return machine.trap(.nullDescriptor) }
    machine.advance(2)
    return true
  }
}
