import WasmBinary
import WebAssembly

// Objects of the module's random types (shapes).

extension BodyGenerator {
  func heapType(_ shape: Int) -> HeapType { .concrete(module.typeIndex(ofShape: shape)) }

  // MARK: References

  /// Pushes a reference to an object of a shape, new or existing; sometimes null.
  mutating func object(_ shape: Int, _ depth: Int) {
    guard spend(depth) else { return emit(.localGet, shapeLocal(shape)) }
    switch choices.below(9) {
    case 0...1: existingObject(shape)
    case 2...3:
      newObject(shape, depth)
      emit(.localTee, shapeLocal(shape))
    case 4: emit(.localGet, shapeLocal(shape))
    case 5: objectOfSubShape(shape, depth)
    case 6: downcastObject(shape, depth)
    case 7:
      guard module.tableShape == shape, !isRelease else { return existingObject(shape) }
      emitConstant(Int32(choices.below(ModuleGenerator.shapeTableSize)))
      emit(.tableGet, module.shapeTable)
    default: leaf(module.shapeType(shape))
    }
  }

  /// The object in the shape's local; created if the local is null. The result is not null.
  mutating func existingObject(_ shape: Int) {
    emit(.localGet, shapeLocal(shape))
    emit(.refIsNull)
    open(.if, .empty, label: [])
    newObject(shape, 0)
    emit(.localSet, shapeLocal(shape))
    close()
    emit(.localGet, shapeLocal(shape))
  }

  private mutating func objectOfSubShape(_ shape: Int, _ depth: Int) {
    let candidates = module.shapes.indices.filter { module.shapes[$0].superShape == shape }
    guard !candidates.isEmpty else { return existingObject(shape) }
    object(choices.pick(candidates), depth - 1)
  }

  /// An object cast to `anyref` and back. Anything else becomes null.
  private mutating func downcastObject(_ shape: Int, _ depth: Int) {
    let type = module.shapeType(shape)
    open(.block, .result(type), label: [type])
    anyReference(depth - 1)
    emit(.brOnCast)
    writer.castBranch(
      CastBranch(
        label: 0, source: ReferenceType(isNullable: true, heapType: .any),
        target: ReferenceType(isNullable: choices.chance(50), heapType: heapType(shape))))
    emit(.drop)
    emit(.refNull)
    writer.heapType(heapType(shape))
    close()
  }

  // MARK: New objects

  /// Pushes a new object.
  mutating func newObject(_ shape: Int, _ depth: Int) {
    let existing = existingShapes
    objectDepth += 1
    defer {
      objectDepth -= 1
      existingShapes = existing
    }
    if let element = module.shapes[shape].element {
      newArray(shape, element.storage, depth)
    } else if module.shapes[shape].isDefaultable, choices.chance(40) {
      emit(.structNewDefault, module.typeIndex(ofShape: shape))
    } else {
      for (index, field) in module.shapes[shape].fields.enumerated() {
        if index == 0 { emitTag(shape) } else { stored(field.storage, index < 12 ? depth - 1 : 0) }
      }
      emit(.structNew, module.typeIndex(ofShape: shape))
    }
  }

  mutating func emitTag(_ shape: Int) { emitConstant(Int32(module.shapes[shape].identity + 1)) }

  private mutating func newArray(_ shape: Int, _ storage: StorageType, _ depth: Int) {
    let type = Int(module.typeIndex(ofShape: shape))
    switch choices.below(6) {
    case 0...1 where module.shapes[shape].isDefaultable:
      emitConstant(Int32(arrayLength()))
      emit(.arrayNewDefault, type)
    case 2:
      stored(storage, depth - 1)
      emitConstant(Int32(arrayLength()))
      emit(.arrayNew, type)
    case 3 where isInitialized(storage, byData: true) && !isRelease:
      segmentRange(ModuleGenerator.dataByteCount / storage.elementByteCount, depth)
      emit(.arrayNewData, type, module.passiveData)
    case 3 where isInitialized(storage, byData: false) && !isRelease:
      segmentRange(ModuleGenerator.passiveStructureCount, depth)
      emit(.arrayNewElem, type, module.passiveStructures)
    default:
      let count = choices.chance(5) ? choices.below(100) : choices.below(6)
      for _ in 0..<count { stored(storage, 0) }
      emit(.arrayNewFixed, type, count)
    }
  }

  /// Rarely large.
  mutating func arrayLength() -> Int {
    let length = chooseLength()
    longestArray = max(longestArray, length)
    return length
  }

  private mutating func chooseLength() -> Int {
    switch choices.below(200) {
    case ..<160: choices.below(9)
    case ..<190: choices.below(200)
    case ..<199: loopDepth == 0 ? choices.below(5_000) : choices.below(300)
    default: loopDepth == 0 ? choices.below(100_001) : choices.below(3_000)
    }
  }

