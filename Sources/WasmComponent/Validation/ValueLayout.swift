import WebAssembly

/// What lifting and lowering need of a value type: size, flat core types, and what is in it. (Component model, "Element Size", "Flattening".)
struct ValueLayout {
  /// Bytes in a 64-bit memory, where values are largest.
  var size: UInt64
  var alignment: UInt64
  /// The core types of the flat form; cut after ``flatLimit`` types.
  var flat: [ValueType]
  var contents: Contents = []
  /// The longest chain of types in it.
  var depth = 1

  struct Contents: OptionSet {
    let rawValue: UInt8

    static let borrow = Contents(rawValue: 1)
    /// Lists, strings and maps, which are stored elsewhere in memory.
    static let pointer = Contents(rawValue: 2)
    static let resource = Contents(rawValue: 4)
  }

  /// One more than the largest number of flat parameters.
  static let flatLimit = 17
  static let maximumSize: UInt64 = 1 << 28

  private static func scalar(_ size: UInt64, _ type: ValueType, _ contents: Contents = []) -> ValueLayout {
    ValueLayout(size: size, alignment: size, flat: [type], contents: contents)
  }

  /// A string, list or map: address and length.
  static let pointer = ValueLayout(size: 16, alignment: 8, flat: [.i32, .i32], contents: .pointer)
  /// A handle.
  static let handle = scalar(4, .i32)

  init(size: UInt64, alignment: UInt64, flat: [ValueType], contents: Contents = [], depth: Int = 1) {
    self.size = size
    self.alignment = alignment
    self.flat = flat
    self.contents = contents
    self.depth = depth
  }

  init(_ type: Component.PrimitiveType) {
    self =
      switch type {
      case .bool, .s8, .u8: Self.scalar(1, .i32)
      case .s16, .u16: Self.scalar(2, .i32)
      case .s32, .u32, .char, .errorContext: Self.scalar(4, .i32)
      case .s64, .u64: Self.scalar(8, .i64)
      case .f32: Self.scalar(4, .f32)
      case .f64: Self.scalar(8, .f64)
      case .string: Self.pointer
      }
  }

  /// Values one after another.
  static func record(_ fields: [ValueLayout]) -> ValueLayout {
    var layout = ValueLayout(size: 0, alignment: 1, flat: [])
    for field in fields {
      layout.size = (align(layout.size, field.alignment)).saturatingAdd(field.size)
      layout.alignment = max(layout.alignment, field.alignment)
      layout.flat.append(contentsOf: field.flat.prefix(flatLimit - layout.flat.count))
      layout.include(field)
    }
    layout.size = align(layout.size, layout.alignment)
    return layout
  }

  /// A number of values of one type.
  static func array(_ element: ValueLayout, _ count: UInt32) -> ValueLayout {
    var layout = element
    let (size, overflow) = element.size.multipliedReportingOverflow(by: UInt64(count))
    layout.size = overflow ? .max : size
    layout.flat = []
    for _ in 0..<min(Int(count), flatLimit) {
      layout.flat.append(contentsOf: element.flat.prefix(flatLimit - layout.flat.count))
    }
    layout.depth += 1
    return layout
  }

  /// One of several values, of which some are empty.
  static func variant(_ cases: [ValueLayout?]) -> ValueLayout {
    let tag: UInt64 = cases.count <= 1 << 8 ? 1 : cases.count <= 1 << 16 ? 2 : 4
    var layout = ValueLayout(size: tag, alignment: tag, flat: [.i32])
    var size: UInt64 = 0
    var flat: [ValueType] = []
    for case let payload? in cases {
      size = max(size, payload.size)
      layout.alignment = max(layout.alignment, payload.alignment)
      for (index, type) in payload.flat.enumerated() {
        if index < flat.count { flat[index] = join(flat[index], type) } else { flat.append(type) }
      }
      layout.include(payload)
    }
    let payloadAlignment = cases.reduce(1) { max($0, $1?.alignment ?? 1) }
    layout.size = align(align(tag, payloadAlignment).saturatingAdd(size), layout.alignment)
    layout.flat = Array(([.i32] + flat).prefix(flatLimit))
    return layout
  }

  static func flags(_ count: Int) -> ValueLayout {
    scalar(count <= 8 ? 1 : count <= 16 ? 2 : 4, .i32)
  }

  /// Adds a part's contents and depth.
  mutating func include(_ part: ValueLayout) {
    contents.formUnion(part.contents)
    depth = max(depth, part.depth + 1)
  }

  /// A core type that can hold both.
  private static func join(_ type: ValueType, _ other: ValueType) -> ValueType {
    if type == other { return type }
    let are32Bits = (type == .i32 || type == .f32) && (other == .i32 || other == .f32)
    return are32Bits ? .i32 : .i64
  }

  private static func align(_ size: UInt64, _ alignment: UInt64) -> UInt64 {
    let (sum, overflow) = size.addingReportingOverflow(alignment - 1)
    return overflow ? .max : sum & ~(alignment - 1)
  }
}

extension UInt64 {
  fileprivate func saturatingAdd(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
