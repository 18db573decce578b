import WasmRuntime
import WebAssembly

/// A reference to a structure, an array, an `i31` or an exception, or null.
///
/// The object stays alive while a value of this type refers to it. ``Store/makeStructure(_:fields:)`` and
/// ``Store/makeArray(_:elements:)`` create objects.
///
/// ```swift
/// let point = try engine.defineStructure([
///   FieldType(storage: .value(.f64), isMutable: true), FieldType(storage: .value(.f64), isMutable: true),
/// ])
/// let reference = try store.makeStructure(point, fields: [.f64(1), .f64(2)])
/// try reference.setField(0, .f64(3))
/// let x = try reference.field(0)  // 3.0
/// ```
public struct Reference {
  /// The static type that Wasm gave the reference. Concrete types in it are canonical.
  public let type: ReferenceType
  let slot: UInt64
  /// Keeps the object alive; nil for null and `i31`.
  let root: HeapRoot?

  /// A reference received from Wasm.
  init(type: ReferenceType, slot: UInt64, in store: Store) {
    self.type = type
    self.slot = slot
    root = slot == 0 || slot & 1 == 1 ? nil : HeapRoot(slot, in: store)
  }

  /// Creates the null reference of a type.
  public init(null type: HeapType) {
    self.type = ReferenceType(isNullable: true, heapType: type)
    slot = 0
    root = nil
  }

  /// Creates an `i31` from the low 31 bits of an integer.
  public init(i31 value: Int32) {
    type = ReferenceType(isNullable: false, heapType: .i31)
    slot = UInt64(UInt32(bitPattern: value) & 0x7FFF_FFFF) << 1 | 1
    root = nil
  }

  /// Whether this is null.
  public var isNull: Bool { slot == 0 }

  /// The value of an `i31`, sign-extended; nil for other references.
  public var i31: Int32? { slot & 1 == 1 ? Int32(truncatingIfNeeded: slot) >> 1 : nil }

  /// The Swift object that `any.convert_extern` converted to this reference; nil for other references.
  public var externalObject: AnyObject? { root?.store.state.externalObject(slot) }

  /// Whether both refer to the same object, are the same `i31`, or are null.
  public func isIdentical(to other: Reference) -> Bool { slot == other.slot }
}

/// Keeps a heap object alive.
final class HeapRoot {
  let store: Store
  private let index: Int

  init(_ slot: UInt64, in store: Store) {
    self.store = store
    index = store.state.heap.roots.hold(slot)
  }

  // This can run on any thread: an error is Sendable, and may hold the last reference.
  deinit { store.state.heap.roots.release(index) }
}

// MARK: Types

// These read parts of an object that never change while a root keeps it alive, so they need no claim on the store.
extension Reference {
  private var object: UnsafeMutableRawPointer? {
    root == nil ? nil : UnsafeMutableRawPointer(bitPattern: UInt(slot))
  }

  private var descriptor: UnsafePointer<TypeDescriptor>? {
    guard let object, let root else { return nil }
    return root.store.state.heap.descriptor(of: object.load(as: UInt32.self))
  }

  /// The dynamic type: a canonical type for structures and arrays; nil for null.
  public var heapType: HeapType? {
    if isNull { return nil }
    guard let object, let descriptor else { return .i31 }
    switch descriptor.pointee.kind {
    case TypeDescriptor.Kind.structure, TypeDescriptor.Kind.array:
      return .concrete(object.load(as: UInt32.self), isExact: true)
    case TypeDescriptor.Kind.exception: return .exception
    default: return .any
    }
  }

  /// Whether `ref.test` with this type would succeed.
  ///
  /// - Parameters:
  ///   - wanted: the type; a concrete type in it is canonical.
  ///   - store: the store of the reference.
  /// - Complexity: O(1).
  public func matches(_ wanted: ReferenceType, in store: Store) -> Bool {
    guard root == nil || root?.store === store else { return false }
    let types = store.engine.types
    // Null and `i31` belong to no store, and the engine may not know their type.
    guard let top = store.engine.top(of: wanted.heapType), top == store.engine.top(of: type.heapType) else {
      return false
    }
    guard let heapType else { return wanted.isNullable }
    // All objects that were converted to external have the same type.
    if top == .external { return wanted.heapType == .external }
    return types.matches(ReferenceType(isNullable: false, heapType: heapType), wanted)
  }

  /// Explains why this does not match a type.
  func mismatch(_ wanted: ReferenceType?, in store: Store) -> String {
    if let root, root.store !== store { return "the reference belongs to another store" }
    return "expected \(wanted.map { "\($0)" } ?? "a number"), found \(type)"
  }

