import WasmRuntime

// Structures. (Core specification 3.0, 4.6.9 "Reference Instructions".)

extension Machine {
  /// Allocates a cell of the size class from its window.
  ///
  /// - Returns: nil if the heap is exhausted.
  @inline(__always)
  mutating func allocate<Format: AllocationFormat>(_: Format.Type) -> UnsafeMutableRawPointer? {
    let window = context.pointee.store.pointee.allocationWindows + Int(self[Format.self].sizeClass)
    let address = window.pointee.cursor
    let next = address &+ window.pointee.cellSize
    if _fastPath(next <= window.pointee.end) {
      window.pointee.cursor = next
      return UnsafeMutableRawPointer(bitPattern: address)
    }
    return UnsafeMutableRawPointer(bitPattern: operands.allocateSlowly(Format.self))
  }
}

extension Operands {
  /// Allocates if the window of ``Machine/allocate(_:)`` is empty.
  @inline(never)
  func allocateSlowly<Format: AllocationFormat>(_: Format.Type) -> UInt {
    UInt(
      bitPattern: allocating(stackInUse: Int(self[Format.self].stackInUse)) { heap, stackTop in
        heap.allocate(
          Int(self[Format.self].size), sizeClass: Int(self[Format.self].sizeClass), stackTop: stackTop)
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

/// `destination` ← a new structure.
enum StructureNew: Operation {
  typealias Format = StructureNewFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let object = machine.allocate(Format.self) else { return machine.trap(.allocationFailure) }
    object.storeBytes(of: UInt64(machine[Format.self].type), as: UInt64.self)
    var field = machine.elements(Format.self)
    for _ in 0..<Int(machine[Format.self].wideCount) {
      object.storeBytes(
        of: machine.slot(field.pointee.value).pointee, toByteOffset: Int(field.pointee.offset), as: UInt64.self)
      field += 1
    }
    for _ in 0..<Int(machine[Format.self].narrowCount) {
      object.storeBytes(
        of: UInt32.read(machine.slot(field.pointee.value)), toByteOffset: Int(field.pointee.offset), as: UInt32.self)
      field += 1
    }
    for _ in 0..<Int(machine[Format.self].otherCount) {
      initializeField(object, machine.frame, field)
      field += 1
    }
    UInt64(UInt(bitPattern: object)).write(machine.slot(machine[Format.self].destination), &machine)
    machine.pc = UnsafeRawPointer(field)
    return true
  }

  @inline(never)
  private static func initializeField(
    _ object: UnsafeMutableRawPointer, _ frame: UnsafeMutablePointer<Slot>, _ field: UnsafePointer<InitializedField>
  ) {
    let value = frame + field.pointee.value.number
    let byteCount = Int(field.pointee.byteCount)
    HeapCell.store(
      value[0], byteCount == 16 ? value[1] : 0, at: object + Int(field.pointee.offset), byteCount: byteCount)
  }
}

/// `destination` ← a new structure whose fields are zero or null.
enum StructureNewDefault: Operation {
  typealias Format = StructureNewDefaultFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let object = machine.allocate(Format.self) else { return machine.trap(.allocationFailure) }
    object.storeBytes(of: UInt64(machine[Format.self].type), as: UInt64.self)
    var offset = HeapObject.payloadOffset
    let end = Int(machine[Format.self].size)
    while offset < end {
      object.storeBytes(of: 0, toByteOffset: offset, as: UInt64.self)
      offset += 8
    }
    UInt64(UInt(bitPattern: object)).write(machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}

/// `value` ← the field of the structure A.
enum StructureGet<Function: LoadFunction, A: Source>: Operation where A.Field == SlotOperand {
  typealias Format = FieldAccess<Destination>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let object = UnsafeRawPointer(bitPattern: UInt(A.load(machine[Format.self].object, machine, as: UInt64.self)))
    else {
      return machine.trap(.nullStructureReference)
    }
    let field = object + Int(machine[Format.self].offset)
    Function.convert(field.loadUnaligned(as: Function.Stored.self)).write(
      machine.slot(machine[Format.self].value), &machine)
    machine.advance(Format.self)
    return true
  }
}

enum StructureGetVector: Operation {
  typealias Format = FieldAccess<Destination>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let object = UnsafeRawPointer(bitPattern: UInt(machine.slot(machine[Format.self].object).pointee)) else {
      return machine.trap(.nullStructureReference)
    }
    let field = object + Int(machine[Format.self].offset)
    machine.slot(machine[Format.self].value).writeVector(field.loadUnaligned(as: Vector.self))
    machine.advance(Format.self)
    return true
  }
}

/// The field of the structure A ← V.
enum StructureSet<Function: StoreFunction, A: Source, V: Source>: Operation
where A.Field == SlotOperand, V.Field == SlotOperand {
  typealias Format = FieldAccess<SlotOperand>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let value = V.load(machine[Format.self].value, machine, as: Function.Operand.self)
    guard
      let object = UnsafeMutableRawPointer(
        bitPattern: UInt(A.load(machine[Format.self].object, machine, as: UInt64.self)))
    else {
      return machine.trap(.nullStructureReference)
    }
    object.storeBytes(
      of: Function.convert(value), toByteOffset: Int(machine[Format.self].offset), as: Function.Stored.self)
    machine.advance(Format.self)
    return true
  }
}

enum StructureSetVector: Operation {
  typealias Format = FieldAccess<SlotOperand>

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let object = UnsafeMutableRawPointer(bitPattern: UInt(machine.slot(machine[Format.self].object).pointee))
    else {
      return machine.trap(.nullStructureReference)
    }
    object.storeBytes(
      of: machine.slot(machine[Format.self].value).readVector(), toByteOffset: Int(machine[Format.self].offset),
      as: Vector.self)
    machine.advance(Format.self)
    return true
  }
}

/// Traps if the descriptor is null.
enum CheckDescriptor: Operation {
  typealias Format = DescriptorCheckFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard machine.slot(machine[Format.self].descriptor).pointee != 0 else { return machine.trap(.nullDescriptor) }
    machine.advance(Format.self)
    return true
  }
}
