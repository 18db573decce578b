import WebAssembly

/// The types of a module by canonical identity, and the types that the module's features allow.
///
/// Types that were checked are in canonical indices, so that equal types have equal bits.
struct TypeChecker: Sendable {
  let features: Features
  var types = CanonicalTypes()
  /// The canonical index of each type index of the module, for the types interned so far.
  var canonical: [UInt32] = []
  /// The codes from 0x60 on of the abstract types that the features allow, one bit each.
  private let admittedCodes: UInt32

  init(features: Features) {
    self.features = features
    var codes: UInt32 = 0
    for (code, needed) in Self.features(ofCodes: 0x60..<0x80) where needed.isSubset(of: features) {
      codes |= 1 << (code & 0x1F)
    }
    admittedCodes = codes
  }

  // MARK: Validity

  /// Checks a type of the module and returns it in canonical indices.
  ///
  /// - Throws: `ValidationError` if there is no such type, or it belongs to a disabled proposal.
  @inline(__always)
  func check(_ type: ValueType, at offset: Int) throws(ValidationError) -> ValueType {
    if !type.isReference, admittedCodes & (1 << (type.bits & 0x1F)) != 0 { return type }
    return try checkOther(type, at: offset)
  }

  private func checkOther(_ type: ValueType, at offset: Int) throws(ValidationError) -> ValueType {
    guard let reference = type.referenceType else {
      throw ValidationError.featureIsOff(.simd, for: type.description, at: offset)
    }
    return ValueType(try check(reference, at: offset))
  }

  func check(_ type: ReferenceType, at offset: Int) throws(ValidationError) -> ReferenceType {
    let heapType = try check(type.heapType, at: offset)
    if !type.isNullable, features.isDisjoint(with: [.functionReferences, .gc]) {
      throw ValidationError.featureIsOff(.functionReferences, for: type.description, at: offset)
    }
    return ReferenceType(isNullable: type.isNullable, heapType: heapType)
  }

  func check(_ type: HeapType, at offset: Int) throws(ValidationError) -> HeapType {
    guard let index = type.typeIndex else {
      guard admittedCodes & (1 << (type.bits & 0x1F)) != 0 else {
        let needed = Self.features(ofCodes: type.bits..<type.bits + 1)[0].features
        throw ValidationError.featureIsOff(needed, for: type.description, at: offset)
      }
      return type
    }
    guard Int(index) < canonical.count else { throw .unknown("type", index, of: canonical.count, at: offset) }
    try checkFeatures(ofConcrete: type, at: offset)
    return .concrete(canonical[Int(index)], isExact: type.isExact)
  }

  func checkFeatures(ofConcrete type: HeapType, at offset: Int) throws(ValidationError) {
    if features.isDisjoint(with: [.functionReferences, .gc]) {
      throw ValidationError.featureIsOff(.functionReferences, for: "(ref \(type))", at: offset)
    }
    if type.isExact, !features.contains(.customDescriptors) {
      throw ValidationError.featureIsOff(.customDescriptors, for: type.description, at: offset)
    }
  }

  private static func features(ofCodes codes: Range<UInt32>) -> [(code: UInt32, features: Features)] {
    codes.map { code in
      switch HeapType(bits: code) {
      case .function, .external: return (code, .referenceTypes)
      case .exception, .noException: return (code, .exceptions)
      case let type where HeapType(code: type.code) != nil: return (code, .gc)
      default: return (code, ValueType(bits: code).isVector ? .simd : [])
      }
    }
  }

  // MARK: Matching

  /// Whether a type, in canonical indices, matches another. (Core specification 3.0, 3.3 "Matching".)
  ///
  /// There is one more type here: `(ref bot)`, a reference in unreachable code of which nothing else is known.
  func matches(_ type: ValueType, _ other: ValueType) -> Bool {
    if type == other || type == .bottom { return true }
    guard let reference = type.referenceType, let otherReference = other.referenceType else { return false }
    if reference.isNullable, !otherReference.isNullable { return false }
    return matches(reference.heapType, otherReference.heapType)
  }

  func matches(_ type: HeapType, _ other: HeapType) -> Bool {
    type == other || type == .bottom || types.matches(type, other)
  }

  func top(of type: HeapType) -> HeapType { types.top(of: type) }

  // MARK: Messages

  /// A type in canonical indices as the module writes it.
  func describe(_ type: ValueType) -> String {
    guard type != ValueType(ReferenceType(isNullable: false, heapType: .bottom)) else { return "(ref bot)" }
    return type.mapTypeIndex { index in
      UInt32(canonical.firstIndex(of: index) ?? 0)
    }.description
  }

  /// A list of types as the suite writes it: `[i32 i64]`.
  func describe(_ types: some Sequence<ValueType>) -> String {
    "[\(types.map(describe).joined(separator: " "))]"
  }
}

extension HeapType {
  /// The heap type of a reference in unreachable code, which matches every other heap type.
  static let bottom = HeapType(bits: 0)
}

extension ValidationError {
  /// `unknown local 7: expected 0 to 2`
  ///
  /// - Parameter count: the number of entries in the index space.
  static func unknown(_ kind: String, _ index: UInt32, of count: Int, at offset: Int) -> ValidationError {
    let known =
      switch count {
      case 0: "there is none"
      case 1: "the only one is 0"
      default: "expected 0 to \(count - 1)"
      }
    return ValidationError("unknown \(kind) \(index): \(known)", offset: offset)
  }

  static func featureIsOff(_ features: Features, for what: String, at offset: Int) -> ValidationError {
    ValidationError(MissingFeature(what, needs: features), offset: offset)
  }
}
