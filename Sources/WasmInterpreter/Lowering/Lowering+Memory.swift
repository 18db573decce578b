import WasmRuntime
import WebAssembly

// Memory and table instructions.

extension Lowering {
  private func is64(memory index: UInt32) -> Bool { image.module.memoryType(index)!.addressType == .i64 }
  private func is64(table index: UInt32) -> Bool { image.module.tableType(index)!.addressType == .i64 }

  /// Loads and stores of scalars and vectors.
  mutating func lowerAccess(_ opcode: Opcode, _ definition: InstructionDefinition) throws {
    let argument = try reader.readMemoryArgument()
    let isLane = definition.immediates == .memoryLane
    let lane = isLane ? Int(try reader.readByte()) : 0
    let signature = definition.signature!
    let has64 = is64(memory: argument.memory)
    let isNear = argument.memory == 0 && !has64 && argument.offset <= UInt64(UInt32.max)
    let value = signature.operandCount == 2 ? pop() : nil
    let address = pop()
    if !isNear {
      return try emitFar(opcode, signature, argument, has64: has64, address, value, lane: isLane ? lane : nil)
    }
    let offset = UInt32(argument.offset)
    if isLane {
      try emitNearLane(opcode, signature, offset: offset, address, value!, lane)
    } else if let value {
      try emitNearStore(opcode, offset: offset, address, value)
    } else {
      try emitNearLoad(opcode, ValueKind(code: signature.result(0)), offset: offset, address)
    }
  }

  /// A signed immediate as the bits of its field.
  func fieldBits(_ immediate: Int16) -> Int { Int(UInt16(bitPattern: immediate)) }

  /// A constant address plus its offset, if the sum fits in the offset's field.
  private func constantAddress(_ address: Operand, _ offset: UInt32) -> UInt32? {
    guard case .constant(let bits) = address.location else { return nil }
    let (sum, overflow) = UInt32(truncatingIfNeeded: bits).addingReportingOverflow(offset)
    return overflow ? nil : sum
  }

  /// An address computation that an access can absorb.
  private struct Index {
    var form: Form
    /// The operands in the word after the destination or value: slots and offset, without the lowest slot.
    var a: Int
    var b: Int?
    var scale: Int32?
  }

  /// Removes the addition or shift that just computed an address, so that the access can absorb it.
  ///
  /// - Parameter written: a slot that is written before the access; the address must not depend on it.
  private mutating func takeIndex(
    _ address: Operand, _ offset: UInt32, _ opcode: Opcode, written: Int? = nil
  ) -> Index? {
    guard let producer = producer(of: address), hasForm(opcode, .indexed), producer.a != written, producer.b != written
    else { return nil }
    let index: Index
    switch producer.opcode {
    case .i32Add where producer.immediate == nil && offset <= UInt32(UInt16.max):
      if let scale = producer.scale {
        index = Index(form: .scaledIndexed, a: producer.a, b: producer.b, scale: scale)
      } else {
        let form: Form = producer.form == .accumulator ? .indexedAccumulator : .indexed
        index = Index(form: form, a: producer.a, b: producer.b)
      }
    case .i32Shl:
      guard let scale = producer.immediate else { return nil }
      index = Index(form: .scaled, a: producer.a, scale: scale)
    default: return nil
    }
    takeBack(producer)
    return index
  }

  /// Appends the operands of an access that absorbs its address computation.
  private mutating func append(_ slot: Int, _ index: Index, offset: UInt32) {
    if let b = index.b {
      code.append(slot, index.a, b, Int(offset))
    } else {
      code.append(slot, index.a, immediate: offset)
    }
    if let scale = index.scale { code.append(UInt64(UInt32(bitPattern: scale))) }
  }

  private mutating func emitNearLoad(
    _ opcode: Opcode, _ result: ValueKind, offset: UInt32, _ address: Operand
  ) throws {
    let position: Int
    if let sum = constantAddress(address, offset), hasForm(opcode, .immediate) {
      try emit(opcode, .immediate)
      position = code.position
      code.append(top, 0, immediate: sum)
    } else if case .sum(let local, let constant) = address.location, offset == 0, hasForm(opcode, .stepped) {
      try emit(opcode, .stepped)
      position = code.position
      code.append(top, locals[local].slot, immediate: UInt32(bitPattern: constant))
    } else if let index = takeIndex(address, offset, opcode) {
      try emit(opcode, index.form)
      position = code.position
      append(top, index, offset: offset)
    } else {
      let slot = readableSlot(address)
      try emit(opcode, isInAccumulator(address) && hasForm(opcode, .accumulator) ? .accumulator : .slots)
      position = code.position
      code.append(top, slot, immediate: offset)
    }
    pushResult(result, operandsAt: position)
  }

