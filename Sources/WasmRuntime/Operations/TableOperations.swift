import WebAssembly

// Table instructions, for all engines. (Core specification 3.0, 4.6.7 "Table Instructions".)

extension UnsafeMutablePointer<InstanceContext> {
  package func table(_ index: Int) -> TableInstance {
    Unmanaged.fromOpaque(pointee.tables[index].pointee.owner).takeUnretainedValue()
  }

  /// Elements of a table, or nil if the range is not inside it.
  package func elements(ofTable index: Int, at start: UInt64, count: UInt64) -> UnsafeMutablePointer<Slot>? {
    let table = pointee.tables[index].pointee
    let (end, overflow) = start.addingReportingOverflow(count)
    guard !overflow, end <= table.count else {
      note(OutOfBounds(.table, from: overflow ? .max : start, of: table.count))
      return nil
    }
    return table.elements + Int(start)
  }

  /// `table.fill`. Returns the code of a trap, if any; if the range is not inside, nothing is written.
  package func fillTable(_ index: Int, at start: UInt64, with value: Slot, count: UInt64) -> TrapCode? {
    guard let elements = elements(ofTable: index, at: start, count: count) else { return .outOfBoundsTableAccess }
    return fillCells(value, 0, at: elements, byteCount: MemoryLayout<Slot>.size, count: Int(count))
  }

  /// `table.copy`.
  package func copyTable(
    _ index: Int, at start: UInt64, from sourceIndex: Int, at sourceStart: UInt64, count: UInt64
  ) -> TrapCode? {
    guard let target = elements(ofTable: index, at: start, count: count),
      let source = elements(ofTable: sourceIndex, at: sourceStart, count: count)
    else { return .outOfBoundsTableAccess }
    return copyBytes(from: source, to: target, MemoryLayout<Slot>.size * Int(count))
  }

  /// `table.init`.
  package func initializeTable(
    _ index: Int, at start: UInt64, fromElements segment: Int, at sourceStart: UInt64, count: UInt64
  ) -> TrapCode? {
    let segment = pointee.elementSegments[segment]
    let (end, overflow) = sourceStart.addingReportingOverflow(count)
    guard !overflow, end <= segment.count else {
      note(OutOfBounds(.elements, from: overflow ? .max : sourceStart, of: segment.count))
      return .outOfBoundsTableAccess
    }
    guard let target = elements(ofTable: index, at: start, count: count) else { return .outOfBoundsTableAccess }
    guard count > 0, let elements = segment.elements else { return nil }
    return copyBytes(from: elements + Int(sourceStart), to: target, MemoryLayout<Slot>.size * Int(count))
  }

  /// `elem.drop`.
  package func dropElements(_ segment: Int) {
    Unmanaged<ModuleInstance>.fromOpaque(pointee.owner).takeUnretainedValue().dropElements(segment)
  }
}
