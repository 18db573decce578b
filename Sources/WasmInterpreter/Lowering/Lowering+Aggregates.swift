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

  /// A field to be initialised.
  private struct Field {
    var slot: Int
    var byteCount: Int
    var offset: UInt32
  }

  private mutating func lowerStructureNew(hasDescriptor: Bool) throws {
    let typeIndex = try reader.readU32()
    let layout = image.layouts[Int(typeIndex)]!
    let types = image.module.types[Int(typeIndex)].composite.structure!
    let inUse = top
    var fields: [Field] = []
    if hasDescriptor {
      let slot = popSlot()
      emit(.checkDescriptor)
      code.append(slot)
      fields.append(Field(slot: slot, byteCount: 8, offset: layout.descriptorOffset))
    }
    for index in types.indices.reversed() {
      fields.append(
        Field(slot: popSlot(), byteCount: types[index].storage.byteCount, offset: layout.fieldOffsets[index]))
    }
    let wide = fields.filter { $0.byteCount == 8 }
    let narrow = fields.filter { $0.byteCount == 4 }
    let rest = fields.filter { $0.byteCount != 8 && $0.byteCount != 4 }
    try emit(.structNew)
    let position = code.position
    code.append(top, inUse, SizeClass.of(Int(layout.size)), wide.count)
    appendStructure(typeIndex, layout)
    code.append(narrow.count, rest.count)
    for field in wide + narrow + rest { code.append(field.slot, field.byteCount, immediate: field.offset) }
    pushResult(.reference, operandsAt: position)
  }

  private mutating func appendStructure(_ typeIndex: UInt32, _ layout: StructureLayout) {
    code.append(immediates: image.canonical(typeIndex), layout.size)
  }

  private mutating func lowerStructureNewDefault(hasDescriptor: Bool) throws {
    let typeIndex = try reader.readU32()
    let layout = image.layouts[Int(typeIndex)]!
    let inUse = top
    var descriptor: Int?
    if hasDescriptor {
      let slot = popSlot()
      emit(.checkDescriptor)
      code.append(slot)
      descriptor = slot
    }
    // The descriptor's slot is read after the structure was allocated, so the structure is placed above it.
    let target = descriptor == nil ? top : inUse
    try emit(.structNewDefault)
    let position = code.position
    code.append(target, inUse, SizeClass.of(Int(layout.size)))
    appendStructure(typeIndex, layout)
    guard let descriptor else { return pushResult(.reference, operandsAt: position) }
    frameSlots = max(frameSlots, target + 1)
    emit(.structureSet64)
    code.append(descriptor, target, immediate: layout.descriptorOffset)
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
    emit(instruction, kind != .vector && isInAccumulator(object) ? .accumulator : .slots)
    let position = code.position
    code.append(top, slot, immediate: offset)
    pushResult(kind, operandsAt: position)
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
    emit(access.structureSet, form)
    code.append(valueSlot, objectSlot, immediate: offset)
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
    emit(access.arrayGet, access.kind != .vector && isInAccumulator(index) ? .slotAccumulator : .slots)
    let position = code.position
    code.append(top, arraySlot, indexSlot)
    pushResult(access.kind, operandsAt: position)
  }

  private mutating func lowerArraySet() throws {
    let access = HeapAccess(element(try reader.readU32()), isSigned: false)
    let value = pop()
    let index = popSlot()
    let array = popSlot()
    let slot = readableSlot(value)
    let isAccumulated = value.kind.accumulatorClass == .integer && isInAccumulator(value)
    emit(access.arraySet, isAccumulated ? .slotAccumulator : .slots)
    code.append(slot, array, index)
  }

  private mutating func lowerArrayLength() throws {
    let array = pop()
    let slot = readableSlot(array)
    try emit(.arrayLen, isInAccumulator(array) ? .accumulator : .slots)
    let position = code.position
    code.append(top, slot)
    pushResult(.integer32, operandsAt: position)
  }

  private mutating func append(_ typeIndex: UInt32, wordCount: Int, _ instruction: ArrayInstruction) {
    code.append(immediate: image.canonical(typeIndex), wordCount, Int(instruction.rawValue))
  }

  private mutating func lowerArrayNewFixed() throws {
    let typeIndex = try reader.readU32()
    let count = Int(try reader.readU32())
    let inUse = top
    var slots = Array(repeating: 0, count: (count + 3) / 4 * 4)
    for index in (0..<count).reversed() { slots[index] = popSlot() }
    emit(.arrayBulk)
    let position = code.position
    code.append(top, inUse)
    append(typeIndex, wordCount: 4 + slots.count / 4, .newFixed)
    code.append(UInt64(count))
    for index in stride(from: 0, to: slots.count, by: 4) {
      code.append(slots[index], slots[index + 1], slots[index + 2], slots[index + 3])
    }
    pushResult(.reference, operandsAt: position)
  }

  private mutating func lowerArrayBulk(_ opcode: Opcode) throws {
    let typeIndex = try reader.readU32()
    let inUse = top
    switch opcode {
    case .arrayNew:
      let (length, value) = (popSlot(), popSlot())
      emitArray(typeIndex, .new, (top, inUse, value, length), isNew: true)
    case .arrayNewDefault:
      let length = popSlot()
      emitArray(typeIndex, .newDefault, (top, inUse, 0, length), isNew: true)
    case .arrayNewData, .arrayNewElem:
      let segment = try reader.readU32()
      let (length, start) = (popSlot(), popSlot())
      emitArray(
        typeIndex, opcode == .arrayNewData ? .newData : .newElements, (top, inUse, start, length),
        UInt64(segment), isNew: true)
    case .arrayFill:
      let (count, value, index, array) = (popSlot(), popSlot(), popSlot(), popSlot())
      emitArray(typeIndex, .fill, (array, index, value, count))
    case .arrayCopy:
      _ = try reader.readU32()
      let (count, from, source, to, target) = (popSlot(), popSlot(), popSlot(), popSlot(), popSlot())
      emitArray(typeIndex, .copy, (target, to, source, from), UInt64(count))
    default:
      let segment = try reader.readU32()
      let (count, from, to, array) = (popSlot(), popSlot(), popSlot(), popSlot())
      emitArray(
        typeIndex, opcode == .arrayInitData ? .initializeData : .initializeElements, (array, to, from, count),
        UInt64(segment))
    }
  }

  private mutating func emitArray(
    _ typeIndex: UInt32, _ instruction: ArrayInstruction, _ slots: (Int, Int, Int, Int), _ last: UInt64 = 0,
    isNew: Bool = false
  ) {
    emit(.arrayBulk)
    let position = code.position
    code.append(slots.0, slots.1, slots.2, slots.3)
    append(typeIndex, wordCount: 4, instruction)
    code.append(last)
    if isNew { pushResult(.reference, operandsAt: position) }
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
