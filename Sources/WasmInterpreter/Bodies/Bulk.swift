import WasmRuntime

/// The bulk instructions share one handler: six of the same shape would be merged by the compiler behind a thunk that calls,
/// and each execution would leave a frame on the machine stack.
///
/// 8, 10, 12: slots; 14: flags in the bits below ``shift``, the instruction in the others; 16 (32 bits): the memory or table; 20 (32
/// bits): the source, or the segment.
enum BulkInstruction: UInt16 {
  case memoryFill, memoryCopy, memoryInit, tableFill, tableCopy, tableInit

  @inline(__always) static var shift: Int { 2 }
}

extension Operands {
  fileprivate var bulkInstruction: BulkInstruction? {
    BulkInstruction(rawValue: operand(14, as: UInt16.self) >> BulkInstruction.shift)
  }

  /// Bit 0: addresses or indices of the target have 64 bits; bit 1: those of the source.
  var bulkFlags: Int { slotNumber(14) & (1 << BulkInstruction.shift - 1) }
  var bulkTarget: Int { Int(operand(16, as: UInt32.self)) }
  var bulkSource: Int { Int(operand(20, as: UInt32.self)) }
}

enum Bulk: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let code = perform(machine.operands)
    // It may have found that another thread let memory 0 grow.
    machine.reloadMemory()
    if let code { return machine.trap(code) }
    machine.advance(3)
    return true
  }

  @inline(never)
  private static func perform(_ operands: Operands) -> TrapCode? {
    guard let instruction = operands.bulkInstruction else { return .outOfBoundsMemoryAccess }
    let isInside =
      switch instruction {
      case .memoryFill: operands.fillMemory()
      case .memoryCopy: operands.copyMemory()
      case .memoryInit: operands.initializeMemory()
      case .tableFill: operands.fillTable()
      case .tableCopy: operands.copyTable()
      case .tableInit: operands.initializeTable()
      }
    if isInside { return nil }
    let isMemory = instruction.rawValue <= BulkInstruction.memoryInit.rawValue
    return isMemory ? .outOfBoundsMemoryAccess : .outOfBoundsTableAccess
  }
}
