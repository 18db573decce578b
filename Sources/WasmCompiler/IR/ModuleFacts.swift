import WasmBinary
import WasmRuntime
import WebAssembly

/// The facts about a module that the front end needs often, in flat arrays: created once per module, and read by all threads that compile
/// it.
///
/// (`@unchecked Sendable`: nothing changes after `init`.)
package final class ModuleFacts: @unchecked Sendable {
  /// A range of ``types``.
  struct TypeList: BitwiseCopyable {
    var start: UInt32 = 0
    var count: UInt32 = 0
  }

  struct Signature: BitwiseCopyable {
    var parameters = TypeList()
    var results = TypeList()
  }

  struct Global: BitwiseCopyable {
    var type: IRType
    var isMutable: Bool
  }

  struct Memory: BitwiseCopyable {
    var is64: Bool
    var isShared: Bool
    var pageSizeLog2: UInt8
    /// Its smallest size in bytes: memories do not shrink.
    var minimumByteCount: UInt64
    /// Whether its whole address space is reserved, so that out-of-bounds accesses fault: see ``MemoryInstance``.
    var isGuarded: Bool
  }

  /// The size of this many pages, saturating.
  private static func byteCount(_ pages: UInt64, _ pageSizeLog2: UInt8) -> UInt64 {
    pages > .max >> UInt64(pageSizeLog2) ? .max : pages << UInt64(pageSizeLog2)
  }

  struct Table: BitwiseCopyable {
    var is64: Bool
    /// Its smallest number of elements: tables do not shrink.
    var minimumCount: UInt64
  }

  let image: ModuleImage
  let hints: BranchHints
  /// The types of all signatures; the first five are lists of one type, for block types.
  let types: FlatArray<IRType>
  /// By type index; only for function types.
  let signatures: FlatArray<Signature>
  /// By function index: the index of its type.
  let functionTypes: FlatArray<UInt32>
  /// By index among the defined functions: the size of its body in bytes.
  let bodyByteCounts: FlatArray<UInt32>
  let globals: FlatArray<Global>
  let memories: FlatArray<Memory>
  let tables: FlatArray<Table>
  /// By tag index: the index of its type.
  let tagTypes: FlatArray<UInt32>
  /// By type index: the number of its supertypes.
  let typeDepths: FlatArray<UInt32>
  /// Whether code can hold references to heap objects: structures, arrays, exceptions, and the host's objects.
  let hasCollectedReferences: Bool
  let importedFunctionCount: UInt32
  let importedGlobalCount: UInt32

  /// - Parameter checksBounds: see ``CompilerOptions/checksBounds``.
  package init(_ image: ModuleImage, checksBounds: Bool = false) {
    let module = image.module
    self.image = image
    hints = BranchHints(of: module)
    importedFunctionCount = UInt32(module.importedFunctions.count)
    importedGlobalCount = UInt32(module.importedGlobals.count)
    var types = Self.list([IRType.i32, .i64, .f32, .f64, .v128].count) { IRType(rawValue: UInt8($0) + 1)! }
    signatures = Self.signatures(of: module, &types)
    self.types = types
    functionTypes = Self.list(module.functionCount) { module.functionTypeIndex($0)! }
    bodyByteCounts = Self.list(module.functions.count) { UInt32(module.functions[Int($0)].body.count) }
    globals = Self.list(module.globalCount) { index in
      let type = module.globalType(index)!
      return Global(type: IRType(type.value), isMutable: type.isMutable)
    }
    memories = Self.list(module.memoryCount) { index in
      let type = module.memoryType(index)!
      let isGuarded =
        !checksBounds && type.addressType == .i32 && type.pageSizeLog2 == MemoryType.standardPageSizeLog2
      return Memory(
        is64: type.addressType == .i64, isShared: type.isShared, pageSizeLog2: type.pageSizeLog2,
        minimumByteCount: Self.byteCount(type.limits.minimum, type.pageSizeLog2), isGuarded: isGuarded)
    }
    tables = Self.list(module.tableCount) {
      let type = module.tableType($0)!
      return Table(is64: type.addressType == .i64, minimumCount: type.limits.minimum)
    }
    tagTypes = Self.list(module.tagCount) { module.tagTypeIndex($0)! }
    typeDepths = Self.depths(of: module)
    hasCollectedReferences = Self.hasCollectedReferences(module)
  }

  /// All such references come from instructions of aggregate types, tags, globals, tables, or calls.
  private static func hasCollectedReferences(_ module: Module) -> Bool {
    if module.tagCount > 0 || module.types.contains(where: { $0.composite.function == nil }) { return true }
    func isCollected(_ type: ValueType) -> Bool {
      guard let reference = type.referenceType else { return false }
      // Concrete types are functions, since there are no others.
      return reference.heapType.typeIndex == nil && reference.heapType != .function && reference.heapType != .noFunction
    }
    return module.types.contains { type in
      type.composite.function.map {
        $0.parameters.contains(where: isCollected) || $0.results.contains(where: isCollected)
      }
        ?? true
    } || (0..<UInt32(module.globalCount)).contains { module.globalType($0).map { isCollected($0.value) } ?? true }
      || (0..<UInt32(module.tableCount)).contains {
        module.tableType($0).map { isCollected(ValueType($0.element)) } ?? true
      }
  }

  private static func list<T: BitwiseCopyable>(_ count: Int, _ element: (UInt32) -> T) -> FlatArray<T> {
    var list = FlatArray<T>(minimumCapacity: count)
    for index in 0..<UInt32(count) { list.append(element(index)) }
    return list
  }

  private static func signatures(of module: Module, _ types: inout FlatArray<IRType>) -> FlatArray<Signature> {
    func append(_ list: [ValueType]) -> TypeList {
      let start = types.count
      for type in list { types.append(IRType(type)) }
      return TypeList(start: UInt32(start), count: UInt32(list.count))
    }
    var signatures = FlatArray<Signature>(minimumCapacity: module.types.count)
    for type in module.types {
      guard let function = type.composite.function else {
        signatures.append(Signature())
        continue
      }
      signatures.append(Signature(parameters: append(function.parameters), results: append(function.results)))
    }
    return signatures
  }

  private static func depths(of module: Module) -> FlatArray<UInt32> {
    var depths = FlatArray<UInt32>(minimumCapacity: module.types.count)
    // Supertypes come before their subtypes.
    for type in module.types { depths.append(type.supertypes.first.map { depths[$0] + 1 } ?? 0) }
    return depths
  }

  // MARK: Reading

  /// The list of one type.
  static func list(of type: IRType) -> TypeList { TypeList(start: UInt32(type.rawValue) - 1, count: 1) }

  @inline(__always)
  func type(_ list: TypeList, _ index: Int) -> IRType { types[Int(list.start) + index] }

  @inline(__always)
  func signature(ofFunction index: UInt32) -> Signature { signatures[functionTypes[index]] }

  /// Whether a type of the module is another one or a subtype of it, by canonical identity. O(number of supertypes, at most 63).
  func isSubtype(_ type: UInt32, of other: UInt32) -> Bool {
    let wanted = image.canonical(other)
    var type = type
    while image.canonical(type) != wanted {
      guard let supertype = image.module.types[Int(type)].supertypes.first else { return false }
      type = supertype
    }
    return true
  }

  /// The types of an exception's payload.
  func payload(ofTag index: UInt32) -> TypeList { signatures[tagTypes[index]].parameters }
}
