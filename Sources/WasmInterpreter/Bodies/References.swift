import WasmRuntime
import WebAssembly

// Reference instructions. (Core specification 3.0, 4.6.3 "Reference Instructions".)

/// Slot 8 ← reference to the function with the 32-bit index at 12.
enum FunctionReferenceOf: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let function = machine.context.pointee.functions[Int(machine.operand(12, as: UInt32.self))]
    UInt64(UInt(bitPattern: function)).write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}

/// Slot 8 ← slot 10, which must not be null.
enum AsNonNull: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let reference = machine.slot(10).pointee
    guard reference != 0 else { return machine.trap(.nullReference) }
    reference.write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}

enum MakeI31: UnaryFunction {
  @inline(__always) static func apply(_ a: UInt32) -> UInt64 { UInt64(a & 0x7FFF_FFFF) << 1 | 1 }
}
/// Requires a reference that is not null; so do the two below.
enum I31Signed: CheckedUnaryFunction {
  @inline(__always) static func trap(_ a: UInt64) -> TrapCode? { a == 0 ? .nullI31Reference : nil }
  @inline(__always) static func apply(_ a: UInt64) -> UInt32 {
    UInt32(bitPattern: Int32(truncatingIfNeeded: a) >> 1)
  }
}
enum I31Unsigned: CheckedUnaryFunction {
  @inline(__always) static func trap(_ a: UInt64) -> TrapCode? { a == 0 ? .nullI31Reference : nil }
  @inline(__always) static func apply(_ a: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: a) >> 1 }
}

extension Operands {
  /// Whether a reference is of the type whose bits, in canonical indices, stand at this byte offset.
  @inline(never)
  func matches(_ reference: Slot, typeAt offset: Int) -> Bool {
    let type = ReferenceType(bits: operand(offset, as: UInt32.self))
    if reference == 0 { return type.isNullable }
    switch type.heapType {
    case .any, .external, .function, .exception: return true
    case .equatable, .i31: return reference & 1 != 0
    default: break
    }
    guard let index = type.heapType.typeIndex, reference & 1 == 0 else { return false }
    guard store.registry.type(index).composite.function != nil else { return false }
    let own = UnsafePointer<FunctionReference>(bitPattern: UInt(reference)).unsafelyUnwrapped.pointee.type
    return own == index || !type.heapType.isExact && store.registry.isSubtype(own, of: index)
  }
}

/// Slot 8 ← whether slot 10 is of reference type 12.
enum ReferenceTest: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let matches: UInt32 = machine.operands.matches(machine.slot(10).pointee, typeAt: 12) ? 1 : 0
    matches.write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}

/// Slot 8 ← slot 10, which must be of reference type 12.
enum ReferenceCast: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let reference = machine.slot(10).pointee
    guard machine.operands.matches(reference, typeAt: 12) else { return machine.trap(.castFailure) }
    reference.write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}

/// Branches by offset 8 if slot 12 is of reference type 16.
enum BranchOnCast: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    if machine.operands.matches(machine.slot(12).pointee, typeAt: 16) { machine.branch(8) } else { machine.advance(3) }
    return true
  }
}

/// Branches by offset 8 unless slot 12 is of reference type 16.
enum BranchOnCastFailure: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    if machine.operands.matches(machine.slot(12).pointee, typeAt: 16) { machine.advance(3) } else { machine.branch(8) }
    return true
  }
}
