import NeedletailSystem
import WasmRuntime

/// Instructions that create arrays or work on many elements. They share one handler, for the reason in ``BulkInstruction``.
enum ArrayInstruction: UInt16 {
  case new, newDefault, newFixed, newData, newElements, fill, copy, initializeData, initializeElements
}

/// 16 (32 bits): the canonical type; 20: the instruction's number of words; 22: the ``ArrayInstruction``. An instruction with a result
/// has it in slot 8, and at 10 the slot after those in use.
enum ArrayBulk: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let code = perform(machine.operands)
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
  private var elementByteCount: Int { context.elementByteCount(operand(16, as: UInt32.self)) }

  private func length(_ offset: Int) -> UInt32 { UInt32(truncatingIfNeeded: slot(offset).pointee) }

  // MARK: Creating arrays

  /// Slot 8 ← a new array, whose elements the closure initializes.
  private func makeArray(_ length: UInt32, _ initialize: (UnsafeMutableRawPointer) -> Void) -> TrapCode? {
    let object = allocating(stackInUse: slotNumber(10)) { heap, stackTop in
      heap.makeArray(operand(16, as: UInt32.self), length: length, stackTop: stackTop)
    }
    guard let object else { return .allocationFailure }
    initialize(object + HeapObject.payloadOffset)
    slot(8).pointee = Slot(UInt(bitPattern: object))
    return nil
  }

  /// Slot 14 elements with the value of slot 12.
  func newArray() -> TrapCode? {
    let length = length(14)
    let byteCount = elementByteCount
    let value = slot(12)
    return makeArray(length) {
      HeapCell.fill(value[0], byteCount == 16 ? value[1] : 0, at: $0, byteCount: byteCount, count: Int(length))
    }
  }

  /// Slot 14 elements that are zero or null.
  func newDefaultArray() -> TrapCode? {
    let length = length(14)
    let byteCount = elementByteCount
    return makeArray(length) { memoryFill($0, 0, byteCount * Int(length)) }
  }

  /// Elements from the slots that the operands from 32 on name; 24 (32 bits): their number.
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

  /// Slot 14 elements from data segment 24 (32 bits), from the byte in slot 12 on.
  func newArrayOfData() -> TrapCode? {
    let length = length(14)
    let source = context.data(
      Int(operand(24, as: UInt32.self)), at: UInt64(self.length(12)), count: elementByteCount * Int(length))
    guard let source else { return .outOfBoundsMemoryAccess }
    return makeArray(length) { copyBytes(source, to: $0) }
  }

  /// Slot 14 elements from element segment 24 (32 bits), from slot 12 on.
  func newArrayOfElements() -> TrapCode? {
    let length = length(14)
    let source = context.elements(
      Int(operand(24, as: UInt32.self)), at: UInt64(self.length(12)), count: Int(length))
    guard let source else { return .outOfBoundsTableAccess }
    return makeArray(length) { copyBytes(source, to: $0) }
  }

  // MARK: Operations on arrays

  /// Array slot 8 from index slot 10, slot 14 elements ← slot 12.
  func fillArray() -> TrapCode? {
    let byteCount = elementByteCount
    let value = slot(12)
    return context.fillArray(
      slot(8).pointee, at: length(10), with: (value[0], byteCount == 16 ? value[1] : 0), count: length(14),
      elementByteCount: byteCount)
  }

  /// Array slot 8 from index slot 10 ← array slot 12 from index slot 14, slot 24 elements.
  func copyArray() -> TrapCode? {
    context.copyArray(
      slot(8).pointee, at: length(10), from: slot(12).pointee, at: length(14), count: length(24),
      elementByteCount: elementByteCount)
  }

  /// Array slot 8 from index slot 10 ← data segment 24 (32 bits) from byte slot 12, slot 14 elements.
  func initializeArrayByData() -> TrapCode? {
    context.initializeArray(
      slot(8).pointee, at: length(10), fromData: Int(operand(24, as: UInt32.self)), at: UInt64(length(12)),
      count: length(14), elementByteCount: elementByteCount)
  }

  /// Array slot 8 from index slot 10 ← element segment 24 (32 bits) from slot 12, slot 14 elements.
  func initializeArrayByElements() -> TrapCode? {
    context.initializeArray(
      slot(8).pointee, at: length(10), fromElements: Int(operand(24, as: UInt32.self)), at: UInt64(length(12)),
      count: length(14))
  }
}
