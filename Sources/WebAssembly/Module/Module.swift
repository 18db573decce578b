/// A module in its binary form: immutable, shareable between threads, with its code still as bytes. (Core specification 3.0, 2.5
/// "Modules".)
///
/// Positions are offsets into ``bytes``. A function body or constant expression is never copied out of them; validator, interpreter and
/// compiler walk it with ``InstructionReader``.
public struct Module: Sendable {
  /// The whole binary.
  public var bytes: ModuleBytes

  /// All types in the order of their indices, recursion groups flattened.
  public var types: [SubType] = []
  /// Ranges of type indices, in order and without gaps.
  public var recursionGroups = RecursionGroups()

  /// In the order of the import section, all kinds together.
  public var imports: [Import] = []
  /// Runs of imports that share a module name in the binary, in order. (Compact import section proposal.)
  public var importGroups: [ImportGroup] = []
  /// Functions that the module defines (imported ones come before them in the index space).
  public var functions: [Function] = []
  /// Tables that the module defines, without imported ones; ``memories``, ``tags`` and ``globals`` likewise.
  public var tables: [Table] = []
  public var memories: [MemoryType] = []
  /// The type index of each tag.
  public var tags: [UInt32] = []
  public var globals: [Global] = []
  public var exports: [Export] = []
  /// The index of the start function, called at the end of instantiation.
  public var startFunction: UInt32?
  public var elementSegments: [ElementSegment] = []
  /// The count in the data count section; nil if the module has no such section.
  public var dataCount: UInt32?
  public var dataSegments: [DataSegment] = []
  /// In the order of the binary.
  public var customSections: [CustomSection] = []
  /// The payload of the code section, without its header; nil if the module has no such section.
  public var codeSection: Range<Int>?

  /// Binary forms that belong to proposals and are not visible elsewhere in the module; the first of each proposal.
  public var gatedForms: [GatedForm] = []

  // Imports by kind, kept by the decoder so that index spaces need no search.
  public var importedFunctions: [UInt32] = []
  public var importedTables: [TableType] = []
  public var importedMemories: [MemoryType] = []
  public var importedGlobals: [GlobalType] = []
  public var importedTags: [UInt32] = []

  /// The offset at which the module's last sections begin if all of them are custom. Compiled code depends only on the bytes before it.
  package var trailingCustomSectionsStart: Int {
    var end = bytes.count
    for section in customSections.reversed() where section.data.upperBound == end { end = section.offset }
    return end
  }

  public init(bytes: ModuleBytes) { self.bytes = bytes }

  public init(bytes: [UInt8]) { self.bytes = ModuleBytes(bytes) }

  public struct Import: Sendable {
    public var module: String
    public var name: String
    public var type: ExternalType
    /// Where the entry begins in the binary.
    public var offset: Int { Int(place) }
    private let place: UInt32

    public init(module: String, name: String, type: ExternalType, offset: Int) {
      self.module = module
      self.name = name
      self.type = type
      // Used only for messages.
      place = UInt32(clamping: offset)
    }
  }

  /// Imports that the binary format writes with one module name. (Compact import section proposal, "Binary".)
  public struct ImportGroup: Sendable {
    public var module: String
    /// Positions in ``Module/imports``; may be empty.
    public var range: Range<Int>
    /// The type of all imports of the group, if it is written only once.
    public var sharedType: ExternalType?

    public init(module: String, range: Range<Int>, sharedType: ExternalType? = nil) {
      self.module = module
      self.range = range
      self.sharedType = sharedType
    }
  }

  /// A binary form that a proposal adds.
  public struct GatedForm: Hashable, Sendable {
    /// The proposals; any of them makes it valid.
    public var features: Features
    /// What is wrong without them, in the words of the standard's test suite.
    public var message: String
    /// The form in words, at the beginning of a sentence.
    public var name: String
    public var offset: Int

    public init(_ name: String, _ features: Features, _ message: String, offset: Int) {
      self.name = name
      self.features = features
      self.message = message
      self.offset = offset
    }
  }

  /// A function that the module defines.
  public struct Function: Sendable {
    public var typeIndex: UInt32
    @usableFromInline let start: UInt32
    @usableFromInline let end: UInt32

    /// The bytes of the body: locals, instructions and the closing `end`, without the size before them.
    @inlinable
    public var body: Range<Int> { Int(start)..<Int(end) }

    /// - Parameter body: in the first 4 GiB.
    public init(typeIndex: UInt32, body: Range<Int>) {
      self.typeIndex = typeIndex
      start = UInt32(body.lowerBound)
      end = UInt32(body.upperBound)
    }
  }

  /// A constant expression: its bytes, the closing `end` included.
  public typealias ConstantExpression = Range<Int>

  /// A table that the module defines.
  public struct Table: Sendable {
    public var type: TableType
    /// The initial value of every element; nil means null.
    public var initializer: ConstantExpression?

    public init(type: TableType, initializer: ConstantExpression?) {
      self.type = type
      self.initializer = initializer
    }
  }

  /// A global that the module defines.
  public struct Global: Sendable {
    public var type: GlobalType
    public var initializer: ConstantExpression

    public init(type: GlobalType, initializer: ConstantExpression) {
      self.type = type
      self.initializer = initializer
    }
  }

  /// An export: a name for an item.
  public struct Export: Sendable {
    public var name: String
    public var kind: ExternalKind
    /// The index of the item in the index space of its kind.
    public var index: UInt32
    /// Where the entry begins in the binary.
    public var offset: Int

