import WasmRuntime

// Table instructions. (Core specification 3.0, 4.6.7 "Table Instructions".)

/// The table of an element access, and the number of words of the access.
protocol ElementTable {
  static func index(_ machine: Machine) -> Int
  static var wordCount: Int { get }
}

/// The 16 bits at 12.
enum NearTable: ElementTable {
  @inline(__always)
  static func index(_ machine: Machine) -> Int { machine.slotNumber(12) }
  @inline(__always) static var wordCount: Int { 2 }
}

/// The 32 bits at 16.
enum FarTable: ElementTable {
  @inline(__always)
  static func index(_ machine: Machine) -> Int { Int(machine.operand(16, as: UInt32.self)) }
  @inline(__always) static var wordCount: Int { 3 }
}

/// Slot 8 ← element slot 10 of the table; 14: whether indices have 64 bits.
enum TableGet<Table: ElementTable>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let table = machine.context.pointee.tables[Table.index(machine)]
    let index = machine.operands.address(10, is64: machine.slotNumber(14) != 0)
    guard index < table.pointee.count else { return machine.trap(.outOfBoundsTableAccess) }
    table.pointee.elements[Int(index)].write(machine.slot(8), &machine)
    machine.advance(Table.wordCount)
    return true
  }
}

/// Element slot 10 of the table ← slot 8; 14: whether indices have 64 bits.
enum TableSet<Table: ElementTable>: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let table = machine.context.pointee.tables[Table.index(machine)]
    let index = machine.operands.address(10, is64: machine.slotNumber(14) != 0)
    guard index < table.pointee.count else { return machine.trap(.outOfBoundsTableAccess) }
    table.pointee.elements[Int(index)] = machine.slot(8).pointee
    machine.advance(Table.wordCount)
    return true
  }
}

/// Slot 8 ← the size of the table at 12 (32 bits).
enum TableSize: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.context.pointee.tables[Int(machine.operand(12, as: UInt32.self))].pointee.count.write(
      machine.slot(8), &machine)
    machine.advance(2)
    return true
  }
}

/// Slot 8 ← the size of the table at 16 (32 bits) before it grows by slot 12 elements with the value in slot 10, or -1; 14: whether
/// indices have 64 bits.
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
    let is64 = operands.slotNumber(14) != 0
    let result = operands.context.table(Int(operands.operand(16, as: UInt32.self))).grow(
      by: operands.address(12, is64: is64), filling: operands.slot(10).pointee)
    return result ?? (is64 ? .max : 0xFFFF_FFFF)
  }
}

extension Operands {
  /// Slot 12 elements of the target from slot 8 on ← slot 10.
  func fillTable() -> Bool {
    let is64 = bulkFlags != 0
    return context.fillTable(
      bulkTarget, at: address(8, is64: is64), with: slot(10).pointee, count: address(12, is64: is64))
  }

  /// Slot 12 elements of the target from slot 8 on ← the source from slot 10 on.
  func copyTable() -> Bool {
    let flags = bulkFlags
    return context.copyTable(
      bulkTarget, at: address(8, is64: flags & 1 != 0), from: bulkSource,
      at: address(10, is64: flags & 2 != 0), count: address(12, is64: flags == 3))
  }

  /// Slot 12 elements of the target from slot 8 on ← the element segment from slot 10 on.
  func initializeTable() -> Bool {
    context.initializeTable(
      bulkTarget, at: address(8, is64: bulkFlags != 0), fromElements: bulkSource,
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
