import WasmRuntime
import WebAssembly

// References, structures and arrays. (Core specification 3.0, 4.6.9 "Reference Instructions".)
//
// A null reference is address 0: an access to a field near it faults, which is the null check.

extension FrontEnd {
  mutating func lowerReference(_ opcode: Opcode) throws {
    switch opcode {
    case .refNull:
      _ = try reader.readHeapType()
      stack.append(i64(0))
    case .refIsNull: stack.append(isZero(stack.removeLast()))
    case .refFunc: stack.append(functionReference(try reader.readU32()))
    case .refEq:
      let second = stack.removeLast()
      stack.append(wasm(.i64Eq, .i32, stack.removeLast(), second))
    case .refAsNonNull: trap(if: isZero(stack.last!), .nullReference)
    case .anyConvertExtern, .externConvertAny: break
    case .refI31: lowerMakeI31()
    case .i31GetS: lowerI31Get(.i32ShrS)
    case .i31GetU: lowerI31Get(.i32ShrU)
    case .structNew: try lowerStructureNew(hasDescriptor: false)
    case .structNewDesc: try lowerStructureNew(hasDescriptor: true)
    case .structNewDefault: try lowerStructureNewDefault(hasDescriptor: false)
    case .structNewDefaultDesc: try lowerStructureNewDefault(hasDescriptor: true)
    case .structGet, .structGetS, .structGetU: try lowerStructureGet(isSigned: opcode == .structGetS)
    case .structSet: try lowerStructureSet()
    case .refGetDesc: try lowerGetDescriptor()
    case .arrayNew: try lowerArrayNew()
    case .arrayNewDefault: try lowerArrayNewDefault()
    case .arrayNewFixed: try lowerArrayNewFixed()
    case .arrayNewData: try lowerArrayNewSegment(.arrayNewData)
    case .arrayNewElem: try lowerArrayNewSegment(.arrayNewElement)
    case .arrayGet, .arrayGetS, .arrayGetU: try lowerArrayGet(isSigned: opcode == .arrayGetS)
    case .arraySet: try lowerArraySet()
    case .arrayLen: stack.append(length(of: stack.removeLast()))
    case .arrayFill: try lowerArrayFill()
    case .arrayCopy: try lowerArrayCopy()
    case .arrayInitData: try lowerArrayInit(.arrayInitData)
    case .arrayInitElem: try lowerArrayInit(.arrayInitElement)
    case .refTest, .refTestNull: try lowerReferenceTest(isNullable: opcode == .refTestNull)
    case .refCast, .refCastNull: try lowerReferenceCast(isNullable: opcode == .refCastNull)
    case .brOnCast, .brOnCastFail: try lowerBranchOnCast(onFailure: opcode == .brOnCastFail)
    case .refCastDescEq, .refCastDescEqNull: try lowerDescriptorCast(isNullable: opcode == .refCastDescEqNull)
    case .brOnCastDescEq, .brOnCastDescEqFail: try lowerBranchOnDescriptor(onFailure: opcode == .brOnCastDescEqFail)
    default: throw unsupported(opcode)
    }
  }

  // MARK: i31

  private mutating func lowerMakeI31() {
    let shifted = wasm(.i32Shl, .i32, stack.removeLast(), i32(1))
    stack.append(extended(wasm(.i32Or, .i32, shifted, i32(1))))
  }

  private mutating func lowerI31Get(_ shift: Opcode) {
    let reference = stack.removeLast()
    trap(if: isZero(reference), .nullI31Reference)
    stack.append(wasm(shift, .i32, wasm(.i32WrapI64, .i32, reference), i32(1)))
  }

  // MARK: Fields and elements

  /// The largest offset at which an access through null is certain to fault.
  private static var nullOffsetLimit: Int { 4096 - 16 }

  /// Traps if a reference is null, unless an access at this offset does so.
  ///
  /// - Returns: the trap of an access at this offset.
  private mutating func nullTrap(_ reference: Value, _ offset: Int, _ code: TrapCode) -> TrapCode? {
    if offset < Self.nullOffsetLimit { return code }
    trap(if: isZero(reference), code)
    return nil
  }

