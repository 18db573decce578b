import WasmRuntime

extension Emitter {
  /// Emits the terminator of a block.
  mutating func emitTerminator(
    _ instruction: MachineInstruction, _ record: MachineFunction.BlockRecord, _ function: borrowing MachineFunction,
    _ cases: borrowing SwitchCases
  ) {
    switch instruction.machineOpcode {
    case .jump, .tryJump: emitJump(to: destination(function.edges[record.firstEdge].target))
    case .compareBranch: emitCompareBranch(instruction, record, function)
    case .switchChain: emitSwitchChain(instruction, record, function, cases)
    case .switchTable: emitSwitchTable(instruction, record, function, cases)
    case .return:
      emitEpilogue()
      assembler.ret()
    case .trap: emitTrap(instruction)
    case .tailCall:
      emitEpilogue()
      let offset = assembler.jumpRelocated()
      relocations.append(.init(offset: UInt32(offset), function: UInt32(instruction.immediate)))
    case .tailCallReference: emitTailCallReference(instruction)
    default: preconditionFailure("the instruction ends no block")
    }
  }

  // MARK: Switches

  private mutating func emitSwitchChain(
    _ instruction: MachineInstruction, _ record: MachineFunction.BlockRecord, _ function: borrowing MachineFunction,
    _ cases: borrowing SwitchCases
  ) {
    let list = cases.cases(of: instruction)
    let index = register(instruction, 0)
    for number in 0..<list.count - 1 where list[number] != list[list.count - 1] {
      if number == 0 {
        assembler.emit(.test, .dword, index, index)
      } else {
        assembler.emit(.cmp, .dword, index, immediate: Int32(number))
      }
      jump(.equal, to: function.edges[record.firstEdge + list[number]].target)
    }
    emitJump(to: destination(function.edges[record.firstEdge + list[list.count - 1]].target))
  }

  private mutating func emitSwitchTable(
    _ instruction: MachineInstruction, _ record: MachineFunction.BlockRecord, _ function: borrowing MachineFunction,
    _ cases: borrowing SwitchCases
  ) {
    let list = cases.cases(of: instruction)
    let (index, temporary) = (register(instruction, 0), register(instruction, 1))
    let scratch = RegisterConvention.scratch
    // If the processor mispredicts, the index is 0, and the access stays inside the table.
    assembler.emit(.xor, .dword, temporary, temporary)
    assembler.emit(.cmp, .dword, index, immediate: Int32(list.count - 1))
    assembler.jump(.aboveOrEqual, label(function.edges[record.firstEdge + list[list.count - 1]].target))
    assembler.emit(.cmov(.below), .dword, temporary, index)
    let table = jumpTable(instruction, record, function, cases)
    assembler.emit(.lea, .qword, scratch, MemoryOperand(table))
    assembler.emit(.movsxd, .qword, temporary, MemoryOperand(scratch, index: temporary, scale: 2))
    assembler.emit(.add, .qword, temporary, scratch)
    assembler.emit(.jmp, .dword, temporary)
  }

  // MARK: Calls

  mutating func emitCall(_ instruction: MachineInstruction, _ index: Int) {
    switch instruction.machineOpcode {
    case .call:
      let offset = assembler.callRelocated()
      relocations.append(.init(offset: UInt32(offset), function: UInt32(instruction.immediate)))
      recordCall(instruction, index, landingPad: landingPad(ofCall: index))
    case .callReference: emitCallReference(instruction, index)
    default:
      let scratch = RegisterConvention.scratch
      assembler.emit(.mov, .qword, .rdi, RegisterConvention.context)
      assembler.emit(
        .mov, .qword, scratch, MemoryOperand(RegisterConvention.context, field: offsets.instance.runtimeTable))
      assembler.emit(.call, .dword, MemoryOperand(scratch, Int32(8 * instruction.immediate)))
      recordCall(instruction, index, landingPad: landingPad(ofCall: index))
    }
  }

