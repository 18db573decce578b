import WasmBinary
import WebAssembly

// Unordered functions: host objects call the guest when they are released, at any time; see ``ModuleGenerator``. No
// other function reads what these functions change.

extension BodyGenerator {
  /// Index 0: the body of `released`, which takes a number. Other indices: functions that create objects.
  mutating func makeReleaseFunction(_ index: Int) -> [UInt8] {
    chooseLocals()
    labels = [[]]
    if index == 0 {
      for _ in 0..<1 + choices.below(4) { reaction() }
    } else {
      for _ in 0..<4 + choices.below(10) { hostObjectStatement() }
    }
    emit(.end)
    return writer.bytes
  }

  // MARK: When an object is released

  private mutating func reaction() {
    switch choices.below(9) {
    case 0...2: keepObject()
    case 3: storm()
    case 4: ifKindIsSeldom { $0.emit(.elemDrop, $0.module.shapeElements) }
    case 5: ifKindIsSeldom { $0.emit(.dataDrop, $0.module.releaseData) }
    case 6:
      let (table, type) = choices.pick([(module.hostTable, HeapType.external), (module.keptTable, .any)])
      null(type)
      emitConstant(Int32(choices.below(5)))
      emit(.tableGrow, table)
      emit(.drop)
    case 7: growReleaseMemory()
    default:
      // Creates another object, which may also be released here, but only a limited number of times.
      emit(.localGet, 0)
      emitConstant(0)
      emit(.i32GtS)
      open(.if, .empty, label: [])
      emitConstant(Int32(choices.below(ModuleGenerator.keptTableSize)))
      emit(.localGet, 0)
      emitConstant(1)
      emit(.i32ShrU)
      emit(.call, ModuleGenerator.index(of: .object))
      emit(.tableSet, module.hostTable)
      close()
    }
  }

  private mutating func ifKindIsSeldom(_ body: (inout BodyGenerator) -> Void) {
    emit(.localGet, 0)
    mask(7)
    emitConstant(Int32(choices.below(8)))
    emit(.i32Eq)
    open(.if, .empty, label: [])
    body(&self)
    close()
  }

  private mutating func keepObject() {
    let shape = choices.chance(40) ? module.segmentShape! : choices.below(module.shapes.count)
    emitConstant(Int32(choices.below(ModuleGenerator.keptTableSize)))
    newObject(shape, 0)
    emit(.tableSet, module.keptTable)
  }

  private mutating func growReleaseMemory() {
    guard module.hasReleaseMemory else { return keepObject() }
    emitConstant(1)
    emit(.memoryGrow, module.releaseMemory)
    emit(.drop)
  }

  // MARK: Making and losing objects

  private mutating func hostObjectStatement() {
    switch choices.below(14) {
    case 0...1: makeHostObject()
    case 2: loseHostObjects()
    case 3: makeHostObjects()
    case 4...5: newElements()
    case 6: newBytes()
    case 7: checkKeptObject()
    case 8: stormBelowOperands()
    case 9: useReleaseMemory()
    case 10: keepObject()
    default: shapeStatement(0)
    }
  }

  private mutating func makeHostObject() {
    let kind = Int32(choices.below(64))
    switch choices.below(3) {
    case 0:
      emitConstant(kind)
      emit(.call, ModuleGenerator.index(of: .object))
      emit(.localSet, hostLocal)
    case 1:
      emitConstant(kind)
      emit(.call, ModuleGenerator.index(of: .object))
      emit(.globalSet, module.hostGlobal)
    default:
      emitConstant(Int32(choices.below(ModuleGenerator.keptTableSize)))
      emitConstant(kind)
      emit(.call, ModuleGenerator.index(of: .object))
      emit(.tableSet, module.hostTable)
    }
  }

  private mutating func loseHostObjects() {
    null(.external)
    emit(.localSet, hostLocal)
    null(.external)
    emit(.globalSet, module.hostGlobal)
    emitConstant(0)
    null(.external)
    emit(.tableSize, module.hostTable)
    emit(.tableFill, module.hostTable)
  }

