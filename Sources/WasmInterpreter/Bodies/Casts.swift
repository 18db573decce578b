import WasmRuntime

// Type tests in constant time: a type's display has each of its supertypes at that supertype's depth. (Core specification 3.0, 4.6.9
// "Reference Instructions".)

/// A type test. 16 (32 bits): the wanted type, or a set of kinds; 20: the type's depth; 22: whether null passes.
protocol TypeTest {
  static func matches(_ reference: Slot, _ machine: Machine) -> Bool
}

/// A structure or array type. An exact type is encoded with a depth that no type reaches, so that only the type itself matches.
enum AggregateTest: TypeTest {
  @inline(__always)
  static func matches(_ reference: Slot, _ machine: Machine) -> Bool {
    guard reference != 0 else { return machine.slotNumber(22) != 0 }
    guard reference & 1 == 0 else { return false }
    let type = UnsafeRawPointer(bitPattern: UInt(reference)).unsafelyUnwrapped.load(as: UInt32.self)
    return machine.isSubtype(type)
  }
}

/// A function type.
enum FunctionTest: TypeTest {
  @inline(__always)
  static func matches(_ reference: Slot, _ machine: Machine) -> Bool {
    guard let function = UnsafePointer<FunctionReference>(bitPattern: UInt(reference)) else {
      return machine.slotNumber(22) != 0
    }
    return machine.isSubtype(function.pointee.type)
  }
}

/// An abstract type, as the set of its kinds of objects.
enum AbstractTest: TypeTest {
  @inline(__always)
  static func matches(_ reference: Slot, _ machine: Machine) -> Bool {
    guard reference != 0 else { return machine.slotNumber(22) != 0 }
    let kinds = machine.operand(16, as: UInt32.self)
    if kinds == AbstractKinds.none || kinds == AbstractKinds.all { return kinds != 0 }
    if reference & 1 != 0 { return kinds & AbstractKinds.i31 != 0 }
    let type = UnsafeRawPointer(bitPattern: UInt(reference)).unsafelyUnwrapped.load(as: UInt32.self)
    let kind = machine.context.pointee.store.pointee.typeDescriptors[Int(type)].kind
    return kinds & AbstractKinds.of(kind) != 0
  }
}

/// The set of kinds of objects in an abstract type, one bit for each ``TypeDescriptor/Kind``.
enum AbstractKinds {
  @inline(__always) static var none: UInt32 { 0 }
  @inline(__always) static var all: UInt32 { .max }
  @inline(__always) static var i31: UInt32 { 1 }
  @inline(__always) static func of(_ kind: UInt8) -> UInt32 { 1 << UInt32(kind & 31) }
}

extension Machine {
  /// Whether a canonical type is the type at 16 or a subtype of it.
  @inline(__always)
  func isSubtype(_ type: UInt32) -> Bool {
    let wanted = operand(16, as: UInt32.self)
    if type == wanted { return true }
    let descriptor = context.pointee.store.pointee.typeDescriptors + Int(type)
    let depth = slotNumber(20)
    return depth < Int(descriptor.pointee.depth) && descriptor.pointee.display[depth] == wanted
  }
}

/// Slot 8 ← whether slot 10 passes the test.
enum ReferenceTest<Test: TypeTest>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let result: UInt32 = Test.matches(machine.slot(10).pointee, machine) ? 1 : 0
    result.write(machine.slot(8), &machine)
    machine.advance(3)
    return true
  }
}

/// Slot 8 ← slot 10, which must pass the test.
enum ReferenceCast<Test: TypeTest>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let reference = machine.slot(10).pointee
    guard Test.matches(reference, machine) else { return machine.trap(.castFailure) }
    reference.write(machine.slot(8), &machine)
    machine.advance(3)
    return true
  }
}

/// Branches by offset 8 if slot 12 passes the test.
enum BranchOnCast<Test: TypeTest>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    if Test.matches(machine.slot(12).pointee, machine) { machine.branch(8) } else { machine.advance(3) }
    return true
  }
}

/// Branches by offset 8 unless slot 12 passes the test.
enum BranchOnCastFailure<Test: TypeTest>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    if Test.matches(machine.slot(12).pointee, machine) { machine.advance(3) } else { machine.branch(8) }
    return true
  }
}

// MARK: Descriptors

extension Machine {
  /// Whether a non-null reference has the descriptor `descriptor`.
  @inline(__always)
  func isDescribed(_ reference: Slot, by descriptor: Slot) -> Bool {
    guard reference & 1 == 0 else { return false }
    let object = UnsafeRawPointer(bitPattern: UInt(reference)).unsafelyUnwrapped
    let type = Int(object.load(as: UInt32.self))
    let offset = context.pointee.store.pointee.typeDescriptors[type].descriptorOffset
    return offset != 0 && object.load(fromByteOffset: Int(offset), as: Slot.self) == descriptor
  }
}

/// Slot 8 ← slot 10, which must have the descriptor in slot 12, or be null if 14 is set.
enum DescriptorCast: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let reference = machine.slot(10).pointee
    let descriptor = machine.slot(12).pointee
    guard descriptor != 0 else { return machine.trap(.nullDescriptor) }
    let passes =
      reference == 0 ? machine.slotNumber(14) != 0 : machine.isDescribed(reference, by: descriptor)
    guard passes else { return machine.trap(.descriptorCastFailure) }
    reference.write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}

/// Branches by offset 8 if slot 12 has the descriptor in slot 14, or is null and 16 is set; if 18 is set, branches otherwise.
enum BranchOnDescriptor: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let reference = machine.slot(12).pointee
    let descriptor = machine.slot(14).pointee
    guard descriptor != 0 else { return machine.trap(.nullDescriptor) }
    let passes =
      reference == 0 ? machine.slotNumber(16) != 0 : machine.isDescribed(reference, by: descriptor)
    if passes != (machine.slotNumber(18) != 0) { machine.branch(8) } else { machine.advance(3) }
    return true
  }
}
