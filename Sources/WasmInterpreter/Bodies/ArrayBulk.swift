import WasmRuntime

/// Instructions that make arrays, or work on many elements. They share one handler, for the reason that
/// ``BulkInstruction`` gives.
enum ArrayInstruction: UInt16 {
  case new, newDefault, newFixed, newData, newElements, fill, copy, initializeData, initializeElements
}

/// 16 (32 bits): the canonical type; 20: how many words the instruction has; 22: the ``ArrayInstruction``. Slot 8 is the result
/// of those that have one, and 10 then the slot behind all that are in use.
enum ArrayBulk: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let code = perform(machine.operands)
    // Objects of the host's that were released may have run code that let the memory grow.
    machine.reloadMemory()
    if let code { return machine.trap(code) }
    machine.accumulator = machine.slot(8).pointee
    machine.advance(machine.slotNumber(20))
    return true
  }

  @inline(never)
  private static func perform(_ operands: Operands) -> TrapCode? {
    switch ArrayInstruction(rawValue: operands.operand(22, as: UInt16.self)) {
    case .new: operands.newArray()
    case .newDefault: operands.newDefaultArray()
    case .newFixed: operands.newFixedArray()
    case .newData: operands.newArrayOfData()
    case .newElements: operands.newArrayOfElements()
    case .fill: operands.fillArray()
    case .copy: operands.copyArray()
    case .initializeData: operands.initializeArrayByData()
    case .initializeElements: operands.initializeArrayByElements()
    case nil: .unreachable
    }
  }
}

extension Operands {
  private var elementByteCount: Int {
    Int(context.pointee.store.pointee.typeDescriptors[Int(operand(16, as: UInt32.self))].size)
  }

  private func length(_ offset: Int) -> UInt32 { UInt32(truncatingIfNeeded: slot(offset).pointee) }

  // MARK: Making arrays

  /// Slot 8 ← a new array, whose elements the body initialises.
  private func makeArray(_ length: UInt32, _ initialize: (UnsafeMutableRawPointer) -> Void) -> TrapCode? {
    let object = allocating(stackInUse: slotNumber(10)) { heap, stackTop in
      heap.makeArray(operand(16, as: UInt32.self), length: length, stackTop: stackTop)
    }
    guard let object else { return .allocationFailure }
    initialize(object + HeapObject.payloadOffset)
    slot(8).pointee = Slot(UInt(bitPattern: object))
    return nil
  }

  /// Of slot 14 elements that are slot 12.
  func newArray() -> TrapCode? {
    let length = length(14)
    let byteCount = elementByteCount
    let value = slot(12)
    return makeArray(length) {
      HeapCell.fill(value[0], byteCount == 16 ? value[1] : 0, at: $0, byteCount: byteCount, count: Int(length))
    }
  }

  /// Of slot 14 elements that are zero or null.
  func newDefaultArray() -> TrapCode? {
    let length = length(14)
    let byteCount = elementByteCount
    return makeArray(length) { memoryFill($0, 0, byteCount * Int(length)) }
  }

  /// Of the elements in the slots that the operands from 32 on name; 24 (32 bits): how many there are.
  func newFixedArray() -> TrapCode? {
    let length = operand(24, as: UInt32.self)
    let byteCount = elementByteCount
    return makeArray(length) {
      for index in 0..<Int(length) {
        let value = slot(32 + 2 * index)
        HeapCell.store(
          value[0], byteCount == 16 ? value[1] : 0, at: $0 + byteCount * index, byteCount: byteCount)
      }
    }
  }

  /// Of slot 14 elements in data segment 24 (32 bits), from the byte in slot 12 on.
  func newArrayOfData() -> TrapCode? {
    let length = length(14)
    let byteCount = elementByteCount * Int(length)
    let segment = context.pointee.dataSegments[Int(operand(24, as: UInt32.self))]
    let start = UInt64(self.length(12))
    guard start + UInt64(byteCount) <= segment.count else { return .outOfBoundsMemoryAccess }
    return makeArray(length) { moveBytes($0, segment.bytes, at: start, byteCount) }
  }