  /// The same reference with another type, as by `ref.cast`.
  ///
  /// - Throws: `Trap` ("cast failure") if this does not have the type.
  public func cast(to type: ReferenceType, in store: Store) throws -> Reference {
    guard matches(type, in: store) else { throw Trap(.castFailure) }
    return Reference(type: type, slot: slot, in: store)
  }
}

// MARK: Structures

extension Reference {
  /// The types of the fields; nil if this is not a structure.
  public var fieldTypes: [FieldType]? { composite?.structure }

  private var composite: CompositeType? {
    guard let object, let root, let index = heapType?.typeIndex else { return nil }
    assert(object.load(as: UInt32.self) == index)
    return root.store.engine.types.type(index).composite
  }

  /// Calls a closure with a field while the store is claimed.
  private func withField<R>(
    _ index: Int, _ body: (UnsafeMutableRawPointer, FieldType, Store) throws -> R
  ) throws -> R {
    guard let root else { throw ArgumentError("expected a reference to a structure, found \(type)") }
    return try root.store.claimed {
      let (place, type) = try place(ofField: index, root)
      return try body(place, type, root.store)
    }
  }

  private func place(ofField index: Int, _ root: HeapRoot) throws -> (UnsafeMutableRawPointer, FieldType) {
    guard let object, let fields = fieldTypes else {
      throw ArgumentError("expected a reference to a structure, found \(type)")
    }
    guard fields.indices.contains(index) else {
      throw ArgumentError("unknown field \(index): expected 0 to \(fields.count - 1)")
    }
    let layout = root.store.state.heap.layout(of: object.load(as: UInt32.self))!
    return (object + Int(layout.fieldOffsets[index]), fields[index])
  }

  /// Reads a field. Integers of 8 and 16 bits are zero-extended.
  ///
  /// - Parameter index: the position of the field.
  /// - Throws: `ArgumentError` if this is not a structure, or there is no such field; `StoreInUse` if another thread uses the store.
  public func field(_ index: Int) throws -> Value {
    try withField(index) { place, type, store in Value(at: place, type.storage, in: store) }
  }

  /// Writes a field.
  ///
  /// - Parameters:
  ///   - index: the position of the field.
  ///   - value: the new value; `i32` for integers of 8 and 16 bits.
  /// - Throws: `ArgumentError` if there is no such field, it is immutable, or the value has another type; `Trap` if the heap has no room
  ///   for the value's object; `StoreInUse` if another thread uses the store.
  public func setField(_ index: Int, _ value: Value) throws {
    try withField(index) { place, type, store in
      guard type.isMutable else { throw ArgumentError("field \(index) is immutable") }
      defer { store.reachSafePoint() }
      try value.write(at: place, type.storage, in: store)
    }
  }
}

// MARK: Arrays

extension Reference {
  /// The type of the elements; nil if this is not an array.
  public var elementType: FieldType? { composite?.array }

  /// The number of elements; nil if this is not an array.
  public var elementCount: Int? {
    guard let object, let descriptor, descriptor.pointee.kind == TypeDescriptor.Kind.array else { return nil }
    return Int(object.load(fromByteOffset: HeapObject.lengthOffset, as: UInt32.self))
  }

  /// Calls a closure with an element while the store is claimed.
  private func withElement<R>(
    _ index: Int, _ body: (UnsafeMutableRawPointer, FieldType, Store) throws -> R
  ) throws -> R {
    guard let root else { throw ArgumentError("expected a reference to an array, found \(type)") }
    return try root.store.claimed {
      let (place, type) = try place(ofElement: index)
      return try body(place, type, root.store)
    }
  }

  private func place(ofElement index: Int) throws -> (UnsafeMutableRawPointer, FieldType) {
    guard let object, let type = elementType, let count = elementCount else {
      throw ArgumentError("expected a reference to an array, found \(self.type)")
    }
    guard index >= 0, index < count else {
      let code = TrapCode.outOfBoundsArrayAccess
      throw Trap(code, message: "\(code.message): no element \(index) of an array of \(count)")
    }
    return (object + (HeapObject.payloadOffset + type.storage.byteCount * index), type)
  }

  /// Reads an element. Integers of 8 and 16 bits are zero-extended.
  ///
  /// - Parameter index: the position of the element.
  /// - Throws: `Trap` if there is no such element; `ArgumentError` if this is not an array; `StoreInUse` if another thread uses the store.
  public func element(_ index: Int) throws -> Value {
    try withElement(index) { place, type, store in Value(at: place, type.storage, in: store) }
  }

