import WasmRuntime

/// The frame of a function below the frame pointer: the saved context, if calls may change it, and spill slots.
struct Frame: BitwiseCopyable {
  /// The distance from the frame pointer down to the stack pointer: a multiple of 16.
  private(set) var byteCount: Int32 = 0
  private(set) var savesContext = false
  private(set) var makesCalls = false

  /// The number of bytes beyond the stack limit that a leaf function may use without a check.
  static let uncheckedByteCount: Int32 = 1024

  init() {}

  init(_ function: borrowing MachineFunction) {
    for instruction in function.instructions.elements {
      switch instruction.machineOpcode {
      case .call, .callRuntime, .tailCallReference: makesCalls = true
      case .callReference, .tryJump: (makesCalls, savesContext) = (true, true)
      default: break
      }
    }
    let used = 8 * function.spillSlotCount + (savesContext ? 8 : 0)
    byteCount = Int32((used + 15) & ~15)
  }

  /// The address of a spill slot. Even slots are aligned to 16 bytes.
  @inline(__always)
  func slot(_ index: Int) -> MemoryOperand { MemoryOperand(.rbp, Int32(8 * index) - byteCount) }

  /// The address of the saved context.
  var savedContext: MemoryOperand { MemoryOperand(.rbp, -8) }
}

extension Emitter {
  mutating func emitPrologue() {
    assembler.push(.rbp)
    assembler.emit(.mov, .qword, .rbp, .rsp)
    if frame.makesCalls || frame.byteCount > Frame.uncheckedByteCount { emitStackCheck() }
    if frame.byteCount > 0 { assembler.emit(.sub, .qword, .rsp, immediate: frame.byteCount) }
    if frame.savesContext { assembler.emit(.mov, .qword, frame.savedContext, RegisterConvention.context) }
  }

  private mutating func emitStackCheck() {
    let limit = MemoryOperand(RegisterConvention.context, field: offsets.instance.nativeStackLimit)
    if frame.byteCount > Frame.uncheckedByteCount {
      assembler.emit(.lea, .qword, RegisterConvention.scratch, MemoryOperand(.rsp, -frame.byteCount))
      assembler.emit(.cmp, .qword, RegisterConvention.scratch, limit)
    } else {
      assembler.emit(.cmp, .qword, .rsp, limit)
    }
    assembler.jump(.below, trapLabel(UInt8(TrapCode.callStackExhausted.rawValue), functionSource))
  }

  /// One instruction for the processor, which fuses the two.
  mutating func emitInterruptionCheck(_ instruction: MachineInstruction) {
    let word = MemoryOperand(RegisterConvention.context, field: offsets.instance.interruption)
    assembler.emit(.cmp, .qword, .rsp, word)
    assembler.jump(.below, trapLabel(instruction.trap, instruction.source))
  }

  /// Releases the frame.
  mutating func emitEpilogue() {
    if frame.byteCount > 0 { assembler.emit(.mov, .qword, .rsp, .rbp) }
    assembler.pop(.rbp)
  }

  // MARK: The allocator's moves

  mutating func emit(_ move: MachineFunction.Move) {
    if let register = move.to.register { flags.write(register) }
    let size: OperandSize = move.registerType == .i32 || move.registerType == .f32 ? .dword : .qword
    switch (move.from.register, move.to.register) {
    case (let from?, let to?): emitMove(from, to, size)
    case (let from?, nil): emitSpill(from, frame.slot(move.to.slot!), move.registerType)
    case (nil, let to?): emitReload(frame.slot(move.from.slot!), to, move.registerType)
    case (nil, nil):
      let scratch =
        move.registerType == .v128 ? RegisterConvention.vectorScratch : RegisterConvention.scratch
      let type: IRType = move.registerType == .v128 ? .v128 : size == .dword ? .i32 : .i64
      emitReload(frame.slot(move.from.slot!), scratch, type)
      emitSpill(scratch, frame.slot(move.to.slot!), type)
    }
  }

  mutating func emitMove(_ from: PhysicalRegister, _ to: PhysicalRegister, _ size: OperandSize) {
    switch (from.registerClass, to.registerClass) {
    case (.integer, .integer): assembler.emit(.mov, size, to, from)
    case (.vector, .vector): assembler.copy(from, to: to)
    case (.integer, .vector): assembler.emit(vector: .movd, to, from, size: size)
    case (.vector, .integer): assembler.emit(vector: .movdStore, from, to, size: size)
    }
  }

  private mutating func emitSpill(_ register: PhysicalRegister, _ slot: MemoryOperand, _ type: IRType) {
    if register.registerClass == .vector {
      let encoding = type == .v128 ? Encoding.movupsStore : type.size == .dword ? .movssStore : .movsdStore
      assembler.emit(vector: encoding, slot, register)
    } else {
      assembler.emit(.mov, type.size, slot, register)
    }
  }

  private mutating func emitReload(_ slot: MemoryOperand, _ register: PhysicalRegister, _ type: IRType) {
    if register.registerClass == .vector {
      let encoding = type == .v128 ? Encoding.movaps : type.size == .dword ? .movss : .movsd
      assembler.emit(vector: encoding, register, slot)
    } else {
      assembler.emit(.mov, type.size, register, slot)
    }
  }
}

extension IRType {
  /// The size of a number: `dword` or `qword`.
  var size: OperandSize { self == .i32 || self == .f32 ? .dword : .qword }
}
