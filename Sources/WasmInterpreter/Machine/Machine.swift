import WasmRuntime
import WebAssembly

/// The state of the machine between two instructions. The threaded dispatcher passes all of it in registers.
///
/// An instruction is a handler word followed by operands, whose layout is an ``InstructionFormat``.
struct Machine {
  /// The current instruction's first word.
  var pc: UnsafeRawPointer
  /// Slot 0 of the running function. A frame has the parameters, the header, the other locals, and the operand stack.
  var frame: UnsafeMutablePointer<Slot>
  /// Memory 0, cached here for loads and stores.
  var memoryBase: UnsafeMutableRawPointer
  var memoryByteCount: UInt64
  var context: UnsafeMutablePointer<InstanceContext>
  /// The last result, if it was an integer or a reference; the next two, if it was a float. The lowering lets the next instruction take
  /// its operand from here, which saves a load.
  var accumulator: Slot
  var float64: Double
  var float32: Float
  /// Whether results are written only to the accumulator, as in the first instruction of a ``SilentPair``.
  var isSilent = false
}

extension Machine {
  /// The operands of the current instruction: `machine[Format.self].first` is one load.
  @inline(__always)
  subscript<Format: InstructionFormat>(_: Format.Type) -> Format { pc.load(as: Format.self) }

  /// The elements of the current instruction, which has a variable length.
  @inline(__always)
  func elements<Format: InstructionFormat>(_: Format.Type) -> UnsafePointer<Format.Element> {
    (pc + Format.byteCount).assumingMemoryBound(to: Format.Element.self)
  }

  @inline(__always)
  func slot(_ operand: SlotOperand) -> UnsafeMutablePointer<Slot> { frame + operand.number }

  @inline(__always)
  func slot(_ destination: Destination) -> UnsafeMutablePointer<Slot> { frame + destination.number }

  /// Continues after the current instruction.
  @inline(__always)
  mutating func advance<Format: InstructionFormat>(_: Format.Type) { pc += Format.byteCount }

  @inline(__always)
  mutating func branch(_ target: BranchOffset) { pc += Int(target.byteCount) }

  /// Reloads the registers of memory 0 from the current instance.
  @inline(__always)
  mutating func reloadMemory() {
    let cell = context.pointee.memory
    memoryBase = cell.pointee.base
    memoryByteCount = cell.pointee.byteCount
  }

  /// Stops with a trap at the current instruction. Returns false, the result of an instruction that stops.
  @inline(__always)
  func trap(_ code: TrapCode) -> Bool {
    recordTrap(pc, frame, code.rawValue, memoryByteCount, context, accumulator, float64, float32)
    return false
  }

  /// Stops at a charge that exceeded the fuel, after which code continues if there is more: see ``init(resuming:)``.
  @inline(__always)
  func outOfFuel<Format: InstructionFormat>(_: Format.Type) -> Bool {
    recordOutOfFuel(pc, frame, Format.byteCount, context, accumulator, float64, float32)
    return false
  }

  /// Stops with a trap at an access to an element of a table.
  @inline(__always)
  func outOfBounds(_ table: UnsafeMutablePointer<TableCell>, at index: UInt64) -> Bool {
    recordTableAccess(pc, frame, index, table, context, accumulator, float64, float32)
    return false
  }

  /// Stops with a trap at an access to an element of an array.
  @inline(__always)
  func outOfBounds(_ array: UnsafeMutableRawPointer, at index: UInt32) -> Bool {
    recordArrayAccess(pc, frame, UInt64(index), array, context, accumulator, float64, float32)
    return false
  }

  /// Stops with a trap at an indirect call of an element that is not there or null.
  @inline(__always)
  func noCallee(_ table: UnsafeMutablePointer<TableCell>, at index: UInt64) -> Bool {
    recordMissingCallee(pc, frame, index, table, context, accumulator, float64, float32)
    return false
  }

