import WasmRuntime
import WebAssembly

// Memory and table instructions.

extension Lowering {
  @inline(__always)
  private func is64(memory index: UInt32) -> Bool { image.module.memoryType(index)!.addressType == .i64 }
  @inline(__always)
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

  /// A constant address plus its offset, if the sum fits in the offset's field.
  @inline(__always)
  private func constantAddress(_ address: Operand, _ offset: UInt32) -> UInt32? {
    guard case .constant(let bits) = address.location else { return nil }
    let (sum, overflow) = UInt32(truncatingIfNeeded: bits).addingReportingOverflow(offset)
    return overflow ? nil : sum
  }

  /// An address computation that an access can absorb.
  private struct Index {
    var form: Form
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

  /// Emits an access that absorbs its address computation.
  private mutating func emitIndexed<Value: OperandField>(
    _ opcode: Opcode, _ index: Index, _ value: Value, offset: UInt32
  ) throws -> Int {
    let shift = index.scale.map { UInt32(bitPattern: $0) }
    switch (index.b, shift) {
    case (let b?, let shift?):
      return try emit(
        opcode, index.form,
        ScaledIndexedAccess(
          value: value, index: code.narrow(index.a), base: code.narrow(b), offset: code.narrow(Int(offset)),
          shift: shift))
    case (let b?, nil):
      return try emit(
        opcode, index.form,
        IndexedAccess(
          value: value, base: code.narrow(index.a), index: code.narrow(b), offset: code.narrow(Int(offset))))
    case (nil, let shift):
      return try emit(
        opcode, index.form,
        ScaledAccess(value: value, index: code.narrow(index.a), offset: offset, shift: shift ?? 0))
    }
  }

  private mutating func emitNearLoad(
    _ opcode: Opcode, _ result: ValueKind, offset: UInt32, _ address: Operand
  ) throws {
    let value: Destination = code.narrow(top)
    func record(_ base: Int, _ constant: UInt32, isStepped: Bool, _ position: Int) -> EmittedLoad? {
      guard opcode == .f64Load || opcode == .f32Load else { return nil }
      return EmittedLoad(
        base: base, constant: constant, isStepped: isStepped, slot: top, start: position, source: start,
        accumulatorBefore: accumulator)
    }
    if let sum = constantAddress(address, offset), hasForm(opcode, .immediate) {
      try emitResult(result, opcode, .immediate, AbsoluteAccess(value: value, address: sum))
    } else if case .sum(let local, let constant) = address.location, offset == 0, hasForm(opcode, .stepped) {
      let base: SlotOperand = code.narrow(locals[local].slot)
      let emitted = record(
        locals[local].slot, UInt32(bitPattern: constant), isStepped: true, code.position)
      try emitResult(result, opcode, .stepped, SteppedAccess(value: value, base: base, step: Immediate(constant)))
      load = emitted
    } else if let index = takeIndex(address, offset, opcode) {
      let position = try emitIndexed(opcode, index, value, offset: offset)
      pushResult(result, of: IndexedAccess<Destination>.self, at: position)
    } else {
      let slot = readableSlot(address)
      let form: Form = isInAccumulator(address) && hasForm(opcode, .accumulator) ? .accumulator : .slots
      let emitted = form == .slots ? record(slot, offset, isStepped: false, code.position) : nil
      try emitResult(result, opcode, form, BasedAccess(value: value, base: code.narrow(slot), offset: offset))
      load = emitted
    }
  }

