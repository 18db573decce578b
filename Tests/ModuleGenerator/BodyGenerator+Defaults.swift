import WasmBinary
import WebAssembly

// Checks that default values are zero or null.

/// The arguments of ``HostFunction/wrong`` for each check.
enum Check: Int32 {
  case defaultField = 1
  case defaultElement, freshLocal, grownTable, grownMemory, tag, types, segment, keptObject
}

extension BodyGenerator {
  /// Reports a check if the `i32` on the stack is non-zero.
  mutating func reportIfNotZero(_ check: Check) {
    open(.if, .empty, label: [])
    emitConstant(check.rawValue)
    emit(.call, ModuleGenerator.index(of: .wrong))
    close()
  }

  /// Converts the value on the stack to an `i32` that is zero only for zero or null.
  mutating func flag(_ type: ValueType) {
    if type.isReference {
      emit(.refIsNull)
      return emit(.i32Eqz)
    }
    switch type {
    case .i32: break
    case .f32: emit(.i32ReinterpretF32)
    case .v128: emit(.v128AnyTrue)
    default:
      if type == .f64 { emit(.i64ReinterpretF64) }
      emit(.i64Eqz)
      emit(.i32Eqz)
    }
  }

  /// Creates a default object and checks some of its parts. Then sets its tag.
  mutating func checkDefault(_ shape: Int) {
    guard module.shapes[shape].isDefaultable else { return storm() }
    if let element = module.shapes[shape].element { return checkDefaultArray(shape, element.storage.unpacked) }
    emit(.structNewDefault, module.typeIndex(ofShape: shape))
    emit(.localSet, shapeLocal(shape))
    let fields = module.shapes[shape].fields
    guard !fields.isEmpty else { return }
    var some = Array(fields.indices)
    if some.count > 10 { some = [0, some.count - 1] + (0..<8).map { _ in choices.below(fields.count) } }
    emitConstant(0)
    for field in some {
      emit(.localGet, shapeLocal(shape))
      getField(shape, field)
      flag(fields[field].storage.unpacked)
      emit(.i32Or)
    }
    reportIfNotZero(.defaultField)
    emit(.localGet, shapeLocal(shape))
    emit(.call, module.verifierFunction)
    emit(.localGet, shapeLocal(shape))
    emitTag(shape)
    emit(.structSet, module.typeIndex(ofShape: shape), 0)
    emit(.localGet, shapeLocal(shape))
    emit(.call, module.verifierFunction)
  }

  private mutating func checkDefaultArray(_ shape: Int, _ element: ValueType) {
    let count = arrayLength()
    emitConstant(Int32(count))
    emit(.arrayNewDefault, module.typeIndex(ofShape: shape))
    emit(.localSet, shapeLocal(shape))
    guard count > 0 else { return }
    emitConstant(0)
    for index in [0, count - 1] + (0..<4).map({ _ in choices.below(count) }) {
      emit(.localGet, shapeLocal(shape))
      emitConstant(Int32(index))
      getElement(shape)
      flag(element)
      emit(.i32Or)
    }
    reportIfNotZero(.defaultElement)
  }

  /// Must be the first code in the body.
  mutating func checkFreshLocal() {
    let own = type.parameters.count..<locals.count
    guard !own.isEmpty else { return }
    let local = choices.pick(own)
    emit(.localGet, local)
    flag(locals[local])
    reportIfNotZero(.freshLocal)
  }

  // MARK: Growth

  mutating func checkGrowth() {
    if choices.chance(50) { checkGrownTable() } else { checkGrownMemory() }
  }

  private mutating func checkGrownTable() {
    null(heapType(module.tableShape))
    emitConstant(Int32(1 + choices.below(3)))
    emit(.tableGrow, module.shapeTable)
    openIfGrown()
    emit(.localGet, sizeLocal)
    emit(.tableGet, module.shapeTable)
    flag(module.shapeType(module.tableShape))
    reportIfNotZero(.grownTable)
    close()
  }

  /// Opens an `if` for successful growth. The previous size is in a local.
  private mutating func openIfGrown() {
    emit(.localTee, sizeLocal)
    emitConstant(-1)
    emit(.i32Ne)
    open(.if, .empty, label: [])
  }

  /// Pushes the previous size.
  mutating func growMemory(_ memory: Int) {
    let delta = module.memories[memory].pageSizeLog2 == 0 ? 64 * choices.below(2) : choices.below(2)
    writer.plainConstant(isWide(memory) ? .i64 : .i32, delta)
    emit(.memoryGrow, module.memoryIndex(memory))
    if isWide(memory) { emit(.i32WrapI64) }
  }

  private mutating func checkGrownMemory() {
    let memory = chooseMemory()
    let pageSizeLog2 = Int(module.memories[memory].pageSizeLog2)
    writer.plainConstant(isWide(memory) ? .i64 : .i32, pageSizeLog2 == 0 ? 64 : 1)
    emit(.memoryGrow, module.memoryIndex(memory))
    if isWide(memory) { emit(.i32WrapI64) }
    openIfGrown()
    emit(.localGet, sizeLocal)
    emitConstant(Int32(pageSizeLog2))
    emit(.i32Shl)
    emitConstant(Int32(8 * choices.below((pageSizeLog2 == 0 ? 64 : 65_536) / 8)))
    emit(.i32Add)
    if isWide(memory) { emit(.i64ExtendI32U) }
    emit(.i64Load)
    memoryArgument(InstructionTable.shared[.i64Load], memory, offset: 0)
    flag(.i64)
    reportIfNotZero(.grownMemory)
    close()
  }
}
