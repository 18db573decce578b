import WasmRuntime
import WebAssembly

// Atomic instructions.

extension Lowering {
  mutating func lowerAtomic(_ opcode: Opcode, _ definition: InstructionDefinition) throws {
    guard let signature = definition.signature, definition.immediates == .memory else {
      try reader.skipImmediates(opcode)
      try emit(opcode, PlainFormat())
      return
    }
    let argument = try reader.readMemoryArgument()
    let has64 = image.module.memoryType(argument.memory)!.addressType == .i64
    let second = signature.operandCount == 3 ? pop() : nil
    let first = signature.operandCount >= 2 ? pop() : nil
    let address = pop()
    let addressSlot = readableSlot(address)
    let firstSlot = first.map { readableSlot($0) } ?? 0
    let secondSlot = second.map { readableSlot($0) } ?? 0
    let isNear =
      argument.memory == 0 && !has64 && argument.offset <= UInt64(UInt32.max) && hasForm(opcode, .slots)
    let kind = signature.resultCount == 1 ? ValueKind(code: signature.result(0)) : nil
    if isNear {
      try emitAtomic(
        kind, opcode, .slots,
        AtomicAccess(
          destination: code.narrow(top), base: code.narrow(addressSlot), offset: UInt32(argument.offset),
          first: code.narrow(firstSlot), second: code.narrow(secondSlot)))
    } else if let instruction = opcode.waitInstruction {
      try emitAtomic(
        kind, opcode, .far,
        WaitFormat(
          destination: code.narrow(top), address: code.narrow(addressSlot), memory: code.narrow(Int(argument.memory)),
          is64: Flag(has64), offset: argument.offset, operand: code.narrow(firstSlot), timeout: code.narrow(secondSlot),
          instruction: Selector(instruction)))
    } else {
      try emitAtomic(
        kind, opcode, .far,
        FarAtomicAccess(
          destination: code.narrow(top), address: code.narrow(addressSlot), memory: code.narrow(Int(argument.memory)),
          is64: Flag(has64), offset: argument.offset, first: code.narrow(firstSlot), second: code.narrow(secondSlot)))
    }
  }

  private mutating func emitAtomic<Format: ResultFormat>(
    _ result: ValueKind?, _ opcode: Opcode, _ form: Form, _ instruction: Format
  ) throws where Format.Element == NoElement {
    if let result {
      try emitResult(result, opcode, form, instruction)
    } else {
      try emit(opcode, form, instruction)
    }
  }
}

extension Opcode {
  fileprivate var waitInstruction: WaitInstruction? {
    switch self {
    case .memoryAtomicNotify: .notify
    case .memoryAtomicWait32: .wait32
    case .memoryAtomicWait64: .wait64
    default: nil
    }
  }
}
