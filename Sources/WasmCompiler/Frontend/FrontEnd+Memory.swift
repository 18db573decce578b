import WasmRuntime
import WebAssembly

// Memories.
//
// A 32-bit memory with pages of 64 KiB owns its whole address space and the reach of 31-bit offsets beyond it: an out-of-bounds access
// faults, and needs no check. Other memories and larger offsets are checked, and addresses are masked by the check.

extension FrontEnd {
  /// The operands of a load or store.
  struct Place {
    var base: Value
    var index: Value
    var offset: UInt64
    /// Whether an out-of-bounds access faults; otherwise it was checked.
    var faults: Bool
  }

  mutating func memoryCell(_ index: UInt32) -> Value {
    loadField(contextField(offsets.instance.memories), 8 * Int(index), .constant)
  }

  /// - Parameter byteCount: the size of the access in bytes.
  mutating func place(_ argument: MemoryArgument, _ address: Value, byteCount: UInt64) -> Place {
    let memory = facts.memories[argument.memory]
    guard memory.isGuarded, argument.offset < 1 << 31 - byteCount + 1 else {
      return checkedPlace(argument, address, byteCount)
    }
    let base =
      argument.memory == 0
      ? memoryBase() : loadField(memoryCell(argument.memory), offsets.memory.base, .constant)
    if let known = constantBits(address), known + argument.offset + byteCount <= 1 << 31 {
      return Place(base: base, index: .none, offset: known + argument.offset, faults: true)
    }
    return Place(base: base, index: address, offset: argument.offset, faults: true)
  }

  private mutating func checkedPlace(_ argument: MemoryArgument, _ address: Value, _ byteCount: UInt64) -> Place {
    let memory = facts.memories[argument.memory]
    let wide = wide(address, is64: memory.is64)
    let (reach, overflow) = argument.offset.addingReportingOverflow(byteCount)
    let end = added(wide, reach)
    if overflow {
      trapBeyond(if: i32(1), accessTo: argument.memory)
    } else if memory.is64 {
      trapBeyond(if: wasm(.i64LtU, .i32, end, i64(reach)), accessTo: argument.memory)
    }
    let cell = memoryCell(argument.memory)
    // The base of a shared or guarded memory never moves.
    let region: Region = memory.isShared || memory.isGuarded ? .constant : .memoryCells
    let base = loadField(cell, offsets.memory.base, region)
    // A masked address is 0. A small offset from 0 reaches no mapped memory, and so need not be masked.
    let isNear = !overflow && reach <= Self.nullPageByteCount
    let address = added(wasm(.i64Add, .i64, base, wide), isNear ? 0 : argument.offset)
    let size = loadField(cell, offsets.memory.byteCount, .memoryCells, flags: memory.isShared ? .shared : [])
    let isOutside = wasm(.i64GtU, .i32, end, size)
    let safe: Value
    if memory.isShared {
      safe = checkedAgain(address, if: isOutside, end, argument.memory, byteCount)
    } else {
      trap(if: isOutside, accessTo: argument.memory, until: end, byteCount: byteCount)
      safe = isAlwaysInside(wide, reach, memory) ? address : masked(address, if: isOutside)
    }
    return Place(base: safe, index: .none, offset: isNear ? argument.offset : 0, faults: false)
  }

  /// No memory is mapped below this address.
  private static var nullPageByteCount: UInt64 { 4096 }

  /// Whether an address is a constant, and the access is within the memory's smallest size: memories do not shrink.
  private mutating func isAlwaysInside(_ address: Value, _ reach: UInt64, _ memory: ModuleFacts.Memory) -> Bool {
    guard let known = constantBits(address) else { return false }
    let (end, overflow) = known.addingReportingOverflow(reach)
    return !overflow && end <= memory.minimumByteCount
  }

  /// Checks an access again that is beyond the known size of a shared memory, since another thread may have grown it.
  ///
  /// - Returns: the address, masked by the check that has passed.
  private mutating func checkedAgain(
    _ address: Value, if condition: Value, _ end: Value, _ memory: UInt32, _ byteCount: UInt64
  ) -> Value {
    let again = makeBlock(isCold: true)
    let inside = makeBlock()
    let next = makeBlock()
    let safe = masked(address, if: condition)
    branch(condition, again, inside, .unlikely)
    begin(again)
    let size = callRuntime(.memoryByteCount, [i32(memory)], .i64)
    let isOutside = wasm(.i64GtU, .i32, end, size)
    trap(if: isOutside, accessTo: memory, until: end, byteCount: byteCount)
    jump(to: next, masked(address, if: isOutside))
    begin(inside)
    jump(to: next, safe)
    begin(next)
    return graph.appendParameter(.i64, to: next)
  }