  private mutating func emitNearStore(_ opcode: Opcode, offset: UInt32, _ address: Operand, _ value: Operand) throws {
    if case .constant(let bits) = value.location, hasForm(opcode, .accumulatorImmediate),
      let immediate = Int16(
        exactly: value.kind == .integer32 ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits))
    {
      let value = ShortImmediate(immediate)
      if case .sum(let local, let constant) = address.location, offset == 0 {
        let base: SlotOperand = code.narrow(locals[local].slot)
        try emit(opcode, .steppedImmediate, SteppedAccess(value: value, base: base, step: Immediate(constant)))
        return
      }
      let base: SlotOperand = code.narrow(readableSlot(address))
      let form: Form = isInAccumulator(address) ? .accumulatorImmediate : .immediate
      try emit(opcode, form, BasedAccess(value: value, base: base, offset: offset))
      return
    }
    if let sum = constantAddress(address, offset), hasForm(opcode, .immediateSlot) {
      let slot: SlotOperand = code.narrow(readableSlot(value))
      let form: Form = isInAccumulator(value) ? .immediateAccumulator : .immediateSlot
      try emit(opcode, form, AbsoluteAccess(value: slot, address: sum))
      return
    }
    if case .sum(let local, let constant) = address.location, offset == 0, hasForm(opcode, .stepped) {
      let slot: SlotOperand = code.narrow(readableSlot(value))
      let form: Form = isInAccumulator(value) ? .steppedValueAccumulator : .stepped
      let base: SlotOperand = code.narrow(locals[local].slot)
      try emit(opcode, form, SteppedAccess(value: slot, base: base, step: Immediate(constant)))
      return
    }
    if var index = takeIndex(address, offset, opcode, written: value.isInSlot ? nil : value.slot) {
      let position = code.position
      let slot: SlotOperand = code.narrow(readableSlot(value))
      // Loading the value into a slot overwrote the accumulator that held the address.
      if code.position != position, index.form == .indexedAccumulator { index.form = .indexed }
      _ = try emitIndexed(opcode, index, slot, offset: offset)
      return
    }
    let valueSlot: SlotOperand = code.narrow(readableSlot(value))
    let base: SlotOperand = code.narrow(readableSlot(address))
    var form = Form.slots
    if hasForm(opcode, .accumulator) {
      form = isInAccumulator(value) ? .slotAccumulator : isInAccumulator(address) ? .accumulator : .slots
    }
    try emit(opcode, form, BasedAccess(value: valueSlot, base: base, offset: offset))
  }

  private mutating func emitNearLane(
    _ opcode: Opcode, _ signature: Signature, offset: UInt32, _ address: Operand, _ vector: Operand, _ lane: Int
  ) throws {
    let vectorSlot: SlotOperand = code.narrow(readableSlot(vector))
    let base: SlotOperand = code.narrow(readableSlot(address))
    if signature.resultCount == 1 {
      try emitResult(
        .vector, opcode,
        LaneAccess<Destination>(
          value: code.narrow(top), base: base, offset: offset, vector: vectorSlot, lane: code.narrow(lane)))
    } else {
      try emit(
        opcode, LaneAccess(value: Unused16(), base: base, offset: offset, vector: vectorSlot, lane: code.narrow(lane)))
    }
  }

  private mutating func emitFar(
    _ opcode: Opcode, _ signature: Signature, _ argument: MemoryArgument, has64: Bool, _ address: Operand,
    _ value: Operand?, lane: Int?
  ) throws {
    let valueSlot = value.map { readableSlot($0) }
    let addressSlot: SlotOperand = code.narrow(readableSlot(address))
    let memory: UInt16 = code.narrow(Int(argument.memory))
    func far<Value>(_ value: Value) -> FarAccess<Value> {
      FarAccess(value: value, address: addressSlot, memory: memory, is64: Flag(has64), offset: argument.offset)
    }
    func farLane<Value>(_ value: Value, _ vector: SlotOperand, _ lane: UInt16) -> FarLaneAccess<Value> {
      FarLaneAccess(
        value: value, address: addressSlot, memory: memory, is64: Flag(has64), offset: argument.offset,
        vector: vector, lane: lane)
    }
    let destination: Destination = code.narrow(top)
    let operand: SlotOperand? = valueSlot.map { code.narrow($0) }
    let result = signature.resultCount == 0 ? nil : ValueKind(code: signature.result(0))
    switch (result, operand, lane) {
    case (let result?, nil, _): try emitResult(result, opcode, .far, far(destination))
    case (let result?, let vector?, let lane):
      try emitResult(result, opcode, .far, farLane(destination, vector, code.narrow(lane ?? 0)))
    case (nil, let vector?, let lane?): try emit(opcode, .far, farLane(Unused16(), vector, code.narrow(lane)))
    case (nil, let value, nil): try emit(opcode, .far, far(value ?? code.narrow(0)))
    case (nil, nil, _?): throw UnsupportedInstruction(opcode: opcode)
    }
  }

  // MARK: Size, growth, bulk

  private mutating func emitBulk(
    _ opcode: Opcode, _ slots: (target: Int, source: Int, count: Int), _ selector: BulkSelector, target: UInt32,
    source: UInt32 = 0
  ) throws {
    try emit(
      opcode,
      BulkFormat(
        target: code.narrow(slots.target), source: code.narrow(slots.source), count: code.narrow(slots.count),
        selector: selector, targetIndex: target, sourceIndex: source))
  }

  private mutating func popSlot() -> Int { readableSlot(pop()) }

  mutating func lowerMemorySize() throws {
    let memory = try reader.readU32()
    try emitResult(
      is64(memory: memory) ? .integer64 : .integer32, .memorySize,
      MemorySizeFormat(destination: code.narrow(top), memory: code.narrow(Int(memory))))
  }

