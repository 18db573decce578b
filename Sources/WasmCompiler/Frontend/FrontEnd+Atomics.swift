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
    let value = isNarrow ? emitNarrowExchange(instruction, rule) : emit(instruction)
    if rule.result != .none { stack.append(value) }
  }

  /// The place of an access, with a trap unless it is aligned. What is outside as well traps as that.
  private mutating func alignedPlace(_ argument: MemoryArgument, _ address: Value, _ widthLog2: UInt8) -> Place {
    let byteCount: UInt64 = 1 << UInt64(widthLog2)
    var place = place(argument, address, byteCount: byteCount)
    if !place.index.isNone, graph[place.index].type == .i32 { place.index = extended(place.index) }
    if byteCount == 1 { return place }
    let index = place.index.isNone ? i64(0) : place.index
    let effective = added(index, place.offset)
    let isUnaligned = wasm(.i64Ne, .i32, wasm(.i64And, .i64, effective, i64(byteCount - 1)), i64(0))
    guard place.faults else {
      trap(if: isUnaligned, .unalignedAtomic)
      return place
    }
    let failure = makeBlock(isCold: true)
    let next = makeBlock()
    branch(isUnaligned, failure, next, .unlikely)
    begin(failure)
    let size = callRuntime(.memoryByteCount, [i32(argument.memory)], .i64)
    trap(if: wasm(.i64GtU, .i32, added(effective, byteCount), size), .outOfBoundsMemoryAccess)
    trap(.unalignedAtomic)
    begin(next)
    return place
  }

  /// A compare-and-exchange of fewer bits than the operands have: an expected value that does not fit the width equals nothing.
  private mutating func emitNarrowExchange(_ exchange: Instruction, _ rule: InstructionRule) -> Value {
    let mask = (UInt64(1) << (8 << UInt64(rule.widthLog2))) - 1
    if let expected = constantBits(exchange.b) {
      return emit(expected <= mask ? exchange : Self.load(exchange))
    }
    let is64 = rule.result == .i64
    let fits = wasm(is64 ? .i64LeU : .i32LeU, .i32, exchange.b, constant(rule.result, mask))
    let first = makeBlock()
    let second = makeBlock(isCold: true)
    let next = makeBlock()
    branch(fits, first, second, .likely)
    begin(first)
    jump(to: next, emit(exchange))
    begin(second)
    jump(to: next, emit(Self.load(exchange)))
    begin(next)
    return graph.appendParameter(rule.result, to: next)
  }

  /// The atomic load of what an exchange accesses.
  private static func load(_ exchange: Instruction) -> Instruction {
    var load = exchange
    load.b = .none
    load.c = .none
    load.opcode =
      switch exchange.opcode {
      case .i32AtomicRmw8CmpxchgU: .i32AtomicLoad8U
      case .i32AtomicRmw16CmpxchgU: .i32AtomicLoad16U
      case .i64AtomicRmw8CmpxchgU: .i64AtomicLoad8U
      case .i64AtomicRmw16CmpxchgU: .i64AtomicLoad16U
      default: .i64AtomicLoad32U
      }
    return load
  }

  // MARK: Waiting

  mutating func lowerAtomicWait(_ opcode: Opcode) throws {
    let argument = try reader.readMemoryArgument()
    let isNotify = opcode == .memoryAtomicNotify
    let timeout = isNotify ? Value.none : stack.removeLast()
    var value = stack.removeLast()
    if opcode == .memoryAtomicWait32 { value = extended(value) }
    let is64 = facts.memories[argument.memory].is64
    let address = added(wide(stack.removeLast(), is64: is64), argument.offset)
    if is64, argument.offset != 0 {
      trap(if: wasm(.i64LtU, .i32, address, i64(argument.offset)), .outOfBoundsMemoryAccess)
    }
    let memory = i32(argument.memory)
    let result: Value
    if isNotify {
      result = callRuntime(.atomicNotify, [memory, address, value], .i32)
    } else {
      let function: RuntimeFunction = opcode == .memoryAtomicWait32 ? .atomicWait32 : .atomicWait64
      result = callRuntime(function, [memory, address, value, timeout], .i32)
    }
    // A count of those woken up is never so large.
    trap(if: wasm(.i32Eq, .i32, result, i32(.max)), raw: Instruction.recordedTrap)
    stack.append(result)
  }
}
