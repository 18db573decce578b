import WasmRuntime

/// The bulk instructions share one handler: the compiler would merge six handlers of the same shape into one, called through thunks, and
/// each execution would leave a frame on the machine stack.
///
/// 8, 10, 12: slots; 14: flags in the bits below ``shift``, the instruction in the other bits; 16 (32 bits): the memory or table; 20 (32
/// bits): the source or segment.
enum BulkInstruction: UInt16 {
  case memoryFill, memoryCopy, memoryInit, tableFill, tableCopy, tableInit

  @inline(__always) static var shift: Int { 2 }
}

extension Operands {
  fileprivate var bulkInstruction: BulkInstruction? {
    BulkInstruction(rawValue: operand(14, as: UInt16.self) >> BulkInstruction.shift)
  }

  /// Bit 0: the target has 64-bit addresses or indices; bit 1: the source has.
  var bulkFlags: Int { slotNumber(14) & (1 << BulkInstruction.shift - 1) }
  var bulkTarget: Int { Int(operand(16, as: UInt32.self)) }
  var bulkSource: Int { Int(operand(20, as: UInt32.self)) }
}

enum Bulk: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let code = perform(machine.operands)
    // The size of memory 0 may have been updated, if another thread grew it.
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
