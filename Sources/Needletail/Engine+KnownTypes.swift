import WebAssembly

// Concrete types in what the host asks for. Numbers that the engine has not given would name nothing, or what comes later.

extension Engine {
  private func isKnown(_ type: ValueType) -> Bool {
    guard let index = type.referenceType?.heapType.typeIndex else { return true }
    return types.typeIfKnown(index) != nil
  }

  /// - Throws: `ArgumentError` if the engine does not know a concrete type in these.
  func checkTypes(_ values: some Sequence<ValueType>) throws(ArgumentError) {
    for type in values where !isKnown(type) { throw ArgumentError("unknown type \(type)") }
  }

  func checkTypes(_ value: ValueType) throws(ArgumentError) { try checkTypes(CollectionOfOne(value)) }

  func checkTypes(_ function: FunctionType) throws(ArgumentError) {
    try checkTypes(function.parameters)
    try checkTypes(function.results)
  }

  /// The root of the hierarchy that a heap type belongs to; nil if the engine does not know the type.
  func top(of type: HeapType) -> HeapType? {
    if let index = type.typeIndex, types.typeIfKnown(index) == nil { return nil }
    return types.top(of: type)
  }
}
