import WasmRuntime
import WebAssembly

/// A Swift type that represents a Wasm value type in host functions and typed functions.
///
/// Conforming types: `Bool` (an `i32`), `Int32`, `UInt32`, `Int64`, `UInt64`, `Float`, `Double`, `SIMD16<UInt8>`, `Function?`, `ExternalReference?` (also
/// nil for a Wasm object that was converted to external), `Reference?` (an `anyref`). No other type can conform: a type that chose its
/// own representation could forge references, so only this library can create a ``WasmConformance``.
public protocol WasmValue: HostParameter, HostResult {
  /// The Wasm type.
  static var valueType: ValueType { get }
  /// Proves that the type belongs to this library. It is evaluated before any other requirement is used.
  static var _conformance: WasmConformance<Self> { get }
  /// Reads a value from slots.
  static func _read(_ slots: WasmSlots, _ store: Store) -> Self
  /// Checks that the value can be passed to a store.
  ///
  /// - Throws: `ArgumentError` if the value belongs to another store.
  func _check(_ store: Store) throws
  /// Writes the value to slots. Must be called after ``_check(_:)``.
  ///
  /// - Throws: `Trap` if the heap has no room for a reference to a Swift object.
  func _write(_ slots: WasmSlots, _ store: Store) throws
}

extension WasmValue {
  @inlinable @inline(__always)
  /// Numbers and vectors belong to no store.
  public func _check(_ store: Store) {}
}

/// Proves that a type is one whose values this library reads and writes. Only the library can create one.
public struct WasmConformance<Value> {
  @usableFromInline init() {}
}

/// The location of a value among the arguments and results of a call. Only the library can create and access one.
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
  /// `i32`.
  @inlinable public static var valueType: ValueType { .i32 }
  /// Proves that the type belongs to this library.
  @inlinable public static var _conformance: WasmConformance<Self> { WasmConformance() }
  /// Reads a value from its slots.
  @inlinable public static func _read(_ slots: WasmSlots, _ store: Store) -> Int32 {
    Int32(truncatingIfNeeded: slots.first)
  }
  /// Writes the value to its slots.
  @inlinable public func _write(_ slots: WasmSlots, _ store: Store) {
    slots.first = UInt64(UInt32(bitPattern: self))
  }
}

extension UInt32: WasmValue {
  /// `i32`.
  @inlinable public static var valueType: ValueType { .i32 }
  /// Proves that the type belongs to this library.
  @inlinable public static var _conformance: WasmConformance<Self> { WasmConformance() }
  /// Reads a value from its slots.
  @inlinable public static func _read(_ slots: WasmSlots, _ store: Store) -> UInt32 {
    UInt32(truncatingIfNeeded: slots.first)
  }
  /// Writes the value to its slots.
  @inlinable public func _write(_ slots: WasmSlots, _ store: Store) { slots.first = UInt64(self) }
}

extension Bool: WasmValue {
  /// `i32`: 0 is false, all others are true.
  @inlinable public static var valueType: ValueType { .i32 }
  /// Proves that the type belongs to this library.
  @inlinable public static var _conformance: WasmConformance<Self> { WasmConformance() }
  /// Reads a value from its slots.
  @inlinable public static func _read(_ slots: WasmSlots, _ store: Store) -> Bool {
    UInt32(truncatingIfNeeded: slots.first) != 0
  }
  /// Writes the value to its slots, as 1 or 0.
  @inlinable public func _write(_ slots: WasmSlots, _ store: Store) { slots.first = self ? 1 : 0 }
}

extension Int64: WasmValue {
  /// `i64`.
  @inlinable public static var valueType: ValueType { .i64 }
  /// Proves that the type belongs to this library.
  @inlinable public static var _conformance: WasmConformance<Self> { WasmConformance() }
  /// Reads a value from its slots.
  @inlinable public static func _read(_ slots: WasmSlots, _ store: Store) -> Int64 {
    Int64(bitPattern: slots.first)
  }
  /// Writes the value to its slots.
  @inlinable public func _write(_ slots: WasmSlots, _ store: Store) {
    slots.first = UInt64(bitPattern: self)
  }
}

extension UInt64: WasmValue {
  /// `i64`.
  @inlinable public static var valueType: ValueType { .i64 }
  /// Proves that the type belongs to this library.
  @inlinable public static var _conformance: WasmConformance<Self> { WasmConformance() }
  /// Reads a value from its slots.
  @inlinable public static func _read(_ slots: WasmSlots, _ store: Store) -> UInt64 { slots.first }
  /// Writes the value to its slots.
  @inlinable public func _write(_ slots: WasmSlots, _ store: Store) { slots.first = self }
}

extension Float: WasmValue {
  /// `f32`.
  @inlinable public static var valueType: ValueType { .f32 }
  /// Proves that the type belongs to this library.
  @inlinable public static var _conformance: WasmConformance<Self> { WasmConformance() }
  /// Reads a value from its slots.
  @inlinable public static func _read(_ slots: WasmSlots, _ store: Store) -> Float {
    Float(bitPattern: UInt32(truncatingIfNeeded: slots.first))
  }
  /// Writes the value to its slots.
  @inlinable public func _write(_ slots: WasmSlots, _ store: Store) {
    slots.first = UInt64(bitPattern)
  }
}