  /// Creates many objects, each of which becomes garbage at once.
  private mutating func makeHostObjects() {
    emitConstant(Int32(1 + choices.below(12)))
    emit(.localSet, stormLocal)
    open(.loop, .empty, label: [])
    emit(.localGet, stormLocal)
    emit(.call, ModuleGenerator.index(of: .object))
    if choices.chance(50) { emit(.drop) } else { emit(.localSet, hostLocal) }
    emit(.localGet, stormLocal)
    emitConstant(1)
    emit(.i32Sub)
    emit(.localTee, stormLocal)
    emit(.brIf, 0)
    close()
  }

  // MARK: Allocations that read other state

  /// An array from a segment that a release can drop.
  private mutating func newElements() {
    let (shape, array) = (module.segmentShape!, module.segmentArray)
    let start = choices.below(ModuleGenerator.shapeElementCount)
    let count = 1 + choices.below(ModuleGenerator.shapeElementCount - start)
    if choices.chance(70) {
      emitConstant(Int32(start))
      emitConstant(Int32(count))
      emit(.arrayNewElem, Int(module.typeIndex(ofShape: array)), module.shapeElements)
      emit(.localSet, shapeLocal(array))
    } else {
      emitConstant(Int32(count))
      emit(.arrayNewDefault, module.typeIndex(ofShape: array))
      emit(.localTee, shapeLocal(array))
      emitConstant(0)
      emitConstant(Int32(start))
      emitConstant(Int32(count))
      emit(.arrayInitElem, Int(module.typeIndex(ofShape: array)), module.shapeElements)
    }
    if choices.chance(50) { storm() }
    // The local may hold another array by now.
    for _ in 0..<2 {
      let index = choices.below(count)
      emit(.localGet, shapeLocal(array))
      emit(.arrayLen)
      emitConstant(Int32(count))
      emit(.i32Eq)
      open(.if, .empty, label: [])
      emit(.localGet, shapeLocal(array))
      emitConstant(Int32(index))
      emit(.arrayGet, module.typeIndex(ofShape: array))
      emit(.localTee, shapeLocal(shape))
      emit(.call, module.verifierFunction)
      close()
    }
  }

  private mutating func newBytes() {
    let candidates = module.shapes.indices.filter { module.shapes[$0].element?.storage == .value(.i64) }
    guard !candidates.isEmpty else { return newElements() }
    let shape = choices.pick(candidates)
    let count = 1 + choices.below(ModuleGenerator.releaseBytes.count / 8)
    emitConstant(0)
    emitConstant(Int32(count))
    emit(.arrayNewData, Int(module.typeIndex(ofShape: shape)), module.releaseData)
    emit(.localTee, shapeLocal(shape))
    emitConstant(Int32(choices.below(count)))
    emit(.arrayGet, module.typeIndex(ofShape: shape))
    emit(.i64Const)
    writer.s64(0x5A5A_5A5A_5A5A_5A5A)
    emit(.i64Ne)
    reportIfNotZero(.segment)
  }

  private mutating func checkKeptObject() {
    emitConstant(Int32(choices.below(ModuleGenerator.keptTableSize)))
    emit(.tableGet, module.keptTable)
    emit(.call, module.verifierFunction)
  }

  /// Creates objects while numbers and references are on the stack.
  private mutating func stormBelowOperands() {
    let count = 1 + choices.below(choices.chance(10) ? 400 : 30)
    for index in 0..<count { writer.plainConstant(.i64, 8 * index) }
    let shape = choices.below(module.shapes.count)
    newObject(shape, 0)
    storm()
    emit(.call, module.verifierFunction)
    for _ in 0..<count { emit(.drop) }
  }

  private mutating func useReleaseMemory() {
    guard module.hasReleaseMemory else { return checkKeptObject() }
    emit(.memorySize, module.releaseMemory)
    open(.if, .empty, label: [])
    emitConstant(Int32(choices.below(60_000)))
    emitConstant(Int32(choices.below(256)))
    emitConstant(Int32(choices.below(5_000)))
    emit(.memoryFill, module.releaseMemory)
    close()
  }
}
