import WebAssembly

/// The items that the instructions of a body can refer to, as plain entries. All types are in canonical indices.
///
/// The validator's view: value types, and what typing rules ask. `ModuleFacts` of `WasmCompiler` is the view of compiled code: classes of
/// registers, least sizes, guards. Both are made from `Module`, and have no entry in common.
///
/// A ``ModuleContext`` owns the memory of the entries and outlives every view of it. Indices are checked against the counts before each
/// use.
struct ModuleView {
  /// The whole binary.
  var bytes: UnsafePointer<UInt8>
  var types = FlatSlice<TypeEntry>()
  /// The types of every ``TypeList`` with more than one.
  var pool: UnsafePointer<ValueType>
  var fields = FlatSlice<FieldEntry>()
  var functions = FlatSlice<FunctionEntry>()
  var tables = FlatSlice<TableEntry>()
  /// The address types of the memories.
  var memories = FlatSlice<ValueType>()
  var globals = FlatSlice<GlobalEntry>()
  /// The type indices of the tags.
  var tags = FlatSlice<UInt32>()
  /// The types of the element segments.
  var elements = FlatSlice<ValueType>()
  /// The number of data segments; nil if the module has no data count section.
  var dataCount: UInt32?
  let rules: ValidationRules
  let features: Features

  struct FunctionEntry {
    var typeIndex: UInt32
    /// Whether a reference to the function has exactly this type. (Custom descriptors proposal.)
    var isExact: Bool
    /// Whether the function occurs outside function bodies, so that `ref.func` may name it.
    var isDeclared = false
  }

  struct TableEntry {
    var element: ValueType
    var address: ValueType
  }

  struct GlobalEntry {
    var type: ValueType
    var isMutable: Bool
  }
}
