import WebAssembly

/// A list of value types in canonical indices, such as a function's parameters, in one word.
///
/// A single type is stored inline, so that a block with one result needs no preparation; any other list is a range of ``ModuleView/pool``.
struct TypeList: Equatable {
  /// The bits of the only type, or the position of the first type in the pool.
  let word: UInt32
  let count: UInt32

  static let empty = TypeList(word: 0, count: 0)

  @inline(__always)
  init(word: UInt32, count: UInt32) {
    self.word = word
    self.count = count
  }

  @inline(__always)
  init(_ type: ValueType) {
    word = type.bits
    count = 1
  }

  @inline(__always)
  var isEmpty: Bool { count == 0 }

  /// Type `index` of the list, which must have one.
  @inline(__always)
  func type(_ index: Int, in pool: UnsafePointer<ValueType>) -> ValueType {
    count == 1 ? ValueType(bits: word) : pool[Int(word) + index]
  }

  /// All types, for messages.
  func types(in pool: UnsafePointer<ValueType>) -> [ValueType] {
    (0..<Int(count)).map { type($0, in: pool) }
  }
}
