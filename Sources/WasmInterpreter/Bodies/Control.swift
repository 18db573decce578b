import NeedletailSystem
import WasmRuntime
import WebAssembly

// Branches, calls and returns. (Core specification 3.0, 4.6.2 "Control Instructions".)

enum Unreachable: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool { machine.trap(.unreachable) }
}

/// Branches by offset 8.
enum Branch: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.branch(8)
    return true
  }
}

/// Branches by offset 8 if A is not zero.
enum BranchIfNotZero<T: WasmInteger, A: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    if A.load(machine, as: T.self) != 0 { machine.branch(8) } else { machine.advance(2) }
    return true
  }
}

/// Branches by offset 8 if A is zero.
enum BranchIfZero<T: WasmInteger, A: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    if A.load(machine, as: T.self) == 0 { machine.branch(8) } else { machine.advance(2) }
    return true
  }
}

/// Branches by the offset that A selects from the table after the instruction; 12: the number of entries without the default, which is
/// last.
enum BranchTable<A: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let index = min(A.load(machine, as: UInt32.self), machine.operand(12, as: UInt32.self))
    machine.pc += Int((machine.pc + 16).load(fromByteOffset: 4 * Int(index), as: Int32.self))
    return true
  }
}

// MARK: Frames

extension Machine {
  /// Writes the header of the frame that begins at `callee` and makes it the current frame.
  @inline(__always)
  mutating func pushFrame(_ callee: UnsafeMutablePointer<Slot>, header: Int, returnTo: UnsafeRawPointer) {
    let header = callee + header
    header[FrameHeader.returnPC] = Slot(UInt(bitPattern: returnTo))
    header[FrameHeader.callerFrame] = Slot(UInt(bitPattern: frame))
    header[FrameHeader.callerContext] = Slot(UInt(bitPattern: context))
    frame = callee
  }

  /// Continues in the caller, which may belong to another instance.
  @inline(__always)
  mutating func popFrame(header: Int) {
    let header = frame + header
    pc = UnsafeRawPointer(bitPattern: UInt(header[FrameHeader.returnPC])).unsafelyUnwrapped
    let caller = header.pointer(at: FrameHeader.callerContext, to: InstanceContext.self).unsafelyUnwrapped
    frame = header.pointer(at: FrameHeader.callerFrame, to: Slot.self) ?? frame
    if caller != context {
      context = caller
      reloadMemory()
    }
  }

  /// Continues at the first instruction of a function whose frame is the current one.
  @inline(__always)
  mutating func enter(_ code: UnsafeMutablePointer<FunctionCode>) {
    // `Lower` reads here which function to lower.
    accumulator = Slot(UInt(bitPattern: code))
    pc = code.pointee.entry
  }

  /// The same for a function of any instance, or of the host.
  @inline(__always)
  mutating func enter(_ function: UnsafeMutablePointer<FunctionReference>) {
    if let callee = function.pointee.context, callee != context {
      context = callee
      reloadMemory()
    }
    enter(function.pointee.code)
  }
}

/// Calls a function of the same instance. 8: its ``FunctionCode``; 16: slot of the first argument; 18: the header's slot
/// in the new frame.
enum Call: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let code = UnsafeMutablePointer<FunctionCode>(bitPattern: machine.operand(8, as: UInt.self)).unsafelyUnwrapped
    machine.pushFrame(machine.slot(16), header: machine.slotNumber(18), returnTo: machine.pc + 24)
    machine.enter(code)
    return true
  }
}

/// Calls the imported function with the 32-bit index at 12. 8: slot of the first argument; 10: the header's slot.
enum CallImport: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let function = machine.context.pointee.functions[Int(machine.operand(12, as: UInt32.self))]
    machine.pushFrame(machine.slot(8), header: machine.slotNumber(10), returnTo: machine.pc + 16)
    machine.enter(function)
    return true
  }
}

/// The table of an indirect call.
protocol CallTable {
  static func index(_ machine: Machine) -> Int
  /// The number of bytes of a call other than a tail call.
  static var byteCount: Int { get }
}

/// The 16 bits at 14.
enum NearCallTable: CallTable {
  @inline(__always)
  static func index(_ machine: Machine) -> Int { machine.slotNumber(14) }
  @inline(__always) static var byteCount: Int { 24 }
}

/// The 32 bits at 28.
enum FarCallTable: CallTable {
  @inline(__always)
  static func index(_ machine: Machine) -> Int { Int(machine.operand(28, as: UInt32.self)) }
  @inline(__always) static var byteCount: Int { 32 }
}

