/// The type of a value: a number, a vector or a reference. (Core specification 3.0, 2.3.6 "Value Types".)
///
/// One 32-bit word, so that the validator compares types with one instruction:
///
/// | bits | meaning |
/// | --- | --- |
/// | 0–7 | the type's code in the binary format; for a reference, that of its heap type, or 0x01 if concrete |
/// | 8 | is a reference |
/// | 9 | the reference may be null |
/// | 10 | the reference is exact (custom descriptors) |
/// | 12–31 | the type index of a concrete heap type |
///
/// Type indices are those of the current module, or canonical ones in a ``TypeRegistry``.
@frozen
public struct ValueType: Hashable, Sendable {
  /// The word described above.
  public let bits: UInt32

  /// The bits must be those of a type: with other bits, parts of the runtime would disagree on whether the type is a reference.
  @inlinable
  package init(bits: UInt32) { self.bits = bits }

  /// The value type of references of this type.
  @inlinable
  public init(_ reference: ReferenceType) { self.bits = reference.bits }

  /// A 32-bit integer, signed or unsigned by instruction.
  @inlinable public static var i32: ValueType { ValueType(bits: 0x7F) }
  /// A 64-bit integer, signed or unsigned by instruction.
  @inlinable public static var i64: ValueType { ValueType(bits: 0x7E) }
  /// A 32-bit float. (IEEE 754 binary32.)
  @inlinable public static var f32: ValueType { ValueType(bits: 0x7D) }
  /// A 64-bit float. (IEEE 754 binary64.)
  @inlinable public static var f64: ValueType { ValueType(bits: 0x7C) }
  /// A 128-bit vector.
  @inlinable public static var v128: ValueType { ValueType(bits: 0x7B) }
  /// A nullable reference to a function.
  @inlinable public static var funcref: ValueType { ValueType(.funcref) }
  /// A nullable reference to an object of the host.
  @inlinable public static var externref: ValueType { ValueType(.externref) }

  /// The type of a value in unreachable code, which matches every type ("bot" in the standard's appendix on validation).
  @inlinable package static var bottom: ValueType { ValueType(bits: 0) }

  /// A reference to a heap type.
  @inlinable
  public static func reference(nullable: Bool, _ heapType: HeapType) -> ValueType {
    ValueType(ReferenceType(isNullable: nullable, heapType: heapType))
  }

  /// Whether this is a reference type.
  @inlinable
  public var isReference: Bool { bits & ReferenceType.referenceBit != 0 }

  /// Whether this is `i32`, `i64`, `f32` or `f64`.
  @inlinable
  public var isNumber: Bool { !isReference && bits >= 0x7C }

  /// Whether this is `v128`.
  @inlinable
  public var isVector: Bool { bits == 0x7B }

  /// The reference type, if this is one.
  @inlinable
  public var referenceType: ReferenceType? { isReference ? ReferenceType(bits: bits) : nil }

  /// Whether a local of this type starts with a value: zero or null. (Core specification 3.0, 4.2.1 "Values", default values.)
  @inlinable
  public var isDefaultable: Bool { !isReference || bits & ReferenceType.nullableBit != 0 }

  /// The number of 64-bit slots of a value in frames, globals and argument buffers: two for a vector, else one.
  @inlinable
  public var slotCount: Int { bits == 0x7B ? 2 : 1 }
}

extension ValueType: CustomStringConvertible {
  /// The type as the text format writes it.
  public var description: String {
    if let referenceType { return referenceType.description }
    switch self {
    case .i32: return "i32"
    case .i64: return "i64"
    case .f32: return "f32"
    case .f64: return "f64"
    case .v128: return "v128"
    default: return "bot"
    }
  }
}

/// The type of a reference: a heap type, and whether the reference may be null. (Core specification 3.0, 2.3.5 "Reference Types".)
@frozen
public struct ReferenceType: Hashable, Sendable {
  /// The same layout as ``ValueType/bits``.
  public let bits: UInt32

  @inlinable static var referenceBit: UInt32 { 1 << 8 }
  @inlinable static var nullableBit: UInt32 { 1 << 9 }

  /// The bits must be those of a reference type: with other bits, parts of the runtime would disagree on whether it is one.
  @inlinable
  package init(bits: UInt32) { self.bits = bits }

  /// Creates a reference type.
  @inlinable
  public init(isNullable: Bool, heapType: HeapType) {
    bits = heapType.bits | Self.referenceBit | (isNullable ? Self.nullableBit : 0)
  }

  /// A nullable reference to a function.
  @inlinable public static var funcref: ReferenceType { ReferenceType(isNullable: true, heapType: .function) }
  /// A nullable reference to an object of the host.
  @inlinable public static var externref: ReferenceType { ReferenceType(isNullable: true, heapType: .external) }

  /// Whether the reference may be null.
  @inlinable
  public var isNullable: Bool { bits & Self.nullableBit != 0 }

  /// The type of what the reference points to.
  @inlinable
  public var heapType: HeapType { HeapType(bits: bits & ~(Self.referenceBit | Self.nullableBit)) }

  /// The same reference type, nullable or not.
  @inlinable
  public func nullable(_ isNullable: Bool) -> ReferenceType {
    ReferenceType(isNullable: isNullable, heapType: heapType)
  }
}