extension Double: WasmValue {
  /// `f64`.
  @inlinable public static var valueType: ValueType { .f64 }
  /// Proves that the type belongs to this library.
  @inlinable public static var _conformance: WasmConformance<Self> { WasmConformance() }
  /// Reads a value from its slots.
  @inlinable public static func _read(_ slots: WasmSlots, _ store: Store) -> Double {
    Double(bitPattern: slots.first)
  }
  /// Writes the value to its slots.
  @inlinable public func _write(_ slots: WasmSlots, _ store: Store) { slots.first = bitPattern }
}

extension SIMD16<UInt8>: WasmValue {
  /// `v128`.
  @inlinable public static var valueType: ValueType { .v128 }
  /// Proves that the type belongs to this library.
  @inlinable public static var _conformance: WasmConformance<Self> { WasmConformance() }
  /// Reads a value from its slots.
  @inlinable public static func _read(_ slots: WasmSlots, _ store: Store) -> SIMD16<UInt8> {
    UnsafeRawPointer(slots.address).loadUnaligned(as: SIMD16<UInt8>.self)
  }
  /// Writes the value to its slots.
  @inlinable public func _write(_ slots: WasmSlots, _ store: Store) {
    UnsafeMutableRawPointer(slots.address).storeBytes(of: self, as: SIMD16<UInt8>.self)
  }
}

extension Optional: WasmValue where Wrapped: WasmReference {
  /// The nullable reference type.
  @inlinable public static var valueType: ValueType { Wrapped.nullableType }
  /// Proves that the type belongs to this library.
  @inlinable public static var _conformance: WasmConformance<Self> {
    _ = Wrapped._conformance
    return WasmConformance()
  }
  /// Reads a value from its slots.
  public static func _read(_ slots: WasmSlots, _ store: Store) -> Wrapped? { Wrapped._readReference(slots, store) }
  /// Checks that the reference belongs to the store.
  public func _check(_ store: Store) throws { try self?._check(store) }
  /// Writes the value to its slots.
  public func _write(_ slots: WasmSlots, _ store: Store) throws {
    if let self { try self._write(slots, store) } else { slots.first = 0 }
  }
}

/// A Swift type whose optional represents a nullable reference type: see ``WasmValue``.
///
/// References are read only from ``WasmSlots`` and written only to them, so that a program can neither confuse references of different
/// types nor pass one to another store.
public protocol WasmReference {
  /// The Wasm type of the optional.
  static var nullableType: ValueType { get }
  /// Proves that the type belongs to this library.
  static var _conformance: WasmConformance<Self> { get }
  /// Reads a reference from slots.
  ///
  /// - Returns: nil for null.
  static func _readReference(_ slots: WasmSlots, _ store: Store) -> Self?
  /// Checks that the reference can be passed to a store.
  ///
  /// - Throws: `ArgumentError` if the reference belongs to another store.
  func _check(_ store: Store) throws
  /// Writes the reference to slots. Must be called after ``_check(_:)``.
  ///
  /// - Throws: `Trap` if the heap has no room for a reference to a Swift object.
  func _write(_ slots: WasmSlots, _ store: Store) throws
}

extension ExternalReference: WasmReference {
  /// `externref`.
  public static var nullableType: ValueType { .externref }
  /// Proves that the type belongs to this library.
  public static var _conformance: WasmConformance<Self> { WasmConformance() }
  /// Reads a reference from a slot; nil for null.
  public static func _readReference(_ slots: WasmSlots, _ store: Store) -> ExternalReference? {
    store.state.externalObject(slots.first).map(ExternalReference.init)
  }
  /// A Swift object belongs to no store.
  public func _check(_ store: Store) {}
  /// Writes the value to its slots.
  public func _write(_ slots: WasmSlots, _ store: Store) throws { slots.first = try store.makeSlot(object) }
}

extension Reference: WasmReference {
  /// `anyref`.
  public static var nullableType: ValueType { .reference(nullable: true, .any) }
  /// Proves that the type belongs to this library.
  public static var _conformance: WasmConformance<Self> { WasmConformance() }
  /// Reads a reference from a slot; nil for null.
  public static func _readReference(_ slots: WasmSlots, _ store: Store) -> Reference? {
    slots.first == 0
      ? nil : Reference(type: ReferenceType(isNullable: true, heapType: .any), slot: slots.first, in: store)
  }
  /// Checks that the reference belongs to the store.
  public func _check(_ store: Store) throws {
    let wanted = ReferenceType(isNullable: true, heapType: .any)
    guard matches(wanted, in: store) else { throw ArgumentError(mismatch(wanted, in: store)) }
  }
  /// Writes the value to its slots.
  public func _write(_ slots: WasmSlots, _ store: Store) { slots.first = slot }
}

extension Function: WasmReference {
  /// `funcref`.
  public static var nullableType: ValueType { .funcref }
  /// Proves that the type belongs to this library.
  public static var _conformance: WasmConformance<Self> { WasmConformance() }
  /// Reads a reference from a slot; nil for null.
  public static func _readReference(_ slots: WasmSlots, _ store: Store) -> Function? {
    Function(reference: slots.first, in: store)
  }
  /// Checks that the reference belongs to the store.
  public func _check(_ store: Store) throws {
    guard self.store === store else { throw ArgumentError("the function belongs to another store") }
  }
  /// Writes the value to its slots.
  public func _write(_ slots: WasmSlots, _ store: Store) { slots.first = UInt64(UInt(bitPattern: reference)) }
}
