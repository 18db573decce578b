import WasmRuntime
import WebAssembly

// Atomic instructions. (Threads proposal, "Atomic memory accesses".)

extension FrontEnd {
  mutating func lowerAtomic(_ opcode: Opcode, _ rule: InstructionRule) throws {
    let argument = try reader.readMemoryArgument()
    var instruction = Instruction(
      operation: .atomic, type: rule.result, opcode: opcode, region: .memory, source: source)
    if rule.operandCount == 3 { instruction.c = stack.removeLast() }
    if rule.operandCount >= 2 { instruction.b = stack.removeLast() }
    let place = alignedPlace(argument, stack.removeLast(), rule.widthLog2)
    instruction.a = place.index.isNone ? place.base : wasm(.i64Add, .i64, place.base, place.index)
    instruction.immediate = place.offset
    if place.faults {
      instruction.trap = UInt8(TrapCode.outOfBoundsMemoryAccess.rawValue)
    } else {
      instruction.flags = .guarded
    }
    if facts.memories[argument.memory].isShared { instruction.flags.insert(.shared) }
    let isNarrow = rule.operandCount == 3 && rule.widthLog2 < (rule.result == .i32 ? 2 : 3)
    if isNarrow { instruction.b = wrapped(instruction.b, rule) }
    let value = emit(instruction)
    if rule.result != .none { stack.append(value) }
  }

  /// The address of an access. Alignment is checked before bounds.
  private mutating func alignedPlace(_ argument: MemoryArgument, _ address: Value, _ widthLog2: UInt8) -> Place {
    trapUnlessAligned(argument, address, widthLog2)
    var place = place(argument, address, byteCount: 1 << UInt64(widthLog2))
    if !place.index.isNone, graph[place.index].type == .i32 { place.index = extended(place.index) }
    return place
  }

  /// Traps unless an effective address is a multiple of the access's width. Only its lowest bits matter, so the sum may overflow.
  private mutating func trapUnlessAligned(_ argument: MemoryArgument, _ address: Value, _ widthLog2: UInt8) {
    let mask: UInt64 = 1 << UInt64(widthLog2) - 1
    guard mask != 0 else { return }
    let low = argument.offset & mask
    let wide = wide(address, is64: facts.memories[argument.memory].is64)
    let effective = low == 0 ? wide : added(wide, low)
    trap(if: wasm(.i64Ne, .i32, wasm(.i64And, .i64, effective, i64(mask)), i64(0)), .unalignedAtomic)
  }

  /// The expected value of a compare-and-exchange that is narrower than its operands, truncated to the width: memory is compared with
  /// those bits, and the result has no others.
  private mutating func wrapped(_ expected: Value, _ rule: InstructionRule) -> Value {
    let mask = (UInt64(1) << (8 << UInt64(rule.widthLog2))) - 1
    return wasm(rule.result == .i64 ? .i64And : .i32And, rule.result, expected, constant(rule.result, mask))
  }

  // MARK: Waiting

  mutating func lowerAtomicWait(_ opcode: Opcode) throws {
    let argument = try reader.readMemoryArgument()
    let isNotify = opcode == .memoryAtomicNotify
    let timeout = isNotify ? Value.none : stack.removeLast()
    var value = stack.removeLast()
    if opcode == .memoryAtomicWait32 { value = extended(value) }
    let is64 = facts.memories[argument.memory].is64
    let base = stack.removeLast()
    trapUnlessAligned(argument, base, opcode == .memoryAtomicWait64 ? 3 : 2)
    let address = added(wide(base, is64: is64), argument.offset)
    if is64, argument.offset != 0 {
      trapBeyond(if: wasm(.i64LtU, .i32, address, i64(argument.offset)), accessTo: argument.memory)
    }
    let memory = i32(argument.memory)
    let result: Value
    if isNotify {
      result = callRuntime(.atomicNotify, [memory, address, value], .i32)
    } else {
      let function: RuntimeFunction = opcode == .memoryAtomicWait32 ? .atomicWait32 : .atomicWait64
      result = callRuntime(function, [memory, address, value, timeout], .i32)
    }
    // The number of woken threads is never this large.
    trap(if: wasm(.i32Eq, .i32, result, i32(.max)), raw: Instruction.recordedTrap)
    stack.append(result)
  }
}
