import WasmRuntime
import WebAssembly

// Structures and arrays.

extension Lowering {
  mutating func lowerAggregate(_ opcode: Opcode) throws {
    switch opcode {
    case .structNew: try lowerStructureNew(hasDescriptor: false)
    case .structNewDesc: try lowerStructureNew(hasDescriptor: true)
    case .structNewDefault: try lowerStructureNewDefault(hasDescriptor: false)
    case .structNewDefaultDesc: try lowerStructureNewDefault(hasDescriptor: true)
    case .structGet, .structGetS, .structGetU: try lowerStructureGet(isSigned: opcode == .structGetS)
    case .structSet: try lowerStructureSet()
    case .refGetDesc: try lowerGetDescriptor()
    case .arrayGet, .arrayGetS, .arrayGetU: try lowerArrayGet(isSigned: opcode == .arrayGetS)
    case .arraySet: try lowerArraySet()
    case .arrayLen: try lowerArrayLength()
    case .arrayNewFixed: try lowerArrayNewFixed()
    case .arrayNew, .arrayNewDefault, .arrayNewData, .arrayNewElem, .arrayFill, .arrayCopy, .arrayInitData,
      .arrayInitElem:
      try lowerArrayBulk(opcode)
    case .refTest, .refTestNull: try lowerReferenceTest(isNullable: opcode == .refTestNull)
    case .refCast, .refCastNull: try lowerReferenceCast(isNullable: opcode == .refCastNull)
    case .refCastDescEq, .refCastDescEqNull: try lowerDescriptorCast(isNullable: opcode == .refCastDescEqNull)
    default: throw UnsupportedInstruction(opcode: opcode)
    }
  }

  private mutating func popSlot() -> Int { readableSlot(pop()) }

  // MARK: Structures

  private mutating func lowerStructureNew(hasDescriptor: Bool) throws {
    let typeIndex = try reader.readU32()
    let layout = image.layouts[Int(typeIndex)]!
    let types = image.module.types[Int(typeIndex)].composite.structure!
    let inUse = top
    var fields: [InitializedField] = []
    if hasDescriptor {
      let slot = popSlot()
      emit(.checkDescriptor, DescriptorCheckFormat(descriptor: code.narrow(slot)))
      fields.append(InitializedField(value: code.narrow(slot), byteCount: 8, offset: layout.descriptorOffset))
    }
    for index in types.indices.reversed() {
      fields.append(
        InitializedField(
          value: code.narrow(popSlot()), byteCount: code.narrow(types[index].storage.byteCount),
          offset: layout.fieldOffsets[index]))
    }
    let wide = fields.filter { $0.byteCount == 8 }
    let narrow = fields.filter { $0.byteCount == 4 }
    let rest = fields.filter { $0.byteCount != 8 && $0.byteCount != 4 }
    let position = emit(
      try number(.structNew),
      StructureNewFormat(
        destination: code.narrow(top), stackInUse: code.narrow(inUse),
        sizeClass: code.narrow(SizeClass.of(Int(layout.size))), wideCount: code.narrow(wide.count),
        type: image.canonical(typeIndex), size: layout.size, narrowCount: code.narrow(narrow.count),
        otherCount: code.narrow(rest.count)),
      elements: wide + narrow + rest)
    pushResult(.reference, of: StructureNewFormat.self, at: position)
  }

  private mutating func lowerStructureNewDefault(hasDescriptor: Bool) throws {
    let typeIndex = try reader.readU32()
    let layout = image.layouts[Int(typeIndex)]!
    let inUse = top
    var descriptor: Int?
    if hasDescriptor {
      let slot = popSlot()
      emit(.checkDescriptor, DescriptorCheckFormat(descriptor: code.narrow(slot)))
      descriptor = slot
    }
    // The descriptor's slot is read after the structure was allocated, so the structure is placed above it.
    let target = descriptor == nil ? top : inUse
    let position = try emit(
      .structNewDefault,
      StructureNewDefaultFormat(
        destination: code.narrow(target), stackInUse: code.narrow(inUse),
        sizeClass: code.narrow(SizeClass.of(Int(layout.size))), type: image.canonical(typeIndex), size: layout.size))
    guard let descriptor else { return pushResult(.reference, of: StructureNewDefaultFormat.self, at: position) }
    frameSlots = max(frameSlots, target + 1)
    emit(
      .structureSet64,
      FieldAccess<SlotOperand>(
        value: code.narrow(descriptor), object: code.narrow(target), offset: layout.descriptorOffset))
    let result = push(.reference)
    emitCopy(.reference, from: target, to: result.slot)
  }

  /// The field that the immediates name.
  private mutating func readField() throws -> (storage: StorageType, offset: UInt32) {
    let type = Int(try reader.readU32())
    let field = Int(try reader.readU32())
    return (
      image.module.types[type].composite.structure![field].storage, image.layouts[type]!.fieldOffsets[field]
    )
  }