  private mutating func load(
    _ storage: StorageType, _ region: Region, _ base: Value, _ offset: Int, isSigned: Bool, index: Value = .none,
    trap: TrapCode?
  ) -> Value {
    let type = IRType(storage.unpacked)
    let opcode: Opcode =
      switch storage {
      case .i8: isSigned ? .i32Load8S : .i32Load8U
      case .i16: isSigned ? .i32Load16S : .i32Load16U
      case .value: type.load
      }
    return loadField(base, offset, region, opcode, type, index: index, flags: trap == nil ? .guarded : [], trap: trap)
  }

  private mutating func store(
    _ storage: StorageType, _ region: Region, _ base: Value, _ offset: Int, _ value: Value, index: Value = .none,
    trap: TrapCode? = nil
  ) {
    let opcode: Opcode =
      switch storage {
      case .i8: .i32Store8
      case .i16: .i32Store16
      case .value(let type): IRType(type).store
      }
    storeField(base, offset, value, region, opcode, index: index, flags: trap == nil ? .guarded : [], trap: trap)
  }

  private mutating func region(_ field: FieldType) -> Region { field.isMutable ? .heap : .header }

  // MARK: Structures

  /// Allocates an object: from the window of its size class, or by the runtime. Memory from a window has stale contents, so the caller
  /// must write the whole object, including header and padding of references, before anything else can allocate.
  private mutating func allocate(_ byteCount: Int, _ canonicalType: Value) -> Value {
    let sizeClass = SizeClass.of(byteCount)
    if sizeClass == SizeClass.large { return allocateSlowly(byteCount, canonicalType) }
    let windows = loadField(storeContext(), offsets.store.allocationWindows, .constant)
    let window = sizeClass * MemoryLayout<AllocationWindow>.stride
    let cursor = loadField(windows, window + offsets.window.cursor, .runtime)
    let end = loadField(windows, window + offsets.window.end, .runtime)
    let next = added(cursor, UInt64(SizeClass.sizes[sizeClass]))
    let fast = makeBlock()
    let slow = makeBlock(isCold: true)
    let join = makeBlock()
    branch(wasm(.i64GtU, .i32, next, end), slow, fast, .unlikely)
    begin(slow)
    jump(to: join, allocateSlowly(byteCount, canonicalType))
    begin(fast)
    storeField(windows, window + offsets.window.cursor, next, .runtime)
    jump(to: join, cursor)
    begin(join)
    return graph.appendParameter(.i64, to: join)
  }

  /// Allocates an object by the runtime, which sets its type and clears the rest. See ``RuntimeFunction/allocateStructure``.
  private mutating func allocateSlowly(_ byteCount: Int, _ canonicalType: Value) -> Value {
    let object = callRuntime(.allocateStructure, [canonicalType, i32(UInt32(byteCount))], .i64)
    trap(if: isZero(object), .allocationFailure)
    return object
  }

  private mutating func popDescriptor() -> Value {
    let descriptor = stack.removeLast()
    trap(if: isZero(descriptor), .nullDescriptor)
    return descriptor
  }

  private mutating func fields(_ type: UInt32) -> [FieldType] {
    facts.image.module.types[Int(type)].composite.structure!
  }

  private mutating func lowerStructureNew(hasDescriptor: Bool) throws {
    let type = try reader.readU32()
    let layout = facts.image.layouts[Int(type)]!
    let fields = fields(type)
    let descriptor = hasDescriptor ? popDescriptor() : .none
    let canonical = canonicalType(type)
    let object = allocate(Int(layout.size), canonical)
    storeField(object, HeapObject.typeOffset, extended(canonical), .header)
    if hasDescriptor { storeField(object, Int(layout.descriptorOffset), descriptor, .header) }
    let first = stack.count - fields.count
    for (index, field) in fields.enumerated() {
      store(field.storage, region(field), object, Int(layout.fieldOffsets[index]), stack[first + index])
    }
    stack.removeLast(fields.count)
    stack.append(object)
  }

  /// The largest structure that is cleared by stores, in bytes.
  private static var largestCleared: Int { 256 }

