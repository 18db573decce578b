import NeedletailSystem
import WasmRuntime
import WebAssembly

// Branches, calls and returns. (Core specification 3.0, 4.6.2 "Control Instructions".)

enum Unreachable: Operation {
  typealias Format = UnreachableFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool { machine.trap(.unreachable) }
}

enum Branch: Operation {
  typealias Format = BranchFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.branch(machine[Format.self].target)
    return true
  }
}

/// Branches if A is not zero.
enum BranchIfNotZero<T: WasmInteger, A: Source>: ConditionalBranch where A.Field == SlotOperand {
  typealias Format = ConditionalBranchFormat

  @inline(__always)
  static func isTaken(_ machine: inout Machine) -> Bool {
    A.load(machine[Format.self].condition, machine, as: T.self) != 0
  }
}

/// Branches if A is zero.
enum BranchIfZero<T: WasmInteger, A: Source>: ConditionalBranch where A.Field == SlotOperand {
  typealias Format = ConditionalBranchFormat

  @inline(__always)
  static func isTaken(_ machine: inout Machine) -> Bool {
    A.load(machine[Format.self].condition, machine, as: T.self) == 0
  }
}

/// Branches by the offset that A selects from the table.
enum BranchTable<A: Source>: Operation where A.Field == SlotOperand {
  typealias Format = BranchTableFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let index = min(A.load(machine[Format.self].index, machine, as: UInt32.self), machine[Format.self].count)
    machine.branch(machine.elements(Format.self)[Int(index)])
    return true
  }
}

// MARK: Frames

extension Machine {
  /// Writes the header of the callee's frame, which makes the caller continue after the call, and makes it the current frame.
  @inline(__always)
  mutating func pushFrame<Format: CallingFormat>(_: Format.Type) {
    let callee = slot(self[Format.self].firstArgument)
    let header = callee + Int(self[Format.self].header)
    header[FrameHeader.returnPC] = Slot(UInt(bitPattern: pc + Format.byteCount))
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
    frame = header.pointer(at: FrameHeader.callerFrame, to: Slot.self).unsafelyUnwrapped
    if _slowPath(caller != context) {
      context = caller
      reloadMemory()
    }
  }

  /// Continues at the first instruction of a function whose frame is the current one.
  ///
  /// - Returns: false if the stack has no room for the frame.
  @inline(__always)
  mutating func enter(_ code: UnsafeMutablePointer<FunctionCode>) -> Bool {
    // `Lower` reads here which function to lower.
    accumulator = Slot(UInt(bitPattern: code))
    pc = code.entry
    let first = self[EnterFormat.self]
    guard _fastPath(frame + Int(first.frameSlots) <= context.pointee.stackLimit) else {
      return trap(.callStackExhausted)
    }
    // The work of `Enter` and `EnterClearingFew`, which are skipped.
    if _fastPath(first.clearedCount <= EnterFormat.fewSlots) {
      UnsafeMutableRawPointer(slot(first.firstCleared)).storeBytes(of: SIMD4<UInt64>.zero, as: SIMD4<UInt64>.self)
      pc += EnterFormat.byteCount
    }
    return true
  }

  /// The same for a function of any instance, or of the host.
  @inline(__always)
  mutating func enter(_ function: UnsafeMutablePointer<FunctionReference>) -> Bool {
    if let callee = function.pointee.context, _slowPath(callee != context) {
      context = callee
      reloadMemory()
    }
    return enter(function.pointee.code)
  }
}

/// Calls a function of the same instance.
enum Call: Operation {
  typealias Format = CallFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let code = UnsafeMutablePointer<FunctionCode>(bitPattern: UInt(machine[Format.self].function.bits))
      .unsafelyUnwrapped
    machine.pushFrame(Format.self)
    return machine.enter(code)
  }
}

/// Calls an imported function.
enum CallImport: Operation {
  typealias Format = ImportCallFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let function = machine.context.pointee.functions[Int(machine[Format.self].function)]
    machine.pushFrame(Format.self)
    return machine.enter(function)
  }
}

extension Machine {
  /// The callee of an indirect call. Records the trap and returns nil if there is none.
  @inline(__always)
  func indirectCallee<Format: IndirectCallFormat>(_: Format.Type) -> UnsafeMutablePointer<FunctionReference>? {
    let table = context.pointee.tables[self[Format.self].tableIndex]
    let index = operands.address(self[Format.self].index, is64: self[Format.self].is64.isSet)
    guard _fastPath(index < table.pointee.count) else {
      _ = noCallee(table, at: index)
      return nil
    }
    guard
      let function = table.pointee.elements.pointer(at: Int(truncatingIfNeeded: index), to: FunctionReference.self)
    else {
      _ = noCallee(table, at: index)
      return nil
    }
    let wanted = self[Format.self].type
    guard
      _fastPath(
        function.pointee.type == wanted
          || self[Format.self].hasSubtypes.isSet && operands.isSubtype(function.pointee.type, of: wanted))
    else {
      _ = mismatch(function, wanted)
      return nil
    }
    return function
  }
}