  /// Calls the function of the reference in `rax`. It usually belongs to the same instance; then the context and the memory's base stay
  /// the same, and loads of the callee do not depend on loading them.
  private mutating func emitCallReference(_ instruction: MachineInstruction, _ index: Int) {
    let scratch = RegisterConvention.scratch
    let stub = CrossingStub(
      label: assembler.makeLabel(), back: assembler.makeLabel(), instruction: instruction, index: index,
      landingPad: landingPad(ofCall: index))
    crossingStubs.append(stub)
    assembler.emit(.mov, .qword, scratch, MemoryOperand(.rax, field: offsets.function.context))
    assembler.emit(.cmp, .qword, scratch, RegisterConvention.context)
    assembler.jump(.notEqual, stub.label)
    assembler.emit(.mov, .qword, scratch, MemoryOperand(.rax, field: offsets.function.code))
    assembler.emit(.call, .dword, MemoryOperand(scratch, field: offsets.function.nativeEntry))
    recordCall(instruction, index, landingPad: stub.landingPad)
    assembler.bind(stub.back)
  }

  /// The out-of-line part, for functions of other instances and of the host.
  mutating func emitCrossingStubs() {
    for stub in crossingStubs.elements {
      let scratch = RegisterConvention.scratch
      recordPosition(stub.instruction.source)
      assembler.bind(stub.label)
      // A host function has no context: it sees the caller's.
      assembler.emit(.test, .qword, scratch, scratch)
      assembler.emit(.cmov(.notEqual), .qword, RegisterConvention.context, scratch)
      emitCallInContext(stub.instruction, stub.index, landingPad: stub.landingPad)
      assembler.jump(stub.back)
    }
  }

  /// Calls the function of the reference in `rax`, after its context was set, and restores the own context afterwards.
  private mutating func emitCallInContext(_ instruction: MachineInstruction, _ index: Int, landingPad: UInt32) {
    let scratch = RegisterConvention.scratch
    emitMemoryBase()
    assembler.emit(.mov, .qword, scratch, MemoryOperand(.rax, field: offsets.function.code))
    assembler.emit(.call, .dword, MemoryOperand(scratch, field: offsets.function.nativeEntry))
    recordCall(instruction, index, landingPad: landingPad)
    assembler.emit(.mov, .qword, RegisterConvention.context, frame.savedContext)
    emitMemoryBase()
  }

  private mutating func emitMemoryBase() {
    assembler.emit(
      .mov, .qword, RegisterConvention.memoryBase,
      MemoryOperand(RegisterConvention.context, field: offsets.instance.memoryBase))
  }

  /// Jumps to the function of the reference in `rax`. The caller relies on its context being restored, so before the first jump to
  /// another instance a frame is pushed whose return restores it; later tail calls find that frame and need no other. So any number of
  /// tail calls needs no more stack.
  private mutating func emitTailCallReference(_ instruction: MachineInstruction) {
    let (scratch, context) = (RegisterConvention.scratch, RegisterConvention.context)
    let (same, other, isPushed) = (assembler.makeLabel(), assembler.makeLabel(), assembler.makeLabel())
    assembler.emit(.mov, .qword, scratch, MemoryOperand(.rax, field: offsets.function.context))
    assembler.emit(.cmp, .qword, scratch, context)
    assembler.jump(.notEqual, other)
    assembler.bind(same)
    assembler.emit(.mov, .qword, scratch, MemoryOperand(.rax, field: offsets.function.code))
    emitEpilogue()
    assembler.emit(.jmp, .dword, MemoryOperand(scratch, field: offsets.function.nativeEntry))
    assembler.bind(other)
    // A host function has no context.
    assembler.emit(.test, .qword, scratch, scratch)
    assembler.jump(.equal, same)
    emitEpilogue()
    // No argument is in this register.
    let restoring = PhysicalRegister.r10
    assembler.emit(.mov, .qword, restoring, MemoryOperand(context, field: offsets.instance.runtimeTable))
    assembler.emit(
      .mov, .qword, restoring, MemoryOperand(restoring, Int32(8 * RuntimeFunction.restoreContext.rawValue)))
    assembler.emit(.cmp, .qword, restoring, MemoryOperand(.rsp, 0))
    assembler.jump(.equal, isPushed)
    assembler.push(.rbp)
    assembler.emit(.mov, .qword, .rbp, .rsp)
    assembler.push(context)
    // Pushed twice, for alignment.
    assembler.push(context)
    assembler.push(restoring)
    assembler.bind(isPushed)
    assembler.emit(.mov, .qword, context, scratch)
    emitMemoryBase()
    assembler.emit(.mov, .qword, scratch, MemoryOperand(.rax, field: offsets.function.code))
    assembler.emit(.jmp, .dword, MemoryOperand(scratch, field: offsets.function.nativeEntry))
  }
}
