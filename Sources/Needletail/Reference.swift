import WasmRuntime
import WebAssembly

/// A reference to a structure, an array, an `i31` or an exception, or null.
///
/// The object stays alive as long as a value of this type refers to it. Objects are made by
/// ``Store/makeStructure(_:fields:)`` and ``Store/makeArray(_:elements:)``.
///
/// ```swift
/// let point = try engine.defineStructure([
///   FieldType(storage: .value(.f64), isMutable: true), FieldType(storage: .value(.f64), isMutable: true),
/// ])
/// let reference = try store.makeStructure(point, fields: [.f64(1), .f64(2)])
/// try reference.setField(0, .f64(3))
/// let results = try length.call([.reference(reference)])
/// ```
public struct Reference {
  /// The static type under which Wasm gave it, in which concrete types are canonical.
  public let type: ReferenceType
  let slot: UInt64
  /// What keeps the object alive; nil for null and `i31`.
  let root: HeapRoot?

  /// A reference that Wasm gave.
  init(type: ReferenceType, slot: UInt64, in store: Store) {
    self.type = type
    self.slot = slot
    root = slot == 0 || slot & 1 == 1 ? nil : HeapRoot(slot, in: store)
  }

  /// The null reference of a type.
  public init(null type: HeapType) {
    self.type = ReferenceType(isNullable: true, heapType: type)
    slot = 0
    root = nil
  }

  /// An `i31`: the low 31 bits of an integer.
  public init(i31 value: Int32) {
    type = ReferenceType(isNullable: false, heapType: .i31)
    slot = UInt64(UInt32(bitPattern: value) & 0x7FFF_FFFF) << 1 | 1
    root = nil
  }

  public var isNull: Bool { slot == 0 }

  /// The integer of an `i31`, sign-extended.
  public var i31: Int32? { slot & 1 == 1 ? Int32(truncatingIfNeeded: slot) >> 1 : nil }

  /// The Swift object that this refers to, if `any.convert_extern` made it of one.
  public var externalObject: AnyObject? { root?.store.state.externalObject(slot) }

  /// Whether both refer to the same object, or are the same `i31`, or null.
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

  // On any thread: an error, which is Sendable, may hold the last reference.
  deinit { store.state.heap.roots.release(index) }
}

// MARK: Types

// What these read of an object never changes while a root keeps it, so they need no claim of the store.
extension Reference {
  private var object: UnsafeMutableRawPointer? {
    root == nil ? nil : UnsafeMutableRawPointer(bitPattern: UInt(slot))
  }

  private var descriptor: UnsafePointer<TypeDescriptor>? {
    guard let object, let root else { return nil }
    return root.store.state.heap.descriptor(of: object.load(as: UInt32.self))
  }

  /// The type of the object itself: a canonical type for structures and arrays; nil for null.
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

  /// Whether this is of a type, whose concrete type is canonical: what `ref.test` says.
  ///
  /// - Complexity: O(1).
  public func matches(_ wanted: ReferenceType, in store: Store) -> Bool {
    guard root == nil || root?.store === store else { return false }
    let types = store.engine.types
    // Null and `i31` belong to no store, and the engine may not know their type.
    guard let top = store.engine.top(of: wanted.heapType), top == store.engine.top(of: type.heapType) else {
      return false
    }
    guard let heapType else { return wanted.isNullable }
    // Seen as external, objects of all types are alike.
    if top == .external { return wanted.heapType == .external }
    return types.matches(ReferenceType(isNullable: false, heapType: heapType), wanted)
  }

  /// Says why this does not match a type.
  func mismatch(_ wanted: ReferenceType?, in store: Store) -> String {
    if let root, root.store !== store { return "the reference belongs to another store" }
    return "expected \(wanted.map { "\($0)" } ?? "a number"), found \(type)"
  }

  /// The same reference under another type: what `ref.cast` does.
  ///
  /// - Throws: `Trap` ("cast failure") if this is not of that type.
  public func cast(to type: ReferenceType, in store: Store) throws -> Reference {
    guard matches(type, in: store) else { throw Trap(.castFailure) }
    return Reference(type: type, slot: slot, in: store)
  }
}

// MARK: Structures

extension Reference {
  /// The fields' types, if this refers to a structure; else nil.
  public var fieldTypes: [FieldType]? { composite?.structure }

  private var composite: CompositeType? {
    guard let object, let root, let index = heapType?.typeIndex else { return nil }
    assert(object.load(as: UInt32.self) == index)
    return root.store.engine.types.type(index).composite
  }

