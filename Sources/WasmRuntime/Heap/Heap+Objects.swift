import WebAssembly

// Objects that are created out of line: by the host, by constant expressions, and by array instructions.

extension Heap {
  /// The layout of a structure type that the store holds; nil if it is not a structure type.
  package func layout(of type: UInt32) -> StructureLayout? { types.layout(of: type) }

  /// The descriptor of a type that the store holds.
  package func descriptor(of type: UInt32) -> UnsafePointer<TypeDescriptor> { UnsafePointer(types.base + Int(type)) }

  /// Creates a structure whose fields are zero or null.
  ///
  /// - Parameter type: the canonical index of a structure type.
  /// - Returns: nil if the heap is exhausted.
  package func makeStructure(_ type: UInt32, stackTop: UnsafeMutablePointer<Slot>) -> UnsafeMutableRawPointer? {
    let descriptor = descriptor(of: type)
    let size = Int(descriptor.pointee.size)
    guard let object = allocate(size, sizeClass: Int(descriptor.pointee.sizeClass), stackTop: stackTop) else {
      return nil
    }
    object.storeBytes(of: UInt64(type), as: UInt64.self)
    clear(object + HeapObject.payloadOffset, size - HeapObject.payloadOffset)
    return object
  }

  /// Creates an array whose elements the caller must initialize before it allocates again.
  ///
  /// - Parameter type: the canonical index of an array type.
  /// - Returns: nil if the heap is exhausted.
  package func makeArray(
    _ type: UInt32, length: UInt32, stackTop: UnsafeMutablePointer<Slot>
  ) -> UnsafeMutableRawPointer? {
    let size = HeapObject.payloadOffset + Int(length) << Int(descriptor(of: type).pointee.elementSizeLog2)
    guard let object = allocate(size, sizeClass: SizeClass.of(size), stackTop: stackTop) else { return nil }
    object.storeBytes(of: UInt64(type) | UInt64(length) << 32, as: UInt64.self)
    return object
  }

  /// Allocates an exception: see ``HeapObject/exceptionType``.
  ///
  /// - Returns: nil if the heap is exhausted. The caller must write the slots before it allocates again.
  package func makeException(slotCount: Int, stackTop: UnsafeMutablePointer<Slot>) -> UnsafeMutableRawPointer? {
    let size = HeapObject.payloadOffset + 8 * slotCount
    guard let object = allocate(size, sizeClass: SizeClass.of(size), stackTop: stackTop) else { return nil }
    object.storeBytes(of: UInt64(HeapObject.exceptionType) | UInt64(slotCount) << 32, as: UInt64.self)
    return object
  }

  @inline(never)
  private func clear(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
    let words = address.assumingMemoryBound(to: UInt64.self)
    for index in 0..<byteCount / 8 { words[index] = 0 }
  }
}

/// Reads and writes fields and elements as slots.
package enum HeapCell {
  /// Writes a value; a vector has two slots.
  package static func store(_ low: Slot, _ high: Slot, at address: UnsafeMutableRawPointer, byteCount: Int) {
    switch byteCount {
    case 1: address.storeBytes(of: UInt8(truncatingIfNeeded: low), as: UInt8.self)
    case 2: address.storeBytes(of: UInt16(truncatingIfNeeded: low), as: UInt16.self)
    case 4: address.storeBytes(of: UInt32(truncatingIfNeeded: low), as: UInt32.self)
    case 8: address.storeBytes(of: low, as: UInt64.self)
    default:
      address.storeBytes(of: low, as: UInt64.self)
      address.storeBytes(of: high, toByteOffset: 8, as: UInt64.self)
    }
  }

  /// Reads a value; packed integers are zero-extended.
  package static func load(_ address: UnsafeMutableRawPointer, byteCount: Int) -> (Slot, Slot) {
    switch byteCount {
    case 1: (Slot(address.load(as: UInt8.self)), 0)
    case 2: (Slot(address.load(as: UInt16.self)), 0)
    case 4: (Slot(address.load(as: UInt32.self)), 0)
    case 8: (address.load(as: UInt64.self), 0)
    default: (address.load(as: UInt64.self), address.load(fromByteOffset: 8, as: UInt64.self))
    }
  }

  /// Writes a value `count` times.
  package static func fill(
    _ low: Slot, _ high: Slot, at address: UnsafeMutableRawPointer, byteCount: Int, count: Int
  ) {
    switch byteCount {
    case 1: repeated(UInt8(truncatingIfNeeded: low), address, count)
    case 2: repeated(UInt16(truncatingIfNeeded: low), address, count)
    case 4: repeated(UInt32(truncatingIfNeeded: low), address, count)
    case 8: repeated(low, address, count)
    default:
      for index in 0..<count { store(low, high, at: address + 16 * index, byteCount: 16) }
    }
  }

  private static func repeated<T: FixedWidthInteger>(_ value: T, _ address: UnsafeMutableRawPointer, _ count: Int) {
    let elements = address.assumingMemoryBound(to: T.self)
    for index in 0..<count { elements[index] = value }
  }
}