  private mutating func emitNearStore(_ opcode: Opcode, offset: UInt32, _ address: Operand, _ value: Operand) throws {
    if case .constant(let bits) = value.location, hasForm(opcode, .accumulatorImmediate),
      let immediate = Int16(
        exactly: value.kind == .integer32 ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits))
    {
      if case .sum(let local, let constant) = address.location, offset == 0 {
        try emit(opcode, .steppedImmediate)
        code.append(fieldBits(immediate), locals[local].slot, immediate: UInt32(bitPattern: constant))
        return
      }
      let slot = readableSlot(address)
      try emit(opcode, isInAccumulator(address) ? .accumulatorImmediate : .immediate)
      code.append(fieldBits(immediate), slot, immediate: offset)
      return
    }
    if let sum = constantAddress(address, offset), hasForm(opcode, .immediateSlot) {
      let slot = readableSlot(value)
      try emit(opcode, isInAccumulator(value) ? .immediateAccumulator : .immediateSlot)
      code.append(slot, 0, immediate: sum)
      return
    }
    if case .sum(let local, let constant) = address.location, offset == 0, hasForm(opcode, .stepped) {
      let slot = readableSlot(value)
      try emit(opcode, isInAccumulator(value) ? .steppedValueAccumulator : .stepped)
      code.append(slot, locals[local].slot, immediate: UInt32(bitPattern: constant))
      return
    }
    if var index = takeIndex(address, offset, opcode, written: value.isInSlot ? nil : value.slot) {
      let position = code.position
      let slot = readableSlot(value)
      // Loading the value into a slot overwrote the accumulator that held the address.
      if code.position != position, index.form == .indexedAccumulator { index.form = .indexed }
      try emit(opcode, index.form)
      append(slot, index, offset: offset)
      return
    }
    let valueSlot = readableSlot(value)
    let addressSlot = readableSlot(address)
    var form = Form.slots
    if hasForm(opcode, .accumulator) {
      form = isInAccumulator(value) ? .slotAccumulator : isInAccumulator(address) ? .accumulator : .slots
    }
    try emit(opcode, form)
    code.append(valueSlot, addressSlot, immediate: offset)
  }

  private mutating func emitNearLane(
    _ opcode: Opcode, _ signature: Signature, offset: UInt32, _ address: Operand, _ vector: Operand, _ lane: Int
  ) throws {
    let vectorSlot = readableSlot(vector)
    let addressSlot = readableSlot(address)
    try emit(opcode)
    let position = code.position
    code.append(top, addressSlot, immediate: offset)
    code.append(vectorSlot, lane)
    if signature.resultCount == 1 { pushResult(.vector, operandsAt: position) }
  }

  private mutating func emitFar(
    _ opcode: Opcode, _ signature: Signature, _ argument: MemoryArgument, has64: Bool, _ address: Operand,
    _ value: Operand?, lane: Int?
  ) throws {
    let valueSlot = value.map { readableSlot($0) }
    let addressSlot = readableSlot(address)
    try emit(opcode, .far)
    let position = code.position
    let isStore = signature.resultCount == 0
    code.append(isStore ? valueSlot! : top, addressSlot, Int(argument.memory), has64 ? 1 : 0)
    code.append(argument.offset)
    if let lane { code.append(valueSlot!, lane) }
    if !isStore { pushResult(ValueKind(code: signature.result(0)), operandsAt: position) }
  }

  // MARK: Size, growth, bulk

  /// Appends the operands of a bulk instruction: three slots, the memory or table, and the source or segment.
  ///
  /// - Parameter flags: bit 0: the target has 64-bit addresses or indices; bit 1: the source has.
  private mutating func append(
    _ slots: (Int, Int, Int), _ instruction: BulkInstruction, flags: Int, target: UInt32, source: UInt32 = 0
  ) {
    code.append(slots.0, slots.1, slots.2, flags | Int(instruction.rawValue) << BulkInstruction.shift)
    code.append(immediates: target, source)
  }

  private mutating func popSlot() -> Int { readableSlot(pop()) }

  mutating func lowerMemorySize() throws {
    let memory = try reader.readU32()
    try emit(.memorySize)
    let position = code.position
    code.append(top, Int(memory))
    pushResult(is64(memory: memory) ? .integer64 : .integer32, operandsAt: position)
  }

  mutating func lowerMemoryGrow() throws {
    let memory = try reader.readU32()
    let has64 = is64(memory: memory)
    let delta = popSlot()
    try emit(.memoryGrow)
    let position = code.position
    code.append(top, delta, Int(memory), has64 ? 1 : 0)
    pushResult(has64 ? .integer64 : .integer32, operandsAt: position)
  }

  mutating func lowerMemoryFill() throws {
    let memory = try reader.readU32()
    let (count, byte, address) = (popSlot(), popSlot(), popSlot())
    try emit(.memoryFill)
    append((address, byte, count), .memoryFill, flags: is64(memory: memory) ? 1 : 0, target: memory)
  }

  mutating func lowerMemoryCopy() throws {
    let target = try reader.readU32()
    let source = try reader.readU32()
    let flags = (is64(memory: target) ? 1 : 0) | (is64(memory: source) ? 2 : 0)
    let (count, from, to) = (popSlot(), popSlot(), popSlot())
    try emit(.memoryCopy)
    append((to, from, count), .memoryCopy, flags: flags, target: target, source: source)
  }

  mutating func lowerMemoryInit() throws {
    let segment = try reader.readU32()
    let memory = try reader.readU32()
    let (count, from, to) = (popSlot(), popSlot(), popSlot())
    try emit(.memoryInit)
    append((to, from, count), .memoryInit, flags: is64(memory: memory) ? 1 : 0, target: memory, source: segment)
  }

  /// `data.drop` and `elem.drop`.
  mutating func lowerDrop(_ opcode: Opcode) throws {
    let segment = try reader.readU32()
    try emit(opcode)
    code.append(UInt64(segment))
  }

  // MARK: Tables

  mutating func lowerTableGet() throws {
    let table = try reader.readU32()
    let index = popSlot()
    try emit(.tableGet, form(table: table))
    let position = code.position
    appendElement(top, index, table)
    pushResult(.reference, operandsAt: position)
  }

  mutating func lowerTableSet() throws {
    let table = try reader.readU32()
    let (value, index) = (popSlot(), popSlot())
    try emit(.tableSet, form(table: table))
    appendElement(value, index, table)
  }

  /// The form of an instruction with a table: a 16-bit operand, or 32 bits in the form with an additional word.
  func form(table: UInt32) -> Form { table <= UInt16.max ? .slots : .far }

  private mutating func appendElement(_ value: Int, _ index: Int, _ table: UInt32) {
    let isNear = form(table: table) == .slots
    code.append(value, index, isNear ? Int(table) : 0, is64(table: table) ? 1 : 0)
    if !isNear { code.append(immediates: table, 0) }
  }

  mutating func lowerTableSize() throws {
    let table = try reader.readU32()
    try emit(.tableSize)
    let position = code.position
    code.append(top, 0, immediate: table)
    pushResult(is64(table: table) ? .integer64 : .integer32, operandsAt: position)
  }

  mutating func lowerTableGrow() throws {
    let table = try reader.readU32()
    let (delta, value) = (popSlot(), popSlot())
    try emit(.tableGrow)
    let position = code.position
    code.append(top, value, delta, is64(table: table) ? 1 : 0)
    code.append(immediates: table, 0)
    pushResult(is64(table: table) ? .integer64 : .integer32, operandsAt: position)
  }

  mutating func lowerTableFill() throws {
    let table = try reader.readU32()
    let (count, value, start) = (popSlot(), popSlot(), popSlot())
    try emit(.tableFill)
    append((start, value, count), .tableFill, flags: is64(table: table) ? 1 : 0, target: table)
  }

  mutating func lowerTableCopy() throws {
    let target = try reader.readU32()
    let source = try reader.readU32()
    let flags = (is64(table: target) ? 1 : 0) | (is64(table: source) ? 2 : 0)
    let (count, from, to) = (popSlot(), popSlot(), popSlot())
    try emit(.tableCopy)
    append((to, from, count), .tableCopy, flags: flags, target: target, source: source)
  }

  mutating func lowerTableInit() throws {
    let segment = try reader.readU32()
    let table = try reader.readU32()
    let (count, from, to) = (popSlot(), popSlot(), popSlot())
    try emit(.tableInit)
    append((to, from, count), .tableInit, flags: is64(table: table) ? 1 : 0, target: table, source: segment)
  }
}