  private mutating func lowerStructureNewDefault(hasDescriptor: Bool) throws {
    let type = try reader.readU32()
    let layout = facts.image.layouts[Int(type)]!
    let size = Int(layout.size)
    let descriptor = hasDescriptor ? popDescriptor() : .none
    let canonical = canonicalType(type)
    let object: Value
    if size > Self.largestCleared {
      // The runtime sets the type and clears the rest.
      object = allocateSlowly(size, canonical)
    } else {
      object = allocate(size, canonical)
      storeField(object, HeapObject.typeOffset, extended(canonical), .header)
      clear(object, HeapObject.payloadOffset..<size)
    }
    if hasDescriptor { storeField(object, Int(layout.descriptorOffset), descriptor, .header) }
    stack.append(object)
  }

  private mutating func clear(_ object: Value, _ range: Range<Int>) {
    var offset = range.lowerBound
    if range.count >= 16 {
      let zero = vectorConstant(0, 0)
      while offset + 16 <= range.upperBound {
        storeField(object, offset, zero, .heap, .v128Store)
        offset += 16
      }
    }
    while offset < range.upperBound {
      storeField(object, offset, i64(0), .heap)
      offset += 8
    }
  }

  /// Reads the field that the immediates name.
  private mutating func readField() throws -> (type: FieldType, offset: Int) {
    let type = try reader.readU32()
    let index = Int(try reader.readU32())
    return (fields(type)[index], Int(facts.image.layouts[Int(type)]!.fieldOffsets[index]))
  }

  private mutating func lowerStructureGet(isSigned: Bool) throws {
    let field = try readField()
    let object = stack.removeLast()
    let trap = nullTrap(object, field.offset, .nullStructureReference)
    stack.append(
      load(field.type.storage, region(field.type), object, field.offset, isSigned: isSigned, trap: trap))
  }

  private mutating func lowerStructureSet() throws {
    let field = try readField()
    let value = stack.removeLast()
    let object = stack.removeLast()
    let trap = nullTrap(object, field.offset, .nullStructureReference)
    store(field.type.storage, region(field.type), object, field.offset, value, trap: trap)
  }

  private mutating func lowerGetDescriptor() throws {
    let type = try reader.readU32()
    let object = stack.removeLast()
    let offset = Int(facts.image.layouts[Int(type)]!.descriptorOffset)
    let trap = nullTrap(object, offset, .nullReference)
    stack.append(loadField(object, offset, .header, flags: trap == nil ? .guarded : [], trap: trap))
  }

  // MARK: Arrays

  private mutating func element(_ type: UInt32) -> FieldType { facts.image.module.types[Int(type)].composite.array! }

  private mutating func length(of array: Value) -> Value {
    loadField(array, HeapObject.lengthOffset, .header, .i32Load, .i32, trap: .nullArrayReference)
  }

  /// Traps unless an array has an element.
  ///
  /// - Returns: the element's offset from that of the first.
  private mutating func offset(_ storage: StorageType, _ array: Value, _ index: Value) -> Value {
    let isOutside = wasm(.i32GeU, .i32, index, length(of: array))
    trap(if: isOutside, .outOfBoundsArrayAccess, at: index, of: array)
    let shift = storage.byteCount.trailingZeroBitCount
    return shift == 0 ? extended(index) : wasm(.i64Shl, .i64, extended(index), i64(UInt64(shift)))
  }

  private mutating func lowerArrayGet(isSigned: Bool) throws {
    let element = element(try reader.readU32())
    let index = stack.removeLast()
    let array = stack.removeLast()
    let offset = offset(element.storage, array, index)
    stack.append(
      load(
        element.storage, region(element), array, HeapObject.payloadOffset, isSigned: isSigned, index: offset, trap: nil)
    )
  }

  private mutating func lowerArraySet() throws {
    let element = element(try reader.readU32())
    let value = stack.removeLast()
    let index = stack.removeLast()
    let array = stack.removeLast()
    let offset = offset(element.storage, array, index)
    store(element.storage, region(element), array, HeapObject.payloadOffset, value, index: offset)
  }

  private mutating func allocateArray(_ type: UInt32, _ length: Value) -> Value {
    let array = callRuntime(.allocateArray, [canonicalType(type), length], .i64)
    trap(if: isZero(array), .allocationFailure)
    return array
  }

  private mutating func lowerArrayNewDefault() throws {
    let type = try reader.readU32()
    let length = stack.removeLast()
    if let count = smallArrayLength(type, length) {
      let array = makeArray(type, count)
      clear(array, HeapObject.payloadOffset..<HeapObject.payloadOffset + count * element(type).storage.byteCount)
      stack.append(array)
    } else {
      stack.append(allocateArray(type, length))
    }
  }

