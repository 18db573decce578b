import WasmBinary
import WebAssembly

extension BodyGenerator {
  /// Calls a function, and uses one of its results if it has the wanted type.
  mutating func call(_ type: ValueType, _ depth: Int) {
    if choices.chance(12) { return callHost(type, depth) }
    let function = chooseFunction()
    let signature = module.signatures[module.functionTypes[function]]
    arguments(of: signature, depth)
    switch choices.below(5) {
    case ..<3: emit(.call, module.firstFunction + function)
    case 3:
      tableIndex(of: function, depth)
      emit(.callIndirect, typeIndex(of: function), module.functionTable)
    default:
      emit(.refFunc, module.firstFunction + function)
      emit(.callRef, typeIndex(of: function))
    }
    take(type, from: signature.results)
  }

  /// Often a leaf function.
  private mutating func chooseFunction() -> Int {
    let function = choices.below(module.functionTypes.count)
    return choices.chance(50) ? function / 3 * 3 : function
  }

  private func typeIndex(of function: Int) -> Int {
    module.type(ofSignature: module.functionTypes[function])
  }

  private mutating func arguments(of signature: FunctionType, _ depth: Int) {
    for parameter in signature.parameters { expression(parameter, min(depth - 1, 2)) }
  }

  /// Mostly the correct index; sometimes one with another type, a null, or out of bounds.
  private mutating func tableIndex(of function: Int, _ depth: Int) {
    if choices.chance(8) {
      expression(.i32, depth - 1)
      emitConstant(Int32(ModuleGenerator.functionTableSize + 1))
      emit(.i32RemU)
    } else {
      emitConstant(Int32(function))
    }
  }

  private mutating func callHost(_ type: ValueType, _ depth: Int) {
    let function = choices.pick(HostFunction.ordinary)
    let signature = function.type
    arguments(of: signature, depth)
    emit(.call, ModuleGenerator.index(of: function))
    take(type, from: signature.results)
  }

  /// Calls a function for its effects.
  mutating func callAndDrop(_ depth: Int) {
    let function = chooseFunction()
    let signature = module.signatures[module.functionTypes[function]]
    arguments(of: signature, depth)
    emit(.call, module.firstFunction + function)
    // The last result is on top of the stack.
    for result in signature.results.reversed() {
      if let local = variable(result) { emit(.localSet, local) } else { emit(.drop) }
    }
  }

  /// Under a condition, ends the function with a tail call of one that has the same results.
  mutating func tailCall(_ depth: Int) {
    guard module.options.features.contains(.tailCalls) else { return }
    let candidates = module.functionTypes.indices.filter {
      module.signatures[module.functionTypes[$0]].results == type.results
    }
    guard !candidates.isEmpty else { return }
    openCondition(depth)
    let function = choices.pick(candidates)
    arguments(of: module.signatures[module.functionTypes[function]], depth)
    switch choices.below(3) {
    case 0: emit(.returnCall, module.firstFunction + function)
    case 1:
      tableIndex(of: function, depth)
      emit(.returnCallIndirect, typeIndex(of: function), module.functionTable)
    default:
      emit(.refFunc, module.firstFunction + function)
      emit(.returnCallRef, typeIndex(of: function))
    }
    close()
  }

  // MARK: Tables

  mutating func tableOperation(_ depth: Int) {
    switch choices.below(module.writesFunctionTable ? 7 : 5) {
    case 0:
      anyIndex(depth)
      anyReference(depth)
      emit(.tableSet, module.anyTable)
    case 1:
      anyIndex(depth)
      emit(.tableGet, module.anyTable)
      emit(.localSet, anyLocal)
    case 2:
      anyReference(depth)
      emitConstant(Int32(choices.below(3)))
      emit(.tableGrow, module.anyTable)
      emit(.drop)
    case 3:
      anyIndex(depth)
      anyReference(depth)
      emitConstant(Int32(choices.below(4)))
      emit(.tableFill, module.anyTable)
    case 4:
      anyIndex(depth)
      anyIndex(depth)
      emitConstant(Int32(choices.below(4)))
      emit(.tableCopy, module.anyTable, module.anyTable)
    case 5:
      emitConstant(Int32(choices.below(ModuleGenerator.functionTableSize)))
      segmentRange(ModuleGenerator.passiveFunctionCount, depth)
      emit(.tableInit, module.passiveElements, module.functionTable)
    default:
      emitConstant(Int32(choices.below(ModuleGenerator.functionTableSize)))
      emit(.refFunc, module.firstFunction + choices.below(module.functionTypes.count))
      emit(.tableSet, module.functionTable)
    }
  }

  private mutating func anyIndex(_ depth: Int) {
    expression(.i32, min(depth - 1, 2))
    mask(Int32(ModuleGenerator.anyTableSize) - 1)
  }
}
