import WasmBinary
import WebAssembly

// Statements about objects of random types.

extension BodyGenerator {
  mutating func shapeStatement(_ depth: Int) {
    let shape = choices.below(module.shapes.count)
    switch choices.below(18) {
    case 0...2: checkDefault(shape)
    case 3...5: storm()
    case 6...8: setPart(shape, depth)
    case 9...10: readPart(shape)
    case 11: bulkElements(shape, depth)
    case 12: if !isRelease { shapeTableOperation(depth) }
    case 13: if !isRelease { checkGrowth() }
    case 14: if kind != .leaf, !isRelease { throwObject(depth) }
    case 15: castFunction(depth)
    case 16:
      anyReference(depth - 1)
      emit(.call, module.verifierFunction)
    default:
      object(shape, depth)
      emit(.localSet, shapeLocal(shape))
    }
  }

  // MARK: Parts

  private mutating func setPart(_ shape: Int, _ depth: Int) {
    if let element = module.shapes[shape].element {
      guard element.isMutable else { return readPart(shape) }
      openIfLonger(shape, 1) { generator, index in
        generator.emit(.localGet, generator.shapeLocal(shape))
        generator.emitConstant(index)
        generator.stored(element.storage, depth - 1)
        generator.emit(.arraySet, generator.module.typeIndex(ofShape: shape))
      }
    } else {
      let fields = module.shapes[shape].fields
      let candidates = fields.indices.dropFirst().filter { fields[$0].isMutable }
      guard !candidates.isEmpty else { return readPart(shape) }
      let field = choices.pick(candidates)
      existingObject(shape)
      stored(fields[field].storage, depth - 1)
      emit(.structSet, module.typeIndex(ofShape: shape), field)
    }
  }

  private mutating func readPart(_ shape: Int) {
    if let element = module.shapes[shape].element {
      openIfLonger(shape, 1) { generator, index in
        generator.emit(.localGet, generator.shapeLocal(shape))
        generator.emitConstant(index)
        generator.getElement(shape)
        generator.consume(element.storage.unpacked)
      }
    } else if !module.shapes[shape].fields.isEmpty {
      let field = choices.below(module.shapes[shape].fields.count)
      existingObject(shape)
      getField(shape, field)
      consume(module.shapes[shape].fields[field].storage.unpacked)
    }
  }

  /// Opens an `if` that runs for arrays with at least `count` elements from an index on. `body` receives the index. The
  /// array is the one in the local, which is not null.
  private mutating func openIfLonger(_ shape: Int, _ count: Int, _ body: (inout BodyGenerator, Int32) -> Void) {
    let index = Int32(choices.chance(5) ? choices.below(3_000) : choices.below(6))
    existingObject(shape)
    emit(.arrayLen)
    emitConstant(index + Int32(count))
    emit(.i32GeU)
    open(.if, .empty, label: [])
    body(&self, index)
    close()
  }

  private mutating func bulkElements(_ shape: Int, _ depth: Int) {
    guard let element = module.shapes[shape].element, element.isMutable else { return readPart(shape) }
    let type = Int(module.typeIndex(ofShape: shape))
    let count = choices.below(8)
    openIfLonger(shape, count) { generator, index in
      generator.emit(.localGet, generator.shapeLocal(shape))
      generator.emitConstant(index)
      switch generator.choices.below(3) {
      case 0:
        generator.stored(element.storage, depth - 1)
        generator.emitConstant(Int32(count))
        generator.emit(.arrayFill, type)
      case 1 where generator.isInitialized(element.storage, byData: true) && !generator.isRelease:
        generator.emitConstant(0)
        generator.emitConstant(Int32(min(count, ModuleGenerator.dataByteCount / element.storage.elementByteCount)))
        generator.emit(.arrayInitData, type, generator.module.passiveData)
      case 1 where generator.isInitialized(element.storage, byData: false) && !generator.isRelease:
        generator.emitConstant(0)
        generator.emitConstant(Int32(min(count, ModuleGenerator.passiveStructureCount)))
        generator.emit(.arrayInitElem, type, generator.module.passiveStructures)
      default:
        // A copy within the array, which may overlap.
        generator.emit(.localGet, generator.shapeLocal(shape))
        generator.emitConstant(0)
        generator.emitConstant(Int32(count))
        generator.emit(.arrayCopy, type, type)
      }
    }
  }

  // MARK: Many objects

  /// Creates objects, most of which become garbage at once.
  mutating func storm() {
    let count =
      loopDepth > 0 ? 1 + choices.below(10) : choices.chance(5) ? choices.below(1_500) : 5 + choices.below(60)
    emitConstant(Int32(max(count, 1)))
    emit(.localSet, stormLocal)
    open(.loop, .empty, label: [])
    loopDepth += 1
    for _ in 0...choices.below(3) {
      let shape = choices.below(module.shapes.count)
      newObject(shape, 0)
      if choices.chance(30) { emit(.localSet, shapeLocal(shape)) } else { emit(.drop) }
    }
    loopDepth -= 1
    emit(.localGet, stormLocal)
    emitConstant(1)
    emit(.i32Sub)
    emit(.localTee, stormLocal)
    emit(.brIf, 0)
    close()
  }

  // MARK: Other operations

  private mutating func shapeTableOperation(_ depth: Int) {
    let (shape, table) = (module.tableShape, module.shapeTable)
    emitConstant(Int32(choices.below(ModuleGenerator.shapeTableSize)))
    switch choices.below(4) {
    case 0:
      emit(.tableGet, table)
      consume(module.shapeType(shape))
    case 1...2:
      object(shape, depth - 1)
      emit(.tableSet, table)
    default:
      object(shape, depth - 1)
      emitConstant(Int32(choices.below(3)))
      emit(.tableFill, table)
    }
  }

  /// Throws an object, creates others, and catches it.
  private mutating func throwObject(_ depth: Int) {
    let shape = module.tableShape
    let type = module.shapeType(shape)
    open(.block, .result(type), label: [type])
    emit(.tryTable)
    writer.blockType(.empty)
    writer.vector([CatchClause(tag: UInt32(module.shapeTag), label: 0, withReference: false)]) { $0.catchClause($1) }
    labels.append([])
    statement(depth - 1)
    object(shape, depth - 1)
    emit(.throw, module.shapeTag)
    close()
    null(heapType(shape))
    close()
    consume(type)
  }
}
