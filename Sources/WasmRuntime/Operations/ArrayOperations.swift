import NeedletailSystem
import WebAssembly

// Instructions that create arrays or work on ranges of elements, for all engines. They return the code of a trap, if any. (Core
// specification 3.0, 4.6.9 "Reference Instructions".)

extension UnsafeMutablePointer<InstanceContext> {
  package func elementByteCount(_ type: UInt32) -> Int { Int(pointee.store.pointee.typeDescriptors[Int(type)].size) }

  /// Bytes of a data segment.
  ///
  /// - Returns: nil if the range is not inside it.
  package func data(_ segment: Int, at start: UInt64, count: Int) -> UnsafeRawBufferPointer? {
    let segment = pointee.dataSegments[segment]
    guard start + UInt64(count) <= segment.count else {
      note(OutOfBounds(.data, from: start, of: segment.count))
      return nil
    }
    return UnsafeRawBufferPointer(start: segment.bytes.map { $0 + Int(start) }, count: count)
  }

  /// Elements of an element segment, as bytes.
  package func elements(_ segment: Int, at start: UInt64, count: Int) -> UnsafeRawBufferPointer? {
    let segment = pointee.elementSegments[segment]
    guard start + UInt64(count) <= segment.count else {
      note(OutOfBounds(.elements, from: start, of: segment.count))
      return nil
    }
    return UnsafeRawBufferPointer(start: segment.elements.map { $0 + Int(start) }, count: 8 * count)
  }

  /// `array.fill`.
  package func fillArray(
    _ array: Slot, at index: UInt32, with value: (Slot, Slot), count: UInt32, elementByteCount byteCount: Int
  ) -> TrapCode? {
    switch arrayElements(array, index, count: count, byteCount: byteCount) {
    case .trap(let code): return code
    case .found(let target):
      return fillCells(value.0, value.1, at: target, byteCount: byteCount, count: Int(count))
    }
  }

  /// `array.copy`.
  package func copyArray(
    _ array: Slot, at index: UInt32, from source: Slot, at sourceIndex: UInt32, count: UInt32,
    elementByteCount byteCount: Int
  ) -> TrapCode? {
    // Null is checked first, in either array.
    if array == 0 || source == 0 { return .nullArrayReference }
    switch (
      arrayElements(array, index, count: count, byteCount: byteCount),
      arrayElements(source, sourceIndex, count: count, byteCount: byteCount)
    ) {
    case (.trap(let code), _), (_, .trap(let code)): return code
    case (.found(let target), .found(let source)):
      return count == 0 ? nil : copyBytes(from: source, to: target, byteCount * Int(count))
    }
  }

  /// `array.init_data`.
  package func initializeArray(
    _ array: Slot, at index: UInt32, fromData segment: Int, at start: UInt64, count: UInt32,
    elementByteCount byteCount: Int
  ) -> TrapCode? {
    switch arrayElements(array, index, count: count, byteCount: byteCount) {
    case .trap(let code): return code
    case .found(let target):
      guard let source = data(segment, at: start, count: byteCount * Int(count)) else {
        return .outOfBoundsMemoryAccess
      }
      return copyBytes(source, to: target)
    }
  }

  /// `array.init_elem`.
  package func initializeArray(
    _ array: Slot, at index: UInt32, fromElements segment: Int, at start: UInt64, count: UInt32
  ) -> TrapCode? {
    switch arrayElements(array, index, count: count, byteCount: MemoryLayout<Slot>.size) {
    case .trap(let code): return code
    case .found(let target):
      guard let source = elements(segment, at: start, count: Int(count)) else { return .outOfBoundsTableAccess }
      return copyBytes(source, to: target)
    }
  }

  /// Copies the contents of an array.
  package func copyBytes(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) -> TrapCode? {
    guard source.count > 0, let bytes = source.baseAddress else { return nil }
    return copyBytes(from: bytes, to: target, source.count)
  }
}

/// A range of elements of an array.
private enum ArrayElements {
  case found(UnsafeMutableRawPointer)
  case trap(TrapCode)
}

extension UnsafeMutablePointer<InstanceContext> {
  private func arrayElements(_ array: Slot, _ index: UInt32, count: UInt32, byteCount: Int) -> ArrayElements {
    guard let array = UnsafeMutableRawPointer(bitPattern: UInt(array)) else { return .trap(.nullArrayReference) }
    let length = array.load(fromByteOffset: HeapObject.lengthOffset, as: UInt32.self)
    guard UInt64(index) + UInt64(count) <= length else {
      note(OutOfBounds(.array, from: UInt64(index), of: UInt64(length)))
      return .trap(.outOfBoundsArrayAccess)
    }
    return .found(array + HeapObject.payloadOffset + byteCount * Int(index))
  }
}
