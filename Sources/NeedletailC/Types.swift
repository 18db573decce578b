import CNeedletail
import Needletail
import WebAssembly

// The type representations. They never change, so copies are the same object.

/// The kind of a value type.
final class ValueTypeObject: Object {
  let kind: wasm_valkind_t

  init(_ kind: wasm_valkind_t) { self.kind = kind }

  /// The most general type of the kind; nil if there is no such kind.
  var type: ValueType? { ValueType(kind: kind) }
}

extension ValueType {
  /// The most general type of a kind; nil if there is no such kind.
  init?(kind: wasm_valkind_t) {
    switch UInt32(kind) {
    case WASM_I32.rawValue: self = .i32
    case WASM_I64.rawValue: self = .i64
    case WASM_F32.rawValue: self = .f32
    case WASM_F64.rawValue: self = .f64
    case NEEDLETAIL_V128.rawValue: self = .v128
    case WASM_EXTERNREF.rawValue: self = .externref
    case WASM_FUNCREF.rawValue: self = .funcref
    case NEEDLETAIL_ANYREF.rawValue: self = .reference(nullable: true, .any)
    case NEEDLETAIL_EXNREF.rawValue: self = .reference(nullable: true, .exception)
    default: return nil
    }
  }

  /// The kind of the type.
  ///
  /// - Parameter top: the root of the hierarchy of a heap type.
  func kind(_ top: (HeapType) -> HeapType?) -> wasm_valkind_t {
    let kind =
      switch self {
      case .i32: WASM_I32.rawValue
      case .i64: WASM_I64.rawValue
      case .f32: WASM_F32.rawValue
      case .f64: WASM_F64.rawValue
      case .v128: NEEDLETAIL_V128.rawValue
      default:
        switch referenceType.flatMap({ top($0.heapType) }) {
        case .function: WASM_FUNCREF.rawValue
        case .external: WASM_EXTERNREF.rawValue
        case .exception: NEEDLETAIL_EXNREF.rawValue
        default: NEEDLETAIL_ANYREF.rawValue
        }
      }
    return wasm_valkind_t(kind)
  }
}

/// The type of an import or export.
class ExternTypeObject: Object {
  var kind: wasm_externkind_t { preconditionFailure("a type of an import has a kind") }
}

/// The type of a function or, as the types of its payload, of a tag.
final class FunctionTypeObject: ExternTypeObject {
  let parameters: UnsafeMutablePointer<wasm_valtype_vec_t>
  let results: UnsafeMutablePointer<wasm_valtype_vec_t>
  private let isTag: Bool

  /// Takes over `own` value types.
  init(_ parameters: [OpaquePointer?], _ results: [OpaquePointer?], isTag: Bool = false) {
    self.parameters = .allocate(capacity: 1)
    self.parameters.initialize(to: wasm_valtype_vec_t(owning: parameters))
    self.results = .allocate(capacity: 1)
    self.results.initialize(to: wasm_valtype_vec_t(owning: results))
    self.isTag = isTag
  }

  deinit {
    for vector in [parameters, results] {
      wasm_valtype_vec_t.delete(vector)
      vector.deallocate()
    }
  }

  override var kind: wasm_externkind_t {
    wasm_externkind_t(isTag ? NEEDLETAIL_EXTERN_TAG.rawValue : WASM_EXTERN_FUNC.rawValue)
  }

  /// The type; nil if a value type is missing or has no known kind.
  var type: FunctionType? {
    guard let parameters = Self.types(parameters), let results = Self.types(results) else { return nil }
    return FunctionType(parameters: parameters, results: results)
  }

  private static func types(_ vector: UnsafePointer<wasm_valtype_vec_t>) -> [ValueType]? {
    var types: [ValueType] = []
    for element in wasm_valtype_vec_t.elements(vector) {
      guard let type = element.lent(as: ValueTypeObject.self)?.type else { return nil }
      types.append(type)
    }
    return types
  }
}

/// The type of a global.
final class GlobalTypeObject: ExternTypeObject {
  let content: ValueTypeObject
  let mutability: wasm_mutability_t

  init(_ content: ValueTypeObject, _ mutability: wasm_mutability_t) {
    self.content = content
    self.mutability = mutability
  }

