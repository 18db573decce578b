import CNeedletail
import Needletail
import WebAssembly

extension wasm_val_t {
  private typealias Union = wasm_val_t.__Unnamed_union_of

  /// A copy of a value, with its `own` reference.
  ///
  /// - Throws: `UseError` for a `v128`.
  init(_ value: Value, in store: StoreObject) throws {
    switch value {
    case .i32(let value): self.init(kind: wasm_valkind_t(WASM_I32.rawValue), of: Union(i32: value))
    case .i64(let value): self.init(kind: wasm_valkind_t(WASM_I64.rawValue), of: Union(i64: value))
    case .f32(let value): self.init(kind: wasm_valkind_t(WASM_F32.rawValue), of: Union(f32: value))
    case .f64(let value): self.init(kind: wasm_valkind_t(WASM_F64.rawValue), of: Union(f64: value))
    case .v128: throw UseError("a wasm_val_t cannot hold a v128")
    case .function, .external, .reference:
      let kind = value.type.kind(store.store.engine.top(of:))
      self.init(kind: kind, of: Union(ref: try store.makeReference(value)))
    }
  }

  /// The zero or null of a type.
  ///
  /// - Throws: `UseError` for a `v128`.
  init(zeroOf type: ValueType, in store: StoreObject) throws {
    guard type != .v128 else { throw UseError("a wasm_val_t cannot hold a v128") }
    self.init(kind: type.kind(store.store.engine.top(of:)), of: Union(i64: 0))
    if isReference { of.ref = nil }
  }

  var isReference: Bool { UInt32(kind) >= WASM_EXTERNREF.rawValue }

  /// The value as one of a type of the store, in canonical indices. Its reference is lent.
  ///
  /// - Throws: `UseError` if it has another kind.
  func value(as type: ValueType, in store: StoreObject) throws -> Value {
    if let type = type.referenceType, isReference { return try store.value(of: of.ref, as: type) }
    switch (UInt32(kind), type) {
    case (WASM_I32.rawValue, .i32): return .i32(of.i32)
    case (WASM_I64.rawValue, .i64): return .i64(of.i64)
    case (WASM_F32.rawValue, .f32): return .f32(of.f32)
    case (WASM_F64.rawValue, .f64): return .f64(of.f64)
    default:
      let found = ValueType(kind: kind).map { "\($0)" } ?? "kind \(kind)"
      throw UseError("expected \(type), found \(found)")
    }
  }

  func copy() -> wasm_val_t {
    var copy = self
    if isReference { copy.of.ref = of.ref.retained() }
    return copy
  }

  func deleteReference() { if isReference { of.ref.release() } }
}

extension StoreObject {
  /// An `own` reference; nil for null.
  func makeReference(_ value: Value) throws -> OpaquePointer? {
    switch value {
    case .function(let function?): return Handle(.external(.function(function)), in: self).owned()
    case .external(let external?):
      guard let object = external.object as? ForeignObject else { throw UseError("unknown object of the host") }
      return Handle(.foreign(object), in: self).owned()
    case .reference(let reference) where !reference.isNull: return Handle(.reference(reference), in: self).owned()
    default: return nil
    }
  }

  /// The value of a reference as one of a type, in canonical indices.
  ///
  /// - Throws: `UseError` if the reference is of another kind. (Whether it has the type is checked later.)
  func value(of reference: OpaquePointer?, as type: ReferenceType) throws -> Value {
    guard reference != nil else {
      // Null of the type's hierarchy, which is a type that values of this kind have.
      return .null(store.engine.top(of: type.heapType) ?? type.heapType)
    }
    switch reference.handle?.content {
    case .external(.function(let function)): return .function(function)
    case .foreign(let object): return .external(ExternalReference(object))
    case .reference(let reference): return .reference(reference)
    default: throw UseError("expected \(type), found a reference of another kind")
    }
  }

  /// The values of a vector as ones of types.
  ///
  /// - Throws: `UseError` if there are fewer or more, or one has another kind.
  func values(
    _ vector: UnsafeBufferPointer<wasm_val_t>, as types: [ValueType], what: String
  ) throws -> [Value] {
    guard vector.count == types.count else {
      throw UseError("expected \(types.count) \(what)\(types.count == 1 ? "" : "s"), found \(vector.count)")
    }
    var values: [Value] = []
    values.reserveCapacity(types.count)
    for (index, type) in types.enumerated() {
      do {
        values.append(try vector[index].value(as: type, in: self))
      } catch {
        throw UseError("invalid \(what) \(index + 1): \(error)")
      }
    }
    return values
  }
}

/// Deletes the reference of a value, if it is one, and leaves null.
@c @implementation
public func wasm_val_delete(_ value: UnsafeMutablePointer<wasm_val_t>?) {
  guard let value, value.pointee.isReference else { return }
  value.pointee.deleteReference()
  value.pointee.of.ref = nil
}

/// A value with another reference to the same object.
@c @implementation
public func wasm_val_copy(_ out: UnsafeMutablePointer<wasm_val_t>?, _ value: UnsafePointer<wasm_val_t>?) {
  out?.initialize(to: value?.pointee.copy() ?? wasm_val_t())
}
