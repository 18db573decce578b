import NeedletailSystem
import WasmRuntime

/// Instructions that create arrays or work on many elements: see ``ArrayInstruction``.
enum ArrayBulk: Operation {
  typealias Format = ArrayBulkFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let code = perform(machine.operands)
    if let code { return machine.trap(code) }
    machine.accumulator = machine.slot(machine[Format.self].destination).pointee
    machine.pc += 8 * Int(machine[Format.self].wordCount)
    return true
  }

  @inline(never)
  private static func perform(_ operands: Operands) -> TrapCode? {
    switch operands[Format.self].instruction.instruction {
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
  private func byteCount<Format: ArrayFormat>(_ instruction: Format) -> Int {
    context.elementByteCount(instruction.type)
  }

  private func index(_ operand: SlotOperand) -> UInt32 { UInt32.read(slot(operand)) }

  // MARK: Creating arrays

  /// `destination` ← a new array, whose elements the closure initializes, or returns the code of a trap.
  private func makeArray<Format: ArrayAllocationFormat>(
    _ instruction: Format, _ length: UInt32, _ initialize: (UnsafeMutableRawPointer) -> TrapCode?
  ) -> TrapCode? {
    let object = allocating(stackInUse: Int(instruction.stackInUse)) { heap, stackTop in
      heap.makeArray(instruction.type, length: length, stackTop: stackTop)
    }
    guard let object else { return .allocationFailure }
    if let code = initialize(object + HeapObject.payloadOffset) {
      HeapObject.makeEmpty(object)
      return code
    }
    slot(instruction.destination).pointee = Slot(UInt(bitPattern: object))
    return nil
  }

  /// `length` elements with the value of `value`.
  func newArray() -> TrapCode? {
    let instruction = self[ArrayNewFormat.self]
    let length = index(instruction.length)
    let byteCount = byteCount(instruction)
    let value = slot(instruction.value)
    return makeArray(instruction, length) {
      context.fillCells(value[0], byteCount == 16 ? value[1] : 0, at: $0, byteCount: byteCount, count: Int(length))
    }
  }

  /// `length` elements that are zero or null.
  func newDefaultArray() -> TrapCode? {
    let instruction = self[ArrayNewFormat.self]
    let length = index(instruction.length)
    let byteCount = byteCount(instruction)
    return makeArray(instruction, length) { context.fillBytes($0, 0, byteCount * Int(length)) }
  }

  /// Elements from the slots in the instruction.
  func newFixedArray() -> TrapCode? {
    let instruction = self[ArrayNewFixedFormat.self]
    let byteCount = byteCount(instruction)
    let slots = elements(ArrayNewFixedFormat.self)
    return makeArray(instruction, instruction.length) {
      for index in 0..<instruction.elementCount {
        let value = slot(slots[index])
        HeapCell.store(
          value[0], byteCount == 16 ? value[1] : 0, at: $0 + byteCount * index, byteCount: byteCount)
      }
      return nil
    }
  }

  /// `length` elements from a data segment, from the byte in `start` on.
  func newArrayOfData() -> TrapCode? {
    let instruction = self[ArrayNewFromSegmentFormat.self]
    let length = index(instruction.length)
    let source = context.data(
      Int(instruction.segment), at: UInt64(index(instruction.start)), count: byteCount(instruction) * Int(length))
    guard let source else { return .outOfBoundsMemoryAccess }
    return makeArray(instruction, length) { context.copyBytes(source, to: $0) }
  }

  /// `length` elements from an element segment, from `start` on.
  func newArrayOfElements() -> TrapCode? {
    let instruction = self[ArrayNewFromSegmentFormat.self]
    let length = index(instruction.length)
    let source = context.elements(
      Int(instruction.segment), at: UInt64(index(instruction.start)), count: Int(length))
    guard let source else { return .outOfBoundsTableAccess }
    return makeArray(instruction, length) { context.copyBytes(source, to: $0) }
  }

  // MARK: Operations on arrays

  /// `count` elements from `index` on ← `value`.
  func fillArray() -> TrapCode? {
    let instruction = self[ArrayFillFormat.self]
    let byteCount = byteCount(instruction)
    let value = slot(instruction.value)
    return context.fillArray(
      slot(instruction.array).pointee, at: index(instruction.index),
      with: (value[0], byteCount == 16 ? value[1] : 0), count: index(instruction.count), elementByteCount: byteCount)
  }

  /// `count` elements from `index` on ← the array `source` from `sourceIndex` on.
  func copyArray() -> TrapCode? {
    let instruction = self[ArrayCopyFormat.self]
    return context.copyArray(
      slot(instruction.array).pointee, at: index(instruction.index), from: slot(instruction.source).pointee,
      at: index(instruction.sourceIndex), count: index(instruction.count), elementByteCount: byteCount(instruction))
  }

  /// `count` elements from `index` on ← a data segment from the byte in `start` on.
  func initializeArrayByData() -> TrapCode? {
    let instruction = self[ArrayInitializeFormat.self]
    return context.initializeArray(
      slot(instruction.array).pointee, at: index(instruction.index), fromData: Int(instruction.segment),
      at: UInt64(index(instruction.start)), count: index(instruction.count), elementByteCount: byteCount(instruction))
  }

  /// `count` elements from `index` on ← an element segment from `start` on.
  func initializeArrayByElements() -> TrapCode? {
    let instruction = self[ArrayInitializeFormat.self]
    return context.initializeArray(
      slot(instruction.array).pointee, at: index(instruction.index), fromElements: Int(instruction.segment),
      at: UInt64(index(instruction.start)), count: index(instruction.count))
  }
}
