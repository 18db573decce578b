import WasmBinary
import WebAssembly

extension BodyGenerator {
  /// Casts a known function to some type, mostly a wrong one, and calls it. If the cast fails, the call does not
  /// happen.
  mutating func castFunction(_ depth: Int) {
    let wide = module.wideSignatures.count
    let function = choices.below(module.functionTypes.count + wide)
    let isWide = function >= module.functionTypes.count
    // Most calls of other functions have effects, which unordered functions must not have.
    let target =
      isRelease || isWide || choices.chance(60)
      ? module.signatures.count + choices.below(wide) : choices.below(module.signatures.count)
    let signature = module.allSignatures[target]
    // Leaves use no fuel, so they must not call a function that can call them.
    if isRelease || kind == .leaf, !isWide,
      module.canonical(module.signatures[module.functionTypes[function]]) == module.canonical(signature)
    {
      return
    }
    let reference = ReferenceType(isNullable: false, heapType: .concrete(UInt32(module.type(ofSignature: target))))
    switch choices.below(3) {
    case 0:
      // Rarely executed, because a failing cast ends the call.
      expression(.i32, 1)
      mask(choices.chance(90) ? 0xFF : 1)
      emit(.i32Eqz)
      open(.if, .empty, label: [])
      castArguments(signature)
      knownFunction(function)
      emit(.refCast)
      writer.heapType(reference.heapType)
      callAndDropResults(target, signature)
      close()
    case 1:
      open(.block, .result(.funcref), label: [.funcref])
      castArguments(signature)
      knownFunction(function)
      emit(.brOnCastFail)
      writer.castBranch(CastBranch(label: 0, source: .funcref, target: reference))
      callAndDropResults(target, signature)
      null(.function)
      close()
      emit(.drop)
    default:
      knownFunction(function)
      emit(.refTest)
      writer.heapType(reference.heapType)
      open(.if, .empty, label: [])
      castArguments(signature)
      knownFunction(function)
      emit(.refCast)
      writer.heapType(reference.heapType)
      callAndDropResults(target, signature)
      close()
    }
  }

  private mutating func castArguments(_ signature: FunctionType) {
    for (index, parameter) in signature.parameters.enumerated() {
      if index < 4 { leaf(parameter) } else { writer.plainConstant(parameter, index) }
    }
  }

  private mutating func knownFunction(_ function: Int) {
    emit(.refFunc, module.firstFunction + function)
    guard choices.chance(20) else { return }
    // The known type must also survive a block.
    open(.block, .result(.funcref), label: [.funcref])
    emit(.refFunc, module.firstFunction + function)
    close()
    emit(.drop)
  }

  mutating func callAndDropResults(_ target: Int, _ signature: FunctionType) {
    if signature.results == type.results, choices.chance(20), module.options.features.contains(.tailCalls) {
      emit(.returnCallRef, module.type(ofSignature: target))
      return
    }
    emit(.callRef, module.type(ofSignature: target))
    for _ in signature.results { emit(.drop) }
  }
}
