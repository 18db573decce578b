import WebAssembly

// Structures. (Core specification 3.0, 3.4.7 "Aggregate Reference Instructions".)
extension FunctionValidator {
  mutating func validateStructNew(isDefault: Bool, hasDescriptor: Bool) throws(LoadingError) {
    let typeIndex = try readIndex()
    let type = try structureType(typeIndex)
    if let descriptor = try descriptor(of: type, nullable: true, exact: true) {
      guard hasDescriptor else {
        throw invalid("type with descriptor requires descriptor allocation: type \(typeIndex)")
      }
      try pop(descriptor)
    } else if hasDescriptor {
      throw invalid("type without descriptor requires non-descriptor allocation: type \(typeIndex)")
    }
    var index = type.fieldCount
    while index > 0 {
      index -= 1
      let field = module.fields[Int(type.firstField + index)].type
      if isDefault {
        guard field.isDefaultable else {
          throw typeMismatch(
            in: "field \(index)", expected: "a type with a default value", found: checker.describe(field))
        }
      } else {
        try pop(field)
      }
    }
    push(reference(to: type, exact: true))
  }

  /// The structure type and the field that the immediates name.
  private mutating func readField() throws(LoadingError) -> (type: TypeEntry, index: UInt32, field: FieldEntry) {
    let type = try structureType(try readIndex())
    let index = try readIndex()
    guard index < type.fieldCount else { throw unknown("field", index, of: Int(type.fieldCount)) }
    return (type, index, module.fields[Int(type.firstField + index)])
  }

  mutating func validateStructGet(isPacked: Bool) throws(LoadingError) {
    let (type, index, field) = try readField()
    try check(field, isPacked: isPacked, in: "field \(index)")
    try pop(reference(to: type, nullable: true))
    push(field.type)
  }

  /// Packed fields are read by the instructions with a sign, other fields by the one without.
  mutating func check(
    _ field: FieldEntry, isPacked: Bool, in place: @autoclosure () -> String
  ) throws(LoadingError) {
    guard field.isPacked == isPacked else {
      throw typeMismatch(
        in: place(), expected: isPacked ? "i8 or i16" : "a type that is not packed", found: describe(field))
    }
  }

  /// The storage type of a field.
  mutating func describe(_ field: FieldEntry) -> String {
    switch field.packing {
    case .none: checker.describe(field.type)
    case .i8: "i8"
    case .i16: "i16"
    }
  }

  mutating func validateStructSet() throws(LoadingError) {
    let (type, index, field) = try readField()
    guard field.isMutable else { throw invalid("immutable field \(index)") }
    try pop(field.type)
    try pop(reference(to: type, nullable: true))
  }
}