extension Machine {
  /// The callee of an indirect call: index in slot 12 (64 bits wide if 20 is set), canonical type at 16; 22: whether that type has
  /// subtypes. Records the trap and returns nil if there is none.
  @inline(__always)
  func indirectCallee<Table: CallTable>(in _: Table.Type) -> UnsafeMutablePointer<FunctionReference>? {
    let table = context.pointee.tables[Table.index(self)]
    let index = operands.address(12, is64: slotNumber(20) != 0)
    guard index < table.pointee.count else {
      _ = trap(.undefinedElement, detail: index)
      return nil
    }
    guard let function = table.pointee.elements.pointer(at: Int(index), to: FunctionReference.self) else {
      _ = trap(.uninitializedElement, detail: index)
      return nil
    }
    let wanted = operand(16, as: UInt32.self)
    guard
      function.pointee.type == wanted || slotNumber(22) != 0 && operands.isSubtype(function.pointee.type, of: wanted)
    else {
      _ = trap(.indirectCallTypeMismatch)
      return nil
    }
    return function
  }
}

extension Operands {
  @inline(never)
  func isSubtype(_ type: UInt32, of other: UInt32) -> Bool {
    let types = context.pointee.store.pointee.typeDescriptors
    let depth = types[Int(other)].depth
    return depth <= types[Int(type)].depth && types[Int(type)].display[Int(depth)] == other
  }
}

/// Calls through a table: see ``Machine/indirectCallee(in:)``. 8: slot of the first argument; 10: the header's slot.
enum CallIndirect<Table: CallTable>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let function = machine.indirectCallee(in: Table.self) else { return false }
    machine.pushFrame(machine.slot(8), header: machine.slotNumber(10), returnTo: machine.pc + Table.byteCount)
    machine.enter(function)
    return true
  }
}

/// Calls the function reference in slot 12. 8: slot of the first argument; 10: the header's slot.
enum CallReference: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let function = machine.frame.pointer(at: machine.slotNumber(12), to: FunctionReference.self) else {
      return machine.trap(.nullFunctionReference)
    }
    machine.pushFrame(machine.slot(8), header: machine.slotNumber(10), returnTo: machine.pc + 16)
    machine.enter(function)
    return true
  }
}

// MARK: Tail calls

extension Machine {
  /// Replaces the current frame with the callee's. 8: slot of the first argument; 10: the header's slot in the new frame.
  ///
  /// - Parameters:
  ///   - header: the header's slot in the current frame.
  ///   - count: the number of slots of the arguments.
  @inline(__always)
  mutating func replaceFrame(header: Int, argumentSlots count: Int) {
    let saved = (frame + header).withMemoryRebound(to: SavedHeader.self, capacity: 1) { $0.pointee }
    frame.update(from: slot(8), count: count)
    (frame + slotNumber(10)).withMemoryRebound(to: SavedHeader.self, capacity: 1) { $0.pointee = saved }
  }
}

/// A frame's header, copied as a unit.
private struct SavedHeader {
  var returnPC: Slot
  var callerFrame: Slot
  var callerContext: Slot
}

/// Tail call of function 12 (32 bits) in the index space. 16: own header's slot; 18: argument slots.
enum TailCall: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let function = machine.context.pointee.functions[Int(machine.operand(12, as: UInt32.self))]
    machine.replaceFrame(header: machine.slotNumber(16), argumentSlots: machine.slotNumber(18))
    machine.enter(function)
    return true
  }
}

/// Tail call through a table: see ``Machine/indirectCallee(in:)``. 24: own header's slot; 26: argument slots.
enum TailCallIndirect<Table: CallTable>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let function = machine.indirectCallee(in: Table.self) else { return false }
    machine.replaceFrame(header: machine.slotNumber(24), argumentSlots: machine.slotNumber(26))
    machine.enter(function)
    return true
  }
}

/// Tail call of the reference in slot 12. 16: own header's slot; 18: argument slots.
enum TailCallReference: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let function = machine.frame.pointer(at: machine.slotNumber(12), to: FunctionReference.self) else {
      return machine.trap(.nullFunctionReference)
    }
    machine.replaceFrame(header: machine.slotNumber(16), argumentSlots: machine.slotNumber(18))
    machine.enter(function)
    return true
  }
}

// MARK: Function entry and exit

/// A function's first instruction. 8 (32 bits): the size of its frame in slots; 12: the first slot to clear; 14: their number.
enum Enter: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard machine.frame + Int(machine.operand(8, as: UInt32.self)) <= machine.context.pointee.stackLimit else {
      return machine.trap(.callStackExhausted)
    }
    machine.advance(2)
    return true
  }
}

/// The same, and clears up to four slots. The frame always has room for writing four.
enum EnterClearingFew: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard machine.frame + Int(machine.operand(8, as: UInt32.self)) <= machine.context.pointee.stackLimit else {
      return machine.trap(.callStackExhausted)
    }
    UnsafeMutableRawPointer(machine.slot(12)).storeBytes(of: SIMD4<UInt64>.zero, as: SIMD4<UInt64>.self)
    machine.advance(2)
    return true
  }
}

