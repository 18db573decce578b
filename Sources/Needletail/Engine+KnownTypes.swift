import WebAssembly

// Concrete types in what the host asks for. Numbers that the engine has not given would name nothing, or what comes later.

extension Engine {
  private func isKnown(_ type: ValueType) -> Bool {
    guard let index = type.referenceType?.heapType.typeIndex else { return true }
    return types.typeIfKnown(index) != nil
  }

  /// The error that names the first of some types that the engine does not know.
  func unknownType(in types: some Sequence<ValueType>) -> ArgumentError {
    ArgumentError("unknown type \(types.first { !isKnown($0) }?.description ?? "")")
  }

  /// - Throws: `ArgumentError` if the engine does not know a concrete type in a function type.
  func checkTypes(_ function: FunctionType) throws(ArgumentError) {
    for types in [function.parameters, function.results] where !types.allSatisfy(isKnown) {
      throw unknownType(in: types)
    }
  }

  /// The root of the hierarchy that a heap type belongs to; nil if the engine does not know the type.
  func top(of type: HeapType) -> HeapType? {
    if let index = type.typeIndex, types.typeIfKnown(index) == nil { return nil }
    return types.top(of: type)
  }
}
