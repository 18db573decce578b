import WebAssembly

extension ModuleInstance {
  /// The value of a constant expression: one slot, or two for a vector. (Core specification 3.0, 3.4.13 "Expressions",
  /// 4.6.12 "Expressions".)
  ///
  /// - Throws: `Trap` if the heap is exhausted or the store is interrupted.
  package func evaluate(_ expression: Module.ConstantExpression) throws -> (Slot, Slot) {
    if context.isInterrupted { throw store.trap(.interrupted) }
    var evaluation = ConstantEvaluation(self, image.reader(expression))
    defer { evaluation.finish() }
    return try evaluation.run()
  }
}

/// The evaluation of one constant expression. Its stack is part of the heap's temporaries, two words per value, so that the collector
/// sees the references in it.
private struct ConstantEvaluation {
  private let instance: ModuleInstance
  private let heap: Heap
  private let stackTop: UnsafeMutablePointer<Slot>
  private var reader: InstructionReader
  private let bottom: Int

  /// The number of instructions between two looks at an interruption.
  private static let instructionsAtOnce = 1000

  init(_ instance: ModuleInstance, _ reader: InstructionReader) {
    self.instance = instance
    heap = instance.store.heap
    stackTop = instance.store.context.pointee.stackTop
    self.reader = reader
    bottom = heap.temporaries.count
  }

  func finish() { heap.temporaries.removeSubrange(bottom...) }

  mutating func run() throws -> (Slot, Slot) {
    while true {
      for _ in 0..<Self.instructionsAtOnce {
        let opcode = try reader.readOpcode()
        if opcode == .end { return value(-1) }
        try execute(opcode)
      }
      if instance.context.isInterrupted { throw instance.store.trap(.interrupted) }
    }
  }

  // MARK: The stack

  private func push(_ low: Slot, _ high: Slot = 0) {
    heap.temporaries.append(low)
    heap.temporaries.append(high)
  }

  /// The value at a position counted from the top: -1 is the topmost.
  private func value(_ place: Int) -> (Slot, Slot) {
    let index = heap.temporaries.count + 2 * place
    return (heap.temporaries[index], heap.temporaries[index + 1])
  }

  @discardableResult
  private func pop(_ count: Int = 1) -> Slot {
    let low = count > 0 ? value(-1).0 : 0
    heap.temporaries.removeLast(2 * count)
    return low
  }

  private func binary32(_ operation: (UInt32, UInt32) -> UInt32) {
    let right = UInt32(truncatingIfNeeded: pop())
    push(Slot(operation(UInt32(truncatingIfNeeded: pop()), right)))
  }

  private func binary64(_ operation: (Slot, Slot) -> Slot) {
    let right = pop()
    push(operation(pop(), right))
  }

  // MARK: Instructions

  private mutating func execute(_ opcode: Opcode) throws {
    switch opcode {
    case .i32Const: push(Slot(UInt32(bitPattern: try reader.readS32())))
    case .i64Const: push(Slot(bitPattern: try reader.readS64()))
    case .f32Const: push(Slot(try reader.readFixed32()))
    case .f64Const: push(try reader.readFixed64())
    case .v128Const:
      let bits = try reader.readFixed128()
      push(bits[0], bits[1])
    case .globalGet:
      let cell = instance.globals[Int(try reader.readU32())].cell
      push(cell[0], cell[1])
    case .refNull:
      _ = try reader.readHeapType()
      push(0)
    case .refFunc: push(Slot(UInt(bitPattern: instance.function(try reader.readU32()))))
    case .i32Add: binary32(&+)
    case .i32Sub: binary32(&-)
    case .i32Mul: binary32(&*)
    case .i64Add: binary64(&+)
    case .i64Sub: binary64(&-)
    case .i64Mul: binary64(&*)
    case .refI31: push(Slot(pop() & 0x7FFF_FFFF) << 1 | 1)
    case .anyConvertExtern, .externConvertAny: break
    default: try executeAllocation(opcode)
    }
  }

  private mutating func executeAllocation(_ opcode: Opcode) throws {
    switch opcode {
    case .structNew, .structNewDesc: try makeStructure(isDefault: false, hasDescriptor: opcode == .structNewDesc)
    case .structNewDefault, .structNewDefaultDesc:
      try makeStructure(isDefault: true, hasDescriptor: opcode == .structNewDefaultDesc)
    case .arrayNew:
      let type = try reader.readU32()
      let length = UInt32(truncatingIfNeeded: value(-1).0)
      let array = try makeArray(type, length: length)
      let initial = value(-2)
      try fill(array, with: initial, count: Int(length))
      pop(2)
      push(array.reference)
    case .arrayNewDefault:
      let type = try reader.readU32()
      let length = UInt32(truncatingIfNeeded: pop())
      let array = try makeArray(type, length: length)
      try fill(array, with: (0, 0), count: Int(length))
      push(array.reference)
    case .arrayNewFixed:
      let type = try reader.readU32()
      let length = Int(try reader.readU32())
      let array = try makeArray(type, length: UInt32(length))
      for index in 0..<length {
        let element = value(index - length)
        HeapCell.store(
          element.0, element.1, at: array.elements + array.byteCount * index, byteCount: array.byteCount)
      }
      pop(length)
      push(array.reference)
    default: throw UnsupportedInstruction(opcode: opcode)
    }
  }

  private func fill(
    _ array: (reference: Slot, elements: UnsafeMutableRawPointer, byteCount: Int), with value: (Slot, Slot), count: Int
  ) throws {
    let code = instance.context.fillCells(
      value.0, value.1, at: array.elements, byteCount: array.byteCount, count: count)
    guard let code else { return }
    HeapObject.makeEmpty(array.elements - HeapObject.payloadOffset)
    throw instance.store.trap(code)
  }

  private mutating func makeStructure(isDefault: Bool, hasDescriptor: Bool) throws {
    let typeIndex = Int(try reader.readU32())
    let layout = instance.image.layouts[typeIndex]!
    let fields = instance.image.module.types[typeIndex].composite.structure!
    if hasDescriptor, value(-1).0 == 0 { throw Trap(.nullDescriptor) }
    guard let object = heap.makeStructure(instance.image.types[typeIndex], stackTop: stackTop) else {
      throw instance.store.trap(.allocationFailure)
    }
    if hasDescriptor { object.storeBytes(of: pop(), toByteOffset: Int(layout.descriptorOffset), as: Slot.self) }
    if !isDefault {
      for (index, field) in fields.enumerated() {
        let initial = value(index - fields.count)
        HeapCell.store(
          initial.0, initial.1, at: object + Int(layout.fieldOffsets[index]), byteCount: field.storage.byteCount)
      }
      pop(fields.count)
    }
    push(Slot(UInt(bitPattern: object)))
  }

  /// Creates an array whose elements the caller initializes.
  private func makeArray(
    _ typeIndex: UInt32, length: UInt32
  ) throws -> (reference: Slot, elements: UnsafeMutableRawPointer, byteCount: Int) {
    let element = instance.image.module.types[Int(typeIndex)].composite.array!
    guard let object = heap.makeArray(instance.image.canonical(typeIndex), length: length, stackTop: stackTop) else {
      throw instance.store.trap(.allocationFailure)
    }
    return (Slot(UInt(bitPattern: object)), object + HeapObject.payloadOffset, element.storage.byteCount)
  }
}

/// A valid instruction that this version does not execute yet.
package struct UnsupportedInstruction: Error, CustomStringConvertible {
  package var opcode: Opcode

  package init(opcode: Opcode) { self.opcode = opcode }

  package var description: String { "unsupported instruction \(opcode.mnemonic)" }
}
