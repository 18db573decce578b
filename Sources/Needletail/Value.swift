import WasmRuntime
import WebAssembly

/// A WebAssembly value. Floats keep all their bits, including those of NaNs.
public enum Value {
  /// A 32-bit integer; the sign is a matter of interpretation.
  case i32(Int32)
  /// A 64-bit integer; the sign is a matter of interpretation.
  case i64(Int64)
  /// A 32-bit float.
  case f32(Float)
  /// A 64-bit float.
  case f64(Double)
  /// A vector: 16 bytes, lowest lane first.
  case v128(SIMD16<UInt8>)
  /// A `funcref`, or null.
  case function(Function?)
  /// An `externref` to a Swift object, or null. A Wasm object that was converted to external is a ``reference(_:)``.
  case external(ExternalReference?)
  /// A reference of any other kind.
  case reference(Reference)

  /// The null reference of a type.
  public static func null(_ type: HeapType) -> Value {
    switch type {
    case .function, .noFunction: .function(nil)
    case .external, .noExternal: .external(nil)
    default: .reference(Reference(null: type))
    }
  }

  /// The type. For a reference it is the most general type of its kind.
  public var type: ValueType {
    switch self {
    case .i32: .i32
    case .i64: .i64
    case .f32: .f32
    case .f64: .f64
    case .v128: .v128
    case .function: .funcref
    case .external: .externref
    case .reference(let reference): ValueType(reference.type)
    }
  }
}

/// A Swift object that Wasm can hold and pass on as an `externref`, but not inspect.
public struct ExternalReference {
  /// The object.
  public let object: AnyObject

  /// Wraps an object.
  public init(_ object: AnyObject) { self.object = object }
}

extension Value: CustomStringConvertible {
  /// The value as text: a number, `null`, or the kind of the reference.
  public var description: String {
    switch self {
    case .i32(let value): "\(value)"
    case .i64(let value): "\(value)"
    case .f32(let value): "\(value)"
    case .f64(let value): "\(value)"
    case .v128(let value):
      "i32x4"
        + (0..<4).map { lane in
          let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(value[4 * lane + $1]) << UInt32(8 * $1) }
          let digits = String(word, radix: 16)
          return " 0x" + String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    case .function(nil), .external(nil): "null"
    case .function: "funcref"
    case .external: "externref"
    case .reference(let reference):
      reference.isNull
        ? "null"
        : reference.i31.map { "i31 \($0)" } ?? "\(ReferenceType(isNullable: false, heapType: reference.heapType!))"
    }
  }
}

// MARK: Slots

extension Value {
  /// Writes the value into its one or two slots. The caller holds the store's claim.
  ///
  /// - Throws: `Trap` if the heap has no room for a reference to a Swift object.
  func write(_ slots: UnsafeMutablePointer<Slot>, in store: Store) throws {
    switch self {
    case .i32(let value): slots[0] = Slot(UInt32(bitPattern: value))
    case .i64(let value): slots[0] = Slot(bitPattern: value)
    case .f32(let value): slots[0] = Slot(value.bitPattern)
    case .f64(let value): slots[0] = value.bitPattern
    case .v128(let value): UnsafeMutableRawPointer(slots).storeBytes(of: value, as: SIMD16<UInt8>.self)
    case .function(let function): slots[0] = Slot(UInt(bitPattern: function?.reference))
    case .external(let external): slots[0] = try external.map { try store.makeSlot($0.object) } ?? 0
    case .reference(let reference): slots[0] = reference.slot
    }
  }

  /// Reads a value of a type in canonical indices.
  init(_ slots: UnsafePointer<Slot>, as type: ValueType, in store: Store) {
    switch type {
    case .i32: self = .i32(Int32(truncatingIfNeeded: slots[0]))
    case .i64: self = .i64(Int64(bitPattern: slots[0]))
    case .f32: self = .f32(Float(bitPattern: UInt32(truncatingIfNeeded: slots[0])))
    case .f64: self = .f64(Double(bitPattern: slots[0]))
    case .v128: self = .v128(UnsafeRawPointer(slots).loadUnaligned(as: SIMD16<UInt8>.self))
    default: self.init(slots[0], as: type.referenceType ?? .externref, in: store)
    }
  }

  private init(_ slot: Slot, as type: ReferenceType, in store: Store) {
    switch store.engine.types.top(of: type.heapType) {
    case .function: self = .function(Function(reference: slot, in: store))
    case .external where slot == 0: self = .external(nil)
    case .external:
      if let object = store.state.externalObject(slot) {
        self = .external(ExternalReference(object))
      } else {
        self = .reference(Reference(type: type, slot: slot, in: store))
      }
    default: self = .reference(Reference(type: type, slot: slot, in: store))
    }
  }

  /// Whether the value has a type, given in canonical indices.
  func matches(_ type: ValueType, in store: Store) -> Bool {
    guard let wanted = type.referenceType else { return self.type == type }
    switch self {
    case .function(let function?):
      guard function.store === store else { return false }
      let own = ReferenceType(isNullable: false, heapType: .concrete(function.reference.pointee.type))
      return store.engine.types.matches(own, wanted)
    case .function(nil): return wanted.isNullable && store.engine.top(of: wanted.heapType) == .function
    case .external(nil): return wanted.isNullable && store.engine.top(of: wanted.heapType) == .external
    case .external: return wanted.heapType == .external
    case .reference(let reference): return reference.matches(wanted, in: store)
    default: return false
    }
  }

  /// Explains why the value does not match a type.
  func mismatch(_ type: ValueType, in store: Store) -> String {
    switch self {
    case .function(let function?) where function.store !== store: "the function belongs to another store"
    case .reference(let reference): reference.mismatch(type.referenceType, in: store)
    default: "expected \(type), found \(self.type)"
    }
  }
}
