/// The type of a value: a number, a vector or a reference.
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
/// Type indices are those of the module at hand, or, in a ``TypeRegistry``, canonical ones.
/// (Core specification 3.0, 2.3.5 "Value Types".)
@frozen
public struct ValueType: Hashable, Sendable {
  public let bits: UInt32

  /// The bits must be those of a type: what is not, would be a reference for one part of the runtime, and none for another.
  @inlinable
  package init(bits: UInt32) { self.bits = bits }

  @inlinable
  public init(_ reference: ReferenceType) { self.bits = reference.bits }

  @inlinable public static var i32: ValueType { ValueType(bits: 0x7F) }
  @inlinable public static var i64: ValueType { ValueType(bits: 0x7E) }
  @inlinable public static var f32: ValueType { ValueType(bits: 0x7D) }
  @inlinable public static var f64: ValueType { ValueType(bits: 0x7C) }
  @inlinable public static var v128: ValueType { ValueType(bits: 0x7B) }
  @inlinable public static var funcref: ValueType { ValueType(.funcref) }
  @inlinable public static var externref: ValueType { ValueType(.externref) }

  /// The type of a value in unreachable code, which matches every type ("bot" in the standard's appendix on validation).
  @inlinable package static var bottom: ValueType { ValueType(bits: 0) }

  @inlinable
  public static func reference(nullable: Bool, _ heapType: HeapType) -> ValueType {
    ValueType(ReferenceType(isNullable: nullable, heapType: heapType))
  }

  @inlinable
  public var isReference: Bool { bits & ReferenceType.referenceBit != 0 }

  @inlinable
  public var isNumber: Bool { !isReference && bits >= 0x7C }

  @inlinable
  public var isVector: Bool { bits == 0x7B }

  /// The reference type, if this is one.
  @inlinable
  public var referenceType: ReferenceType? { isReference ? ReferenceType(bits: bits) : nil }

  /// Whether a local of this type starts with a value: zero or null. (Core specification, 3.2.x "Defaultable types".)
  @inlinable
  public var isDefaultable: Bool { !isReference || bits & ReferenceType.nullableBit != 0 }

  /// How many 64-bit slots a value takes in frames, globals and argument buffers: two for a vector, else one.
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

/// A reference to a heap type, which may be null. (Core specification 3.0, 2.3.4 "Reference Types".)
@frozen
public struct ReferenceType: Hashable, Sendable {
  /// The same layout as ``ValueType/bits``.
  public let bits: UInt32

  @inlinable static var referenceBit: UInt32 { 1 << 8 }
  @inlinable static var nullableBit: UInt32 { 1 << 9 }

  /// The bits must be those of a type: what is not, would be a reference for one part of the runtime, and none for another.
  @inlinable
  package init(bits: UInt32) { self.bits = bits }

  @inlinable
  public init(isNullable: Bool, heapType: HeapType) {
    bits = heapType.bits | Self.referenceBit | (isNullable ? Self.nullableBit : 0)
  }

  @inlinable public static var funcref: ReferenceType { ReferenceType(isNullable: true, heapType: .function) }
  @inlinable public static var externref: ReferenceType { ReferenceType(isNullable: true, heapType: .external) }

  @inlinable
  public var isNullable: Bool { bits & Self.nullableBit != 0 }

  @inlinable
  public var heapType: HeapType { HeapType(bits: bits & ~(Self.referenceBit | Self.nullableBit)) }

  @inlinable
  public func nullable(_ isNullable: Bool) -> ReferenceType {
    ReferenceType(isNullable: isNullable, heapType: heapType)
  }
}

extension ReferenceType: CustomStringConvertible {
  public var description: String {
    if isNullable, let shorthand = heapType.shorthand { return shorthand }
    return "(ref \(isNullable ? "null " : "")\(heapType))"
  }
}

/// What a reference points to: one of the standard's abstract classes, or a type that the module defines.
/// (Core specification 3.0, 2.3.3 "Heap Types".)
@frozen
public struct HeapType: Hashable, Sendable {
  /// The same layout as ``ValueType/bits``, without the bits of references.
  public let bits: UInt32

  @inlinable static var concreteCode: UInt32 { 0x01 }
  @inlinable static var exactBit: UInt32 { 1 << 10 }
  @inlinable static var indexShift: UInt32 { 12 }

  /// The largest type index that fits, which is also the limit on a module's types.
  @inlinable public static var maximumTypeIndex: UInt32 { (1 << 20) - 1 }

  /// The bits must be those of a type: what is not, would be a reference for one part of the runtime, and none for another.
  @inlinable
  package init(bits: UInt32) { self.bits = bits }

  @inlinable public static var function: HeapType { HeapType(bits: 0x70) }
  @inlinable public static var noFunction: HeapType { HeapType(bits: 0x73) }
  @inlinable public static var external: HeapType { HeapType(bits: 0x6F) }
  @inlinable public static var noExternal: HeapType { HeapType(bits: 0x72) }
  @inlinable public static var any: HeapType { HeapType(bits: 0x6E) }
  @inlinable public static var equatable: HeapType { HeapType(bits: 0x6D) }
  @inlinable public static var i31: HeapType { HeapType(bits: 0x6C) }
  @inlinable public static var structure: HeapType { HeapType(bits: 0x6B) }
  @inlinable public static var array: HeapType { HeapType(bits: 0x6A) }
  @inlinable public static var none: HeapType { HeapType(bits: 0x71) }
  @inlinable public static var exception: HeapType { HeapType(bits: 0x69) }
  @inlinable public static var noException: HeapType { HeapType(bits: 0x74) }

  /// The type with this index. Requires `index <= maximumTypeIndex`.
  @inlinable
  public static func concrete(_ index: UInt32, isExact: Bool = false) -> HeapType {
    precondition(index <= maximumTypeIndex, "a type index above the limit")
    return HeapType(bits: index << indexShift | concreteCode | (isExact ? exactBit : 0))
  }

  @inlinable
  public var isConcrete: Bool { bits & 0xFF == Self.concreteCode }

  /// Whether only the type itself is meant, not its subtypes. (Custom descriptors proposal.)
  @inlinable
  public var isExact: Bool { bits & Self.exactBit != 0 }

  /// The index of a concrete type.
  @inlinable
  public var typeIndex: UInt32? { isConcrete ? bits >> Self.indexShift : nil }

  /// The code of an abstract heap type in the binary format, one byte of a signed LEB128.
  @inlinable
  public var code: UInt8 { UInt8(truncatingIfNeeded: bits) }

  /// The abstract heap type with this code in the binary format.
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
  public var description: String {
    if let typeIndex { return isExact ? "(exact \(typeIndex))" : "\(typeIndex)" }
    return Self.keywords.first { $0.heapType == self }?.keyword ?? "bot"
  }
}
