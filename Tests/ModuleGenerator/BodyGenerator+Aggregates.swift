import WasmBinary
import WebAssembly

// Structures, arrays, references and casts.

extension BodyGenerator {
  private typealias Generator = ModuleGenerator

  /// A number from a field, element or property of an object.
  mutating func aggregate(_ type: ValueType, _ depth: Int) {
    switch type {
    case .i64 where choices.chance(40): longsElement(depth)
    case .i64: structureField(1, .structGet, depth)
    case .i32:
      switch choices.below(5) {
      case 0: structureField(0, .structGet, depth)
      case 1: structureField(2, choices.pick([Opcode.structGetS, .structGetU]), depth)
      case 2: bytesElement(depth)
      case 3:
        if choices.chance(50) { longs(depth) } else { bytes(depth) }
        emit(.arrayLen)
      default: smallInteger(depth)
      }
    case .f64, .v128: largerStructureField(type == .f64 ? 4 : 5, type, depth)
    default: load(type, depth)
    }
  }

  private mutating func structureField(_ field: Int, _ opcode: Opcode, _ depth: Int) {
    structure(depth)
    emit(opcode, Generator.structure, field)
  }

  // MARK: Structures

  /// Pushes a structure, new or existing; rarely null.
  mutating func structure(_ depth: Int) {
    guard spend(depth) else {
      emit(.structNewDefault, Generator.structure)
      return
    }
    switch choices.below(10) {
    case 0...1: emit(.structNewDefault, Generator.structure)
    case 2...3:
      newStructure(depth)
      emit(.localTee, structureLocal)
    case 4:
      newLargerStructure(depth)
      emit(.localTee, structureLocal)
    case 5:
      structure(depth - 1)
      emit(.structGet, Generator.structure, 3)
    case 6: downcast(depth)
    case 7: structureFromArray(depth)
    case 8:
      existingStructure()
      emit(.refAsNonNull)
    default: existingStructure()
    }
  }

  /// A reference of a type that functions can take or return.
  mutating func reference(_ type: ValueType, _ depth: Int) {
    if choices.chance(30) { return leaf(type) }
    if type == Generator.structureType {
      structure(depth)
    } else if let shape = type.referenceType.flatMap({ module.shape($0.heapType) }) {
      object(shape, depth)
    } else {
      anyReference(depth)
    }
  }

  private mutating func newStructure(_ depth: Int) {
    for field in Generator.structureFields { expression(field, depth - 1) }
    emit(.localGet, structureLocal)
    emit(.structNew, Generator.structure)
  }

  /// A structure from an array of references.
  private mutating func structureFromArray(_ depth: Int) {
    if choices.chance(50) {
      segmentRange(Generator.passiveStructureCount, depth)
      emit(.arrayNewElem, Generator.references, module.passiveStructures)
    } else {
      emitConstant(Int32(choices.below(4)))
      emit(.arrayNewDefault, Generator.references)
    }
    if choices.chance(30) {
      emit(.localSet, anyLocal)
      array()
      emitConstant(Int32(choices.below(2)))
      segmentRange(Generator.passiveStructureCount, depth)
      emit(.arrayInitElem, Generator.references, module.passiveStructures)
      array()
    }
    emitConstant(Int32(choices.below(4)))
    emit(.arrayGet, Generator.references)

    func array() {
      emit(.localGet, anyLocal)
      emit(.refCast)
      writer.heapType(.concrete(Generator.references))
    }
  }

  private mutating func newLargerStructure(_ depth: Int) {
    if choices.chance(30) { return emit(.structNewDefault, Generator.largerStructure) }
    for field in Generator.structureFields { expression(field, depth - 1) }
    emit(.localGet, structureLocal)
    for field in Generator.largerStructureFields { expression(field, depth - 1) }
    emit(.structNew, Generator.largerStructure)
  }

  /// The structure in the local; created if the local is null.
  private mutating func existingStructure() {
    emit(.localGet, structureLocal)
    if choices.chance(90) {
      emit(.refIsNull)
      open(.if, .empty, label: [])
      emit(.structNewDefault, choices.chance(50) ? Generator.largerStructure : Generator.structure)
      emit(.localSet, structureLocal)
      close()
      emit(.localGet, structureLocal)
    }
  }

