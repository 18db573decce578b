import WasmRuntime

/// The bulk instructions share one handler: six of the same shape would be merged by the compiler behind a thunk that calls,
/// and each execution would leave a frame on the machine stack. The operand at 22 tells them apart.
enum BulkInstruction: UInt16 {
  case memoryFill, memoryCopy, memoryInit, tableFill, tableCopy, tableInit
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
    let isInside =
      switch BulkInstruction(rawValue: operands.operand(22, as: UInt16.self)) {
      case .memoryFill: operands.fillMemory()
      case .memoryCopy: operands.copyMemory()
      case .memoryInit: operands.initializeMemory()
      case .tableFill: operands.fillTable()
      case .tableCopy: operands.copyTable()
      case .tableInit: operands.initializeTable()
      case nil: false
      }
    if isInside { return nil }
    let isMemory = operands.operand(22, as: UInt16.self) <= BulkInstruction.memoryInit.rawValue
    return isMemory ? .outOfBoundsMemoryAccess : .outOfBoundsTableAccess
  }
}