  private mutating func lowerStructureGet(isSigned: Bool) throws {
    let (storage, offset) = try readField()
    let access = HeapAccess(storage, isSigned: isSigned)
    emitStructureGet(access.structureGet, access.kind, offset: offset)
  }

  private mutating func lowerGetDescriptor() throws {
    let type = Int(try reader.readU32())
    // Null traps with another message than for fields.
    try lowerReferenceUnary(.refAsNonNull, result: .reference)
    emitStructureGet(.structureGet64, .reference, offset: image.layouts[type]!.descriptorOffset)
  }

  private mutating func emitStructureGet(_ instruction: Auxiliary, _ kind: ValueKind, offset: UInt32) {
    let object = pop()
    let slot = readableSlot(object)
    emitResult(
      kind, instruction, kind != .vector && isInAccumulator(object) ? .accumulator : .slots,
      FieldAccess<Destination>(value: code.narrow(top), object: code.narrow(slot), offset: offset))
  }

  private mutating func lowerStructureSet() throws {
    let (storage, offset) = try readField()
    let access = HeapAccess(storage, isSigned: false)
    let value = pop()
    let object = pop()
    let valueSlot = readableSlot(value)
    let objectSlot = readableSlot(object)
    var form = Form.slots
    if access.kind != .vector {
      if value.kind.accumulatorClass == .integer, isInAccumulator(value) {
        form = .slotAccumulator
      } else if isInAccumulator(object) {
        form = .accumulator
      }
    }
    emit(
      access.structureSet, form,
      FieldAccess<SlotOperand>(value: code.narrow(valueSlot), object: code.narrow(objectSlot), offset: offset))
  }

  // MARK: Arrays

  private func element(_ typeIndex: UInt32) -> StorageType {
    image.module.types[Int(typeIndex)].composite.array!.storage
  }

  private mutating func lowerArrayGet(isSigned: Bool) throws {
    let access = HeapAccess(element(try reader.readU32()), isSigned: isSigned)
    let index = pop()
    let array = pop()
    let indexSlot = readableSlot(index)
    let arraySlot = readableSlot(array)
    emitResult(
      access.kind, access.arrayGet,
      access.kind != .vector && isInAccumulator(index) ? .slotAccumulator : .slots,
      ArrayElement<Destination>(value: code.narrow(top), array: code.narrow(arraySlot), index: code.narrow(indexSlot)))
  }

  private mutating func lowerArraySet() throws {
    let access = HeapAccess(element(try reader.readU32()), isSigned: false)
    let value = pop()
    let index = popSlot()
    let array = popSlot()
    let slot = readableSlot(value)
    let isAccumulated = value.kind.accumulatorClass == .integer && isInAccumulator(value)
    emit(
      access.arraySet, isAccumulated ? .slotAccumulator : .slots,
      ArrayElement<SlotOperand>(value: code.narrow(slot), array: code.narrow(array), index: code.narrow(index)))
  }

  private mutating func lowerArrayLength() throws {
    let array = pop()
    let slot = readableSlot(array)
    try emitResult(
      .integer32, .arrayLen, isInAccumulator(array) ? .accumulator : .slots,
      UnaryFormat(destination: code.narrow(top), operand: code.narrow(slot)))
  }

  private mutating func lowerArrayNewFixed() throws {
    let typeIndex = try reader.readU32()
    let count = Int(try reader.readU32())
    let inUse = top
    var slots = Array(repeating: SlotOperand(bits: 0), count: count)
    for index in (0..<count).reversed() { slots[index] = code.narrow(popSlot()) }
    let position = emit(
      handlers.number(.arrayBulk),
      ArrayNewFixedFormat(
        destination: code.narrow(top), stackInUse: code.narrow(inUse), type: image.canonical(typeIndex),
        wordCount: code.narrow(ArrayNewFixedFormat.wordCount(elementCount: count)), instruction: Selector(.newFixed),
        length: UInt32(count)),
      elements: slots)
    pushResult(.reference, of: ArrayNewFixedFormat.self, at: position)
  }

  private mutating func lowerArrayBulk(_ opcode: Opcode) throws {
    let typeIndex = try reader.readU32()
    switch opcode {
    case .arrayNew: emitArrayNew(typeIndex, .new)
    case .arrayNewDefault: emitArrayNew(typeIndex, .newDefault)
    case .arrayNewData: emitArrayNew(typeIndex, .newData, segment: try reader.readU32())
    case .arrayNewElem: emitArrayNew(typeIndex, .newElements, segment: try reader.readU32())
    case .arrayFill: emitArrayFill(typeIndex)
    case .arrayCopy:
      _ = try reader.readU32()
      emitArrayCopy(typeIndex)
    case .arrayInitData: emitArrayInitialize(typeIndex, .initializeData, segment: try reader.readU32())
    default: emitArrayInitialize(typeIndex, .initializeElements, segment: try reader.readU32())
    }
  }

