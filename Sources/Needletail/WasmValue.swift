import WasmRuntime
import WebAssembly

/// A Swift type that stands for a Wasm value type in host functions and typed functions.
///
/// Conforming types: `Int32`, `UInt32`, `Int64`, `UInt64`, `Float`, `Double`, `SIMD16<UInt8>`, `Function?`,
/// `ExternalReference?` (nil as well for a Wasm object that was made external), `Reference?` (an `anyref`).
public protocol WasmValue {
  static var valueType: ValueType { get }
  static func _read(_ slots: UnsafePointer<UInt64>, _ store: Store) -> Self
  func _write(_ slots: UnsafeMutablePointer<UInt64>, _ store: Store)
}

extension Int32: WasmValue {
  @inlinable public static var valueType: ValueType { .i32 }
  @inlinable public static func _read(_ slots: UnsafePointer<UInt64>, _ store: Store) -> Int32 {
    Int32(truncatingIfNeeded: slots[0])
  }
  @inlinable public func _write(_ slots: UnsafeMutablePointer<UInt64>, _ store: Store) {
    slots[0] = UInt64(UInt32(bitPattern: self))
  }
}

extension UInt32: WasmValue {
  @inlinable public static var valueType: ValueType { .i32 }
  @inlinable public static func _read(_ slots: UnsafePointer<UInt64>, _ store: Store) -> UInt32 {
    UInt32(truncatingIfNeeded: slots[0])
  }
  @inlinable public func _write(_ slots: UnsafeMutablePointer<UInt64>, _ store: Store) { slots[0] = UInt64(self) }
}

extension Int64: WasmValue {
  @inlinable public static var valueType: ValueType { .i64 }
  @inlinable public static func _read(_ slots: UnsafePointer<UInt64>, _ store: Store) -> Int64 {
    Int64(bitPattern: slots[0])
  }
  @inlinable public func _write(_ slots: UnsafeMutablePointer<UInt64>, _ store: Store) {
    slots[0] = UInt64(bitPattern: self)
  }
}

extension UInt64: WasmValue {
  @inlinable public static var valueType: ValueType { .i64 }
  @inlinable public static func _read(_ slots: UnsafePointer<UInt64>, _ store: Store) -> UInt64 { slots[0] }
  @inlinable public func _write(_ slots: UnsafeMutablePointer<UInt64>, _ store: Store) { slots[0] = self }
}

extension Float: WasmValue {
  @inlinable public static var valueType: ValueType { .f32 }
  @inlinable public static func _read(_ slots: UnsafePointer<UInt64>, _ store: Store) -> Float {
    Float(bitPattern: UInt32(truncatingIfNeeded: slots[0]))
  }
  @inlinable public func _write(_ slots: UnsafeMutablePointer<UInt64>, _ store: Store) {
    slots[0] = UInt64(bitPattern)
  }
}

extension Double: WasmValue {
  @inlinable public static var valueType: ValueType { .f64 }
  @inlinable public static func _read(_ slots: UnsafePointer<UInt64>, _ store: Store) -> Double {
    Double(bitPattern: slots[0])
  }
  @inlinable public func _write(_ slots: UnsafeMutablePointer<UInt64>, _ store: Store) { slots[0] = bitPattern }
}

extension SIMD16<UInt8>: WasmValue {
  @inlinable public static var valueType: ValueType { .v128 }
  @inlinable public static func _read(_ slots: UnsafePointer<UInt64>, _ store: Store) -> SIMD16<UInt8> {
    UnsafeRawPointer(slots).loadUnaligned(as: SIMD16<UInt8>.self)
  }
  @inlinable public func _write(_ slots: UnsafeMutablePointer<UInt64>, _ store: Store) {
    UnsafeMutableRawPointer(slots).storeBytes(of: self, as: SIMD16<UInt8>.self)
  }
}

extension Optional: WasmValue where Wrapped: WasmReference {
  @inlinable public static var valueType: ValueType { Wrapped.nullableType }
  public static func _read(_ slots: UnsafePointer<UInt64>, _ store: Store) -> Wrapped? {
    Wrapped._read(reference: slots[0], store)
  }
  public func _write(_ slots: UnsafeMutablePointer<UInt64>, _ store: Store) {
    slots[0] = map { $0._reference(store) } ?? 0
  }
}

/// A Swift type whose optional stands for a nullable reference type.
public protocol WasmReference {
  static var nullableType: ValueType { get }
  static func _read(reference: UInt64, _ store: Store) -> Self?
  func _reference(_ store: Store) -> UInt64
}

extension ExternalReference: WasmReference {
  public static var nullableType: ValueType { .externref }
  public static func _read(reference: UInt64, _ store: Store) -> ExternalReference? {
    store.state.externalObject(reference).map(ExternalReference.init)
  }
  public func _reference(_ store: Store) -> UInt64 { store.state.makeExternalReference(object) }
}

extension Reference: WasmReference {
  public static var nullableType: ValueType { .reference(nullable: true, .any) }
  public static func _read(reference: UInt64, _ store: Store) -> Reference? {
    reference == 0
      ? nil : Reference(type: ReferenceType(isNullable: true, heapType: .any), slot: reference, in: store)
  }
  public func _reference(_ store: Store) -> UInt64 { slot }
}

extension Function: WasmReference {
  public static var nullableType: ValueType { .funcref }
  public static func _read(reference: UInt64, _ store: Store) -> Function? {
    Function(reference: reference, in: store)
  }
  public func _reference(_ store: Store) -> UInt64 { UInt64(UInt(bitPattern: reference)) }
}
