import WebAssembly

/// The types of a module: first the defined ones, then those that are only used inline.
struct TypeSpace {
  private(set) var definitions: [SubType] = []
  /// The text offset of each type: of its keyword, or of its first use inline.
  private(set) var positions: [Int] = []
  private(set) var recursionGroups: [Range<Int>] = []
  /// The first type index of each function type that is alone in its group, final and without supertypes.
  private var plainFunctions: [FunctionType: UInt32] = [:]
  /// Field indices by type index and identifier.
  private var fields: [FieldKey: UInt32] = [:]

  private struct FieldKey: Hashable {
    var type: UInt32
    var identifier: Int
  }

  /// The maximum number of types, below the limit of a type index.
  static let maximumCount = 1_000_000

  /// The type with an index, if it is known yet.
  subscript(index: UInt32) -> SubType? { Int(index) < definitions.count ? definitions[Int(index)] : nil }

  /// Adds the types of a recursion group, or a definition outside of any group.
  ///
  /// - Parameter positions: the text offset of each type.
  mutating func append(_ group: [SubType], at positions: [Int]) {
    let start = definitions.count
    definitions.append(contentsOf: group)
    self.positions.append(contentsOf: positions)
    recursionGroups.append(start..<definitions.count)
    guard group.count == 1, let type = group.first, type == SubType(type.composite),
      let function = type.composite.function, plainFunctions[function] == nil
    else { return }
    plainFunctions[function] = UInt32(start)
  }

  /// The index of an inline function type. Adds the type if it does not exist.
  ///
  /// - Parameter position: the text offset of this use.
  mutating func index(of function: FunctionType, at position: Int) -> UInt32 {
    if let index = plainFunctions[function] { return index }
    append([SubType(.function(function))], at: [position])
    return UInt32(definitions.count - 1)
  }

  /// Binds the identifier of a field. Returns false if the structure already has a field with this identifier.
  mutating func defineField(_ identifier: Int, type: UInt32, field: UInt32) -> Bool {
    fields.updateValue(field, forKey: FieldKey(type: type, identifier: identifier)) == nil
  }

  func field(_ identifier: Int, of type: UInt32) -> UInt32? { fields[FieldKey(type: type, identifier: identifier)] }
}
