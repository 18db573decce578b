import WebAssembly

// Structures. (Core specification 3.0, 3.4.7 "Aggregate Reference Instructions".)
extension FunctionValidator {
  mutating func validateStructNew(isDefault: Bool, hasDescriptor: Bool) throws(LoadingError) {
    let type = try structureType(try readIndex())
    if let descriptor = try descriptor(of: type, nullable: true, exact: true) {
      guard hasDescriptor else { throw invalid("type with descriptor requires descriptor allocation") }
      try pop(descriptor)
    } else if hasDescriptor {
      throw invalid("type without descriptor requires non-descriptor allocation")
    }
    var index = type.fieldCount
    while index > 0 {
      index -= 1
      let field = module.fields[Int(type.firstField + index)].type
      if isDefault {
        guard field.isDefaultable else {
          throw typeMismatch("field \(index) has no default value, its type is \(checker.describe(field))")
        }
      } else {
        try pop(field)
      }
    }
    push(reference(to: type, exact: true))
  }

  /// The structure type and the field that the immediates name.
  private mutating func readField() throws(LoadingError) -> (type: TypeEntry, field: FieldEntry) {
    let type = try structureType(try readIndex())
    let index = try readIndex()
    guard index < type.fieldCount else { throw unknown("field", index) }
    return (type, module.fields[Int(type.firstField + index)])
  }

  mutating func validateStructGet(isPacked: Bool) throws(LoadingError) {
    let (type, field) = try readField()
    try check(field, isPacked: isPacked)
    try pop(reference(to: type, nullable: true))
    push(field.type)
  }

  /// Packed fields are read by the instructions with a sign, other fields by the one without.
  mutating func check(_ field: FieldEntry, isPacked: Bool) throws(LoadingError) {
    guard field.isPacked == isPacked else { throw typeMismatch(isPacked ? "field is not packed" : "field is packed") }
  }

  mutating func validateStructSet() throws(LoadingError) {
    let (type, field) = try readField()
    guard field.isMutable else { throw invalid("immutable field") }
    try pop(field.type)
    try pop(reference(to: type, nullable: true))
  }
}
