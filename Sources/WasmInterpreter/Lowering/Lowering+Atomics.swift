import WasmRuntime
import WebAssembly

// Atomic instructions.

extension Lowering {
  mutating func lowerAtomic(_ opcode: Opcode, _ definition: InstructionDefinition) throws {
    guard let signature = definition.signature, definition.immediates == .memory else {
      try reader.skipImmediates(opcode)
      return try emit(opcode)
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
    try emit(opcode, isNear ? .slots : .far)
    let position = code.position
    if isNear {
      code.append(top, addressSlot, immediate: UInt32(argument.offset))
    } else {
      code.append(top, addressSlot, Int(argument.memory), has64 ? 1 : 0)
      code.append(argument.offset)
    }
    code.append(firstSlot, secondSlot, Int(opcode.waitInstruction?.rawValue ?? 0))
    if signature.resultCount == 1 {
      pushResult(ValueKind(code: signature.result(0)), operandsAt: position)
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
