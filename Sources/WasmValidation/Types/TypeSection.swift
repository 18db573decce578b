import WasmBinary
import WebAssembly

/// Checks the types that a module defines, and interns them. (Core specification 3.0, 3.2 "Types".)
struct TypeSection {
  let module: Module
  var checker: TypeChecker

  /// The largest number of supertypes of a type, as in the JavaScript Interface's limits.
  static let maximumDepth = 63

  init(_ module: Module, features: Features) {
    self.module = module
    checker = TypeChecker(features: features)
  }

  mutating func validate() throws(LoadingError) {
    checker.canonical.reserveCapacity(module.types.count)
    for group in module.recursionGroups {
      try located(in: group) { index throws(ValidationError) in try checkIndices(of: index, in: group) }
      for index in group { try checkDepth(of: index, in: group) }
      do throws(LimitExceeded) {
        try checker.types.intern(module.types[group], from: group.lowerBound, into: &checker.canonical)
      } catch {
        throw .limitExceeded(error)
      }
      try located(in: group) { index throws(ValidationError) in try checkSupertype(of: index) }
    }
  }

  /// Checks each type of a group. Types do not record their offset, which is found only for an error.
  private func located(
    in group: Range<Int>, _ check: (Int) throws(ValidationError) -> Void
  ) throws(LoadingError) {
    for index in group {
      do throws(ValidationError) {
        try check(index)
      } catch {
        var error = error
        error.offset = module.offset(ofType: index)
        throw .invalid(error)
      }
    }
  }

  private static func misfit(_ index: UInt32, _ group: Range<Int>) -> String {
    "expected \(group.lowerBound) to \(group.upperBound - 1), found \(index)"
  }

  private func fail(_ message: String) -> ValidationError { ValidationError(message, offset: 0) }

  // MARK: Well-formedness

  /// Types may refer only to earlier types and to types of their own group.
  private func checkIndices(of index: Int, in group: Range<Int>) throws(ValidationError) {
    let type = module.types[index]
    if type.supertypes.count > 1 {
      throw fail("sub type \(index) has more than one super type: expected 1, found \(type.supertypes.count)")
    }
    for supertype in type.supertypes {
      guard Int(supertype) < group.upperBound else { throw .unknown("type", supertype, of: group.upperBound, at: 0) }
      guard Int(supertype) < index else { throw fail("sub type \(index) has forward super type \(supertype)") }
    }
    if !type.supertypes.isEmpty || !type.isFinal { try require(.gc, "sub") }
    switch type.composite {
    case .function(let function):
      for parameter in function.parameters { try check(parameter, in: group) }
      for result in function.results { try check(result, in: group) }
      if function.results.count > 1 { try require(.multiValue, "\(function)") }
    case .structure(let fields):
      try require(.gc, "struct")
      for field in fields { try check(field, in: group) }
    case .array(let element):
      try require(.gc, "array")
      try check(element, in: group)
    }
    if type.describes != nil || type.descriptor != nil {
      try require(.customDescriptors, type.descriptor != nil ? "descriptor" : "describes")
      try checkDescription(of: index, in: group)
    }
  }

  private func require(_ feature: Features, _ what: @autoclosure () -> String) throws(ValidationError) {
    guard checker.features.contains(feature) else {
      throw .featureIsOff(feature, for: what(), at: 0)
    }
  }

  private func check(_ field: FieldType, in group: Range<Int>) throws(ValidationError) {
    if case .value(let type) = field.storage { try check(type, in: group) }
  }

  private func check(_ type: ValueType, in group: Range<Int>) throws(ValidationError) {
    guard let heapType = type.referenceType?.heapType, let index = heapType.typeIndex else {
      _ = try checker.check(type, at: 0)
      return
    }
    guard Int(index) < group.upperBound else { throw .unknown("type", index, of: group.upperBound, at: 0) }
    try checker.checkFeatures(ofConcrete: heapType, at: 0)
  }

  private func checkDepth(of index: Int, in group: Range<Int>) throws(LoadingError) {
    // Outside the group the display has the depth; inside, the chain is followed up to the limit.
    var depth = 0
    var type = index
    while let supertype = module.types[type].supertypes.first {
      depth += 1
      type = Int(supertype)
      if type < group.lowerBound {
        depth += checker.types.depth(checker.canonical[type])
        break
      }
      if depth > Self.maximumDepth { break }
    }
    guard depth <= Self.maximumDepth else {
      throw .limitExceeded(LimitExceeded(fixed: .supertypes, requested: depth, limit: Self.maximumDepth))
    }
  }

