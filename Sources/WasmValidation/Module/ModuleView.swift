import WebAssembly

/// The items that the instructions of a body can refer to, as pointers to plain entries. All types are in canonical indices.
///
/// A ``ModuleContext`` owns the memory of the pointers and outlives every view of it. Indices are checked against the counts before each
/// use.
struct ModuleView {
  /// The whole binary.
  var bytes: UnsafePointer<UInt8>
  var types = Entries<TypeEntry>()
  /// The types of every ``TypeList`` with more than one.
  var pool: UnsafePointer<ValueType>
  var fields = Entries<FieldEntry>()
  var functions = Entries<FunctionEntry>()
  var tables = Entries<TableEntry>()
  /// The address types of the memories.
  var memories = Entries<ValueType>()
  var globals = Entries<GlobalEntry>()
  /// The type indices of the tags.
  var tags = Entries<UInt32>()
  /// The types of the element segments.
  var elements = Entries<ValueType>()
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

/// Entries by index.
struct Entries<Entry> {
  let start: UnsafeMutablePointer<Entry>
  let count: UInt32

  /// No entries. The pointer is never dereferenced.
  init() {
    start = UnsafeMutablePointer(bitPattern: MemoryLayout<Entry>.alignment)!
    count = 0
  }

  init(start: UnsafeMutablePointer<Entry>, count: Int) {
    self.start = start
    self.count = UInt32(count)
  }

  /// The entry at an index, or nil if there is none.
  @inline(__always)
  func entry(_ index: UInt32) -> UnsafeMutablePointer<Entry>? {
    index < count ? start + Int(index) : nil
  }
}