  // MARK: Loads and stores

  mutating func lowerAccess(_ opcode: Opcode, _ rule: InstructionRule) throws {
    let argument = try reader.readMemoryArgument()
    var instruction = Instruction(operation: .load, type: rule.result, opcode: opcode)
    if rule.kind == .store {
      instruction.operation = .store
      instruction.c = stack.removeLast()
    }
    emitAccess(instruction, argument, rule)
  }

  mutating func lowerLaneAccess(_ opcode: Opcode, _ rule: InstructionRule) throws {
    let argument = try reader.readMemoryArgument()
    var instruction = Instruction(
      operation: rule.kind == .loadLane ? .load : .store, type: rule.result, opcode: opcode,
      index: UInt32(try reader.readByte()))
    instruction.c = stack.removeLast()
    emitAccess(instruction, argument, rule)
  }

  @inline(__always)
  private mutating func emitAccess(_ start: Instruction, _ argument: MemoryArgument, _ rule: InstructionRule) {
    var instruction = start
    let place = place(argument, stack.removeLast(), byteCount: 1 << UInt64(rule.widthLog2))
    instruction.region = .memory
    instruction.a = place.base
    instruction.b = place.index
    instruction.immediate = place.offset
    instruction.source = source
    if place.faults {
      instruction.trap = UInt8(TrapCode.outOfBoundsMemoryAccess.rawValue)
    } else {
      instruction.flags = .guarded
    }
    if facts.memories[argument.memory].isShared { instruction.flags.insert(.shared) }
    let value = emit(instruction)
    if instruction.operation == .load { stack.append(value) }
  }

  // MARK: Size, growth, bulk

  mutating func lowerMemorySize() throws {
    let index = try reader.readU32()
    let memory = facts.memories[index]
    let size =
      memory.isShared
      ? callRuntime(.memoryByteCount, [i32(index)], .i64)
      : loadField(memoryCell(index), offsets.memory.byteCount, .memoryCells)
    let shift = UInt64(memory.pageSizeLog2)
    pushAddress(shift == 0 ? size : wasm(.i64ShrU, .i64, size, i64(shift)), is64: memory.is64)
  }

  mutating func lowerMemoryGrow() throws {
    let index = try reader.readU32()
    let is64 = facts.memories[index].is64
    pushAddress(callGrowth(.memoryGrow, [i32(index), wide(stack.removeLast(), is64: is64)]), is64: is64)
  }

  /// Calls a function of the runtime that grows a memory or table.
  mutating func callGrowth(_ function: RuntimeFunction, _ arguments: [Value]) -> Value {
    let result = callRuntime(function, arguments, .i64)
    trap(if: wasm(.i64Eq, .i32, result, i64(RuntimeFunction.trappedGrowth)), raw: Instruction.recordedTrap)
    return result
  }

  mutating func lowerMemoryFill() throws {
    let index = try reader.readU32()
    let is64 = facts.memories[index].is64
    let count = stack.removeLast()
    let byte = stack.removeLast()
    let address = stack.removeLast()
    if fillSmall(count, in: index, address, with: byte) { return }
    callChecked(.memoryFill, [i32(index), wide(address, is64: is64), byte, wide(count, is64: is64)])
  }

  mutating func lowerMemoryCopy() throws {
    let target = try reader.readU32()
    let source = try reader.readU32()
    let (is64, from64) = (facts.memories[target].is64, facts.memories[source].is64)
    let count = stack.removeLast()
    let from = stack.removeLast()
    let to = stack.removeLast()
    if copySmall(count, to: target, to, from: source, from) { return }
    callChecked(
      .memoryCopy,
      [i32(target), i32(source), wide(to, is64: is64), wide(from, is64: from64), wide(count, is64: is64 && from64)])
  }

  mutating func lowerMemoryInit() throws {
    let segment = try reader.readU32()
    let memory = try reader.readU32()
    let count = extended(stack.removeLast())
    let from = extended(stack.removeLast())
    let to = wide(stack.removeLast(), is64: facts.memories[memory].is64)
    callChecked(.memoryInit, [i32(segment), i32(memory), to, from, count])
  }
}
