import Synchronization
import WasmRuntime

// Atomic instructions. (Threads proposal, "Atomic memory accesses".)
//
// There is one body per width: an i32's result is zero-extended to the slot, as an i64's is, so both types share a handler. (The compiler
// would merge two equal bodies into one, called through a thunk.)

/// How an atomic access computes its address.
protocol AtomicAddress {
  associatedtype Format: AtomicFormat
  /// The effective address modulo 2⁶⁴; alignment depends only on its lowest bits.
  static func address(_ machine: Machine) -> UInt64
  /// The host address of an access, or nil if it is out of bounds.
  static func place(_ machine: Machine, byteCount: Int) -> UnsafeMutableRawPointer?
  /// Stops with a trap at an access that is out of bounds.
  static func outOfBounds(_ machine: Machine, byteCount: Int) -> Bool
}

/// Memory 0, 32-bit address, 32-bit offset.
enum NearAddress: AtomicAddress {
  typealias Format = AtomicAccess

  @inline(__always)
  static func address(_ machine: Machine) -> UInt64 { Based<Format, SlotOperand>.address(machine) }
  @inline(__always)
  static func place(_ machine: Machine, byteCount: Int) -> UnsafeMutableRawPointer? {
    machine.place(Based<Format, SlotOperand>.self, byteCount: byteCount)
  }
  @inline(__always)
  static func outOfBounds(_ machine: Machine, byteCount: Int) -> Bool {
    machine.outOfBounds(Based<Format, SlotOperand>.self)
  }
}

/// Any memory: see ``Machine/farPlace(_:byteCount:)``.
enum FarAddress: AtomicAddress {
  typealias Format = FarAtomicAccess

  @inline(__always)
  static func address(_ machine: Machine) -> UInt64 {
    machine.slot(machine[Format.self].address).pointee &+ machine[Format.self].offset
  }
  @inline(__always)
  static func place(_ machine: Machine, byteCount: Int) -> UnsafeMutableRawPointer? {
    machine.farPlace(Format.self, byteCount: byteCount)
  }
  @inline(__always)
  static func outOfBounds(_ machine: Machine, byteCount: Int) -> Bool {
    machine.farOutOfBounds(Format.self, byteCount: byteCount)
  }
}

extension Machine {
  /// The host address of an atomic access. Alignment is checked before bounds. Records the trap and returns nil if one fails.
  @inline(__always)
  fileprivate func atomicPlace<T: AtomicInteger, A: AtomicAddress>(_: T.Type, _: A.Type) -> UnsafeMutableRawPointer? {
    let byteCount = MemoryLayout<T>.size
    guard A.address(self) & UInt64(byteCount - 1) == 0 else {
      _ = trap(.unalignedAtomic)
      return nil
    }
    guard let place = A.place(self, byteCount: byteCount) else {
      _ = A.outOfBounds(self, byteCount: byteCount)
      return nil
    }
    return place
  }

  /// An operand of an atomic instruction, truncated to the width of the access.
  @inline(__always)
  fileprivate func atomicOperand<T: AtomicInteger>(_ operand: SlotOperand, as type: T.Type) -> T {
    T(truncatingIfNeeded: slot(operand).pointee)
  }

  @inline(__always)
  fileprivate mutating func finishAtomic<T: AtomicInteger, Format: AtomicFormat>(_ result: T, _: Format.Type) {
    let value = Slot(truncatingIfNeeded: result)
    slot(self[Format.self].destination).pointee = value
    accumulator = value
    advance(Format.self)
  }
}

/// `destination` ← memory.
enum AtomicLoad<T: AtomicInteger, A: AtomicAddress>: Operation {
  typealias Format = A.Format

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.atomicPlace(T.self, A.self) else { return false }
    machine.finishAtomic(T.atomicLoad(place), Format.self)
    return true
  }
}

/// Memory ← `first`.
enum AtomicStore<T: AtomicInteger, A: AtomicAddress>: Operation {
  typealias Format = A.Format

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.atomicPlace(T.self, A.self) else { return false }
    T.atomicStore(machine.atomicOperand(machine[Format.self].first, as: T.self), place)
    machine.advance(Format.self)
    return true
  }
}

