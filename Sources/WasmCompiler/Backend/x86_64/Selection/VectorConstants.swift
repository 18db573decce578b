import WebAssembly

/// The vector constants that a function's instructions refer to by index; emission writes them after the code.
struct VectorConstants: ~Copyable {
  struct Halves: BitwiseCopyable {
    var low: UInt64
    var high: UInt64
  }

  private var constants = FlatArray<Halves>(minimumCapacity: 1 << 5)

  init() {}

  mutating func removeAll() { constants.removeAll() }

  /// Adds a constant; returns its index.
  mutating func add(_ low: UInt64, _ high: UInt64) -> Int32 {
    constants.append(Halves(low: low, high: high))
    return Int32(constants.count - 1)
  }

  /// The constants by index, valid until another is added.
  var elements: FlatSlice<Halves> { constants.elements }
}