/// The same, and clears any number of slots.
enum EnterClearing: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard machine.frame + Int(machine.operand(8, as: UInt32.self)) <= machine.context.pointee.stackLimit else {
      return machine.trap(.callStackExhausted)
    }
    memoryFill(UnsafeMutableRawPointer(machine.slot(12)), 0, 8 * machine.slotNumber(14))
    machine.advance(2)
    return true
  }
}

/// Returns; 8: the header's slot. The results, if any, are at the start of the frame.
enum Return: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.popFrame(header: machine.slotNumber(8))
    return true
  }
}

/// Slot 0 ← A, and returns; 8: the header's slot.
enum ReturnValue<T: Scalar, A: Source>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    A.load(machine, as: T.self).write(machine.frame, &machine)
    machine.popFrame(header: machine.slotNumber(8))
    return true
  }
}

/// The code of every function that is not lowered yet: lowers it and starts it.
enum Lower: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let code = UnsafeMutablePointer<FunctionCode>(bitPattern: UInt(machine.accumulator)).unsafelyUnwrapped
    guard let entry = Interpreter.lower(code, in: machine.context.storeState) else {
      return machine.trap(.hostError)
    }
    machine.pc = entry
    return true
  }
}

/// The code of a host function. 8: the ``HostFunction``; 16: the header's slot.
enum CallHost: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard callHost(machine.pc, machine.frame, machine.context) else {
      guard let handler = machine.operands.unwindFromHost(header: machine.slotNumber(16)) else { return false }
      machine.goOn(at: handler)
      return true
    }
    machine.returnToCaller(header: machine.slotNumber(16))
    return true
  }

  @inline(never)
  private static func callHost(
    _ pc: UnsafeRawPointer, _ frame: UnsafeMutablePointer<Slot>, _ context: UnsafeMutablePointer<InstanceContext>
  ) -> Bool {
    let operands = pc + 8
    let function = Unmanaged<HostFunction>.fromOpaque(operands.load(as: UnsafeRawPointer.self))
    let header = frame + Int(operands.load(fromByteOffset: 8, as: UInt16.self))
    return leaveActivation(header, context) {
      // This can also run host code.
      if context.pointee.store.pointee.hasDeadObjects { context.storeState.releaseDeadObjects() }
      try function._withUnsafeGuaranteedRef { try $0.body(frame, context) }
    }
  }
}

/// Runs code outside the interpreter, in a frame with this header. Returns false if it ended with an error, which is then in the store.
@inline(__always)
private func leaveActivation(
  _ header: UnsafeMutablePointer<Slot>, _ context: UnsafeMutablePointer<InstanceContext>, _ body: () throws -> Void
) -> Bool {
  let store = context.pointee.store
  let saved = (store.pointee.stackTop, store.pointee.suspension)
  // After the header, for backtraces: the suspension of the enclosing activation.
  header[FrameHeader.slotCount] = Slot(saved.1.bits)
  store.pointee.stackTop = header + FrameHeader.slotCount + 1
  store.pointee.suspension = Suspension(interpreted: header)
  defer { (store.pointee.stackTop, store.pointee.suspension) = saved }
  do {
    try body()
    return true
  } catch {
    context.storeState.pendingError = error
    return false
  }
}

extension Machine {
  /// Continues in the caller of a function that ran outside the interpreter.
  @inline(__always)
  fileprivate mutating func returnToCaller(header: Int) {
    let header = frame + header
    // Callers expect a single result both in its slot and in its type's accumulator.
    accumulator = frame[0]
    float64 = Double.read(frame)
    float32 = Float.read(frame)
    pc = UnsafeRawPointer(bitPattern: UInt(header[FrameHeader.returnPC])).unsafelyUnwrapped
    context = header.pointer(at: FrameHeader.callerContext, to: InstanceContext.self).unsafelyUnwrapped
    frame = header.pointer(at: FrameHeader.callerFrame, to: Slot.self) ?? frame
    // Memory 0 may have grown.
    reloadMemory()
  }
}

/// The code of every compiled function.
enum CallCompiled: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let code = UnsafeMutablePointer<FunctionCode>(bitPattern: UInt(machine.accumulator)).unsafelyUnwrapped
    let header = code.pointee.headerSlot
    guard callCompiled(code, machine.frame, machine.context) else {
      guard let handler = machine.operands.unwindFromHost(header: header) else { return false }
      machine.goOn(at: handler)
      return true
    }
    machine.returnToCaller(header: header)
    return true
  }

  @inline(never)
  private static func callCompiled(
    _ code: UnsafeMutablePointer<FunctionCode>, _ frame: UnsafeMutablePointer<Slot>,
    _ context: UnsafeMutablePointer<InstanceContext>
  ) -> Bool {
    let store = context.storeState
    return leaveActivation(frame + code.pointee.headerSlot, context) {
      try store.nativeEngine?.invoke(code, in: context, slots: frame, store: store)
    }
  }
}

/// The return address of an activation's first frame.
enum Exit: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool { false }
}
