import WasmRuntime

/// The bulk instructions. They share one handler: see ``BulkInstruction``.
enum Bulk: Operation {
  typealias Format = BulkFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let code = perform(machine.operands)
    // The size of memory 0 may have been updated, if another thread grew it.
    machine.reloadMemory()
    if let code { return machine.trap(code) }
    machine.advance(Format.self)
    return true
  }

  @inline(never)
  private static func perform(_ operands: Operands) -> TrapCode? {
    guard let instruction = operands[Format.self].selector.instruction else { return .outOfBoundsMemoryAccess }
    return switch instruction {
    case .memoryFill: operands.fillMemory()
    case .memoryCopy: operands.copyMemory()
    case .memoryInit: operands.initializeMemory()
    case .tableFill: operands.fillTable()
    case .tableCopy: operands.copyTable()
    case .tableInit: operands.initializeTable()
    }
  }
}
