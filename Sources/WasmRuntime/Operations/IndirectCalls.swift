import WebAssembly

// Indirect calls that trap, for all engines. (Core specification 3.0, 4.6.10 "Control Instructions".)

extension UnsafeMutablePointer<InstanceContext> {
  /// Notes that an indirect call finds no function; returns the code of the trap.
  package func noteMissingCallee(in table: UnsafeMutablePointer<TableCell>, at index: UInt64) -> TrapCode {
    note(OutOfBounds(.table, from: index, of: table.pointee.count))
    return index < table.pointee.count ? .uninitializedElement : .undefinedElement
  }

  /// Notes that an indirect call finds a function of another type; returns the code of the trap.
  ///
  /// - Parameter type: the canonical type that the call has.
  package func noteMismatch(of callee: UnsafeMutablePointer<FunctionReference>, _ type: UInt32) -> TrapCode {
    pointee.store.pointee.callMismatch = CallMismatch(caller: self, callee: callee, type: type)
    return .indirectCallTypeMismatch
  }
}

extension CallMismatch {
  /// The message of the trap.
  func message(_ registry: TypeRegistry) -> String {
    let instance = Unmanaged<ModuleInstance>.fromOpaque(caller.pointee.owner).takeUnretainedValue()
    let message = TrapCode.indirectCallTypeMismatch.message
    guard let wanted = describe(type, instance, registry), let found = describe(callee.pointee.type, instance, registry)
    else { return "\(message): \(name) has another type" }
    // Types with the same parameters and results differ in their supertypes or recursion groups.
    return wanted == found
      ? "\(message): expected \(wanted), found another such type of \(name)"
      : "\(message): expected \(wanted), found \(found) of \(name)"
  }

  private var name: String {
    guard let context = callee.pointee.context else { return "a host function" }
    let instance = Unmanaged<ModuleInstance>.fromOpaque(context.pointee.owner).takeUnretainedValue()
    return "function '\(instance.image.distinctFunctionName(callee.pointee.index).printable)'"
  }

  /// A canonical type in the words of the calling module; nil if it refers to types that this module does not have.
  private func describe(_ type: UInt32, _ instance: ModuleInstance, _ registry: TypeRegistry) -> String? {
    guard var function = registry.typeIfKnown(type)?.composite.function else { return nil }
    func translate(_ types: [ValueType]) -> [ValueType]? {
      var result: [ValueType] = []
      for type in types {
        guard let reference = type.referenceType, let canonical = reference.heapType.typeIndex else {
          result.append(type)
          continue
        }
        guard let index = instance.image.types.firstIndex(of: canonical) else { return nil }
        let heapType = HeapType.concrete(UInt32(index), isExact: reference.heapType.isExact)
        result.append(ValueType(ReferenceType(isNullable: reference.isNullable, heapType: heapType)))
      }
      return result
    }
    guard let parameters = translate(function.parameters), let results = translate(function.results) else { return nil }
    function.parameters = parameters
    function.results = results
    return "\(function)"
  }
}
