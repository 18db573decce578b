import CNeedletail
import NeedletailSystem

/// A vector of the C API: a number of elements, and a pointer to them that is NULL if there are none.
protocol Vector {
  associatedtype Element
  var size: Int { get set }
  var data: UnsafeMutablePointer<Element>! { get set }
  init(size: Int, data: UnsafeMutablePointer<Element>!)
  /// The element of `new_uninitialized`, which can be deleted.
  static var zero: Element { get }
  static func copy(_ element: Element) -> Element
  static func delete(_ element: Element)
}

extension Vector {
  static var empty: Self { Self(size: 0, data: nil) }

  /// Elements that are zero; empty if there cannot be as many.
  static func zeros(count: Int) -> Self {
    guard count > 0, let data = SystemMemory.room(for: Element.self, count: count) else { return .empty }
    data.initialize(repeating: zero, count: count)
    return Self(size: count, data: data)
  }

  /// A vector with these elements, which it owns from now on.
  init(owning elements: [Element]) {
    self = .zeros(count: elements.count)
    for (index, element) in elements.enumerated() where index < size { data[index] = element }
  }

  /// The elements of a vector, which may be NULL.
  static func elements(_ vector: UnsafePointer<Self>?) -> UnsafeBufferPointer<Element> {
    guard let vector, let data = vector.pointee.data, vector.pointee.size > 0 else {
      return .init(start: nil, count: 0)
    }
    return UnsafeBufferPointer(start: data, count: vector.pointee.size)
  }

  // MARK: The functions that all vectors have

  static func new(_ out: UnsafeMutablePointer<Self>?, _ count: Int, _ elements: UnsafePointer<Element>?) {
    guard let out else { return }
    guard let elements else { return out.initialize(to: .empty) }
    let vector = Self.zeros(count: count)
    for index in 0..<vector.size { vector.data[index] = elements[index] }
    out.initialize(to: vector)
  }

  static func copy(_ out: UnsafeMutablePointer<Self>?, _ other: UnsafePointer<Self>?) {
    let elements = Self.elements(other)
    let vector = Self.zeros(count: elements.count)
    for index in 0..<vector.size { vector.data[index] = copy(elements[index]) }
    out?.initialize(to: vector)
  }

  /// Deletes a vector with its elements, and leaves an empty one, so that deleting it again does nothing.
  static func delete(_ vector: UnsafeMutablePointer<Self>?) {
    guard let vector, let data = vector.pointee.data else { return }
    let count = vector.pointee.size
    vector.pointee = .empty
    for index in 0..<max(count, 0) { delete(data[index]) }
    SystemMemory.deallocate(data)
  }

  /// The elements of a vector that the caller of the C API gives away. It is left empty.
  static func take(_ vector: UnsafeMutablePointer<Self>?) -> [Element] {
    guard let vector, let data = vector.pointee.data else { return [] }
    let elements = Array(UnsafeBufferPointer(start: data, count: max(vector.pointee.size, 0)))
    data.deallocate()
    vector.pointee = .empty
    return elements
  }
}

/// A vector of `own` pointers.
protocol PointerVector: Vector where Element == OpaquePointer? {}

extension PointerVector {
  static var zero: OpaquePointer? { nil }
  static func copy(_ element: OpaquePointer?) -> OpaquePointer? { element.retained() }
  static func delete(_ element: OpaquePointer?) { element.release() }

  /// A vector with `own` pointers to objects.
  init(_ objects: [Object]) { self.init(owning: objects.map { $0.owned() }) }
}

extension wasm_byte_vec_t: Vector {
  static var zero: CChar { 0 }
  static func copy(_ element: CChar) -> CChar { element }
  static func delete(_ element: CChar) {}
}

extension wasm_val_vec_t: Vector {
  static var zero: wasm_val_t { wasm_val_t() }
  static func copy(_ element: wasm_val_t) -> wasm_val_t { element.copy() }
  static func delete(_ element: wasm_val_t) { element.deleteReference() }
}

extension wasm_valtype_vec_t: PointerVector {}
extension wasm_functype_vec_t: PointerVector {}
extension wasm_globaltype_vec_t: PointerVector {}
extension wasm_tabletype_vec_t: PointerVector {}
extension wasm_memorytype_vec_t: PointerVector {}
extension wasm_externtype_vec_t: PointerVector {}
extension wasm_importtype_vec_t: PointerVector {}
extension wasm_exporttype_vec_t: PointerVector {}
extension wasm_frame_vec_t: PointerVector {}
extension wasm_extern_vec_t: PointerVector {}
