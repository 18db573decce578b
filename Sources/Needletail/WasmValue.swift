import WasmRuntime
import WebAssembly

/// A Swift type that stands for a Wasm value type in host functions and typed functions.
///
/// Conforming types: `Int32`, `UInt32`, `Int64`, `UInt64`, `Float`, `Double`, `SIMD16<UInt8>`, `Function?`,
/// `ExternalReference?` (nil as well for a Wasm object that was made external), `Reference?` (an `anyref`). There are no others: a type
/// that could choose its own representation could forge references, so only this library can make a ``WasmConformance``.
public protocol WasmValue {
  static var valueType: ValueType { get }
  /// Shows that the type is one of this library's. Evaluated before anything of the type is used.
  static var _conformance: WasmConformance<Self> { get }
  static func _read(_ slots: WasmSlots, _ store: Store) -> Self
  /// - Throws: `ArgumentError` if the value belongs to another store.
  func _check(_ store: Store) throws
  /// Must come after ``_check(_:)``.
  ///
  /// - Throws: `Trap` if the heap has no room for a reference to a Swift object.
  func _write(_ slots: WasmSlots, _ store: Store) throws
}

extension WasmValue {
  @inlinable @inline(__always)
  public func _check(_ store: Store) {}
}

/// Shows that a type is one of those whose values this library reads and writes. Only the library can make one.
public struct WasmConformance<Value> {
  @usableFromInline init() {}
}

/// A place of a value among the arguments and results of a call. Only the library can make one, and can look into it.
public struct WasmSlots {
  @usableFromInline let address: UnsafeMutablePointer<UInt64>

  @inlinable @inline(__always)
  init(_ address: UnsafeMutablePointer<UInt64>) { self.address = address }

  @inlinable @inline(__always)
  var first: UInt64 {
    get { address[0] }
    nonmutating set { address[0] = newValue }
  }
}

extension Int32: WasmValue {
  @inlinable public static var valueType: ValueType { .i32 }
  @inlinable public static var _conformance: WasmConformance<Self> { WasmConformance() }
  @inlinable public static func _read(_ slots: WasmSlots, _ store: Store) -> Int32 {
    Int32(truncatingIfNeeded: slots.first)
  }
  @inlinable public func _write(_ slots: WasmSlots, _ store: Store) {
    slots.first = UInt64(UInt32(bitPattern: self))
  }
}

extension UInt32: WasmValue {
  @inlinable public static var valueType: ValueType { .i32 }
  @inlinable public static var _conformance: WasmConformance<Self> { WasmConformance() }
  @inlinable public static func _read(_ slots: WasmSlots, _ store: Store) -> UInt32 {
    UInt32(truncatingIfNeeded: slots.first)
  }
  @inlinable public func _write(_ slots: WasmSlots, _ store: Store) { slots.first = UInt64(self) }
}

extension Int64: WasmValue {
  @inlinable public static var valueType: ValueType { .i64 }
  @inlinable public static var _conformance: WasmConformance<Self> { WasmConformance() }
  @inlinable public static func _read(_ slots: WasmSlots, _ store: Store) -> Int64 {
    Int64(bitPattern: slots.first)
  }
  @inlinable public func _write(_ slots: WasmSlots, _ store: Store) {
    slots.first = UInt64(bitPattern: self)
  }
}

extension UInt64: WasmValue {
  @inlinable public static var valueType: ValueType { .i64 }
  @inlinable public static var _conformance: WasmConformance<Self> { WasmConformance() }
  @inlinable public static func _read(_ slots: WasmSlots, _ store: Store) -> UInt64 { slots.first }
  @inlinable public func _write(_ slots: WasmSlots, _ store: Store) { slots.first = self }
}

extension Float: WasmValue {
  @inlinable public static var valueType: ValueType { .f32 }
  @inlinable public static var _conformance: WasmConformance<Self> { WasmConformance() }
  @inlinable public static func _read(_ slots: WasmSlots, _ store: Store) -> Float {
    Float(bitPattern: UInt32(truncatingIfNeeded: slots.first))
  }
  @inlinable public func _write(_ slots: WasmSlots, _ store: Store) {
    slots.first = UInt64(bitPattern)
  }
}

