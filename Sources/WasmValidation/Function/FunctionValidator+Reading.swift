import WebAssembly

// Reads immediates, and throws the reader's errors as `LoadingError`.
extension FunctionValidator {
  @inline(__always)
  mutating func readIndex() throws(LoadingError) -> UInt32 {
    do { return try reader.readU32() } catch { throw .malformed(error) }
  }

  /// A memory index; without the multi-memory proposal, a zero byte.
  mutating func readMemoryIndex() throws(LoadingError) -> UInt32 { try readIndex(reservedWithout: .multiMemory) }

  /// A table index; without the reference types proposal, a zero byte.
  mutating func readTableIndex() throws(LoadingError) -> UInt32 { try readIndex(reservedWithout: .referenceTypes) }

  /// Reads an index. Without the proposal it is a reserved zero byte, so no longer encoding of zero is well-formed.
  private mutating func readIndex(reservedWithout feature: Features) throws(LoadingError) -> UInt32 {
    let start = reader.position
    let index = try readIndex()
    guard reader.position == start + 1 || module.features.contains(feature) else {
      throw malformed("zero byte expected", "an index of this form", without: feature, at: start)
    }
    return index
  }

  /// The error for a binary form that only a disabled proposal has.
  @inline(never)
  func malformed(_ message: String, _ form: String, without feature: Features, at offset: Int) -> LoadingError {
    .malformed(DecodingError(message, MissingFeature(form, needs: feature), offset: offset))
  }

  /// Checks the encoding of the type that begins at an offset.
  ///
  /// - Throws: if it is the long form of a reference type, and no enabled proposal has that form.
  private func checkForm(at start: Int) throws(LoadingError) {
    guard reader.longReferenceOffset == start, module.features.isDisjoint(with: [.functionReferences, .gc]) else {
      return
    }
    throw malformed(
      "malformed reference type", "a reference type of this form", without: .functionReferences, at: start)
  }

  mutating func readByte() throws(LoadingError) -> UInt8 {
    do { return try reader.readByte() } catch { throw .malformed(error) }
  }

  mutating func readValueType() throws(LoadingError) -> ValueType {
    let start = reader.position
    let type: ValueType
    do { type = try reader.readValueType() } catch { throw .malformed(error) }
    try checkForm(at: start)
    return type
  }

  mutating func readHeapType() throws(LoadingError) -> HeapType {
    do { return try reader.readHeapType() } catch { throw .malformed(error) }
  }

  mutating func readOpcode() throws(LoadingError) -> Opcode {
    do { return try reader.readOpcode() } catch { throw .malformed(error) }
  }

  mutating func readMemoryArgument() throws(LoadingError) -> MemoryArgument {
    do { return try reader.readMemoryArgument() } catch { throw .malformed(error) }
  }

  mutating func readCastBranch() throws(LoadingError) -> CastBranch {
    do { return try reader.readCastBranch() } catch { throw .malformed(error) }
  }

  mutating func readCatchClause() throws(LoadingError) -> CatchClause {
    do { return try reader.readCatchClause() } catch { throw .malformed(error) }
  }

  /// Skips immediates that need no checks.
  mutating func skipImmediates(_ opcode: Opcode) throws(LoadingError) {
    do { try reader.skipImmediates(opcode) } catch { throw .malformed(error) }
  }

  /// The parameters and results of a block.
  @inline(__always)
  mutating func readBlockType() throws(LoadingError) -> (parameters: TypeList, results: TypeList) {
    let start = reader.position
    let type: BlockType
    do { type = try reader.readBlockType() } catch { throw .malformed(error) }
    switch type {
    case .empty: return (.empty, .empty)
    case .result(let result):
      try checkForm(at: start)
      return (.empty, TypeList(try check(result, at: start)))
    case .type(let index):
      guard module.features.contains(.multiValue) else { throw featureIsOff(.multiValue, for: "block with type index") }
      let entry = try functionType(index)
      return (entry.parameters, entry.results)
    }
  }

  // MARK: Index spaces

  mutating func functionType(_ index: UInt32) throws(LoadingError) -> TypeEntry {
    let entry = try type(index)
    guard entry.kind == .function else { throw wrongKind(of: index, entry, expected: .function) }
    return entry
  }

  @inline(never)
  private mutating func wrongKind(of index: UInt32, _ entry: TypeEntry, expected: TypeEntry.Kind) -> LoadingError {
    typeMismatch("expected \(expected.noun), found type \(index): \(entry.kind.noun)")
  }

  mutating func type(_ index: UInt32) throws(LoadingError) -> TypeEntry {
    guard let entry = module.types.entry(index) else { throw unknown("type", index, of: module.types.count) }
    return entry.pointee
  }

  mutating func structureType(_ index: UInt32) throws(LoadingError) -> TypeEntry {
    let entry = try type(index)
    guard entry.kind == .structure else { throw wrongKind(of: index, entry, expected: .structure) }
    return entry
  }

  mutating func arrayType(_ index: UInt32) throws(LoadingError) -> (entry: TypeEntry, element: FieldEntry) {
    let entry = try type(index)
    guard entry.kind == .array else { throw wrongKind(of: index, entry, expected: .array) }
    return (entry, module.fields[Int(entry.firstField)])
  }

  mutating func table(_ index: UInt32) throws(LoadingError) -> ModuleView.TableEntry {
    guard let entry = module.tables.entry(index) else { throw unknown("table", index, of: module.tables.count) }
    return entry.pointee
  }

  /// The address type of a memory.
  mutating func memory(_ index: UInt32) throws(LoadingError) -> ValueType {
    guard let entry = module.memories.entry(index) else { throw unknown("memory", index, of: module.memories.count) }
    return entry.pointee
  }

  /// The type of an element segment.
  mutating func element(_ index: UInt32) throws(LoadingError) -> ValueType {
    guard let entry = module.elements.entry(index) else {
      throw unknown("elem segment", index, of: module.elements.count)
    }
    return entry.pointee
  }

  /// The types of the values that a tag's exceptions carry.
  mutating func tagParameters(_ index: UInt32) throws(LoadingError) -> TypeList {
    guard let entry = module.tags.entry(index) else { throw unknown("tag", index, of: module.tags.count) }
    return module.types[Int(entry.pointee)].parameters
  }

  /// Checks that a data segment exists. The module must have a data count section before its code.
  mutating func checkData(_ index: UInt32) throws(LoadingError) {
    guard let count = module.dataCount else {
      throw .malformed(DecodingError("data count section required", offset: instructionOffset))
    }
    guard index < count else { throw unknown("data segment", index, of: Int(count)) }
  }

  // MARK: Types

  /// Checks a type of the module and returns it in canonical indices.
  @inline(__always)
  mutating func check(_ type: ValueType, at offset: Int) throws(LoadingError) -> ValueType {
    do { return try checker.check(type, at: offset) } catch { throw invalid(error) }
  }

  mutating func check(_ type: ReferenceType) throws(LoadingError) -> ReferenceType {
    do { return try checker.check(type, at: instructionOffset) } catch { throw invalid(error) }
  }

  mutating func check(_ type: HeapType) throws(LoadingError) -> HeapType {
    do { return try checker.check(type, at: instructionOffset) } catch { throw invalid(error) }
  }

  /// The reference type that an instruction returns for a new object.
  mutating func reference(to entry: TypeEntry, nullable: Bool = false, exact: Bool = false) -> ValueType {
    // Without the proposal exact references cannot be distinguished, and messages are easier to read without them.
    let isExact = exact && module.features.contains(.customDescriptors)
    return .reference(nullable: nullable, .concrete(entry.canonical, isExact: isExact))
  }
}