  /// Does something with a field, while the store is claimed.
  private func withField<R>(
    _ index: Int, _ body: (UnsafeMutableRawPointer, FieldType, Store) throws -> R
  ) throws -> R {
    guard let root else { throw ArgumentError("the reference is to no structure") }
    return try root.store.claimed {
      let (place, type) = try place(ofField: index, root)
      return try body(place, type, root.store)
    }
  }

  private func place(ofField index: Int, _ root: HeapRoot) throws -> (UnsafeMutableRawPointer, FieldType) {
    guard let object, let fields = fieldTypes else { throw ArgumentError("the reference is to no structure") }
    guard fields.indices.contains(index) else {
      throw ArgumentError("there is no field \(index): the structure has \(fields.count)")
    }
    let layout = root.store.state.heap.layout(of: object.load(as: UInt32.self))!
    return (object + Int(layout.fieldOffsets[index]), fields[index])
  }

  /// The value of a field. Integers of 8 and 16 bits come without sign.
  ///
  /// - Throws: `ArgumentError` if this refers to no structure, or there is no such field; `StoreInUse`.
  public func field(_ index: Int) throws -> Value {
    try withField(index) { place, type, store in Value(at: place, type.storage, in: store) }
  }

  /// Sets a field.
  ///
  /// - Throws: `ArgumentError` if there is no such field, it is immutable, or the value is of another type; `Trap` if the heap has no
  ///   room for the value's object; `StoreInUse`.
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
  /// The elements' type, if this refers to an array; else nil.
  public var elementType: FieldType? { composite?.array }

  /// The number of elements, if this refers to an array; else nil.
  public var elementCount: Int? {
    guard let object, let descriptor, descriptor.pointee.kind == TypeDescriptor.Kind.array else { return nil }
    return Int(object.load(fromByteOffset: HeapObject.lengthOffset, as: UInt32.self))
  }

  /// Does something with an element, while the store is claimed.
  private func withElement<R>(
    _ index: Int, _ body: (UnsafeMutableRawPointer, FieldType, Store) throws -> R
  ) throws -> R {
    guard let root else { throw ArgumentError("the reference is to no array") }
    return try root.store.claimed {
      let (place, type) = try place(ofElement: index)
      return try body(place, type, root.store)
    }
  }

  private func place(ofElement index: Int) throws -> (UnsafeMutableRawPointer, FieldType) {
    guard let object, let type = elementType, let count = elementCount else {
      throw ArgumentError("the reference is to no array")
    }
    guard index >= 0, index < count else { throw Trap(.outOfBoundsArrayAccess) }
    return (object + (HeapObject.payloadOffset + type.storage.byteCount * index), type)
  }

  /// The value of an element. Integers of 8 and 16 bits come without sign.
  ///
  /// - Throws: `Trap` if there is no such element, `ArgumentError` if this refers to no array; `StoreInUse`.
  public func element(_ index: Int) throws -> Value {
    try withElement(index) { place, type, store in Value(at: place, type.storage, in: store) }
  }

  /// Sets an element.
  ///
  /// - Throws: `Trap` if there is no such element, or the heap has no room for the value's object; `ArgumentError` if it is immutable, or the
  ///   value is of another type; `StoreInUse`.
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

  /// Writes a field or element of an object that is kept alive otherwise.
  fileprivate func write(at place: UnsafeMutableRawPointer, _ storage: StorageType, in store: Store) throws {
    let slots = try slots(as: storage, in: store)
    HeapCell.store(slots.0, slots.1, at: place, byteCount: storage.byteCount)
  }

  /// The value's slots, if it is of a type; the second is only a vector's.
  fileprivate func slots(as storage: StorageType, in store: Store) throws -> (Slot, Slot) {
    guard matches(storage.unpacked, in: store) else { throw ArgumentError(mismatch(storage.unpacked, in: store)) }
    return try withUnsafeTemporaryAllocation(of: Slot.self, capacity: 2) { buffer in
      buffer.initialize(repeating: 0)
      try write(buffer.baseAddress!, in: store)
      return (buffer[0], buffer[1])
    }
  }
}

// MARK: Making objects

extension Engine {
  /// Defines a structure type: final, without supertype. The same fields give the same type. The engine keeps it.
  ///
  /// - Parameter fields: may refer to types that this engine has defined.
  /// - Throws: `ArgumentError` if they refer to others; `LimitExceeded` if there are more than 10,000, or too many types.
  public func defineStructure(_ fields: [FieldType]) throws -> HeapType { try define(.structure(fields)) }