  private mutating func lowerArrayNew() throws {
    let type = try reader.readU32()
    let length = stack.removeLast()
    let value = stack.removeLast()
    if let count = smallArrayLength(type, length), count <= Self.largestFilled {
      stack.append(makeArray(type, Array(repeating: value, count: count)))
      return
    }
    let array = allocateArray(type, length)
    if !isSame(value, .zero) {
      let bits = bits(value)
      callChecked(.arrayFill, [array, i32(0), bits.low, bits.high, length])
    }
    stack.append(array)
  }

  /// A value of any type as two `i64`.
  private mutating func bits(_ value: Value) -> (low: Value, high: Value) {
    switch graph[value].type {
    case .i32: (extended(value), i64(0))
    case .f32: (extended(wasm(.i32ReinterpretF32, .i32, value)), i64(0))
    case .f64: (wasm(.i64ReinterpretF64, .i64, value), i64(0))
    case .v128: (lane(value, 0), lane(value, 1))
    case .i64, .none: (value, i64(0))
    }
  }

  private mutating func lane(_ vector: Value, _ lane: UInt64) -> Value {
    emit(Instruction(operation: .wasm, type: .i64, opcode: .i64x2ExtractLane, a: vector, immediate: lane))
  }

  private mutating func lowerArrayNewFixed() throws {
    let type = try reader.readU32()
    let count = Int(try reader.readU32())
    let elements = Array(stack[stack.count - count..<stack.count])
    stack.removeLast(count)
    stack.append(makeArray(type, elements))
  }

  /// The largest number of elements that are filled by stores.
  private static var largestFilled: Int { 16 }

  /// The length of an array, if it is constant and the array is small enough for inline allocation.
  private mutating func smallArrayLength(_ type: UInt32, _ length: Value) -> Int? {
    guard let bits = constantBits(length), bits <= UInt64(Self.largestCleared) else { return nil }
    return Int(bits) * element(type).storage.byteCount <= Self.largestCleared ? Int(bits) : nil
  }

  /// Creates an array with these elements.
  private mutating func makeArray(_ type: UInt32, _ elements: [Value]) -> Value {
    let element = element(type)
    let array = makeArray(type, elements.count)
    for (index, value) in elements.enumerated() {
      let offset = HeapObject.payloadOffset + index * element.storage.byteCount
      store(element.storage, region(element), array, offset, value)
    }
    return array
  }

  /// Creates an array whose elements the caller must write.
  private mutating func makeArray(_ type: UInt32, _ count: Int) -> Value {
    let canonical = canonicalType(type)
    let array = allocate(HeapObject.payloadOffset + count * element(type).storage.byteCount, canonical)
    let header = wasm(.i64Or, .i64, extended(canonical), i64(UInt64(count) << 32))
    storeField(array, HeapObject.typeOffset, header, .header)
    return array
  }

  private mutating func lowerArrayNewSegment(_ function: RuntimeFunction) throws {
    let type = try reader.readU32()
    let segment = try reader.readU32()
    let length = stack.removeLast()
    let start = stack.removeLast()
    stack.append(callChecked(function, [canonicalType(type), i32(segment), start, length], .i64))
  }

  private mutating func lowerArrayFill() throws {
    _ = try reader.readU32()
    let count = stack.removeLast()
    let bits = bits(stack.removeLast())
    let index = stack.removeLast()
    callChecked(.arrayFill, [stack.removeLast(), index, bits.low, bits.high, count])
  }

  private mutating func lowerArrayCopy() throws {
    _ = try reader.readU32()
    _ = try reader.readU32()
    let count = stack.removeLast()
    let from = stack.removeLast()
    let source = stack.removeLast()
    let to = stack.removeLast()
    callChecked(.arrayCopy, [stack.removeLast(), to, source, from, count])
  }

  private mutating func lowerArrayInit(_ function: RuntimeFunction) throws {
    _ = try reader.readU32()
    let segment = try reader.readU32()
    let count = stack.removeLast()
    let from = stack.removeLast()
    let to = stack.removeLast()
    callChecked(function, [i32(segment), stack.removeLast(), to, from, count])
  }
}
