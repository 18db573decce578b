import WebAssembly

// Types and their definitions. (Core specification 3.0, 6.4 "Types".)
extension ModulePrinter {
  // MARK: Value types

  mutating func valueType(_ type: ValueType) {
    switch type {
    case .i32: out.write("i32")
    case .i64: out.write("i64")
    case .f32: out.write("f32")
    case .f64: out.write("f64")
    case .v128: out.write("v128")
    default: if let type = type.referenceType { referenceType(type) } else { out.string(type.description) }
    }
  }

  mutating func referenceType(_ type: ReferenceType) {
    if type.isNullable, let shorthand = type.heapType.shorthand { return out.string(shorthand) }
    out.write(type.isNullable ? "(ref null " : "(ref ")
    heapType(type.heapType)
    out.byte(UInt8(ascii: ")"))
  }

  mutating func heapType(_ type: HeapType) {
    guard let index = type.typeIndex else { return out.string(type.description) }
    if type.isExact { out.write("(exact ") }
    self.index(index, .type)
    if type.isExact { out.byte(UInt8(ascii: ")")) }
  }

  private mutating func fieldType(_ type: FieldType) {
    if type.isMutable { out.write("(mut ") }
    switch type.storage {
    case .value(let type): valueType(type)
    case .i8: out.write("i8")
    case .i16: out.write("i16")
    }
    if type.isMutable { out.byte(UInt8(ascii: ")")) }
  }

  // MARK: Function types

  /// ` (param …) (result …)`.
  ///
  /// - Parameter hasNames: whether the parameters belong to the current function and can have identifiers.
  mutating func parametersAndResults(_ type: FunctionType, hasNames: Bool = false) {
    typeClauses("param", type.parameters, names: hasNames ? identifiers[.local] : IdentifierMap())
    typeClauses("result", type.results, names: IdentifierMap())
  }

  private mutating func typeClauses(_ keyword: StaticString, _ types: [ValueType], names: IdentifierMap) {
    var isOpen = false
    for (index, type) in types.enumerated() {
      isOpen = typeInClause(keyword, type, UInt32(index), names, isOpen: isOpen, isOnNewLine: false)
    }
    if isOpen { out.byte(UInt8(ascii: ")")) }
  }

  /// Writes a type. A type with a name gets its own clause; adjacent types without names share one.
  ///
  /// - Parameters:
  ///   - index: the index of the type in `names`.
  ///   - isOpen: whether the previous clause is still open.
  ///   - isOnNewLine: whether a clause starts on a new line.
  /// - Returns: whether the clause is still open.
  mutating func typeInClause(
    _ keyword: StaticString, _ type: ValueType, _ index: UInt32, _ names: borrowing IdentifierMap, isOpen: Bool,
    isOnNewLine: Bool
  ) -> Bool {
    let isNamed = names.hasName(index)
    if isOpen, isNamed { out.byte(UInt8(ascii: ")")) }
    if !isOpen || isNamed {
      if isOnNewLine { startLine() } else { out.byte(UInt8(ascii: " ")) }
      out.byte(UInt8(ascii: "("))
      out.write(keyword)
      definedName(index, in: names)
    }
    out.byte(UInt8(ascii: " "))
    valueType(type)
    if isNamed { out.byte(UInt8(ascii: ")")) }
    return !isNamed
  }

  /// The most parameters and results that a type use repeats inline.
  private static let maximumWrittenOut = 50

  /// `(type …)`, followed by the parameters and results for readability. Very many of them would make the text far
  /// longer than the binary, so they are written only if some have names.
  mutating func typeUse(_ typeIndex: UInt32, hasNames: Bool = false) {
    out.write("(type ")
    index(typeIndex, .type)
    out.byte(UInt8(ascii: ")"))
    guard let type = module.functionType(typeIndex) else { return }
    let isShort = type.parameters.count + type.results.count <= Self.maximumWrittenOut
    if isShort || hasNames && identifiers[.local].nameCount > 0 { parametersAndResults(type, hasNames: hasNames) }
  }

  // MARK: Definitions

  mutating func printRecursionGroup(_ group: Range<Int>) {
    guard group.count != 1 else { return printTypeDefinition(group.lowerBound) }
    startLine()
    out.write("(rec")
    level += 1
    for index in group { printTypeDefinition(index) }
    level -= 1
    if !group.isEmpty { startLine() }
    out.byte(UInt8(ascii: ")"))
  }

  private mutating func printTypeDefinition(_ position: Int) {
    startLine()
    definition("type", UInt32(position), .type)
    out.byte(UInt8(ascii: " "))
    subType(module.types[position], index: UInt32(position))
    out.byte(UInt8(ascii: ")"))
  }

  mutating func subType(_ type: SubType, index: UInt32) {
    let isPlain = type.isFinal && type.supertypes.isEmpty
    if !isPlain {
      out.write(type.isFinal ? "(sub final " : "(sub ")
      for supertype in type.supertypes {
        self.index(supertype, .type)
        out.byte(UInt8(ascii: " "))
      }
    }
    if let describes = type.describes { typeClause("(describes ", describes) }
    if let descriptor = type.descriptor { typeClause("(descriptor ", descriptor) }
    compositeType(type.composite, index: index)
    if !isPlain { out.byte(UInt8(ascii: ")")) }
  }

  private mutating func typeClause(_ opening: StaticString, _ type: UInt32) {
    out.write(opening)
    index(type, .type)
    out.write(") ")
  }

  private mutating func compositeType(_ type: CompositeType, index: UInt32) {
    switch type {
    case .function(let type):
      out.write("(func")
      parametersAndResults(type)
    case .structure(let fields):
      out.write("(struct")
      structureFields(fields, identifiers.fields[index] ?? IdentifierMap())
    case .array(let element):
      out.write("(array ")
      fieldType(element)
    }
    out.byte(UInt8(ascii: ")"))
  }

  private mutating func structureFields(_ fields: [FieldType], _ names: borrowing IdentifierMap) {
    for (index, field) in fields.enumerated() {
      out.write(" (field")
      definedName(UInt32(index), in: names)
      out.byte(UInt8(ascii: " "))
      fieldType(field)
      out.byte(UInt8(ascii: ")"))
    }
  }
}