  /// A structure cast to `anyref` and back.
  private mutating func downcast(_ depth: Int) {
    if choices.chance(50) {
      structure(depth - 1)
      emit(choices.pick([Opcode.refCast, .refCastNull]))
      writer.heapType(.concrete(Generator.structure))
    } else {
      // Anything but a structure becomes null.
      open(.block, .result(Generator.structureType), label: [Generator.structureType])
      anyReference(depth - 1)
      emit(.brOnCast)
      writer.castBranch(
        CastBranch(
          label: 0, source: ReferenceType(isNullable: true, heapType: .any),
          target: ReferenceType(isNullable: choices.chance(50), heapType: .concrete(Generator.structure))))
      emit(.drop)
      emit(.refNull)
      writer.heapType(.concrete(Generator.structure))
      close()
    }
  }

  /// A field that only the larger structure has, or another value if it is a smaller structure.
  private mutating func largerStructureField(_ field: Int, _ type: ValueType, _ depth: Int) {
    let larger = HeapType.concrete(Generator.largerStructure)
    guard choices.chance(70) else {
      newLargerStructure(depth)
      emit(.structGet, Generator.largerStructure, field)
      return
    }
    let reference = ValueType.reference(nullable: true, .concrete(Generator.structure))
    open(.block, .result(type), label: [type])
    open(.block, .result(reference), label: [reference])
    structure(depth)
    emit(.brOnCastFail)
    writer.castBranch(
      CastBranch(
        label: 0, source: ReferenceType(isNullable: true, heapType: .concrete(Generator.structure)),
        target: ReferenceType(isNullable: false, heapType: larger)))
    emit(.structGet, Generator.largerStructure, field)
    emit(.br, 1)
    close()
    emit(.drop)
    leaf(type)
    close()
  }

  mutating func setField(_ depth: Int) {
    structure(depth)
    switch choices.below(4) {
    case 0:
      expression(.i32, depth - 1)
      emit(.structSet, Generator.structure, 0)
    case 1:
      expression(.i64, depth - 1)
      emit(.structSet, Generator.structure, 1)
    case 2:
      expression(.i32, depth - 1)
      emit(.structSet, Generator.structure, 2)
    default:
      structure(depth - 1)
      emit(.structSet, Generator.structure, 3)
    }
  }

  // MARK: Arrays

  private mutating func longs(_ depth: Int) {
    switch choices.below(4) {
    case 0:
      expression(.i64, depth - 1)
      expression(.i32, min(depth - 1, 1))
      mask(31)
      emit(.arrayNew, Generator.longs)
      emit(.localTee, longsLocal)
    case 1:
      let count = choices.below(5)
      for _ in 0..<count { expression(.i64, min(depth - 1, 2)) }
      emit(.arrayNewFixed, Generator.longs, count)
      emit(.localTee, longsLocal)
    default:
      // The existing array.
      emit(.localGet, longsLocal)
      guard choices.chance(90) else { return }
      emit(.refIsNull)
      open(.if, .empty, label: [])
      emitConstant(Int32(choices.below(40)))
      emit(.arrayNewDefault, Generator.longs)
      emit(.localSet, longsLocal)
      close()
      emit(.localGet, longsLocal)
    }
  }

  private mutating func bytes(_ depth: Int) {
    switch choices.below(3) {
    case 0:
      segmentRange(Generator.dataByteCount, depth)
      emit(.arrayNewData, Generator.bytes, module.passiveData)
      emit(.localTee, bytesLocal)
    case 1:
      expression(.i32, min(depth - 1, 1))
      emitConstant(Int32(choices.below(60)))
      emit(.arrayNew, Generator.bytes)
      emit(.localTee, bytesLocal)
    default:
      emit(.localGet, bytesLocal)
      guard choices.chance(90) else { return }
      emit(.refIsNull)
      open(.if, .empty, label: [])
      emitConstant(Int32(choices.below(60)))
      emit(.arrayNewDefault, Generator.bytes)
      emit(.localSet, bytesLocal)
      close()
      emit(.localGet, bytesLocal)
    }
  }

