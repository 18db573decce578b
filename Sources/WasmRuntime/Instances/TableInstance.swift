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
  /// The room for elements. What is beyond the count is zero, and not written before it is counted.
  private var capacity: Int
  /// Whether the elements are in pages of their own, which move without being copied, and not in allocated memory.
  private var isMapped: Bool

  /// What is worth pages of its own, in bytes.
  private static let mappedByteCount = 1 << 20

  init(
    _ type: TableType, filledWith value: Slot, ledger: ResourceLedger, roots: HeapRoots?
  ) throws(LimitExceeded) {
    let count = type.limits.minimum
    guard ledger.reserve(tableElements: count) else {
      throw ledger.refusal(of: "table of \(count) elements", tableElements: count)
    }
    guard let capacity = Int(exactly: count), let (elements, isMapped) = Self.allocate(capacity) else {
      ledger.release(tableElements: count)
      throw VirtualMemory.refusal(of: "table of \(count) elements")
    }
    self.type = type
    self.ledger = ledger
    self.roots = roots
    self.capacity = capacity
    self.isMapped = isMapped
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

  /// Room for elements, all zero; nil if the system has no memory, or so many are more bytes than can be counted.
  private static func allocate(_ count: Int) -> (UnsafeMutablePointer<Slot>, isMapped: Bool)? {
    guard let byteCount = pageByteCount(of: count) else { return nil }
    if byteCount < mappedByteCount { return SystemMemory.allocate(Slot.self, count: count).map { ($0, false) } }
    guard let pages = VirtualMemory.reserve(byteCount) else { return nil }
    guard VirtualMemory.commit(pages, byteCount) else {
      VirtualMemory.release(pages, byteCount)
      return nil
    }
    return (pages.bindMemory(to: Slot.self, capacity: count), true)
  }

  /// The size of whole pages for so many elements, if that can be an address space's.
  private static func pageByteCount(of count: Int) -> Int? {
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Slot>.stride)
    return overflow || byteCount > 1 << 47 ? nil : VirtualMemory.roundedUpToPages(byteCount)
  }

  private func deallocateElements() {
    if ledger.poisonsUnusedMemory { Poison.fill(cell.pointee.elements, count: capacity) }
    if isMapped {
      VirtualMemory.release(UnsafeMutableRawPointer(cell.pointee.elements), Self.pageByteCount(of: capacity)!)
    } else {
      SystemMemory.deallocate(cell.pointee.elements)
    }
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
    let room = capacity + capacity / 2
    guard (room > count && changeCapacity(to: room)) || changeCapacity(to: count) else { return false }
    if ledger.poisonsUnusedMemory {
      Poison.fill(cell.pointee.elements + Int(self.count), count: capacity - Int(self.count))
    }
    return true
  }

  private func changeCapacity(to room: Int) -> Bool {
    if isMapped { return movePages(to: room) }
    guard let (elements, isMapped) = Self.allocate(room) else { return false }
    elements.update(from: cell.pointee.elements, count: Int(count))
    deallocateElements()
    cell.pointee.elements = elements
    capacity = room
    self.isMapped = isMapped
    return true
  }

  private func movePages(to room: Int) -> Bool {
    guard let new = Self.pageByteCount(of: room), let old = Self.pageByteCount(of: capacity) else { return false }
    if new > old {
      let pages = VirtualMemory.move(
        UnsafeMutableRawPointer(cell.pointee.elements), committed: old, reserved: old, toReservationOf: new)
      guard let pages else { return false }
      cell.pointee.elements = pages.assumingMemoryBound(to: Slot.self)
      guard VirtualMemory.commit(pages + old, new - old) else {
        VirtualMemory.release(pages + old, new - old)
        return false
      }
    }
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