  /// Writes an element.
  ///
  /// - Parameters:
  ///   - index: the position of the element.
  ///   - value: the new value; `i32` for integers of 8 and 16 bits.
  /// - Throws: `Trap` if there is no such element, or the heap has no room for the value's object; `ArgumentError` if it is immutable, or
  ///   the value has another type; `StoreInUse` if another thread uses the store.
  public func setElement(_ index: Int, _ value: Value) throws {
    try withElement(index) { place, type, store in
      guard type.isMutable else { throw ArgumentError("the elements are immutable") }
      defer { store.reachSafePoint() }
      try value.write(at: place, type.storage, in: store)
    }
  }
}

extension Value {
  /// Reads a field or element.
  fileprivate init(at place: UnsafeMutableRawPointer, _ storage: StorageType, in store: Store) {
    let slots = HeapCell.load(place, byteCount: storage.byteCount)
    self = withUnsafeTemporaryAllocation(of: Slot.self, capacity: 2) { buffer in
      buffer.initializeElement(at: 0, to: slots.0)
      buffer.initializeElement(at: 1, to: slots.1)
      return Value(UnsafePointer(buffer.baseAddress!), as: storage.unpacked, in: store)
    }
  }

  /// Writes a field or element of an object that something else keeps alive.
  fileprivate func write(at place: UnsafeMutableRawPointer, _ storage: StorageType, in store: Store) throws {
    let slots = try slots(as: storage, in: store)
    HeapCell.store(slots.0, slots.1, at: place, byteCount: storage.byteCount)
  }

  /// The value's slots, if it has the type; only a vector uses the second.
  fileprivate func slots(as storage: StorageType, in store: Store) throws -> (Slot, Slot) {
    guard matches(storage.unpacked, in: store) else { throw ArgumentError(mismatch(storage.unpacked, in: store)) }
    return try withUnsafeTemporaryAllocation(of: Slot.self, capacity: 2) { buffer in
      buffer.initialize(repeating: 0)
      try write(buffer.baseAddress!, in: store)
      return (buffer[0], buffer[1])
    }
  }
}

// MARK: Creating objects

extension Engine {
  /// Defines a structure type: final, without supertype. Equal fields give the same type. The engine keeps it.
  ///
  /// - Parameter fields: the types of the fields; they may refer to types that this engine knows.
  /// - Returns: the canonical type.
  /// - Throws: `ArgumentError` if the fields refer to unknown types; `LimitExceeded` if there are more than 10,000, or too many types.
  public func defineStructure(_ fields: [FieldType]) throws -> HeapType { try define(.structure(fields)) }

  /// Defines an array type: final, without supertype. The engine keeps it.
  ///
  /// - Parameter element: the type of the elements.
  /// - Returns: the canonical type.
  /// - Throws: `ArgumentError` if it refers to a type that this engine does not know; `LimitExceeded` if there are too many types.
  public func defineArray(_ element: FieldType) throws -> HeapType { try define(.array(element)) }

  private func define(_ composite: CompositeType) throws -> HeapType {
    try composite.checkFieldCount()
    guard let defined = try types.intern(SubType(composite)) else {
      throw ArgumentError("\(composite) refers to a type that the engine does not know")
    }
    keep(defined)
    return .concrete(defined.indices[0])
  }
}

extension Module {
  /// The canonical heap type for a type index of the module; nil if there is none.
  ///
  /// It is valid as long as the module exists, or a store in which the module was instantiated or an object of the type was created.
  public func heapType(_ typeIndex: UInt32) -> HeapType? {
    Int(typeIndex) < image.types.count ? .concrete(image.types[Int(typeIndex)]) : nil
  }
}

extension Store {
  private func composite(_ type: HeapType) throws -> (index: UInt32, type: CompositeType) {
    guard let index = type.typeIndex, state.hold(typeAt: index), let sub = engine.types.typeIfKnown(index) else {
      throw ArgumentError("expected a structure or array type, found \(type)")
    }
    guard sub.descriptor == nil else { throw ArgumentError("structures of \(type) need a descriptor") }
    return (index, sub.composite)
  }

  private func reference(_ index: UInt32, _ object: UnsafeMutableRawPointer) -> Reference {
    Reference(
      type: ReferenceType(isNullable: false, heapType: .concrete(index, isExact: true)),
      slot: UInt64(UInt(bitPattern: object)), in: self)
  }

