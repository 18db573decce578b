import WasmBinary
import WebAssembly

extension BodyGenerator {
  // MARK: Addresses

  func isWide(_ memory: Int) -> Bool { module.memories[memory].addressType == .i64 }
  mutating func chooseMemory() -> Int { choices.below(module.memories.count) }

  /// Pushes an address into a memory, mostly in bounds and aligned.
  mutating func address(_ memory: Int, _ depth: Int) {
    if let counter = counters.last, choices.chance(60) {
      // As in a loop over an array.
      emit(.localGet, counter)
      emitConstant(Int32(choices.below(4)))
      emit(.i32Shl)
      if choices.chance(30) {
        emitConstant(Int32(choices.below(1 << 14)))
        emit(.i32Add)
      }
    } else if choices.chance(10) {
      emitConstant(Int32(choices.below(1 << 16)) & ~7)
    } else {
      expression(.i32, depth - 1)
      // Some out-of-bounds addresses are close to the bounds.
      if choices.chance(97) { mask(choices.chance(10) ? 0x1FFF8 : 0xFFF0) }
    }
    guard isWide(memory) else { return }
    emit(choices.chance(90) ? .i64ExtendI32U : .i64ExtendI32S)
  }

  mutating func memoryArgument(_ definition: InstructionDefinition, _ memory: Int, offset: UInt64) {
    writer.memoryArgument(
      MemoryArgument(
        alignmentLog2: UInt32(definition.alignmentLog2), memory: UInt32(module.memoryIndex(memory)), offset: offset))
  }

  private mutating func chooseOffset(_ memory: Int) -> UInt64 {
    if choices.chance(97) { return UInt64(choices.below(64)) }
    let bits = choices.interesting()
    return isWide(memory) ? bits : bits & 0xFFFF_FFFF
  }

  // MARK: Loads and stores

  private mutating func access(_ choice: InstructionsByResult.Choice, _ depth: Int) {
    let memory = chooseMemory()
    address(memory, depth)
    for operand in choice.operands.dropFirst() { expression(operand, depth - 1) }
    emit(choice.definition.opcode)
    let offset = chooseOffset(memory)
    memoryArgument(
      choice.definition, memory, offset: choice.definition.feature.contains(.threads) ? offset & ~7 : offset)
    if choice.definition.immediates == .memoryLane {
      writer.byte(UInt8(choices.below(Int(choice.definition.laneCount))))
    }
  }

  mutating func load(_ type: ValueType, _ depth: Int) { access(choices.pick(module.instructions.loading(type)), depth) }
  mutating func store(_ depth: Int) { access(choices.pick(module.instructions.storing), depth) }

  /// Atomic operations, which need aligned addresses: loads, stores and others.
  mutating func atomic(_ type: ValueType, _ depth: Int) {
    let candidates = module.instructions.atomic(type)
    guard !candidates.isEmpty else { return load(type, depth) }
    access(choices.pick(candidates), depth)
  }

  /// Atomic stores, fences, and waits that end at once; waits trap on memory that is not shared.
  mutating func atomicStatement(_ depth: Int) {
    guard module.options.features.contains(.threads) else { return store(depth) }
    switch choices.below(8) {
    case 0:
      emit(.atomicFence)
      writer.byte(0)
    case 1: wait(depth)
    default: access(choices.pick(module.instructions.atomicallyStoring), depth)
    }
  }

  private mutating func wait(_ depth: Int) {
    guard let memory = module.memories.firstIndex(where: \.isShared) else { return store(depth) }
    let (opcode, type) = choices.pick([(Opcode.memoryAtomicWait32, ValueType.i32), (.memoryAtomicWait64, .i64)])
    address(memory, depth)
    expression(type, depth - 1)
    emit(.i64Const)
    writer.s64(Int64(choices.below(2)))
    emit(opcode)
    memoryArgument(InstructionTable.shared[opcode], memory, offset: 0)
    if let local = variable(.i32) { emit(.localSet, local) } else { emit(.drop) }
  }

  /// `x[i] = x[i] ∘ y`, with the address in a local or computed twice.
  mutating func update(_ depth: Int) {
    let memory = chooseMemory()
    let (load, store, type) = choices.pick(Self.updates)
    let local = isWide(memory) ? wideAddressLocal : addressLocal
    address(memory, depth)
    emit(.localTee, local)
    emit(.localGet, local)
    let offset = chooseOffset(memory)
    emit(load)
    memoryArgument(InstructionTable.shared[load], memory, offset: offset)
    expression(type, depth - 1)
    let operations: [Opcode] =
      type == .i32
      ? [.i32Add, .i32Sub, .i32Xor, .i32And, .i32Or, .i32Mul, .i32Shl]
      : type == .i64 ? [.i64Add, .i64Sub, .i64Xor, .i64And] : [.f64Add, .f64Mul]
    emit(choices.pick(operations))
    emit(store)
    memoryArgument(InstructionTable.shared[store], memory, offset: choices.chance(90) ? offset : chooseOffset(memory))
  }

  private static let updates: [(Opcode, Opcode, ValueType)] = [
    (.i32Load, .i32Store, .i32), (.i64Load, .i64Store, .i64), (.f64Load, .f64Store, .f64),
    (.i32Load8U, .i32Store8, .i32),
    (.i32Load16S, .i32Store16, .i32), (.i64Load32U, .i64Store32, .i64),
  ]

  // MARK: Many bytes at once

  mutating func bulk(_ depth: Int) {
    let memory = chooseMemory()
    if choices.chance(1) { return dropSegment() }
    switch choices.below(5) {
    case 0:
      address(memory, depth)
      expression(.i32, depth - 1)
      count(memory, depth)
      emit(.memoryFill, module.memoryIndex(memory))
    case 1, 2:
      let source = chooseMemory()
      address(memory, depth)
      address(source, depth)
      count(isWide(memory) && isWide(source) ? memory : isWide(memory) ? source : memory, depth)
      emit(.memoryCopy, module.memoryIndex(memory), module.memoryIndex(source))
    case 3:
      address(memory, depth)
      segmentRange(ModuleGenerator.dataByteCount, depth)
      emit(.memoryInit, module.passiveData, module.memoryIndex(memory))
    default:
      growMemory(memory)
      emit(.drop)
    }
  }

  /// Drops a segment, so that it is empty for all later code.
  private mutating func dropSegment() {
    switch choices.below(3) {
    case 0: emit(.dataDrop, module.passiveData)
    case 1: emit(.elemDrop, module.passiveElements)
    default: emit(.elemDrop, module.passiveStructures)
    }
  }

  /// A number of bytes, often a small constant.
  private mutating func count(_ memory: Int, _ depth: Int) {
    if choices.chance(60) {
      emitConstant(Int32(choices.below(80)))
    } else {
      expression(.i32, depth - 1)
      mask(0x3F)
    }
    if isWide(memory) { emit(.i64ExtendI32U) }
  }

  /// Pushes an offset and a count, mostly within a segment of `elementCount` elements.
  mutating func segmentRange(_ elementCount: Int, _ depth: Int) {
    let offset = choices.below(elementCount)
    emitConstant(Int32(offset))
    emitConstant(Int32(choices.below(elementCount - offset + 1) + (choices.chance(3) ? elementCount : 0)))
  }
}