  /// Stops with a trap at an indirect call of a function with another type than the canonical one of the call.
  @inline(__always)
  func mismatch(_ callee: UnsafeMutablePointer<FunctionReference>, _ type: UInt32) -> Bool {
    recordMismatch(pc, frame, UInt64(type), callee, context, accumulator, float64, float32)
    return false
  }

  /// Stops with a trap at an access to memory 0 at A.
  @inline(__always)
  func outOfBounds<A: AddressSource>(_: A.Type) -> Bool {
    recordAccess(pc, frame, A.address(self), memoryByteCount, context, accumulator, float64, float32)
    return false
  }

  /// Stops with a trap at a far access.
  @inline(__always)
  func farOutOfBounds<Format: FarFormat>(_: Format.Type, byteCount: Int) -> Bool {
    context.pointee.store.pointee.trapMemoryByteCount = memoryByteCount
    let slot = slot(self[Format.self].address).pointee
    let (address, overflow) = (self[Format.self].is64.isSet ? slot : slot & 0xFFFF_FFFF)
      .addingReportingOverflow(self[Format.self].offset)
    let isBeyond = overflow || address.addingReportingOverflow(UInt64(byteCount)).overflow
    recordFarAccess(
      pc, frame, isBeyond ? .max : address, self[Format.self].memory, context, accumulator, float64, float32)
    return false
  }
}

// The parameters are in the order of the machine's registers, so that handlers move as few as possible.

@inline(never)
private func recordAccess(
  _ pc: UnsafeRawPointer, _ frame: UnsafeMutablePointer<Slot>, _ address: UInt64, _ memoryByteCount: UInt64,
  _ context: UnsafeMutablePointer<InstanceContext>, _ accumulator: Slot, _ float64: Double, _ float32: Float
) {
  context.note(OutOfBounds(context.pointee.memory, from: address))
  recordTrap(
    pc, frame, TrapCode.outOfBoundsMemoryAccess.rawValue, memoryByteCount, context, accumulator, float64, float32)
}

@inline(never)
private func recordFarAccess(
  _ pc: UnsafeRawPointer, _ frame: UnsafeMutablePointer<Slot>, _ address: UInt64, _ memory: UInt16,
  _ context: UnsafeMutablePointer<InstanceContext>, _ accumulator: Slot, _ float64: Double, _ float32: Float
) {
  context.note(OutOfBounds(context.pointee.memories[Int(memory)], from: address))
  recordTrap(
    pc, frame, TrapCode.outOfBoundsMemoryAccess.rawValue, context.pointee.store.pointee.trapMemoryByteCount, context,
    accumulator, float64, float32)
}

// The size of memory 0 is needed only after traps of its accesses.

@inline(never)
private func recordOutOfFuel(
  _ pc: UnsafeRawPointer, _ frame: UnsafeMutablePointer<Slot>, _ byteCount: Int,
  _ context: UnsafeMutablePointer<InstanceContext>, _ accumulator: Slot, _ float64: Double, _ float32: Float
) {
  context.pointee.store.pointee.chargedPC = pc + byteCount
  recordTrap(pc, frame, TrapCode.outOfFuel.rawValue, 0, context, accumulator, float64, float32)
}

@inline(never)
private func recordTableAccess(
  _ pc: UnsafeRawPointer, _ frame: UnsafeMutablePointer<Slot>, _ index: UInt64,
  _ table: UnsafeMutablePointer<TableCell>,
  _ context: UnsafeMutablePointer<InstanceContext>, _ accumulator: Slot, _ float64: Double, _ float32: Float
) {
  context.note(OutOfBounds(.table, from: index, of: table.pointee.count))
  recordTrap(pc, frame, TrapCode.outOfBoundsTableAccess.rawValue, 0, context, accumulator, float64, float32)
}

