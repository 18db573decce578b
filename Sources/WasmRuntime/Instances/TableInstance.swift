import WebAssembly

/// A table of references. (Core specification 3.0, 4.2.8 "Table Instances".)
package final class TableInstance {
  /// The type with element type in canonical indices.
  package private(set) var type: TableType
  /// The raw cell that running code reads.
  package let cell: UnsafeMutablePointer<TableCell>
  private let ledger: ResourceLedger
  /// Where the collector finds the table, if its elements may be heap objects.
  private let roots: HeapRoots?
  private var capacity: Int

  init(
    _ type: TableType, filledWith value: Slot, ledger: ResourceLedger, roots: HeapRoots?
  ) throws(LimitExceeded) {
    guard ledger.reserve(tableElements: type.limits.minimum) else {
      throw LimitExceeded("table of \(type.limits.minimum) elements exceeds the limit")
    }
    self.type = type
    self.ledger = ledger
    self.roots = roots
    capacity = Int(type.limits.minimum)
    cell = .allocate(capacity: 1)
    let elements = UnsafeMutablePointer<Slot>.allocate(capacity: max(capacity, 1))
    elements.initialize(repeating: value, count: capacity)
    cell.initialize(
      to: TableCell(elements: elements, count: UInt64(capacity), owner: UnsafeRawPointer(cell)))
    cell.pointee.owner = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    roots?.add(cell)
  }

  deinit {
    roots?.remove(cell)
    ledger.release(tableElements: count)
    cell.pointee.elements.deallocate()
    cell.deallocate()
  }

  package var count: UInt64 { cell.pointee.count }

  /// The element at `index`, or nil outside.
  package func element(at index: UInt64) -> Slot? {
    index < count ? cell.pointee.elements[Int(index)] : nil
  }

  /// Sets an element; returns whether `index` is inside.
  package func setElement(at index: UInt64, to value: Slot) -> Bool {
    guard index < count else { return false }
    cell.pointee.elements[Int(index)] = value
    return true
  }

  /// Adds elements. Amortised O(`delta`).
  ///
  /// - Returns: the count before, or nil if the table's maximum or the store's limits refuse.
  package func grow(by delta: UInt64, filling value: Slot) -> UInt64? {
    let old = count
    let (new, overflow) = old.addingReportingOverflow(delta)
    let addressable = type.addressType == .i32 ? UInt64(UInt32.max) : UInt64(Int.max)
    guard !overflow, new <= min(type.limits.maximum ?? .max, addressable), ledger.reserve(tableElements: delta) else {
      return nil
    }
    if new > UInt64(capacity) {
      capacity = max(Int(new), capacity + capacity / 2)
      let elements = UnsafeMutablePointer<Slot>.allocate(capacity: capacity)
      elements.initialize(from: cell.pointee.elements, count: Int(old))
      cell.pointee.elements.deallocate()
      cell.pointee.elements = elements
    }
    (cell.pointee.elements + Int(old)).initialize(repeating: value, count: Int(delta))
    cell.pointee.count = new
    type.limits.minimum = new
    return old
  }

  /// Copies `count` references to `index`; returns whether all of them lie inside, else nothing is written.
  package func initialize(at index: UInt64, from source: UnsafePointer<Slot>?, count: UInt64) -> Bool {
    let (end, overflow) = index.addingReportingOverflow(count)
    guard !overflow, end <= self.count else { return false }
    if count > 0, let source { (cell.pointee.elements + Int(index)).update(from: source, count: Int(count)) }
    return true
  }
}
