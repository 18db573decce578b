import WebAssembly

/// Reads core types, and types of imports, in a text that is not a module: a component.
///
/// It has an index space of types, which the caller fills.
package struct CoreTypeReader {
  private var assembler: ModuleAssembler

  /// The text must be alive as long as the reader.
  package init(_ text: UnsafeBufferPointer<UInt8>, range: Range<Int>) throws(ParseError) {
    assembler = try ModuleAssembler(text, range: range, options: WatOptions(), recordsSourceMap: false)
    assembler.cursor.reportsAnnotations = false
  }

  /// The number of types whose index is bound.
  package var count: Int { Int(assembler.spaces[.type].count) }

  /// The types that have definitions, in the order of their indices.
  package var definitions: [SubType] { assembler.types.definitions }

  // MARK: The index space

  /// Gives the next index to an identifier, before the type is defined.
  ///
  /// - Returns: false if the identifier is bound already.
  package mutating func bind(_ identifier: String?) -> Bool {
    var name = identifier
    let number = name?.withUTF8 { assembler.identifiers.intern($0) }
    return assembler.spaces[.type].define(number) != nil
  }

  /// The index of an identifier.
  package mutating func index(of identifier: String) -> UInt32? {
    var name = identifier
    return assembler.spaces[.type][name.withUTF8 { assembler.identifiers.intern($0) }]
  }

  /// Defines the types of a recursion group, which are bound already.
  package mutating func define(_ group: [SubType]) {
    assembler.types.append(group, at: group.map { _ in 0 })
  }

  /// Defines a type of another kind, which is bound already.
  package mutating func defineOther() { define([SubType(.structure([]))]) }

  // MARK: Reading

  /// Reads a type at an offset: that after `(type $id`.
  ///
  /// - Returns: the type, and the offset after it.
  package mutating func type(at offset: Int, index: Int) throws(ParseError) -> (SubType, end: Int) {
    try read(offset) { (assembler) throws(ParseError) in try assembler.subType(index: UInt32(index)) }
  }

  /// Reads a value type at an offset.
  package mutating func valueType(at offset: Int) throws(ParseError) -> (ValueType, end: Int) {
    try read(offset) { (assembler) throws(ParseError) in try assembler.valueType() }
  }

  /// Reads the type of an import or export at an offset: `(func $id? …)` and the like. A function type that is written inline is added to
  /// the types, and bound to an index, if there is none like it.
  package mutating func externalType(at offset: Int) throws(ParseError) -> (ExternalType, end: Int) {
    let result = try read(offset) { (assembler) throws(ParseError) in
      let keyword = assembler.cursor.following.keyword
      guard try assembler.cursor.open(keyword) else { throw assembler.cursor.unexpected("an external type") }
      _ = try assembler.cursor.optionalIdentifier()
      let type: ExternalType
      switch keyword {
      case .func: type = .function(typeIndex: try assembler.typeUse(allowsIdentifiers: true).index)
      case .table: type = .table(try assembler.tableType())
      case .memory: type = .memory(try assembler.memoryType())
      case .global: type = .global(try assembler.globalType())
      case .tag: type = .tag(typeIndex: try assembler.typeUse(allowsIdentifiers: true).index)
      default: throw assembler.cursor.unexpected("an external type")
      }
      try assembler.cursor.close()
      return type
    }
    while count < definitions.count { _ = bind(nil) }
    return result
  }

  private mutating func read<Result>(
    _ offset: Int, _ body: (inout ModuleAssembler) throws(ParseError) -> Result
  ) throws(ParseError) -> (Result, end: Int) {
    try assembler.cursor.move(to: offset)
    let result = try body(&assembler)
    return (result, assembler.cursor.previousEnd)
  }
}