@inline(never)
private func recordArrayAccess(
  _ pc: UnsafeRawPointer, _ frame: UnsafeMutablePointer<Slot>, _ index: UInt64, _ array: UnsafeMutableRawPointer,
  _ context: UnsafeMutablePointer<InstanceContext>, _ accumulator: Slot, _ float64: Double, _ float32: Float
) {
  context.note(OutOfBounds(.array, from: index, of: UInt64(array.load(as: HeapObject.Header.self).length)))
  recordTrap(pc, frame, TrapCode.outOfBoundsArrayAccess.rawValue, 0, context, accumulator, float64, float32)
}

@inline(never)
private func recordMissingCallee(
  _ pc: UnsafeRawPointer, _ frame: UnsafeMutablePointer<Slot>, _ index: UInt64,
  _ table: UnsafeMutablePointer<TableCell>,
  _ context: UnsafeMutablePointer<InstanceContext>, _ accumulator: Slot, _ float64: Double, _ float32: Float
) {
  let code = context.noteMissingCallee(in: table, at: index)
  recordTrap(pc, frame, code.rawValue, 0, context, accumulator, float64, float32)
}

@inline(never)
private func recordMismatch(
  _ pc: UnsafeRawPointer, _ frame: UnsafeMutablePointer<Slot>, _ type: UInt64,
  _ callee: UnsafeMutablePointer<FunctionReference>, _ context: UnsafeMutablePointer<InstanceContext>,
  _ accumulator: Slot, _ float64: Double, _ float32: Float
) {
  let code = context.noteMismatch(of: callee, UInt32(truncatingIfNeeded: type))
  recordTrap(pc, frame, code.rawValue, 0, context, accumulator, float64, float32)
}

@inline(never)
private func recordTrap(
  _ pc: UnsafeRawPointer, _ frame: UnsafeMutablePointer<Slot>, _ code: UInt32, _ memoryByteCount: UInt64,
  _ context: UnsafeMutablePointer<InstanceContext>, _ accumulator: Slot, _ float64: Double, _ float32: Float
) {
  let store = context.pointee.store
  store.pointee.trapCode = code
  store.pointee.trapMemoryByteCount = memoryByteCount
  store.pointee.trapPC = pc
  store.pointee.trapFrame = frame
  store.pointee.trapContext = context
  store.pointee.trapAccumulator = accumulator
  store.pointee.trapFloat64 = float64
  store.pointee.trapFloat32 = float32
}

/// The state that out-of-line parts of instructions need: small enough for registers. A `Machine` would be passed in memory, and then the
/// handler could not end in a jump.
struct Operands {
  var pc: UnsafeRawPointer
  var frame: UnsafeMutablePointer<Slot>
  var context: UnsafeMutablePointer<InstanceContext>

  @inline(__always)
  subscript<Format: InstructionFormat>(_: Format.Type) -> Format { pc.load(as: Format.self) }

  @inline(__always)
  func elements<Format: InstructionFormat>(_: Format.Type) -> UnsafePointer<Format.Element> {
    (pc + Format.byteCount).assumingMemoryBound(to: Format.Element.self)
  }

  @inline(__always)
  func slot(_ operand: SlotOperand) -> UnsafeMutablePointer<Slot> { frame + operand.number }

  @inline(__always)
  func slot(_ destination: Destination) -> UnsafeMutablePointer<Slot> { frame + destination.number }

  /// The value of an operand that is an address or a size: 64 bits if the flag is set, else 32.
  @inline(__always)
  func address(_ operand: SlotOperand, is64: Bool) -> UInt64 {
    let value = slot(operand).pointee
    return is64 ? value : value & 0xFFFF_FFFF
  }

  /// Records why the instruction stops.
  func recordTrap(_ code: TrapCode) {
    WasmInterpreter.recordTrap(
      pc, frame, code.rawValue, context.pointee.memory.pointee.byteCount, context, 0, 0, 0)
  }

  var store: StoreState {
    Unmanaged.fromOpaque(context.pointee.store.pointee.owner).takeUnretainedValue()
  }
}

extension Machine {
  @inline(__always)
  var operands: Operands { Operands(pc: pc, frame: frame, context: context) }
}