extension Double: WasmValue {
  @inlinable public static var valueType: ValueType { .f64 }
  @inlinable public static var _conformance: WasmConformance<Self> { WasmConformance() }
  @inlinable public static func _read(_ slots: WasmSlots, _ store: Store) -> Double {
    Double(bitPattern: slots.first)
  }
  @inlinable public func _write(_ slots: WasmSlots, _ store: Store) { slots.first = bitPattern }
}

extension SIMD16<UInt8>: WasmValue {
  @inlinable public static var valueType: ValueType { .v128 }
  @inlinable public static var _conformance: WasmConformance<Self> { WasmConformance() }
  @inlinable public static func _read(_ slots: WasmSlots, _ store: Store) -> SIMD16<UInt8> {
    UnsafeRawPointer(slots.address).loadUnaligned(as: SIMD16<UInt8>.self)
  }
  @inlinable public func _write(_ slots: WasmSlots, _ store: Store) {
    UnsafeMutableRawPointer(slots.address).storeBytes(of: self, as: SIMD16<UInt8>.self)
  }
}

extension Optional: WasmValue where Wrapped: WasmReference {
  @inlinable public static var valueType: ValueType { Wrapped.nullableType }
  @inlinable public static var _conformance: WasmConformance<Self> {
    _ = Wrapped._conformance
    return WasmConformance()
  }
  public static func _read(_ slots: WasmSlots, _ store: Store) -> Wrapped? { Wrapped._readReference(slots, store) }
  public func _check(_ store: Store) throws { try self?._check(store) }
  public func _write(_ slots: WasmSlots, _ store: Store) throws {
    if let self { try self._write(slots, store) } else { slots.first = 0 }
  }
}

/// A Swift type whose optional stands for a nullable reference type: see ``WasmValue``.
///
/// References are read from and written to ``WasmSlots`` only, so that a program cannot take one for another type's, or carry one
/// to another store.
public protocol WasmReference {
  static var nullableType: ValueType { get }
  static var _conformance: WasmConformance<Self> { get }
  /// - Returns: nil for null.
  static func _readReference(_ slots: WasmSlots, _ store: Store) -> Self?
  func _check(_ store: Store) throws
  /// Must come after ``_check(_:)``.
  ///
  /// - Throws: `Trap` if the heap has no room for a reference to a Swift object.
  func _write(_ slots: WasmSlots, _ store: Store) throws
}

extension ExternalReference: WasmReference {
  public static var nullableType: ValueType { .externref }
  public static var _conformance: WasmConformance<Self> { WasmConformance() }
  public static func _readReference(_ slots: WasmSlots, _ store: Store) -> ExternalReference? {
    store.state.externalObject(slots.first).map(ExternalReference.init)
  }
  public func _check(_ store: Store) {}
  public func _write(_ slots: WasmSlots, _ store: Store) throws { slots.first = try store.makeSlot(object) }
}

extension Reference: WasmReference {
  public static var nullableType: ValueType { .reference(nullable: true, .any) }
  public static var _conformance: WasmConformance<Self> { WasmConformance() }
  public static func _readReference(_ slots: WasmSlots, _ store: Store) -> Reference? {
    slots.first == 0
      ? nil : Reference(type: ReferenceType(isNullable: true, heapType: .any), slot: slots.first, in: store)
  }
  public func _check(_ store: Store) throws {
    let wanted = ReferenceType(isNullable: true, heapType: .any)
    guard matches(wanted, in: store) else { throw ArgumentError(mismatch(wanted, in: store)) }
  }
  public func _write(_ slots: WasmSlots, _ store: Store) { slots.first = slot }
}

extension Function: WasmReference {
  public static var nullableType: ValueType { .funcref }
  public static var _conformance: WasmConformance<Self> { WasmConformance() }
  public static func _readReference(_ slots: WasmSlots, _ store: Store) -> Function? {
    Function(reference: slots.first, in: store)
  }
  public func _check(_ store: Store) throws {
    guard self.store === store else { throw ArgumentError("the function belongs to another store") }
  }
  public func _write(_ slots: WasmSlots, _ store: Store) { slots.first = UInt64(UInt(bitPattern: reference)) }
}
