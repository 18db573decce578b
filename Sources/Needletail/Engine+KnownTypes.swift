import WasmBinary
import WasmRuntime
import WebAssembly

// Checks concrete types in values from the host: an index that the engine did not assign could later get another meaning.

extension Engine {
  private func isKnown(_ type: ValueType) -> Bool {
    guard let index = type.referenceType?.heapType.typeIndex else { return true }
    return types.typeIfKnown(index) != nil
  }

  /// The error that names the first of some types that the engine does not know.
  func unknownType(in types: some Sequence<ValueType>) -> ArgumentError {
    ArgumentError("unknown type \(types.first { !isKnown($0) }?.description ?? "")")
  }

  /// - Throws: `ArgumentError` if the engine does not know a concrete type in a function type; `LimitExceeded` if it has too many
  ///   parameters or results.
  func checkTypes(_ function: FunctionType) throws {
    try function.checkArity()
    for types in [function.parameters, function.results] where !types.allSatisfy(isKnown) {
      throw unknownType(in: types)
    }
  }

  /// The root of the hierarchy that a heap type belongs to; nil if the engine does not know the type.
  package func top(of type: HeapType) -> HeapType? {
    if let index = type.typeIndex, types.typeIfKnown(index) == nil { return nil }
    return types.top(of: type)
  }
}

// The limits on types of the host are those of modules, for which stacks and buffers have room.

extension FunctionType {
  /// - Throws: `LimitExceeded` if there are more parameters or results than a module's function may have.
  func checkArity() throws(LimitExceeded) {
    let limits = ModuleLimits()
    guard parameters.count <= limits.parameters else {
      throw LimitExceeded(fixed: .parameters, requested: parameters.count, limit: limits.parameters)
    }
    guard results.count <= limits.results else {
      throw LimitExceeded(fixed: .results, requested: results.count, limit: limits.results)
    }
  }
}

extension CompositeType {
  /// - Throws: `LimitExceeded` if there are more fields than a module's structure may have.
  func checkFieldCount() throws(LimitExceeded) {
    let limit = ModuleLimits().fields
    guard let count = structure?.count, count > limit else { return }
    throw LimitExceeded(fixed: .fields, requested: count, limit: limit)
  }
}
