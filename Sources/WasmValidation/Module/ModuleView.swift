import WebAssembly

/// What the instructions of a body may refer to, flattened for the walk over it: pointers to plain entries, all types in
/// canonical indices.
///
/// A ``ModuleContext`` owns what the pointers lead to and outlives every view of it. Indices are checked against the
/// counts before each use.
struct ModuleView {
  /// The whole binary.
  var bytes: UnsafePointer<UInt8>
  var types = Entries<TypeEntry>()
  /// The types that a ``TypeList`` of more than one is a range of.
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
  /// The number of data segments, nil if the module does not say it before its code.
  var dataCount: UInt32?
  let rules: ValidationRules
  let features: Features

  struct FunctionEntry {
    var typeIndex: UInt32
    /// Whether a reference to it has this very type. (Custom descriptors proposal.)
    var isExact: Bool
    /// Whether it occurs outside function bodies, so that `ref.func` may name it.
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

/// A run of entries by index.
struct Entries<Entry> {
  let start: UnsafeMutablePointer<Entry>
  let count: UInt32

  /// No entries. The pointer is never followed.
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