    public init(name: String, kind: ExternalKind, index: UInt32, offset: Int) {
      self.name = name
      self.kind = kind
      self.index = index
      self.offset = offset
    }
  }

  /// References that initialize a table. (Core specification 3.0, 2.5.9 "Element Segments".)
  public struct ElementSegment: Sendable {
    /// When the elements are used.
    public enum Mode: Sendable {
      /// Copied by `table.init`.
      case passive
      /// Copied to the table at instantiation, from the element that `offset` computes.
      case active(table: UInt32, offset: ConstantExpression)
      /// Only declares functions for `ref.func`.
      case declarative
    }
    /// The two forms of elements in the binary.
    public enum Elements: Sendable {
      /// Function indices.
      case functions([UInt32])
      /// One expression per element.
      case expressions([ConstantExpression])

      public var count: Int {
        switch self {
        case .functions(let indices): indices.count
        case .expressions(let expressions): expressions.count
        }
      }
    }
    public var type: ReferenceType
    public var mode: Mode
    public var elements: Elements
    /// Where the segment begins in the binary.
    public var offset: Int

    public init(type: ReferenceType, mode: Mode, elements: Elements, offset: Int) {
      self.type = type
      self.mode = mode
      self.elements = elements
      self.offset = offset
    }
  }

  /// Bytes that initialize a memory. (Core specification 3.0, 2.5.8 "Data Segments".)
  public struct DataSegment: Sendable {
    /// When the bytes are used.
    public enum Mode: Sendable {
      /// Copied by `memory.init`.
      case passive
      /// Copied to the memory at instantiation, to the address that `offset` computes.
      case active(memory: UInt32, offset: ConstantExpression)
    }
    public var mode: Mode
    /// The position of the data in ``Module/bytes``.
    public var data: Range<Int>
    /// Where the segment begins in the binary.
    public var offset: Int

    public init(mode: Mode, data: Range<Int>, offset: Int) {
      self.mode = mode
      self.data = data
      self.offset = offset
    }
  }

  /// A custom section; its contents are not decoded. (Core specification 3.0, 5.5.3 "Custom Section".)
  public struct CustomSection: Sendable {
    public var name: String
    /// The bytes after the name.
    public var data: Range<Int>
    /// The identifier of the last standard section before it, 0 if there is none.
    public var after: UInt8
    public var offset: Int

    public init(name: String, data: Range<Int>, after: UInt8, offset: Int) {
      self.name = name
      self.data = data
      self.after = after
      self.offset = offset
    }
  }
}

// MARK: Index spaces

extension Module {
  /// The size of the index space of functions: imported ones and those that the module defines. The same for the other kinds.
  public var functionCount: Int { importedFunctions.count + functions.count }
  public var tableCount: Int { importedTables.count + tables.count }
  public var memoryCount: Int { importedMemories.count + memories.count }
  public var globalCount: Int { importedGlobals.count + globals.count }
  public var tagCount: Int { importedTags.count + tags.count }

  /// Adds an import and its entry in the index space of its kind.
  public mutating func appendImport(_ newImport: Import) {
    imports.append(newImport)
    switch newImport.type {
    case .function(let typeIndex, _): importedFunctions.append(typeIndex)
    case .table(let type): importedTables.append(type)
    case .memory(let type): importedMemories.append(type)
    case .global(let type): importedGlobals.append(type)
    case .tag(let typeIndex): importedTags.append(typeIndex)
    }
  }

  /// The type index of function `index`, or nil if there is no such function. The same for the other kinds below.
  @inlinable
  public func functionTypeIndex(_ index: UInt32) -> UInt32? {
    let index = Int(index)
    if index < importedFunctions.count { return importedFunctions[index] }
    let defined = index - importedFunctions.count
    return defined < functions.count ? functions[defined].typeIndex : nil
  }

  @inlinable
  public func tableType(_ index: UInt32) -> TableType? {
    let index = Int(index)
    if index < importedTables.count { return importedTables[index] }
    let defined = index - importedTables.count
    return defined < tables.count ? tables[defined].type : nil
  }

  @inlinable
  public func memoryType(_ index: UInt32) -> MemoryType? {
    let index = Int(index)
    if index < importedMemories.count { return importedMemories[index] }
    let defined = index - importedMemories.count
    return defined < memories.count ? memories[defined] : nil
  }

  @inlinable
  public func globalType(_ index: UInt32) -> GlobalType? {
    let index = Int(index)
    if index < importedGlobals.count { return importedGlobals[index] }
    let defined = index - importedGlobals.count
    return defined < globals.count ? globals[defined].type : nil
  }

  @inlinable
  public func tagTypeIndex(_ index: UInt32) -> UInt32? {
    let index = Int(index)
    if index < importedTags.count { return importedTags[index] }
    let defined = index - importedTags.count
    return defined < tags.count ? tags[defined] : nil
  }

  /// The external type of the item with this kind and index.
  public func externalType(_ kind: ExternalKind, _ index: UInt32) -> ExternalType? {
    switch kind {
    case .function: functionTypeIndex(index).map { .function(typeIndex: $0) }
    case .table: tableType(index).map { .table($0) }
    case .memory: memoryType(index).map { .memory($0) }
    case .global: globalType(index).map { .global($0) }
    case .tag: tagTypeIndex(index).map { .tag(typeIndex: $0) }
    }
  }

  /// The function type with this type index, if it is one.
  @inlinable
  public func functionType(_ typeIndex: UInt32) -> FunctionType? {
    Int(typeIndex) < types.count ? types[Int(typeIndex)].composite.function : nil
  }
}
