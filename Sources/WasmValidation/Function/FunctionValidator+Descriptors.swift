import WebAssembly

// The custom descriptors proposal.
extension FunctionValidator {
  /// A reference to the descriptor type of a type that has one.
  mutating func descriptor(
    of type: TypeEntry, nullable: Bool, exact: Bool
  ) throws(LoadingError) -> ValueType? {
    try type.descriptor.map { index throws(LoadingError) in
      reference(to: try self.type(index), nullable: nullable, exact: exact)
    }
  }

  mutating func validateGetDescriptor() throws(LoadingError) {
    let index = try readIndex()
    let type = try type(index)
    guard type.descriptor != nil else { throw invalid("type without descriptor: type \(index)") }
    let operand = try pop(reference(to: type, nullable: true))
    // Only an exact type has an exactly known descriptor.
    let isExact = matches(operand, reference(to: type, nullable: true, exact: true))
    if let result = try descriptor(of: type, nullable: false, exact: isExact) { push(result) }
  }

  mutating func validateDescriptorCast(nullable: Bool) throws(LoadingError) {
    let written = try readHeapType()
    let target = try check(written)
    try popDescriptor(of: written)
    try pop(.reference(nullable: true, checker.top(of: target)))
    push(.reference(nullable: nullable, target))
  }

  /// Pops the descriptor operand of a cast to a type.
  private mutating func popDescriptor(of written: HeapType) throws(LoadingError) {
    guard let index = written.typeIndex,
      let descriptor = try descriptor(of: try type(index), nullable: true, exact: written.isExact)
    else {
      let name = written.typeIndex.map { "\($0)" } ?? "\(written)"
      throw invalid("type \(name) does not have a descriptor")
    }
    try pop(descriptor)
  }

  mutating func validateDescriptorCastBranch(onFailure: Bool) throws(LoadingError) {
    let branch = try readCastBranch()
    let types = try frame(branch.label).labelTypes
    let (source, target) = (try check(branch.source), try check(branch.target))
    try popDescriptor(of: branch.target.heapType)
    try checkCast(from: source, to: target)
    try pop(ValueType(source))
    try finishCastBranch(types, from: source, to: target, onFailure: onFailure)
  }
}
