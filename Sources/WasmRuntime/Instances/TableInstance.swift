import NeedletailSystem
import WebAssembly

/// A table of references. (Core specification 3.0, 4.2.8 "Table Instances".)
package final class TableInstance {
  /// The type, with the element type in canonical indices.
  package private(set) var type: TableType
  /// The raw cell that running code reads.
  package let cell: UnsafeMutablePointer<TableCell>
  private let ledger: ResourceLedger
  /// The roots that contain the table, if its elements can be heap objects.
  private let roots: HeapRoots?
  /// The capacity in elements. Elements beyond the count are zero; they are written only after the count was raised.
  private var capacity: Int
  /// Whether the elements are in mapped pages, which move without a copy, rather than in allocated memory.
  private var isMapped: Bool

  /// The smallest size that uses mapped pages, in bytes.
  private static let mappedByteCount = 1 << 20

  /// The number of elements that are filled between two looks at an interruption: some milliseconds.
  private static let pieceCount = 1 << 19

  /// - Parameter isInterrupted: whether to give up.
  /// - Returns: nil if it gave up.
  /// - Throws: `LimitExceeded` if the ledger does not allow the table, or the system has no memory.
  init?(
    _ type: TableType, filledWith value: Slot, ledger: ResourceLedger, roots: HeapRoots?,
    unless isInterrupted: () -> Bool
  ) throws(LimitExceeded) {
    let count = type.limits.minimum
    guard ledger.reserve(tableElements: count) else {
      throw ledger.refusal(of: "table of \(counted(count, "element"))", tableElements: count)
    }
    guard let capacity = Int(exactly: count), let (elements, isMapped) = Self.allocate(capacity) else {
      ledger.release(tableElements: count)
      throw VirtualMemory.refusal(of: "table of \(counted(count, "element"))", .tableElements, count)
    }
    self.type = type
    self.ledger = ledger
    self.roots = roots
    self.capacity = capacity
    self.isMapped = isMapped
    cell = .allocate(capacity: 1)
    cell.initialize(to: TableCell(elements: elements, count: count, owner: UnsafeRawPointer(cell)))
    cell.pointee.owner = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    roots?.add(cell)
    // Null is zero, as is fresh memory.
    if value != 0, !fill(0..<capacity, with: value, unless: isInterrupted) { return nil }
  }

  /// Fills elements, unless it is to give up.
  private func fill(_ range: Range<Int>, with value: Slot, unless isInterrupted: () -> Bool) -> Bool {
    var start = range.lowerBound
    while start < range.upperBound {
      if isInterrupted() { return false }
      let end = min(start + Self.pieceCount, range.upperBound)
      (cell.pointee.elements + start).update(repeating: value, count: end - start)
      start = end
    }
    return true
  }

  /// Makes elements beyond the count zero again.
  private func clear(_ range: Range<Int>) {
    let start = UnsafeMutableRawPointer(cell.pointee.elements + range.lowerBound)
    let byteCount = range.count * MemoryLayout<Slot>.stride
    let before = min(VirtualMemory.roundedUpToPages(Int(bitPattern: start)) - Int(bitPattern: start), byteCount)
    let pages = (byteCount - before) & ~(VirtualMemory.pageSize - 1)
    guard isMapped, VirtualMemory.restore(start + before, pages) else { return memoryFill(start, 0, byteCount) }
    memoryFill(start, 0, before)
    memoryFill(start + before + pages, 0, byteCount - before - pages)
  }

  deinit {
    roots?.remove(cell)
    ledger.release(tableElements: count)
    deallocateElements()
    cell.deallocate()
  }

  /// Allocates zeroed elements; nil if the system has no memory, or the size in bytes overflows.
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

  /// The size of this many elements in whole pages; nil if it exceeds the address space.
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

  /// The element at `index`, or nil if it is out of bounds.
  package func element(at index: UInt64) -> Slot? {
    index < count ? cell.pointee.elements[Int(index)] : nil
  }

  /// Sets an element; returns whether `index` is in bounds.
  package func setElement(at index: UInt64, to value: Slot) -> Bool {
    guard index < count else { return false }
    cell.pointee.elements[Int(index)] = value
    return true
  }

  /// Adds elements. Amortised O(`delta`).
  ///
  /// - Parameters:
  ///   - store: the store whose limiter is asked.
  ///   - isInterrupted: whether to give up.
  /// - Returns: the previous count; nil if the table's maximum, the limiter or the store's limits do not allow the growth, the system has no
  ///   memory, or it gave up. Then nothing has changed.
  /// - Throws: the limiter's error.
  package func grow(
    by delta: UInt64, filling value: Slot, in store: StoreState, unless isInterrupted: () -> Bool
  ) throws -> UInt64? {
    store.refusedGrowth = nil
    let old = count
    let (new, overflow) = old.addingReportingOverflow(delta)
    guard !overflow, new <= typeLimit else {
      reportRefusal(delta, store)
      return nil
    }
    do {
      try store.ask(ResourceRequest(.tableElements, from: old, to: new, maximum: type.limits.maximum))
    } catch let error as LimitExceeded where error.scope == .limiter {
      store.refusedGrowth = error
      reportRefusal(delta, store)
      return nil
    }
    guard ledger.reserve(tableElements: delta) else {
      reportRefusal(delta, store)
      return nil
    }
    guard makeRoom(for: Int(new)) else {
      ledger.release(tableElements: delta)
      reportRefusal(delta, store)
      return nil
    }
    if value != 0 || ledger.poisonsUnusedMemory {
      guard fill(Int(old)..<Int(new), with: value, unless: isInterrupted) else {
        clear(Int(old)..<Int(new))
        ledger.release(tableElements: delta)
        return nil
      }
    }
    cell.pointee.count = new
    type.limits.minimum = new
    return old
  }

  /// The largest count that the type allows.
  private var typeLimit: UInt64 {
    min(type.limits.maximum ?? .max, type.addressType == .i32 ? UInt64(UInt32.max) : UInt64(Int.max))
  }

  @inline(never)
  private func reportRefusal(_ delta: UInt64, _ store: StoreState) {
    ledger.reportRefusal("refused: \(refusal(ofGrowthBy: delta, in: store))")
  }

  /// Why the table did not grow.
  func refusal(ofGrowthBy delta: UInt64, in store: StoreState) -> LimitExceeded {
    ledger.refusal(
      ofGrowthOf: "table", "element", from: count, by: delta, typeLimit: typeLimit, .tableElements, unit: 1
    ) {
      store.refusedGrowth ?? ledger.refusalIfAny(of: "the growth", tableElements: delta)
    }
  }

  /// Moves the elements if the capacity is too small; returns false if the system has no memory.
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

  /// Copies `count` references to `index`; returns whether the range is in bounds. If not, nothing is written.
  package func initialize(at index: UInt64, from source: UnsafePointer<Slot>?, count: UInt64) -> Bool {
    let (end, overflow) = index.addingReportingOverflow(count)
    guard !overflow, end <= self.count else { return false }
    if count > 0, let source { (cell.pointee.elements + Int(index)).update(from: source, count: Int(count)) }
    return true
  }

  /// Copies references to functions to `index`, unless it is to give up; returns whether the range is in bounds. If not, nothing is written.
  ///
  /// - Parameters:
  ///   - indices: the indices of the functions.
  ///   - functions: the references by index.
  func initialize(
    at index: UInt64, from indices: [UInt32],
    of functions: UnsafeMutablePointer<UnsafeMutablePointer<FunctionReference>>, unless isInterrupted: () -> Bool
  ) -> Bool {
    let (end, overflow) = index.addingReportingOverflow(UInt64(indices.count))
    guard !overflow, end <= count else { return false }
    guard !indices.isEmpty else { return true }
    let target = cell.pointee.elements + Int(index)
    for (position, function) in indices.enumerated() {
      if position % Self.pieceCount == 0, isInterrupted() { return true }
      target[position] = Slot(UInt(bitPattern: functions[Int(function)]))
    }
    return true
  }
}