  /// Of slot 14 elements of element segment 24 (32 bits), from slot 12 on.
  func newArrayOfElements() -> TrapCode? {
    let length = length(14)
    let segment = context.pointee.elementSegments[Int(operand(24, as: UInt32.self))]
    let start = UInt64(self.length(12))
    guard start + UInt64(length) <= segment.count else { return .outOfBoundsTableAccess }
    return makeArray(length) { moveBytes($0, segment.elements, at: 8 * start, 8 * Int(length)) }
  }

  private func moveBytes(_ target: UnsafeMutableRawPointer, _ source: UnsafeRawPointer?, at start: UInt64, _ count: Int)
  {
    if count > 0, let source { memoryCopy(target, source + Int(start), count) }
  }

  // MARK: Work on arrays

  private enum Elements {
    case found(UnsafeMutableRawPointer)
    case trap(TrapCode)
  }

  /// `count` elements of the array in a slot from the index in another.
  private func elements(_ array: Int, _ index: Int, count: UInt32) -> Elements {
    guard let array = UnsafeMutableRawPointer(bitPattern: UInt(slot(array).pointee)) else {
      return .trap(.nullArrayReference)
    }
    let index = length(index)
    guard
      UInt64(index) + UInt64(count) <= array.load(fromByteOffset: HeapObject.lengthOffset, as: UInt32.self)
    else { return .trap(.outOfBoundsArrayAccess) }
    return .found(array + HeapObject.payloadOffset + elementByteCount * Int(index))
  }

  /// Array slot 8 from index slot 10, slot 14 elements ← slot 12.
  func fillArray() -> TrapCode? {
    let count = length(14)
    switch elements(8, 10, count: count) {
    case .trap(let code): return code
    case .found(let target):
      let value = slot(12)
      let byteCount = elementByteCount
      HeapCell.fill(value[0], byteCount == 16 ? value[1] : 0, at: target, byteCount: byteCount, count: Int(count))
      return nil
    }
  }

  /// Array slot 8 from index slot 10 ← array slot 12 from index slot 14, slot 24 elements.
  func copyArray() -> TrapCode? {
    let count = length(24)
    // Null comes first, whichever it is.
    if slot(8).pointee == 0 || slot(12).pointee == 0 { return .nullArrayReference }
    switch (elements(8, 10, count: count), elements(12, 14, count: count)) {
    case (.trap(let code), _), (_, .trap(let code)): return code
    case (.found(let target), .found(let source)):
      moveBytes(target, source, at: 0, elementByteCount * Int(count))
      return nil
    }
  }

  /// Array slot 8 from index slot 10 ← data segment 24 (32 bits) from byte slot 12, slot 14 elements.
  func initializeArrayByData() -> TrapCode? {
    let count = length(14)
    switch elements(8, 10, count: count) {
    case .trap(let code): return code
    case .found(let target):
      let segment = context.pointee.dataSegments[Int(operand(24, as: UInt32.self))]
      let start = UInt64(length(12))
      let byteCount = elementByteCount * Int(count)
      guard start + UInt64(byteCount) <= segment.count else { return .outOfBoundsMemoryAccess }
      moveBytes(target, segment.bytes, at: start, byteCount)
      return nil
    }
  }

  /// Array slot 8 from index slot 10 ← element segment 24 (32 bits) from slot 12, slot 14 elements.
  func initializeArrayByElements() -> TrapCode? {
    let count = length(14)
    switch elements(8, 10, count: count) {
    case .trap(let code): return code
    case .found(let target):
      let segment = context.pointee.elementSegments[Int(operand(24, as: UInt32.self))]
      let start = UInt64(length(12))
      guard start + UInt64(count) <= segment.count else { return .outOfBoundsTableAccess }
      moveBytes(target, segment.elements, at: 8 * start, 8 * Int(count))
      return nil
    }
  }
}
