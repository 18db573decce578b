import WasmRuntime

// Table instructions. (Core specification 3.0, 4.6.7 "Table Instructions".)

/// `value` ← the element of the table.
enum TableGet<Format: ElementFormat>: Operation where Format.Value == Destination {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let table = machine.context.pointee.tables[machine[Format.self].tableIndex]
    let index = machine.operands.address(machine[Format.self].index, is64: machine[Format.self].is64.isSet)
    guard _fastPath(index < table.pointee.count) else { return machine.outOfBounds(table, at: index) }
    table.pointee.elements[Int(truncatingIfNeeded: index)].write(machine.slot(machine[Format.self].value), &machine)
    machine.advance(Format.self)
    return true
  }
}

/// The element of the table ← `value`.
enum TableSet<Format: ElementFormat>: Operation where Format.Value == SlotOperand {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let table = machine.context.pointee.tables[machine[Format.self].tableIndex]
    let index = machine.operands.address(machine[Format.self].index, is64: machine[Format.self].is64.isSet)
    guard _fastPath(index < table.pointee.count) else { return machine.outOfBounds(table, at: index) }
    table.pointee.elements[Int(truncatingIfNeeded: index)] = machine.slot(machine[Format.self].value).pointee
    machine.advance(Format.self)
    return true
  }
}

/// `destination` ← the size of the table.
enum TableSize: Operation {
  typealias Format = TableSizeFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    machine.context.pointee.tables[Int(machine[Format.self].table)].pointee.count.write(
      machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }
}

/// `destination` ← the size of the table before it grows by `delta` elements with the value in `value`, or -1.
enum TableGrow: Operation {
  typealias Format = TableGrowFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    let result: UInt64
    switch grow(machine.operands) {
    case .grown(let old): result = old
    case .refused: result = machine[Format.self].is64.isSet ? .max : 0xFFFF_FFFF
    case .trapped(let code): return machine.trap(code)
    }
    result.write(machine.slot(machine[Format.self].destination), &machine)
    machine.advance(Format.self)
    return true
  }

  @inline(never)
  private static func grow(_ operands: Operands) -> GrowthOutcome {
    operands.context.growTable(
      Int(operands[Format.self].table),
      by: operands.address(operands[Format.self].delta, is64: operands[Format.self].is64.isSet),
      filling: operands.slot(operands[Format.self].value).pointee)
  }
}

extension Operands {
  /// `count` elements of the target from `target` on ← `source`.
  func fillTable() -> TrapCode? {
    let bulk = self[BulkFormat.self]
    let is64 = bulk.selector.targetIs64
    return context.fillTable(
      Int(bulk.targetIndex), at: address(bulk.target, is64: is64), with: slot(bulk.source).pointee,
      count: address(bulk.count, is64: is64))
  }

  /// `count` elements of the target from `target` on ← the source from `source` on.
  func copyTable() -> TrapCode? {
    let bulk = self[BulkFormat.self]
    let (targetIs64, sourceIs64) = (bulk.selector.targetIs64, bulk.selector.sourceIs64)
    return context.copyTable(
      Int(bulk.targetIndex), at: address(bulk.target, is64: targetIs64), from: Int(bulk.sourceIndex),
      at: address(bulk.source, is64: sourceIs64), count: address(bulk.count, is64: targetIs64 && sourceIs64))
  }

  /// `count` elements of the target from `target` on ← the element segment from `source` on.
  func initializeTable() -> TrapCode? {
    let bulk = self[BulkFormat.self]
    return context.initializeTable(
      Int(bulk.targetIndex), at: address(bulk.target, is64: bulk.selector.targetIs64),
      fromElements: Int(bulk.sourceIndex), at: address(bulk.source, is64: false),
      count: address(bulk.count, is64: false))
  }
}

/// Drops the element segment.
enum ElementDrop: Operation {
  typealias Format = DropFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    drop(machine.operands)
    machine.advance(Format.self)
    return true
  }

  @inline(never)
  private static func drop(_ operands: Operands) {
    operands.context.dropElements(Int(operands[Format.self].segment))
  }
}