  mutating func lowerMemoryGrow() throws {
    let memory = try reader.readU32()
    let has64 = is64(memory: memory)
    let delta = popSlot()
    try emitResult(
      has64 ? .integer64 : .integer32, .memoryGrow,
      MemoryGrowFormat(
        destination: code.narrow(top), delta: code.narrow(delta), memory: code.narrow(Int(memory)), is64: Flag(has64)))
  }

  mutating func lowerMemoryFill() throws {
    let memory = try reader.readU32()
    let (count, byte, address) = (popSlot(), popSlot(), popSlot())
    let selector = BulkSelector(.memoryFill, targetIs64: is64(memory: memory))
    try emitBulk(.memoryFill, (address, byte, count), selector, target: memory)
  }

  mutating func lowerMemoryCopy() throws {
    let target = try reader.readU32()
    let source = try reader.readU32()
    let (count, from, to) = (popSlot(), popSlot(), popSlot())
    let selector = BulkSelector(
      .memoryCopy, targetIs64: is64(memory: target), sourceIs64: is64(memory: source))
    try emitBulk(.memoryCopy, (to, from, count), selector, target: target, source: source)
  }

  mutating func lowerMemoryInit() throws {
    let segment = try reader.readU32()
    let memory = try reader.readU32()
    let (count, from, to) = (popSlot(), popSlot(), popSlot())
    let selector = BulkSelector(.memoryInit, targetIs64: is64(memory: memory))
    try emitBulk(.memoryInit, (to, from, count), selector, target: memory, source: segment)
  }

  /// `data.drop` and `elem.drop`.
  mutating func lowerDrop(_ opcode: Opcode) throws {
    let segment = try reader.readU32()
    try emit(opcode, DropFormat(segment: segment))
  }

  // MARK: Tables

  mutating func lowerTableGet() throws {
    let table = try reader.readU32()
    let index: SlotOperand = code.narrow(popSlot())
    let is64 = Flag(is64(table: table))
    if let near = UInt16(exactly: table) {
      try emitResult(
        .reference, .tableGet,
        TableElement<Destination>(value: code.narrow(top), index: index, table: near, is64: is64))
    } else {
      try emitResult(
        .reference, .tableGet, .far,
        FarTableElement<Destination>(value: code.narrow(top), index: index, is64: is64, table: table))
    }
  }

  mutating func lowerTableSet() throws {
    let table = try reader.readU32()
    let (value, index) = (popSlot(), popSlot())
    let is64 = Flag(is64(table: table))
    if let near = UInt16(exactly: table) {
      try emit(
        .tableSet,
        TableElement<SlotOperand>(value: code.narrow(value), index: code.narrow(index), table: near, is64: is64))
    } else {
      try emit(
        .tableSet, .far,
        FarTableElement<SlotOperand>(value: code.narrow(value), index: code.narrow(index), is64: is64, table: table))
    }
  }

  mutating func lowerTableSize() throws {
    let table = try reader.readU32()
    try emitResult(
      is64(table: table) ? .integer64 : .integer32, .tableSize,
      TableSizeFormat(destination: code.narrow(top), table: table))
  }

  mutating func lowerTableGrow() throws {
    let table = try reader.readU32()
    let (delta, value) = (popSlot(), popSlot())
    let has64 = is64(table: table)
    try emitResult(
      has64 ? .integer64 : .integer32, .tableGrow,
      TableGrowFormat(
        destination: code.narrow(top), value: code.narrow(value), delta: code.narrow(delta), is64: Flag(has64),
        table: table))
  }

  mutating func lowerTableFill() throws {
    let table = try reader.readU32()
    let (count, value, start) = (popSlot(), popSlot(), popSlot())
    let selector = BulkSelector(.tableFill, targetIs64: is64(table: table))
    try emitBulk(.tableFill, (start, value, count), selector, target: table)
  }

  mutating func lowerTableCopy() throws {
    let target = try reader.readU32()
    let source = try reader.readU32()
    let (count, from, to) = (popSlot(), popSlot(), popSlot())
    let selector = BulkSelector(.tableCopy, targetIs64: is64(table: target), sourceIs64: is64(table: source))
    try emitBulk(.tableCopy, (to, from, count), selector, target: target, source: source)
  }

  mutating func lowerTableInit() throws {
    let segment = try reader.readU32()
    let table = try reader.readU32()
    let (count, from, to) = (popSlot(), popSlot(), popSlot())
    let selector = BulkSelector(.tableInit, targetIs64: is64(table: table))
    try emitBulk(.tableInit, (to, from, count), selector, target: table, source: segment)
  }
}