extension ReferenceType: CustomStringConvertible {
  /// The type as the text format writes it, for example `funcref` or `(ref null 3)`.
  public var description: String {
    if isNullable, let shorthand = heapType.shorthand { return shorthand }
    return "(ref \(isNullable ? "null " : "")\(heapType))"
  }
}

/// What a reference points to: one of the standard's abstract heap types, or a type that the module defines. (Core specification 3.0,
/// 2.3.4 "Heap Types".)
@frozen
public struct HeapType: Hashable, Sendable {
  /// The same layout as ``ValueType/bits``, without the bits of references.
  public let bits: UInt32

  @inlinable static var concreteCode: UInt32 { 0x01 }
  @inlinable static var exactBit: UInt32 { 1 << 10 }
  @inlinable static var indexShift: UInt32 { 12 }

  /// The largest type index that fits, which is also the limit on a module's types.
  @inlinable public static var maximumTypeIndex: UInt32 { (1 << 20) - 1 }

  /// The bits must be those of a heap type: with other bits, parts of the runtime would disagree on whether it is one.
  @inlinable
  package init(bits: UInt32) { self.bits = bits }

  /// All functions (`func`).
  @inlinable public static var function: HeapType { HeapType(bits: 0x70) }
  /// The bottom of the functions, which only null has (`nofunc`).
  @inlinable public static var noFunction: HeapType { HeapType(bits: 0x73) }
  /// All objects of the host (`extern`).
  @inlinable public static var external: HeapType { HeapType(bits: 0x6F) }
  /// The bottom of the host's objects, which only null has (`noextern`).
  @inlinable public static var noExternal: HeapType { HeapType(bits: 0x72) }
  /// All values of the garbage-collected hierarchy (`any`).
  @inlinable public static var any: HeapType { HeapType(bits: 0x6E) }
  /// All values that `ref.eq` compares: structures, arrays and `i31` (`eq`).
  @inlinable public static var equatable: HeapType { HeapType(bits: 0x6D) }
  /// Integers of 31 bits that are stored in the reference (`i31`).
  @inlinable public static var i31: HeapType { HeapType(bits: 0x6C) }
  /// All structures (`struct`).
  @inlinable public static var structure: HeapType { HeapType(bits: 0x6B) }
  /// All arrays (`array`).
  @inlinable public static var array: HeapType { HeapType(bits: 0x6A) }
  /// The bottom of the garbage-collected hierarchy, which only null has (`none`).
  @inlinable public static var none: HeapType { HeapType(bits: 0x71) }
  /// All exceptions (`exn`).
  @inlinable public static var exception: HeapType { HeapType(bits: 0x69) }
  /// The bottom of the exceptions, which only null has (`noexn`).
  @inlinable public static var noException: HeapType { HeapType(bits: 0x74) }

  /// The type with this index. Requires `index <= maximumTypeIndex`.
  @inlinable
  public static func concrete(_ index: UInt32, isExact: Bool = false) -> HeapType {
    precondition(index <= maximumTypeIndex, "a type index above the limit")
    return HeapType(bits: index << indexShift | concreteCode | (isExact ? exactBit : 0))
  }

  /// Whether this is a type that a module defines.
  @inlinable
  public var isConcrete: Bool { bits & 0xFF == Self.concreteCode }

  /// Whether the type's subtypes are excluded. (Custom descriptors proposal.)
  @inlinable
  public var isExact: Bool { bits & Self.exactBit != 0 }

  /// The index of a concrete type; nil for an abstract one.
  @inlinable
  public var typeIndex: UInt32? { isConcrete ? bits >> Self.indexShift : nil }

  /// The code of an abstract heap type in the binary format, one byte of a signed LEB128.
  @inlinable
  public var code: UInt8 { UInt8(truncatingIfNeeded: bits) }

  /// The abstract heap type with this code in the binary format; nil if there is none.
  public init?(code: UInt8) {
    guard (0x69...0x74).contains(code) else { return nil }
    self.init(bits: UInt32(code))
  }

  /// Keyword and shorthand (of the nullable reference) in the text format.
  public static let keywords: [(heapType: HeapType, keyword: String, shorthand: String)] = [
    (.function, "func", "funcref"), (.noFunction, "nofunc", "nullfuncref"),
    (.external, "extern", "externref"), (.noExternal, "noextern", "nullexternref"),
    (.any, "any", "anyref"), (.equatable, "eq", "eqref"), (.i31, "i31", "i31ref"),
    (.structure, "struct", "structref"), (.array, "array", "arrayref"), (.none, "none", "nullref"),
    (.exception, "exn", "exnref"), (.noException, "noexn", "nullexnref"),
  ]

  /// The shorthand of the nullable reference to this abstract type, such as `funcref`.
  public var shorthand: String? { Self.keywords.first { $0.heapType == self }?.shorthand }
}

extension HeapType: CustomStringConvertible {
  /// The type as the text format writes it: a keyword or a type index.
  public var description: String {
    if let typeIndex { return isExact ? "(exact \(typeIndex))" : "\(typeIndex)" }
    return Self.keywords.first { $0.heapType == self }?.keyword ?? "bot"
  }
}
