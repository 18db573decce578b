import Synchronization
import WasmRuntime

// Atomic instructions. (Threads proposal, "Atomic memory accesses".)
//
// There is one body per width: an i32's result is zero-extended to the slot, as an i64's is, so both types share a handler. (The compiler
// would merge two equal bodies into one, called through a thunk.)

/// The operands that give an atomic access its address: slot 10, offset, memory.
protocol AtomicAddress {
  /// The effective address modulo 2⁶⁴; alignment depends only on its lowest bits.
  static func address(_ machine: Machine) -> UInt64
  /// The host address of an access, or nil if it is out of bounds.
  static func place(_ machine: Machine, byteCount: Int) -> UnsafeMutableRawPointer?
  /// The byte offset of the word with the other operands, and the instruction's number of words.
  static var operandOffset: Int { get }
  static var wordCount: Int { get }
}

/// Memory 0, 32-bit address, 32-bit offset at 12.
enum NearAddress: AtomicAddress {
  @inline(__always)
  static func address(_ machine: Machine) -> UInt64 { Based<Slot10>.address(machine) }
  @inline(__always)
  static func place(_ machine: Machine, byteCount: Int) -> UnsafeMutableRawPointer? {
    machine.place(Based<Slot10>.self, byteCount: byteCount)
  }
  @inline(__always) static var operandOffset: Int { 16 }
  @inline(__always) static var wordCount: Int { 3 }
}

/// Any memory: see ``Machine/farPlace(byteCount:)``.
enum FarAddress: AtomicAddress {
  @inline(__always)
  static func address(_ machine: Machine) -> UInt64 {
    machine.slot(10).pointee &+ machine.operand(16, as: UInt64.self)
  }
  @inline(__always)
  static func place(_ machine: Machine, byteCount: Int) -> UnsafeMutableRawPointer? {
    machine.farPlace(byteCount: byteCount)
  }
  @inline(__always) static var operandOffset: Int { 24 }
  @inline(__always) static var wordCount: Int { 4 }
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
      _ = trap(.outOfBoundsMemoryAccess)
      return nil
    }
    return place
  }

  /// An operand of an atomic instruction, truncated to the width of the access.
  @inline(__always)
  fileprivate func atomicOperand<T: AtomicInteger>(_ offset: Int, as type: T.Type) -> T {
    T(truncatingIfNeeded: slot(offset).pointee)
  }

  @inline(__always)
  fileprivate mutating func finishAtomic<T: AtomicInteger>(_ result: T, wordCount: Int) {
    let value = Slot(truncatingIfNeeded: result)
    slot(8).pointee = value
    accumulator = value
    advance(wordCount)
  }
}

/// Slot 8 ← memory.
enum AtomicLoad<T: AtomicInteger, A: AtomicAddress>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.atomicPlace(T.self, A.self) else { return false }
    machine.finishAtomic(T.atomicLoad(place), wordCount: A.wordCount)
    return true
  }
}

/// Memory ← the first of the other operands.
enum AtomicStore<T: AtomicInteger, A: AtomicAddress>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.atomicPlace(T.self, A.self) else { return false }
    T.atomicStore(machine.atomicOperand(A.operandOffset, as: T.self), place)
    machine.advance(A.wordCount)
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

/// Slot 8 ← the previous value of memory; memory ← a function of that value and the operand.
enum AtomicModify<Modification: AtomicModification, T: AtomicInteger, A: AtomicAddress>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.atomicPlace(T.self, A.self) else { return false }
    let old = Modification.apply(machine.atomicOperand(A.operandOffset, as: T.self), place)
    machine.finishAtomic(old, wordCount: A.wordCount)
    return true
  }
}

/// Slot 8 ← the previous value of memory; memory ← the second operand, if that value equals the first. Both are truncated to the width.
enum AtomicCompareExchange<T: AtomicInteger, A: AtomicAddress>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let place = machine.atomicPlace(T.self, A.self) else { return false }
    let old = T.atomicCompareExchange(
      machine.atomicOperand(A.operandOffset, as: T.self), machine.atomicOperand(A.operandOffset + 2, as: T.self), place)
    machine.finishAtomic(old, wordCount: A.wordCount)
    return true
  }
}

/// Orders all earlier accesses before all later ones.
enum AtomicFence: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    machine.advance(1)
    return true
  }
}

// MARK: Waiting

/// Slot 8 ← the outcome of `memory.atomic.notify` (24: the count) or `memory.atomic.wait` (24: the expected value, 26: the timeout); the
/// address is as in ``FarAddress``.
enum AtomicWait: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let outcome = perform(machine.operands)
    guard outcome >= 0 else { return machine.trap(TrapCode(rawValue: UInt32(-outcome)).unsafelyUnwrapped) }
    let value = Slot(truncatingIfNeeded: outcome)
    machine.slot(8).pointee = value
    machine.accumulator = value
    machine.advance(4)
    return true
  }

  /// Returns the outcome, or the negated code of a trap.
  @inline(never)
  private static func perform(_ operands: Operands) -> Int64 {
    guard let instruction = WaitInstruction(rawValue: operands.operand(28, as: UInt16.self)) else {
      return -Int64(TrapCode.unreachable.rawValue)
    }
    let (address, overflow) = operands.address(10, is64: operands.slotNumber(14) != 0)
      .addingReportingOverflow(operands.operand(16, as: UInt64.self))
    return operands.context.perform(
      instruction, onMemory: operands.slotNumber(12), at: address, isBeyond: overflow,
      operand: operands.slot(24).pointee,
      timeout: instruction == .notify ? 0 : Int64(bitPattern: operands.slot(26).pointee))
  }
}
