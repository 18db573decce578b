import WebAssembly

/// A growable buffer with a method for each production of the binary format.
///
/// ```swift
/// var writer = BinaryWriter()
/// writer.header()
/// writer.section(.type) { writer in
///   writer.u32(1)
///   writer.recursionGroup([SubType(.function(FunctionType(parameters: [.i32])))])
/// }
/// let module = writer.bytes
/// ```
///
/// (Core specification 3.0, chapter 5 "Binary Format".) Writing is amortized O(number of bytes).
public struct BinaryWriter: Sendable {
  /// The bytes written so far.
  public var bytes: [UInt8]

  @inlinable
  public init() { bytes = [] }

  @inlinable
  public init(capacity: Int) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  /// The number of bytes written, which is the offset of the next one.
  @inlinable
  public var count: Int { bytes.count }

  @inlinable
  public mutating func byte(_ byte: UInt8) { bytes.append(byte) }

  @inlinable
  public mutating func raw(_ newBytes: some Collection<UInt8>) { bytes.append(contentsOf: newBytes) }

  // MARK: Numbers (5.2 "Values")

  /// An unsigned LEB128.
  @inlinable
  public mutating func u32(_ value: UInt32) {
    if value < 0x80 { bytes.append(UInt8(truncatingIfNeeded: value)) } else { u64(UInt64(value)) }
  }

  /// An unsigned LEB128. Requires that `count` fits into 32 bits.
  @inlinable
  public mutating func count(_ count: Int) { u32(UInt32(count)) }

  /// An unsigned LEB128.
  @inlinable
  public mutating func u64(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// A signed LEB128.
  @inlinable
  public mutating func s32(_ value: Int32) { s64(Int64(value)) }

  /// A signed LEB128 of 33 bits, the form of block types and heap types: non-negative ones are type indices.
  @inlinable
  public mutating func s33(_ value: Int64) { s64(value) }

  /// A signed LEB128.
  @inlinable
  public mutating func s64(_ value: Int64) {
    var rest = value
    while rest < -0x40 || rest >= 0x40 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest) & 0x7F)
  }

  /// Four bytes, little-endian: the bits of an `f32`.
  @inlinable
  public mutating func fixed32(_ bits: UInt32) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
  }

  /// Eight bytes, little-endian: the bits of an `f64`.
  @inlinable
  public mutating func fixed64(_ bits: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
  }

  // MARK: Sequences

  /// A name: its length in bytes, then UTF-8. (5.2.4 "Names".)
  public mutating func name(_ name: String) {
    count(name.utf8.count)
    bytes.append(contentsOf: name.utf8)
  }

  /// A length in bytes, then the bytes; also a name that is already UTF-8.
  public mutating func byteVector(_ newBytes: some Collection<UInt8>) {
    count(newBytes.count)
    bytes.append(contentsOf: newBytes)
  }

  /// A count, then that many elements. (5.1.3 "Lists".)
  @inlinable
  public mutating func vector<Elements: Collection, Failure: Error>(
    _ elements: Elements, _ write: (inout BinaryWriter, Elements.Element) throws(Failure) -> Void
  ) throws(Failure) {
    count(elements.count)
    for element in elements { try write(&self, element) }
  }

  /// The output of `write`, after its size in bytes: sections, subsections and function bodies.
  @inlinable
  public mutating func sized<Failure: Error>(
    _ write: (inout BinaryWriter) throws(Failure) -> Void
  ) throws(Failure) {
    let start = bytes.count
    try write(&self)
    prefixSize(from: start)
  }

  /// Inserts the number of bytes from `start` to the end before those bytes.
  @usableFromInline
  mutating func prefixSize(from start: Int) {
    var size = BinaryWriter()
    size.count(bytes.count - start)
    bytes.insert(contentsOf: size.bytes, at: start)
  }
}

// MARK: Modules and sections (5.5)

extension BinaryWriter {
  /// The magic number and the version.
  public mutating func header() { raw(SectionID.moduleHeader) }

  /// A section: its identifier, its size and the output of `write`.
  @inlinable
  public mutating func section<Failure: Error>(
    _ id: SectionID, _ write: (inout BinaryWriter) throws(Failure) -> Void
  ) throws(Failure) {
    byte(id.rawValue)
    try sized(write)
  }

  /// A custom section. (5.5.3 "Custom Section".)
  public mutating func customSection(_ name: String, _ data: some Collection<UInt8>) {
    section(.custom) { writer in
      writer.name(name)
      writer.raw(data)
    }
  }

  /// The description of an import: kind and type. (5.5.5 "Import Section".)
  public mutating func importDescription(_ type: ExternalType) {
    switch type {
    case .function(let typeIndex, let isExact):
      byte(isExact ? ExternalKind.exactFunctionCode : ExternalKind.function.rawValue)
      u32(typeIndex)
    case .table(let type):
      byte(ExternalKind.table.rawValue)
      tableType(type)
    case .memory(let type):
      byte(ExternalKind.memory.rawValue)
      memoryType(type)
    case .global(let type):
      byte(ExternalKind.global.rawValue)
      globalType(type)
    case .tag(let typeIndex):
      byte(ExternalKind.tag.rawValue)
      tagType(typeIndex)
    }
  }

  /// Locals as runs of the same type, after the number of runs. (5.5.13 "Code Section".)
  public mutating func locals(_ types: [ValueType]) {
    var runs: [(count: UInt32, type: ValueType)] = []
    for type in types {
      if let last = runs.last, last.type == type {
        runs[runs.count - 1].count += 1
      } else {
        runs.append((1, type))
      }
    }
    vector(runs) { writer, run in
      writer.u32(run.count)
      writer.valueType(run.type)
    }
  }
}

extension ExternalKind {
  /// The code of a function import that accepts only this very type. (Custom descriptors proposal.)
  package static let exactFunctionCode: UInt8 = 0x20
}
