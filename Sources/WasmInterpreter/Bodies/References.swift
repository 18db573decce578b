import WasmRuntime
import WebAssembly

// Reference instructions. (Core specification 3.0, 4.6.9 "Reference Instructions".)

/// `destination` ← reference to the function.
enum FunctionReferenceOf: Operation {
  typealias Format = FunctionReferenceFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let function = machine.context.pointee.functions[Int(machine[Format.self].function)]
    UInt64(UInt(bitPattern: function)).write(machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}

/// `destination` ← `operand`, which must not be null.
enum AsNonNull: Operation {
  typealias Format = UnaryFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let reference = machine.slot(machine[Format.self].operand).pointee
    guard reference != 0 else { return machine.trap(.nullReference) }
    reference.write(machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}

enum MakeI31: UnaryFunction {
  @inline(__always) static func apply(_ a: UInt32) -> UInt64 { UInt64(a & 0x7FFF_FFFF) << 1 | 1 }
}
/// Requires a non-null reference; so do the next two.
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