  /// Defines an array type: final, without supertype. The engine keeps it.
  ///
  /// - Throws: `ArgumentError` if it refers to a type that this engine does not know; `LimitExceeded`.
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
  /// The heap type with a type index of the module's, as the engine knows it; nil if there is none.
  ///
  /// It means this type as long as the module, or a store in which it was instantiated or in which an object of the type was made.
  public func heapType(_ typeIndex: UInt32) -> HeapType? {
    Int(typeIndex) < image.types.count ? .concrete(image.types[Int(typeIndex)]) : nil
  }
}

extension Store {
  private func composite(_ type: HeapType) throws -> (index: UInt32, type: CompositeType) {
    guard let index = type.typeIndex, state.hold(typeAt: index), let sub = engine.types.typeIfKnown(index) else {
      throw ArgumentError("\(type) is no type that objects can be made of")
    }
    guard sub.descriptor == nil else { throw ArgumentError("structures of \(type) need a descriptor") }
    return (index, sub.composite)
  }

  private func reference(_ index: UInt32, _ object: UnsafeMutableRawPointer) -> Reference {
    Reference(
      type: ReferenceType(isNullable: false, heapType: .concrete(index, isExact: true)),
      slot: UInt64(UInt(bitPattern: object)), in: self)
  }

  /// Makes a structure.
  ///
  /// - Parameters:
  ///   - type: a canonical type: from ``Engine/defineStructure(_:)``, ``Module/heapType(_:)`` or a function's type.
  ///   - fields: the fields' values.
  /// - Throws: `ArgumentError` if the type is no structure's or values do not fit; `Trap` if the heap is exhausted.
  public func makeStructure(_ type: HeapType, fields: [Value]) throws -> Reference {
    try claimed { try makeClaimedStructure(type, fields) }
  }

  private func makeClaimedStructure(_ type: HeapType, _ fields: [Value]) throws -> Reference {
    let (index, composite) = try composite(type)
    guard let types = composite.structure else { throw ArgumentError("\(type) is no structure type") }
    guard types.count == fields.count else {
      throw ArgumentError("\(types.count) fields expected, \(fields.count) given")
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

  /// Makes an array.
  ///
  /// - Throws: `ArgumentError` if the type is no array's or values do not fit; `Trap` if the heap is exhausted.
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

  /// Makes an array whose elements are all the same.
  ///
  /// - Throws: `ArgumentError` if the type is no array's or the value does not fit; `Trap` if the heap is exhausted.
  public func makeArray(_ type: HeapType, repeating value: Value, count: Int) throws -> Reference {
    try claimed {
      defer { reachSafePoint() }
      let (result, object, storage) = try makeArray(type, count: count)
      let slots = try value.slots(as: storage, in: self)
      HeapCell.fill(slots.0, slots.1, at: object, byteCount: storage.byteCount, count: count)
      return result
    }
  }

  /// An array of zeros or nulls, and where its elements begin.
  private func makeArray(
    _ type: HeapType, count: Int
  ) throws -> (Reference, UnsafeMutableRawPointer, StorageType) {
    let (index, composite) = try composite(type)
    guard let element = composite.array else { throw ArgumentError("\(type) is no array type") }
    guard let length = UInt32(exactly: count) else { throw ArgumentError("an array cannot have \(count) elements") }
    guard let object = state.heap.makeArray(index, length: length, stackTop: state.context.pointee.stackTop) else {
      throw state.trap(.allocationFailure)
    }
    let elements = object + HeapObject.payloadOffset
    HeapCell.fill(0, 0, at: elements, byteCount: element.storage.byteCount, count: count)
    return (reference(index, object), elements, element.storage)
  }

  // MARK: The heap

  /// Collects garbage now, and releases the Swift objects that are found dead. Collections happen by themselves; there is rarely a
  /// reason to ask for one.
  ///
  /// Collections that happen by themselves release Swift objects a little later: before the next host function is called, after a
  /// call from the host has ended, and in operations of the host's on the store. The `deinit` of such an object may use the store.
  public func collectGarbage() {
    claimedOrEnd {
      state.heap.collect(stackTop: state.context.pointee.stackTop)
      reachSafePoint()
    }
  }

  /// What the heap holds, and what collections have cost so far.
  public var heapStatistics: HeapStatistics { claimedOrEnd { state.heap.currentStatistics } }
}
