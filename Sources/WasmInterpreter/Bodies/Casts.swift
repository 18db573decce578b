import WasmRuntime

// Type tests in constant time: a type's display has each of its supertypes at that supertype's depth. (Core specification 3.0, 4.6.9
// "Reference Instructions".)

/// A type test.
protocol TypeTest {
  static func matches<Format: TypeTestFormat>(_ reference: Slot, _ machine: Machine, _: Format.Type) -> Bool
}

/// A structure or array type. An exact type is encoded with a depth that no type reaches, so that only the type itself matches.
enum AggregateTest: TypeTest {
  @inline(__always)
  static func matches<Format: TypeTestFormat>(_ reference: Slot, _ machine: Machine, _: Format.Type) -> Bool {
    guard reference != 0 else { return machine[Format.self].isNullable.isSet }
    guard reference & 1 == 0 else { return false }
    let type = UnsafeRawPointer(bitPattern: UInt(reference)).unsafelyUnwrapped.load(as: UInt32.self)
    return machine.isSubtype(type, Format.self)
  }
}

/// A function type.
enum FunctionTest: TypeTest {
  @inline(__always)
  static func matches<Format: TypeTestFormat>(_ reference: Slot, _ machine: Machine, _: Format.Type) -> Bool {
    guard let function = UnsafePointer<FunctionReference>(bitPattern: UInt(reference)) else {
      return machine[Format.self].isNullable.isSet
    }
    return machine.isSubtype(function.pointee.type, Format.self)
  }
}

/// An abstract type, as the set of its kinds of objects.
enum AbstractTest: TypeTest {
  @inline(__always)
  static func matches<Format: TypeTestFormat>(_ reference: Slot, _ machine: Machine, _: Format.Type) -> Bool {
    guard reference != 0 else { return machine[Format.self].isNullable.isSet }
    let kinds = machine[Format.self].type
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
  /// Whether a canonical type is the type of the test or a subtype of it.
  @inline(__always)
  func isSubtype<Format: TypeTestFormat>(_ type: UInt32, _: Format.Type) -> Bool {
    let wanted = self[Format.self].type
    if type == wanted { return true }
    let descriptor = context.pointee.store.pointee.typeDescriptors + Int(type)
    let depth = Int(self[Format.self].depth)
    return depth < Int(descriptor.pointee.depth) && descriptor.pointee.display[depth] == wanted
  }
}

/// `destination` ← whether `reference` passes the test.
enum ReferenceTest<Test: TypeTest>: Operation {
  typealias Format = ReferenceTestFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let result: UInt32 =
      Test.matches(machine.slot(machine[Format.self].reference).pointee, machine, Format.self) ? 1 : 0
    result.write(machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}

/// `destination` ← `reference`, which must pass the test.
enum ReferenceCast<Test: TypeTest>: Operation {
  typealias Format = ReferenceTestFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let reference = machine.slot(machine[Format.self].reference).pointee
    guard Test.matches(reference, machine, Format.self) else { return machine.trap(.castFailure) }
    reference.write(machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}

/// Branches if `reference` passes the test.
enum BranchOnCast<Test: TypeTest>: Operation {
  typealias Format = ReferenceTestBranchFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    if Test.matches(machine.slot(machine[Format.self].reference).pointee, machine, Format.self) {
      machine.branch(machine[Format.self].target)
    } else {
      machine.advance(Format.self)
    }
    return true
  }
}

/// Branches unless `reference` passes the test.
enum BranchOnCastFailure<Test: TypeTest>: Operation {
  typealias Format = ReferenceTestBranchFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    if Test.matches(machine.slot(machine[Format.self].reference).pointee, machine, Format.self) {
      machine.advance(Format.self)
    } else {
      machine.branch(machine[Format.self].target)
    }
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

/// `destination` ← `reference`, which must have the descriptor in `descriptor`, or be null if `isNullable` is set.
enum DescriptorCast: Operation {
  typealias Format = DescriptorCastFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let reference = machine.slot(machine[Format.self].reference).pointee
    let descriptor = machine.slot(machine[Format.self].descriptor).pointee
    guard descriptor != 0 else { return machine.trap(.nullDescriptor) }
    let passes =
      reference == 0 ? machine[Format.self].isNullable.isSet : machine.isDescribed(reference, by: descriptor)
    guard passes else { return machine.trap(.descriptorCastFailure) }
    reference.write(machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}

/// Branches if `reference` has the descriptor in `descriptor`, or is null and `isNullable` is set; if `isInverted` is set, branches otherwise.
enum BranchOnDescriptor: Operation {
  typealias Format = DescriptorBranchFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let reference = machine.slot(machine[Format.self].reference).pointee
    let descriptor = machine.slot(machine[Format.self].descriptor).pointee
    guard descriptor != 0 else { return machine.trap(.nullDescriptor) }
    let passes =
      reference == 0 ? machine[Format.self].isNullable.isSet : machine.isDescribed(reference, by: descriptor)
    if passes != (machine[Format.self].isInverted.isSet) {
      machine.branch(machine[Format.self].target)
    } else {
      machine.advance(Format.self)
    }
    return true
  }
}