extension Operands {
  // Not a call: it would make the handlers of indirect calls save all registers.
  @inline(__always)
  func isSubtype(_ type: UInt32, of other: UInt32) -> Bool {
    let types = context.pointee.store.pointee.typeDescriptors
    let depth = types[Int(other)].depth
    return depth <= types[Int(type)].depth && types[Int(type)].display[Int(depth)] == other
  }
}

/// Calls through a table.
enum CallIndirect<Format: IndirectCallFormat>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let function = machine.indirectCallee(Format.self) else { return false }
    machine.pushFrame(Format.self)
    return machine.enter(function)
  }
}

/// Calls a function reference.
enum CallReference: Operation {
  typealias Format = ReferenceCallFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let function = machine.frame.pointer(at: machine[Format.self].function.number, to: FunctionReference.self)
    else {
      return machine.trap(.nullFunctionReference)
    }
    machine.pushFrame(Format.self)
    return machine.enter(function)
  }
}

// MARK: Tail calls

extension Machine {
  /// Replaces the current frame with the callee's.
  @inline(__always)
  mutating func replaceFrame<Format: TailCallingFormat>(_: Format.Type) {
    let count = Int(self[Format.self].argumentSlots)
    let saved = (frame + Int(self[Format.self].ownHeader)).withMemoryRebound(to: SavedHeader.self, capacity: 1) {
      $0.pointee
    }
    frame.update(from: slot(self[Format.self].firstArgument), count: count)
    (frame + Int(self[Format.self].header)).withMemoryRebound(to: SavedHeader.self, capacity: 1) { $0.pointee = saved }
  }
}

/// A frame's header, copied as a unit.
private struct SavedHeader {
  var returnPC: Slot
  var callerFrame: Slot
  var callerContext: Slot
}

/// Tail call of a function in the index space.
enum TailCall: Operation {
  typealias Format = TailCallFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let function = machine.context.pointee.functions[Int(machine[Format.self].function)]
    machine.replaceFrame(Format.self)
    return machine.enter(function)
  }
}

/// Tail call through a table.
enum TailCallIndirect<Format: IndirectCallFormat & TailCallingFormat>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let function = machine.indirectCallee(Format.self) else { return false }
    machine.replaceFrame(Format.self)
    return machine.enter(function)
  }
}

/// Tail call of a reference.
enum TailCallReference: Operation {
  typealias Format = ReferenceTailCallFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let function = machine.frame.pointer(at: machine[Format.self].function.number, to: FunctionReference.self)
    else {
      return machine.trap(.nullFunctionReference)
    }
    machine.replaceFrame(Format.self)
    return machine.enter(function)
  }
}

// MARK: Function entry and exit

/// A function's first instruction, if there is no slot to clear. Calls skip this one and the next: they run only at the start of an
/// activation, and after a function was lowered.
enum Enter: Operation {
  typealias Format = EnterFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard _fastPath(machine.frame + Int(machine[Format.self].frameSlots) <= machine.context.pointee.stackLimit) else {
      return machine.trap(.callStackExhausted)
    }
    machine.advance(Format.self)
    return true
  }
}

/// The same, and clears up to four slots. The frame always has room for writing four.
enum EnterClearingFew: Operation {
  typealias Format = EnterFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard _fastPath(machine.frame + Int(machine[Format.self].frameSlots) <= machine.context.pointee.stackLimit) else {
      return machine.trap(.callStackExhausted)
    }
    UnsafeMutableRawPointer(machine.slot(machine[Format.self].firstCleared)).storeBytes(
      of: SIMD4<UInt64>.zero, as: SIMD4<UInt64>.self)
    machine.advance(Format.self)
    return true
  }
}

/// The same, and clears any number of slots.
enum EnterClearing: Operation {
  typealias Format = EnterFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard _fastPath(machine.frame + Int(machine[Format.self].frameSlots) <= machine.context.pointee.stackLimit) else {
      return machine.trap(.callStackExhausted)
    }
    memoryFill(
      UnsafeMutableRawPointer(machine.slot(machine[Format.self].firstCleared)), 0,
      8 * Int(machine[Format.self].clearedCount))
    machine.advance(Format.self)
    return true
  }
}

/// Returns. The results, if any, are at the start of the frame.
enum Return: Operation {
  typealias Format = ReturnFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.popFrame(header: Int(machine[Format.self].header))
    return true
  }
}

/// Slot 0 ← A, and returns.
enum ReturnValue<T: Scalar, Format: ReturnValueFormat, A: Source>: Operation where A.Field == Format.Value {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    A.load(machine[Format.self].value, machine, as: T.self).write(machine.frame, &machine)
    machine.popFrame(header: Int(machine[Format.self].header))
    return true
  }
}