  /// Creates a structure.
  ///
  /// - Parameters:
  ///   - type: a canonical type from ``Engine/defineStructure(_:)``, ``Module/heapType(_:)`` or a function's type.
  ///   - fields: the values of the fields.
  /// - Throws: `ArgumentError` if the type is not a structure type or values do not match; `Trap` if the heap is exhausted; `StoreInUse`
  ///   if another thread uses the store.
  public func makeStructure(_ type: HeapType, fields: [Value]) throws -> Reference {
    try claimed { try makeClaimedStructure(type, fields) }
  }

  private func makeClaimedStructure(_ type: HeapType, _ fields: [Value]) throws -> Reference {
    let (index, composite) = try composite(type)
    guard let types = composite.structure else { throw ArgumentError("expected a structure type, found \(type)") }
    guard types.count == fields.count else {
      throw ArgumentError("expected \(counted(types.count, "field")), found \(fields.count)")
    }
    defer { reachSafePoint() }
    guard let object = state.heap.makeStructure(index, stackTop: state.context.pointee.stackTop) else {
      throw state.trap(.allocationFailure)
    }
    let result = reference(index, object)
    let layout = state.heap.layout(of: index)!
    for (position, (value, type)) in zip(fields, types).enumerated() {
      try value.write(at: object + Int(layout.fieldOffsets[position]), type.storage, in: self)
    }
    return result
  }

  /// Creates an array.
  ///
  /// - Parameters:
  ///   - type: a canonical type from ``Engine/defineArray(_:)``, ``Module/heapType(_:)`` or a function's type.
  ///   - elements: the values of the elements.
  /// - Throws: `ArgumentError` if the type is not an array type or values do not match; `Trap` if the heap is exhausted; `StoreInUse` if
  ///   another thread uses the store.
  /// - Complexity: O(number of elements).
  public func makeArray(_ type: HeapType, elements: [Value]) throws -> Reference {
    try claimed {
      defer { reachSafePoint() }
      let (result, object, storage) = try makeArray(type, count: elements.count)
      let byteCount = storage.byteCount
      for (index, value) in elements.enumerated() {
        try value.write(at: object + byteCount * index, storage, in: self)
      }
      return result
    }
  }

  /// Creates an array of equal elements.
  ///
  /// - Parameters:
  ///   - type: a canonical type from ``Engine/defineArray(_:)``, ``Module/heapType(_:)`` or a function's type.
  ///   - value: the value of every element.
  ///   - count: the number of elements.
  /// - Throws: `ArgumentError` if the type is not an array type or the value does not match; `Trap` if the heap is exhausted;
  ///   `StoreInUse` if another thread uses the store.
  /// - Complexity: O(number of elements).
  public func makeArray(_ type: HeapType, repeating value: Value, count: Int) throws -> Reference {
    try claimed {
      defer { reachSafePoint() }
      let (result, object, storage) = try makeArray(type, count: count)
      let slots = try value.slots(as: storage, in: self)
      HeapCell.fill(slots.0, slots.1, at: object, byteCount: storage.byteCount, count: count)
      return result
    }
  }

  /// An array of zeros or nulls, and the address of its elements.
  private func makeArray(
    _ type: HeapType, count: Int
  ) throws -> (Reference, UnsafeMutableRawPointer, StorageType) {
    let (index, composite) = try composite(type)
    guard let element = composite.array else { throw ArgumentError("expected an array type, found \(type)") }
    guard let length = UInt32(exactly: count) else {
      throw ArgumentError("expected 0 to \(UInt32.max) elements, found \(count)")
    }
    guard let object = state.heap.makeArray(index, length: length, stackTop: state.context.pointee.stackTop) else {
      throw state.trap(.allocationFailure)
    }
    let elements = object + HeapObject.payloadOffset
    HeapCell.fill(0, 0, at: elements, byteCount: element.storage.byteCount, count: count)
    return (reference(index, object), elements, element.storage)
  }

  // MARK: The heap

  /// Collects garbage now, and releases the Swift objects that are unreachable. Collections run automatically; an explicit one is rarely
  /// needed.
  ///
  /// Automatic collections release Swift objects a little later: before the next host function is called, after a call from the host has
  /// ended, and in the host's operations on the store. The `deinit` of such an object may use the store.
  ///
  /// - Precondition: no other thread uses the store.
  public func collectGarbage() {
    claimedOrEnd {
      state.heap.collect(stackTop: state.context.pointee.stackTop)
      reachSafePoint()
    }
  }

  /// The contents of the heap, and the cost of collections so far.
  public var heapStatistics: HeapStatistics { claimedOrEnd { state.heap.currentStatistics } }
}
