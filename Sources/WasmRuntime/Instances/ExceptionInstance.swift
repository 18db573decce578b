import WebAssembly

extension StoreState {
  /// Creates an exception with the number of payload slots of its tag.
  ///
  /// - Parameter payload: slots that the collector scans, since creating the exception may collect garbage.
  /// - Returns: nil if the heap is exhausted.
  package func makeException(
    _ tag: UnsafeMutablePointer<TagCell>, payload: UnsafePointer<Slot>, stackTop: UnsafeMutablePointer<Slot>
  ) -> UnsafeMutablePointer<ExceptionCell>? {
    let count = Int(tag.pointee.payloadSlots)
    guard let object = heap.makeException(slotCount: 1 + count, stackTop: stackTop) else { return nil }
    let cell = object.assumingMemoryBound(to: ExceptionCell.self)
    cell.pointee.tag = tag
    let slots = (object + ExceptionCell.payloadOffset).assumingMemoryBound(to: Slot.self)
    for index in 0..<count { slots[index] = payload[index] }
    return cell
  }

  /// Creates an exception from one that the host throws.
  ///
  /// - Parameter exception: the caller keeps the references in its payload alive, since the collector does not scan it.
  /// - Returns: nil if the heap is exhausted.
  package func makeException(
    _ exception: WasmException, stackTop: UnsafeMutablePointer<Slot>
  ) -> UnsafeMutablePointer<ExceptionCell>? {
    withUnsafeTemporaryAllocation(of: Slot.self, capacity: exception.payload.count + 1) { slots in
      _ = slots.initialize(from: exception.payload)
      return makeException(exception.tag.cell, payload: slots.baseAddress!, stackTop: stackTop)
    }
  }
}

extension UnsafeMutablePointer<ExceptionCell> {
  package var payload: UnsafeBufferPointer<Slot> {
    let first = UnsafeRawPointer(self) + ExceptionCell.payloadOffset
    return UnsafeBufferPointer(
      start: first.assumingMemoryBound(to: Slot.self), count: Int(pointee.tag.pointee.payloadSlots))
  }
}