  // MARK: Descriptors

  /// A type and its descriptor must name each other and be in the same group. (Custom descriptors proposal.)
  private func checkDescription(of index: Int, in group: Range<Int>) throws(ValidationError) {
    let type = module.types[index]
    let isStructure = type.composite.structure != nil
    if let described = type.describes {
      guard group.contains(Int(described)) else {
        throw fail("described type is outside rec group: \(Self.misfit(described, group))")
      }
      guard Int(described) < index else { throw fail("forward use of described type \(described) by type \(index)") }
      guard module.types[Int(described)].descriptor == UInt32(index) else {
        throw fail("described type is not described by descriptor: type \(described) by type \(index)")
      }
      guard isStructure else { throw fail("described type must be a struct: type \(index)") }
    }
    if let descriptor = type.descriptor {
      guard group.contains(Int(descriptor)) else {
        throw fail("descriptor type is outside rec group: \(Self.misfit(descriptor, group))")
      }
      // If a type describes a later one, the error is reported at the later one.
      guard module.types[Int(descriptor)].describes == UInt32(index) else {
        throw fail("type is not described by its descriptor: type \(index) by type \(descriptor)")
      }
      guard isStructure else { throw fail("descriptor type must be a struct: type \(index)") }
    }
  }

  /// A subtype's descriptor must be a subtype of its supertype's descriptor, and likewise for the types that they describe.
  private func checkDescriptions(of index: Int, below supertype: Int) throws(ValidationError) {
    let (type, other) = (module.types[index], module.types[supertype])
    guard (type.describes == nil) == (other.describes == nil), type.descriptor != nil || other.descriptor == nil else {
      throw fail("sub type \(index) does not match super type \(supertype)")
    }
    if let described = type.describes, let otherDescribed = other.describes, !isSubtype(described, of: otherDescribed) {
      throw fail("described type \(described) does not match described type \(otherDescribed) of super type")
    }
    if let descriptor = type.descriptor, let otherDescriptor = other.descriptor,
      !isSubtype(descriptor, of: otherDescriptor)
    {
      throw fail("descriptor type \(descriptor) does not match descriptor type \(otherDescriptor) of super type")
    }
  }

  private func isSubtype(_ index: UInt32, of other: UInt32) -> Bool {
    checker.types.isSubtype(checker.canonical[Int(index)], of: checker.canonical[Int(other)])
  }

  // MARK: Supertypes

  private func checkSupertype(of index: Int) throws(ValidationError) {
    guard let first = module.types[index].supertypes.first else { return }
    let supertype = Int(first)
    guard !module.types[supertype].isFinal else {
      throw fail("sub type \(index) has final super type \(supertype)")
    }
    let (composite, other) = (composite(index), composite(supertype))
    guard checker.matches(composite, other) else {
      throw fail("sub type \(index) does not match super type \(supertype)")
    }
    try checkDescriptions(of: index, below: supertype)
  }

  private func composite(_ index: Int) -> CompositeType {
    checker.types.type(checker.canonical[index]).composite
  }
}

extension TypeChecker {
  /// Whether a composite type, in canonical indices, matches another. (Core specification 3.0, 3.3.8 "Composite Types".)
  fileprivate func matches(_ type: CompositeType, _ other: CompositeType) -> Bool {
    switch (type, other) {
    case (.function(let type), .function(let other)):
      return matches(other.parameters, type.parameters) && matches(type.results, other.results)
    case (.structure(let fields), .structure(let others)):
      return fields.count >= others.count && zip(fields, others).allSatisfy { matches($0, $1) }
    case (.array(let element), .array(let other)): return matches(element, other)
    default: return false
    }
  }

  private func matches(_ types: [ValueType], _ others: [ValueType]) -> Bool {
    types.count == others.count && zip(types, others).allSatisfy { matches($0, $1) }
  }

  private func matches(_ field: FieldType, _ other: FieldType) -> Bool {
    guard field.isMutable == other.isMutable else { return false }
    switch (field.storage, other.storage) {
    case (.value(let type), .value(let other)):
      // A mutable field must have the same type, not a subtype.
      return matches(type, other) && (!field.isMutable || matches(other, type))
    case (let storage, let other): return storage == other
    }
  }
}