/// The code of every function that is not lowered yet: lowers it and starts it.
enum Lower: Operation {
  typealias Format = PlainFormat

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

/// The code of a host function.
enum CallHost: Operation {
  typealias Format = HostCallFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard callHost(machine.pc, machine.frame, machine.context) else {
      guard let handler = machine.operands.unwindFromHost(header: Int(machine[Format.self].header)) else {
        return false
      }
      machine.goOn(at: handler)
      return true
    }
    machine.returnToCaller(header: Int(machine[Format.self].header))
    return true
  }

  @inline(never)
  private static func callHost(
    _ pc: UnsafeRawPointer, _ frame: UnsafeMutablePointer<Slot>, _ context: UnsafeMutablePointer<InstanceContext>
  ) -> Bool {
    let operands = Operands(pc: pc, frame: frame, context: context)[Format.self]
    let function = Unmanaged<HostFunction>.fromOpaque(
      UnsafeRawPointer(bitPattern: UInt(operands.function.bits)).unsafelyUnwrapped)
    let header = frame + Int(operands.header)
    return leaveActivation(header, context) {
      // This can also run host code.
      if context.pointee.store.pointee.hasDeadObjects { context.storeState.releaseDeadObjects() }
      try function._withUnsafeGuaranteedRef { try $0.body(frame, context) }
    }
  }
}

/// Runs code outside the interpreter, in a frame with this header. Returns false if it ended with an error, which is then in the store.
@inline(__always)
func leaveActivation(
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
    context.storeState.pendingError = context.storeState.located(error)
    return false
  }
}

extension Machine {
  /// Continues in the caller of a function that ran outside the interpreter.
  @inline(__always)
  mutating func returnToCaller(header: Int) {
    let header = frame + header
    // Callers expect a single result both in its slot and in its type's accumulator.
    accumulator = frame[0]
    float64 = Double.read(frame)
    float32 = Float.read(frame)
    pc = UnsafeRawPointer(bitPattern: UInt(header[FrameHeader.returnPC])).unsafelyUnwrapped
    context = header.pointer(at: FrameHeader.callerContext, to: InstanceContext.self).unsafelyUnwrapped
    frame = header.pointer(at: FrameHeader.callerFrame, to: Slot.self).unsafelyUnwrapped
    // Memory 0 may have grown.
    reloadMemory()
  }
}

extension Machine {
  /// Enters the function with whose tail call an activation of compiled code ended, in place of the frame from which that was entered.
  ///
  /// - Parameters:
  ///   - header: the distance of the frame's header.
  ///   - arguments: the stack's top of that activation.
  /// - Returns: false if the stack has no room for its frame.
  mutating func enterTailCallee(header: Int, arguments: UnsafeMutablePointer<Slot>) -> Bool {
    let store = context.pointee.store
    guard let callee = store.pointee.tailCallee, let caller = store.pointee.tailContext else {
      preconditionFailure("no tail call")
    }
    let own = frame + header
    let saved = own.withMemoryRebound(to: SavedHeader.self, capacity: 1) { $0.pointee }
    let code = callee.pointee.code
    frame.update(from: arguments, count: Int(code.pointee.parameterSlots))
    (frame + code.headerSlot).withMemoryRebound(to: SavedHeader.self, capacity: 1) { $0.pointee = saved }
    // A host function sees its caller's context; and memory 0 may have grown.
    context = caller
    reloadMemory()
    return enter(callee)
  }
}

/// The code of every compiled function.
enum CallCompiled: Operation {
  typealias Format = PlainFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let code = UnsafeMutablePointer<FunctionCode>(bitPattern: UInt(machine.accumulator)).unsafelyUnwrapped
    let header = code.headerSlot
    switch callCompiled(code, machine.frame, machine.context) {
    case .returned: machine.returnToCaller(header: header)
    case .tailCall:
      return machine.enterTailCallee(
        header: header, arguments: machine.frame + header + FrameHeader.slotCount + 1)
    case nil:
      guard let handler = machine.operands.unwindFromHost(header: header) else { return false }
      machine.goOn(at: handler)
    }
    return true
  }

  /// Returns nil for an error.
  @inline(never)
  private static func callCompiled(
    _ code: UnsafeMutablePointer<FunctionCode>, _ frame: UnsafeMutablePointer<Slot>,
    _ context: UnsafeMutablePointer<InstanceContext>
  ) -> ActivationEnd? {
    let store = context.storeState
    guard let engine = store.nativeEngine else { preconditionFailure("compiled code has an engine") }
    var end = ActivationEnd.returned
    let isFinished = leaveActivation(frame + code.headerSlot, context) {
      end = try engine.invoke(code, in: context, slots: frame, store: store)
    }
    return isFinished ? end : nil
  }
}

/// The return address of an activation's first frame.
enum Exit: Operation {
  typealias Format = PlainFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool { false }
}