  /// Mostly small.
  private mutating func index(_ depth: Int) {
    if let counter = counters.last, choices.chance(60) { return emit(.localGet, counter) }
    if choices.chance(40) { return emitConstant(Int32(choices.below(12))) }
    expression(.i32, min(depth - 1, 2))
    if choices.chance(95) { mask(7) }
  }

  private mutating func longsElement(_ depth: Int) {
    longs(depth)
    index(depth)
    emit(.arrayGet, Generator.longs)
  }

  private mutating func bytesElement(_ depth: Int) {
    bytes(depth)
    index(depth)
    emit(choices.pick([Opcode.arrayGetU, .arrayGetS]), Generator.bytes)
  }

  mutating func setElement(_ depth: Int) {
    switch choices.below(6) {
    case 0...1:
      longs(depth)
      index(depth)
      expression(.i64, depth - 1)
      emit(.arraySet, Generator.longs)
    case 2:
      bytes(depth)
      index(depth)
      expression(.i32, depth - 1)
      emit(.arraySet, Generator.bytes)
    case 3:
      longs(depth)
      index(depth)
      expression(.i64, depth - 1)
      emitConstant(Int32(choices.below(4)))
      emit(.arrayFill, Generator.longs)
    case 4:
      longs(depth)
      index(depth)
      longs(depth)
      index(depth)
      emitConstant(Int32(choices.below(4)))
      emit(.arrayCopy, Generator.longs, Int(Generator.longs))
    default:
      bytes(depth)
      index(depth)
      segmentRange(8, depth)
      emit(.arrayInitData, Generator.bytes, module.passiveData)
    }
  }

  // MARK: Any reference

  /// Pushes an `anyref`.
  mutating func anyReference(_ depth: Int) {
    switch choices.below(module.shapes.isEmpty ? 7 : 9) {
    case 7...8: object(choices.below(module.shapes.count), depth - 1)
    case 0:
      emit(.refNull)
      writer.heapType(.any)
    case 1:
      expression(.i32, min(depth - 1, 2))
      emit(.refI31)
    case 2 where !isRelease: structure(depth - 1)
    case 3 where !isRelease: bytes(depth - 1)
    case 4 where !isRelease:
      expression(.i32, 1)
      mask(Int32(Generator.anyTableSize) - 1)
      emit(.tableGet, module.anyTable)
    case 5:
      // Converts to an external reference and back.
      anyReference(depth - 1)
      emit(.externConvertAny)
      emit(.anyConvertExtern)
    default: emit(.localGet, anyLocal)
    }
  }

  /// Tests whether the `anyref` on the stack has some type.
  mutating func referenceTest() {
    emit(choices.pick([Opcode.refTest, .refTestNull]))
    if !module.shapes.isEmpty, choices.chance(40) {
      return writer.heapType(.concrete(module.typeIndex(ofShape: choices.below(module.shapes.count))))
    }
    writer.heapType(
      choices.pick([
        .i31, .equatable, .structure, .array, .none, .concrete(Generator.structure),
        .concrete(Generator.largerStructure), .concrete(Generator.bytes), .concrete(Generator.longs),
      ]))
  }

  /// The number in an `i31ref`, or another value if it is not one.
  private mutating func smallInteger(_ depth: Int) {
    let i31 = ValueType.reference(nullable: false, .i31)
    open(.block, .result(.i32), label: [.i32])
    open(.block, .result(i31), label: [i31])
    anyReference(depth)
    emit(.brOnCast)
    writer.castBranch(
      CastBranch(
        label: 0, source: ReferenceType(isNullable: true, heapType: .any),
        target: ReferenceType(isNullable: false, heapType: .i31)))
    referenceTest()
    emit(.br, 1)
    close()
    emit(choices.pick([Opcode.i31GetS, .i31GetU]))
    close()
  }

  mutating func setAny(_ depth: Int) {
    anyReference(depth)
    emit(.localSet, anyLocal)
  }
}
