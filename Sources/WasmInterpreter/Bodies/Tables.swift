import WasmRuntime

// Table instructions. (Core specification 3.0, 4.6.7 "Table Instructions".)

/// Slot 8 ← table 12 at slot 10; 14: whether indices have 64 bits.
enum TableGet: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let table = machine.context.pointee.tables[machine.slotNumber(12)]
    let index = machine.operands.address(10, is64: machine.slotNumber(14) != 0)
    guard index < table.pointee.count else { return machine.trap(.outOfBoundsTableAccess) }
    table.pointee.elements[Int(index)].write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}

/// Table 12 at slot 10 ← slot 8; 14: whether indices have 64 bits.
enum TableSet: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let table = machine.context.pointee.tables[machine.slotNumber(12)]
    let index = machine.operands.address(10, is64: machine.slotNumber(14) != 0)
    guard index < table.pointee.count else { return machine.trap(.outOfBoundsTableAccess) }
    table.pointee.elements[Int(index)] = machine.slot(8).pointee
    machine.advance(2)
    return true
  }
}

/// Slot 8 ← the count of table 12.
enum TableSize: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.context.pointee.tables[machine.slotNumber(12)].pointee.count.write(machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}

/// Slot 8 ← the count of table 14 before it grows by slot 12, filled with slot 10, or -1; 16: whether indices have 64 bits.
enum TableGrow: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let result = grow(machine.operands)
    result.write(machine.slot(8), &machine)
    machine.advance(3)
    return true
  }

  @inline(never)
  private static func grow(_ operands: Operands) -> UInt64 {
    let is64 = operands.slotNumber(16) != 0
    let result = operands.context.table(operands.slotNumber(14)).grow(
      by: operands.address(12, is64: is64), filling: operands.slot(10).pointee)
    return result ?? (is64 ? .max : 0xFFFF_FFFF)
  }
}

extension Operands {
  /// Table 14 at slot 8, slot 12 elements ← slot 10; 16: whether indices have 64 bits.
  func fillTable() -> Bool {
    let is64 = slotNumber(16) != 0
    return context.fillTable(
      slotNumber(14), at: address(8, is64: is64), with: slot(10).pointee, count: address(12, is64: is64))
  }

  /// Table 14 at slot 8 ← table 16 at slot 10, slot 12 elements; 18: bit 0, target indices have 64 bits; bit 1, source's.
  func copyTable() -> Bool {
    let flags = slotNumber(18)
    return context.copyTable(
      slotNumber(14), at: address(8, is64: flags & 1 != 0), from: slotNumber(16),
      at: address(10, is64: flags & 2 != 0), count: address(12, is64: flags == 3))
  }

  /// Table 14 at slot 8 ← element segment (32 bits at 16) from slot 10, slot 12 elements; 20: whether indices have 64 bits.
  func initializeTable() -> Bool {
    context.initializeTable(
      slotNumber(14), at: address(8, is64: slotNumber(20) != 0), fromElements: Int(operand(16, as: UInt32.self)),
      at: address(10, is64: false), count: address(12, is64: false))
  }
}

/// Drops the element segment with the 32-bit number at 8.
enum ElementDrop: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    drop(machine.operands)
    machine.advance(2)
    return true
  }

  @inline(never)
  private static func drop(_ operands: Operands) {
    operands.context.dropElements(Int(operands.operand(8, as: UInt32.self)))
  }
}