/// The operation of a read-modify-write instruction; returns the previous value.
protocol AtomicModification {
  static func apply<T: AtomicInteger>(_ value: T, _ place: UnsafeMutableRawPointer) -> T
}

enum AtomicAdd: AtomicModification {
  @inline(__always)
  static func apply<T: AtomicInteger>(_ value: T, _ place: UnsafeMutableRawPointer) -> T { T.atomicAdd(value, place) }
}
enum AtomicSubtract: AtomicModification {
  @inline(__always)
  static func apply<T: AtomicInteger>(_ value: T, _ place: UnsafeMutableRawPointer) -> T {
    T.atomicSubtract(value, place)
  }
}
enum AtomicAnd: AtomicModification {
  @inline(__always)
  static func apply<T: AtomicInteger>(_ value: T, _ place: UnsafeMutableRawPointer) -> T { T.atomicAnd(value, place) }
}
enum AtomicOr: AtomicModification {
  @inline(__always)
  static func apply<T: AtomicInteger>(_ value: T, _ place: UnsafeMutableRawPointer) -> T { T.atomicOr(value, place) }
}
enum AtomicXor: AtomicModification {
  @inline(__always)
  static func apply<T: AtomicInteger>(_ value: T, _ place: UnsafeMutableRawPointer) -> T { T.atomicXor(value, place) }
}
enum AtomicExchange: AtomicModification {
  @inline(__always)
  static func apply<T: AtomicInteger>(_ value: T, _ place: UnsafeMutableRawPointer) -> T {
    T.atomicExchange(value, place)
  }
}

/// `destination` ← the previous value of memory; memory ← a function of that value and `first`.
enum AtomicModify<Modification: AtomicModification, T: AtomicInteger, A: AtomicAddress>: Operation {
  typealias Format = A.Format

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.atomicPlace(T.self, A.self) else { return false }
    let old = Modification.apply(machine.atomicOperand(machine[Format.self].first, as: T.self), place)
    machine.finishAtomic(old, Format.self)
    return true
  }
}

/// `destination` ← the previous value of memory; memory ← `second`, if that value equals `first`. Both are truncated to the width.
enum AtomicCompareExchange<T: AtomicInteger, A: AtomicAddress>: Operation {
  typealias Format = A.Format

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.atomicPlace(T.self, A.self) else { return false }
    let old = T.atomicCompareExchange(
      machine.atomicOperand(machine[Format.self].first, as: T.self),
      machine.atomicOperand(machine[Format.self].second, as: T.self), place)
    machine.finishAtomic(old, Format.self)
    return true
  }
}

/// Orders all earlier accesses before all later ones.
enum AtomicFence: Operation {
  typealias Format = PlainFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    machine.advance(Format.self)
    return true
  }
}

// MARK: Waiting

/// `destination` ← the outcome of `memory.atomic.notify` or `memory.atomic.wait`.
enum AtomicWait: Operation {
  typealias Format = WaitFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let outcome = perform(machine.operands)
    guard outcome >= 0 else { return machine.trap(TrapCode(rawValue: UInt32(-outcome)).unsafelyUnwrapped) }
    let value = Slot(truncatingIfNeeded: outcome)
    machine.slot(machine[Format.self].destination).pointee = value
    machine.accumulator = value
    machine.advance(Format.self)
    return true
  }

  /// Returns the outcome, or the negated code of a trap.
  @inline(never)
  private static func perform(_ operands: Operands) -> Int64 {
    let wait = operands[Format.self]
    guard let instruction = wait.instruction.instruction else { return -Int64(TrapCode.unreachable.rawValue) }
    let (address, overflow) = operands.address(wait.address, is64: wait.is64.isSet)
      .addingReportingOverflow(wait.offset)
    return operands.context.perform(
      instruction, onMemory: Int(wait.memory), at: address, isBeyond: overflow,
      operand: operands.slot(wait.operand).pointee,
      timeout: instruction == .notify ? 0 : Int64(bitPattern: operands.slot(wait.timeout).pointee))
  }
}
