extension Emitter {
  /// Emits an instruction other than a terminator. `index` is its position in the function.
  mutating func emit(_ instruction: MachineInstruction, _ index: Int) {
    let opcode = instruction.machineOpcode
    // Instructions that consist of the trapping instruction only; others record their own sites.
    if instruction.trap != 0, !opcode.recordsItsTrap {
      recordTrap(instruction.trap, instruction.source)
    }
    let size = MachineDetail(bits: instruction.detail).size
    switch opcode {
    case .constant: emitConstant(instruction)
    case .context: assembler.emit(.mov, .qword, register(instruction, 0), RegisterConvention.context)
    case .memoryBase: assembler.emit(.mov, .qword, register(instruction, 0), RegisterConvention.memoryBase)
    case .parameters, .caughtException, .rename: break
    case .binary: emitBinary(instruction)
    case .unary, .shiftByRegister: assembler.emit(instruction.encoding, size, register(instruction, 0))
    case .shiftByConstant:
      assembler.emit(instruction.encoding, size, register(instruction, 0), immediate: instruction.constant)
    case .transfer: emitTransfer(instruction)
    case .addition: emitAddition(instruction)
    case .address:
      let address = address(instruction, 1)
      assembler.emit(.lea, size, register(instruction, 0), address)
    case .multiplyByConstant: emitMultiplyByConstant(instruction)
    case .shiftVEX: emitShiftVEX(instruction)
    case .rotateVEX:
      assembler.rorx(size, register(instruction, 0), register(instruction, 1), count: UInt8(instruction.constant))
    case .binaryVEX: emitBinaryVEX(instruction)
    case .unaryVEX:
      assembler.emitVEX(instruction.encoding, size, register(instruction, 0), register(instruction, 1))
    case .leadingZeros: emitLeadingZeros(instruction)
    case .trailingZeros: emitTrailingZeros(instruction)
    case .divideUnsigned, .divideSigned, .remainderUnsigned, .remainderSigned: emitDivision(instruction)
    case .multiplyWide: emitMultiplyWide(instruction)
    case .store: emitStore(instruction)
    case .storeConstant: emitStoreConstant(instruction)
    case .update:
      let address = address(instruction, 1)
      assembler.emit(instruction.encoding, size, address, register(instruction, 0))
    case .updateByConstant:
      let address = address(instruction, 0)
      assembler.emit(instruction.encoding, size, address, immediate: instruction.constant)
    case .charge: emitCharge(instruction)
    case .checkInterruption: emitInterruptionCheck(instruction)
    case .fence: assembler.mfence()
    case .atomicExchange: emitAtomicExchange(instruction)
    case .atomicUpdate: emitAtomicUpdate(instruction)
    case .atomicLoop: emitAtomicLoop(instruction)
    case .atomicCompareExchange: emitAtomicCompareExchange(instruction)
    case .vectorZero: assembler.clear(register(instruction, 0))
    case .vectorOnes: assembler.setAllBits(register(instruction, 0))
    case .vectorTransfer: emitVectorTransfer(instruction)
    case .vectorToInteger: emitVectorToInteger(instruction)
    case .vectorBinary: emitVectorBinary(instruction)
    case .vectorShift: emitVectorShift(instruction)
    case .vectorTest: emitVectorTest(instruction)
    case .vectorStore: emitVectorStore(instruction)
    case .vectorExtremum: emitVectorExtremum(instruction)
    case .convertInteger: emitConvertInteger(instruction)
    case .convertUnsigned64: emitConvertUnsigned64(instruction)
    case .truncate: emitTruncation(instruction)
    case .compareSet: emitCompareSet(instruction)
    case .compareSelect: emitCompareSelect(instruction)
    case .compareSelectVector: emitCompareSelectVector(instruction)
    case .compareTrap: emitCompareTrap(instruction)
    case .compareMask: emitCompareMask(instruction)
    case .call, .callReference, .callRuntime: emitCall(instruction, index)
    // Remains if a condition was a constant.
    case .trap: emitTrap(instruction)
    case .compareBranch, .jump, .switchChain, .switchTable, .tryJump, .return, .tailCall, .tailCallReference:
      preconditionFailure("the instruction ends a block")
    }
    noteFlags(instruction)
  }
}