  /// The number of words of an instruction without elements.
  private mutating func wordCount<Format: ArrayFormat>(_: Format.Type) -> UInt16 {
    code.narrow(Format.wordCount(elementCount: 0))
  }

  /// `array.new` and `array.new_default`.
  private mutating func emitArrayNew(_ typeIndex: UInt32, _ instruction: ArrayInstruction) {
    let inUse = top
    let length = popSlot()
    let value = instruction == .new ? popSlot() : 0
    emitResult(
      .reference, .arrayBulk,
      ArrayNewFormat(
        destination: code.narrow(top), stackInUse: code.narrow(inUse), value: code.narrow(value),
        length: code.narrow(length), type: image.canonical(typeIndex), wordCount: wordCount(ArrayNewFormat.self),
        instruction: Selector(instruction)))
  }

  /// `array.new_data` and `array.new_elem`.
  private mutating func emitArrayNew(_ typeIndex: UInt32, _ instruction: ArrayInstruction, segment: UInt32) {
    let inUse = top
    let (length, start) = (popSlot(), popSlot())
    emitResult(
      .reference, .arrayBulk,
      ArrayNewFromSegmentFormat(
        destination: code.narrow(top), stackInUse: code.narrow(inUse), start: code.narrow(start),
        length: code.narrow(length), type: image.canonical(typeIndex),
        wordCount: wordCount(ArrayNewFromSegmentFormat.self), instruction: Selector(instruction), segment: segment))
  }

  private mutating func emitArrayFill(_ typeIndex: UInt32) {
    let (count, value, index, array) = (popSlot(), popSlot(), popSlot(), popSlot())
    emit(
      .arrayBulk,
      ArrayFillFormat(
        array: code.narrow(array), index: code.narrow(index), value: code.narrow(value), count: code.narrow(count),
        type: image.canonical(typeIndex), wordCount: wordCount(ArrayFillFormat.self), instruction: Selector(.fill)))
  }

  private mutating func emitArrayCopy(_ typeIndex: UInt32) {
    let (count, from, source, to, target) = (popSlot(), popSlot(), popSlot(), popSlot(), popSlot())
    emit(
      .arrayBulk,
      ArrayCopyFormat(
        array: code.narrow(target), index: code.narrow(to), source: code.narrow(source),
        sourceIndex: code.narrow(from), type: image.canonical(typeIndex), wordCount: wordCount(ArrayCopyFormat.self),
        instruction: Selector(.copy), count: code.narrow(count)))
  }

  /// `array.init_data` and `array.init_elem`.
  private mutating func emitArrayInitialize(
    _ typeIndex: UInt32, _ instruction: ArrayInstruction, segment: UInt32
  ) {
    let (count, from, to, array) = (popSlot(), popSlot(), popSlot(), popSlot())
    emit(
      .arrayBulk,
      ArrayInitializeFormat(
        array: code.narrow(array), index: code.narrow(to), start: code.narrow(from), count: code.narrow(count),
        type: image.canonical(typeIndex), wordCount: wordCount(ArrayInitializeFormat.self),
        instruction: Selector(instruction), segment: segment))
  }
}

/// The instructions that access fields and elements of a storage type.
private struct HeapAccess {
  var structureGet: Auxiliary
  var structureSet: Auxiliary
  var arrayGet: Auxiliary
  var arraySet: Auxiliary
  /// The type of the value that they read or write.
  var kind: ValueKind

  init(_ storage: StorageType, isSigned: Bool) {
    kind = ValueKind(storage.unpacked)
    switch storage {
    case .i8:
      (structureGet, arrayGet) = isSigned ? (.structureGet8S, .arrayGet8S) : (.structureGet8U, .arrayGet8U)
      (structureSet, arraySet) = (.structureSet8, .arraySet8)
    case .i16:
      (structureGet, arrayGet) = isSigned ? (.structureGet16S, .arrayGet16S) : (.structureGet16U, .arrayGet16U)
      (structureSet, arraySet) = (.structureSet16, .arraySet16)
    case .value(.i32):
      (structureGet, arrayGet, structureSet, arraySet) = (.structureGet32, .arrayGet32, .structureSet32, .arraySet32)
    case .value(.f32):
      (structureGet, arrayGet) = (.structureGetFloat32, .arrayGetFloat32)
      (structureSet, arraySet) = (.structureSet32, .arraySet32)
    case .value(.f64):
      (structureGet, arrayGet) = (.structureGetFloat64, .arrayGetFloat64)
      (structureSet, arraySet) = (.structureSet64, .arraySet64)
    case .value(.v128):
      (structureGet, arrayGet) = (.structureGetVector, .arrayGetVector)
      (structureSet, arraySet) = (.structureSetVector, .arraySetVector)
    case .value:
      (structureGet, arrayGet, structureSet, arraySet) = (.structureGet64, .arrayGet64, .structureSet64, .arraySet64)
    }
  }
}
