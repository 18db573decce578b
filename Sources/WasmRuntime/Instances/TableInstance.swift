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
  /// The room for elements. What is beyond the count is zero.
  private var capacity: Int

  init(
    _ type: TableType, filledWith value: Slot, ledger: ResourceLedger, roots: HeapRoots?
  ) throws(LimitExceeded) {
    let count = type.limits.minimum
    guard ledger.reserve(tableElements: count) else {
      throw ledger.refusal(of: "table of \(count) elements", tableElements: count)
    }
    guard let capacity = Int(exactly: count), let elements = SystemMemory.allocate(Slot.self, count: capacity) else {
      ledger.release(tableElements: count)
      throw VirtualMemory.refusal(of: "table of \(count) elements")
    }
    self.type = type
    self.ledger = ledger
    self.roots = roots
    self.capacity = capacity
    cell = .allocate(capacity: 1)
    // Null is zero, as fresh memory is.
    if value != 0 { elements.update(repeating: value, count: capacity) }
    cell.initialize(to: TableCell(elements: elements, count: count, owner: UnsafeRawPointer(cell)))
    cell.pointee.owner = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    roots?.add(cell)
  }

  deinit {
    roots?.remove(cell)
    ledger.release(tableElements: count)
    deallocateElements()
    cell.deallocate()
  }

  private func deallocateElements() {
    if ledger.poisonsUnusedMemory { Poison.fill(cell.pointee.elements, count: capacity) }
    SystemMemory.deallocate(cell.pointee.elements)
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
  /// - Returns: the count before, or nil if the table's maximum, the store's limits or the system refuse.
  package func grow(by delta: UInt64, filling value: Slot) -> UInt64? {
    let old = count
    let (new, overflow) = old.addingReportingOverflow(delta)
    let addressable = type.addressType == .i32 ? UInt64(UInt32.max) : UInt64(Int.max)
    guard !overflow, new <= min(type.limits.maximum ?? .max, addressable), ledger.reserve(tableElements: delta) else {
      return nil
    }
    guard makeRoom(for: Int(new)) else {
      ledger.release(tableElements: delta)
      return nil
    }
    if value != 0 || ledger.poisonsUnusedMemory {
      (cell.pointee.elements + Int(old)).update(repeating: value, count: Int(delta))
    }
    cell.pointee.count = new
    type.limits.minimum = new
    return old
  }

  /// Moves the elements if there is no room for so many; returns false if the system has no memory.
  private func makeRoom(for count: Int) -> Bool {
    if count <= capacity { return true }
    var room = max(count, capacity + capacity / 2)
    var elements = SystemMemory.allocate(Slot.self, count: room)
    if elements == nil, room > count {
      room = count
      elements = SystemMemory.allocate(Slot.self, count: room)
    }
    guard let elements else { return false }
    elements.update(from: cell.pointee.elements, count: Int(self.count))
    if ledger.poisonsUnusedMemory { Poison.fill(elements + Int(self.count), count: room - Int(self.count)) }
    deallocateElements()
    cell.pointee.elements = elements
    capacity = room
    return true
  }

  /// Copies `count` references to `index`; returns whether all of them lie inside, else nothing is written.
  package func initialize(at index: UInt64, from source: UnsafePointer<Slot>?, count: UInt64) -> Bool {
    let (end, overflow) = index.addingReportingOverflow(count)
    guard !overflow, end <= self.count else { return false }
    if count > 0, let source { (cell.pointee.elements + Int(index)).update(from: source, count: Int(count)) }
    return true
  }
}