  override var kind: wasm_externkind_t { wasm_externkind_t(WASM_EXTERN_GLOBAL.rawValue) }

  var isMutable: Bool { UInt32(mutability) == WASM_VAR.rawValue }
}

/// Limits at an address that stays the same.
final class StoredLimits {
  let address: UnsafeMutablePointer<wasm_limits_t>

  init(_ limits: wasm_limits_t) {
    address = .allocate(capacity: 1)
    address.initialize(to: limits)
  }

  deinit { address.deallocate() }

  /// The limits; nil if the maximum is below the minimum.
  var limits: Limits? {
    let (minimum, maximum) = (address.pointee.min, address.pointee.max)
    if maximum == wasm_limits_max_default { return Limits(minimum: UInt64(minimum)) }
    return minimum <= maximum ? Limits(minimum: UInt64(minimum), maximum: UInt64(maximum)) : nil
  }
}

extension wasm_limits_t {
  /// Limits, of which numbers that have no place are reduced to the largest that has.
  init(_ limits: Limits) {
    self.init(
      min: UInt32(clamping: limits.minimum), max: limits.maximum.map { UInt32(clamping: $0) } ?? wasm_limits_max_default
    )
  }
}

/// The type of a table.
final class TableTypeObject: ExternTypeObject {
  let element: ValueTypeObject
  let limits: StoredLimits

  init(_ element: ValueTypeObject, _ limits: wasm_limits_t) {
    self.element = element
    self.limits = StoredLimits(limits)
  }

  override var kind: wasm_externkind_t { wasm_externkind_t(WASM_EXTERN_TABLE.rawValue) }
}

/// The type of a memory.
final class MemoryTypeObject: ExternTypeObject {
  let limits: StoredLimits

  init(_ limits: wasm_limits_t) { self.limits = StoredLimits(limits) }

  override var kind: wasm_externkind_t { wasm_externkind_t(WASM_EXTERN_MEMORY.rawValue) }
}

/// A name at an address that stays the same.
final class StoredName {
  let address: UnsafeMutablePointer<wasm_byte_vec_t>

  init(_ bytes: [CChar]) {
    address = .allocate(capacity: 1)
    address.initialize(to: wasm_byte_vec_t(owning: bytes))
  }

  convenience init(_ text: String) { self.init(text.utf8.map { CChar(bitPattern: $0) }) }

  deinit {
    wasm_byte_vec_t.delete(address)
    address.deallocate()
  }
}

/// An import of a module.
final class ImportTypeObject: Object {
  let module: StoredName
  let name: StoredName
  let type: ExternTypeObject

  init(_ module: StoredName, _ name: StoredName, _ type: ExternTypeObject) {
    self.module = module
    self.name = name
    self.type = type
  }
}

/// An export of a module.
final class ExportTypeObject: Object {
  let name: StoredName
  let type: ExternTypeObject

  init(_ name: StoredName, _ type: ExternTypeObject) {
    self.name = name
    self.type = type
  }
}

extension ExternTypeObject {
  /// - Parameter top: the root of the hierarchy of a heap type, in the indices that `type` has.
  static func of(_ type: ExternType, _ top: @escaping (HeapType) -> HeapType?) -> ExternTypeObject {
    switch type {
    case .function(let type): FunctionTypeObject(type, top)
    case .tag(let type): FunctionTypeObject(type, isTag: true, top)
    case .global(let type):
      GlobalTypeObject(
        ValueTypeObject(type.value.kind(top)),
        wasm_mutability_t(type.isMutable ? WASM_VAR.rawValue : WASM_CONST.rawValue))
    case .table(let type):
      TableTypeObject(ValueTypeObject(ValueType(type.element).kind(top)), wasm_limits_t(type.limits))
    case .memory(let type): MemoryTypeObject(wasm_limits_t(type.limits))
    }
  }
}

extension FunctionTypeObject {
  convenience init(_ type: FunctionType, isTag: Bool = false, _ top: (HeapType) -> HeapType?) {
    self.init(
      type.parameters.map { ValueTypeObject($0.kind(top)).owned() },
      type.results.map { ValueTypeObject($0.kind(top)).owned() }, isTag: isTag)
  }
}