  /// Whether a segment has elements of this type: data, or references to structures.
  func isInitialized(_ storage: StorageType, byData: Bool) -> Bool {
    guard let type = storage.unpacked.referenceType else { return byData }
    let wider: [HeapType] = [.any, .equatable, .structure, .concrete(ModuleGenerator.structure)]
    return !byData && type.isNullable && wider.contains(type.heapType)
  }

  // MARK: What objects hold

  /// Pushes what a field or element may hold.
  mutating func stored(_ storage: StorageType, _ depth: Int) {
    let type = storage.unpacked
    if let reference = type.referenceType {
      storedReference(reference, depth)
    } else if depth > 0, choices.chance(30) {
      expression(type, min(depth, 2))
    } else if choices.chance(50) {
      // Values that look like addresses if they are mistaken for references.
      writer.plainConstant(type, choices.pick([0x4141_4140, 0x1000, 8, 0x7FFF_FFF8, 1]))
    } else {
      leaf(type)
    }
  }

  private mutating func storedReference(_ type: ReferenceType, _ depth: Int) {
    if let shape = module.shape(type.heapType) {
      if !type.isNullable {
        // Once for each object: a structure of 2,000 fields would otherwise make code for 2,000 objects, each with its own fields.
        // (Other statements may be on one of several paths, so what they create need not exist later.)
        if objectDepth > 0, !existingShapes.insert(shape).inserted {
          emit(.localGet, shapeLocal(shape))
        } else {
          existingObject(shape)
        }
        return emit(.refAsNonNull)
      }
      return depth > 0 && choices.chance(50) ? object(shape, depth - 1) : emit(.localGet, shapeLocal(shape))
    }
    if type.isNullable, choices.chance(30) { return null(type.heapType) }
    switch type.heapType {
    case .any, .equatable, .i31:
      if type.isNullable, type.heapType != .i31, choices.chance(70) {
        return emit(.localGet, shapeLocal(choices.below(module.shapes.count)))
      }
      emitConstant(Int32(choices.below(1 << 16)))
      emit(.refI31)
    case .structure, .concrete(ModuleGenerator.structure): emit(.localGet, structureLocal)
    case .array, .concrete(ModuleGenerator.longs): emit(.localGet, longsLocal)
    case .concrete(ModuleGenerator.bytes): emit(.localGet, bytesLocal)
    case .external:
      if isRelease, choices.chance(50) { return emit(.localGet, hostLocal) }
      emit(.localGet, anyLocal)
      emit(.externConvertAny)
    case .function: emit(.refFunc, module.firstFunction + choices.below(module.functionTypes.count))
    case .exception: emit(.localGet, exceptionLocal)
    default: null(type.heapType)
    }
  }

  mutating func null(_ type: HeapType) {
    emit(.refNull)
    writer.heapType(type)
  }

  // MARK: Reading

  /// Pushes a field of the structure on the stack.
  mutating func getField(_ shape: Int, _ field: Int) {
    let isPacked = module.shapes[shape].fields[field].storage.isPacked
    emit(
      isPacked ? choices.pick([Opcode.structGetU, .structGetS]) : .structGet, module.typeIndex(ofShape: shape), field)
  }

  /// Pushes an element of the array on the stack, at the index above it.
  mutating func getElement(_ shape: Int) {
    let isPacked = module.shapes[shape].element?.storage.isPacked ?? false
    emit(isPacked ? choices.pick([Opcode.arrayGetU, .arrayGetS]) : .arrayGet, module.typeIndex(ofShape: shape))
  }

  /// A number from an object of a random type, or about it.
  mutating func part(_ type: ValueType, _ depth: Int) {
    let shape = choices.below(module.shapes.count)
    let fields = module.shapes[shape].fields
    let fitting = fields.indices.filter { fields[$0].storage.unpacked == type }
    if !fitting.isEmpty {
      if choices.chance(90) { existingObject(shape) } else { object(shape, depth - 1) }
      return getField(shape, choices.pick(fitting))
    }
    guard type == .i32 else { return aggregate(type, depth) }
    if module.shapes[shape].element != nil {
      existingObject(shape)
      emit(.arrayLen)
    } else if choices.chance(30) {
      object(shape, depth - 1)
      object(choices.below(module.shapes.count), depth - 1)
      emit(.refEq)
    } else {
      anyReference(depth - 1)
      emit(choices.pick([Opcode.refTest, .refTestNull]))
      writer.heapType(heapType(shape))
    }
  }

  /// Stores or drops the value on the stack. References are checked first.
  mutating func consume(_ type: ValueType) {
    guard let reference = type.referenceType else {
      if !isRelease, let local = variable(type) { emit(.localSet, local) } else { emit(.drop) }
      return
    }
    switch reference.heapType {
    case .function, .exception: emit(.drop)
    case .external:
      emit(.anyConvertExtern)
      emit(.call, module.verifierFunction)
    default:
      if let shape = module.shape(reference.heapType), reference.isNullable, choices.chance(50) {
        emit(.localTee, shapeLocal(shape))
      }
      emit(.call, module.verifierFunction)
    }
  }
}
