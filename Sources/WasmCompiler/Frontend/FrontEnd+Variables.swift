import WasmRuntime
import WebAssembly

// Globals and tables.

extension FrontEnd {
  // MARK: Globals

  /// The location of a global's value: a pointer, and an offset from it.
  private mutating func place(ofGlobal index: UInt32) -> (base: Value, offset: Int) {
    if index < facts.importedGlobalCount {
      return (loadField(contextField(offsets.instance.importedGlobals), 8 * Int(index), .constant), 0)
    }
    return (context(), offsets.instance.globals + 16 * Int(index - facts.importedGlobalCount))
  }

  mutating func lowerGlobalGet() throws {
    let index = try reader.readU32()
    let global = facts.globals[index]
    let place = place(ofGlobal: index)
    let region: Region = global.isMutable ? .globals : .constant
    stack.append(loadField(place.base, place.offset, region, global.type.load, global.type))
  }

  mutating func lowerGlobalSet() throws {
    let index = try reader.readU32()
    let value = stack.removeLast()
    let place = place(ofGlobal: index)
    storeField(place.base, place.offset, value, .globals, facts.globals[index].type.store)
  }

  // MARK: Tables

  mutating func tableCell(_ index: UInt32) -> Value {
    loadField(contextField(offsets.instance.tables), 8 * Int(index), .constant)
  }

  /// Traps unless an index is in bounds.
  ///
  /// - Returns: the first element's address, and the index as an operand for an access to it.
  private mutating func element(_ table: UInt32, _ index: Value) -> (base: Value, index: Value) {
    let cell = tableCell(table)
    let index = wide(index, is64: facts.tables[table].is64)
    let count = loadField(cell, offsets.table.count, .tables)
    let isOutside = wasm(.i64GeU, .i32, index, count)
    trap(if: isOutside, .outOfBoundsTableAccess, at: index, of: cell)
    let safe = isAlwaysInside(index, table) ? index : masked(index, if: isOutside)
    return (loadField(cell, offsets.table.elements, .tables), wasm(.i64Shl, .i64, safe, i64(3)))
  }

  /// Whether an index is a constant below the table's minimum size.
  mutating func isAlwaysInside(_ index: Value, _ table: UInt32) -> Bool {
    constantBits(index).map { $0 < facts.tables[table].minimumCount } ?? false
  }

  mutating func lowerTableGet() throws {
    let place = element(try reader.readU32(), stack.removeLast())
    stack.append(loadField(place.base, 0, .tables, index: place.index, flags: .guarded))
  }

  mutating func lowerTableSet() throws {
    let table = try reader.readU32()
    let value = stack.removeLast()
    let place = element(table, stack.removeLast())
    storeField(place.base, 0, value, .tables, index: place.index)
  }

  mutating func lowerTableSize() throws {
    let table = try reader.readU32()
    let count = loadField(tableCell(table), offsets.table.count, .tables)
    pushAddress(count, is64: facts.tables[table].is64)
  }

  mutating func lowerTableGrow() throws {
    let table = try reader.readU32()
    let is64 = facts.tables[table].is64
    let delta = wide(stack.removeLast(), is64: is64)
    pushAddress(callGrowth(.tableGrow, [i32(table), stack.removeLast(), delta]), is64: is64)
  }

  mutating func lowerTableFill() throws {
    let table = try reader.readU32()
    let is64 = facts.tables[table].is64
    let count = wide(stack.removeLast(), is64: is64)
    let value = stack.removeLast()
    callChecked(.tableFill, [i32(table), wide(stack.removeLast(), is64: is64), value, count])
  }

  mutating func lowerTableCopy() throws {
    let target = try reader.readU32()
    let source = try reader.readU32()
    let (is64, from64) = (facts.tables[target].is64, facts.tables[source].is64)
    let count = wide(stack.removeLast(), is64: is64 && from64)
    let from = wide(stack.removeLast(), is64: from64)
    callChecked(.tableCopy, [i32(target), i32(source), wide(stack.removeLast(), is64: is64), from, count])
  }

  mutating func lowerTableInit() throws {
    let segment = try reader.readU32()
    let table = try reader.readU32()
    let count = extended(stack.removeLast())
    let from = extended(stack.removeLast())
    let to = wide(stack.removeLast(), is64: facts.tables[table].is64)
    callChecked(.tableInit, [i32(segment), i32(table), to, from, count])
  }

  /// Pushes a size or count in the address type of its memory or table.
  mutating func pushAddress(_ value: Value, is64: Bool) {
    stack.append(is64 ? value : wasm(.i32WrapI64, .i32, value))
  }
}

extension IRType {
  /// The load and the store of a whole value.
  var load: Opcode {
    switch self {
    case .i32: .i32Load
    case .f32: .f32Load
    case .f64: .f64Load
    case .v128: .v128Load
    case .i64, .none: .i64Load
    }
  }

  var store: Opcode {
    switch self {
    case .i32: .i32Store
    case .f32: .f32Store
    case .f64: .f64Store
    case .v128: .v128Store
    case .i64, .none: .i64Store
    }
  }
}
