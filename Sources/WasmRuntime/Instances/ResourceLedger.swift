import Synchronization
import WebAssembly

/// Counts the resources that the modules of a store, or of all stores of a program, hold, and enforces their limits. Used by several
/// threads at once, and separate from the stores, since memories and tables may outlive them.
package final class ResourceLedger: Sendable {
  let limits: StoreLimits
  private let memoryBytesCounter = Atomic<UInt64>(0)
  private let tableElementsCounter = Atomic<UInt64>(0)
  private let objectBytesCounter = Atomic<UInt64>(0)
  private let totalBytesCounter = Atomic<UInt64>(0)
  private let memories = Atomic<UInt64>(0)
  private let tables = Atomic<UInt64>(0)
  private let instances = Atomic<UInt64>(0)

  /// See ``HeapConfiguration/poisonsUnusedMemory``.
  let poisonsUnusedMemory: Bool

  private let refusalLog: (@Sendable (String) -> Void)?
  private let refusalCount = Atomic<Int>(0)
  /// A program may try to grow in a loop.
  private static let maximumRefusalCount = 20

  /// - Parameter refusalLog: receives a line of text for each growth that is refused, of the first ones.
  package init(_ limits: StoreLimits, poisonsUnusedMemory: Bool, refusalLog: (@Sendable (String) -> Void)? = nil) {
    self.limits = limits
    self.poisonsUnusedMemory = poisonsUnusedMemory
    self.refusalLog = refusalLog
  }

  /// Reports growth that is refused.
  func reportRefusal(_ message: @autoclosure () -> String) {
    guard let refusalLog else { return }
    let number = refusalCount.add(1, ordering: .relaxed).oldValue
    if number < Self.maximumRefusalCount { refusalLog(message()) }
    if number == Self.maximumRefusalCount { refusalLog("growth was refused more often") }
  }

  /// Adds to a counter; returns false without adding if it would exceed the limit.
  private static func add(_ amount: UInt64, to counter: borrowing Atomic<UInt64>, limit: UInt64) -> Bool {
    var held = counter.load(ordering: .relaxed)
    while held <= limit, amount <= limit - held {
      let (exchanged, seen) = counter.weakCompareExchange(
        expected: held, desired: held + amount, ordering: .relaxed)
      if exchanged { return true }
      held = seen
    }
    return false
  }

  // The current amounts.
  var memoryByteCount: UInt64 { memoryBytesCounter.load(ordering: .relaxed) }
  var tableElementCount: UInt64 { tableElementsCounter.load(ordering: .relaxed) }
  var objectByteCount: UInt64 { objectBytesCounter.load(ordering: .relaxed) }
  var totalByteCount: UInt64 { totalBytesCounter.load(ordering: .relaxed) }

  private static func subtract(_ amount: UInt64, from counter: borrowing Atomic<UInt64>) {
    counter.subtract(amount, ordering: .relaxed)
  }

  // MARK: Numbers of items

  /// The items that a store created, counted until the store ends.
  struct Count {
    fileprivate(set) var memories: UInt64 = 0
    fileprivate(set) var tables: UInt64 = 0
    fileprivate(set) var instances: UInt64 = 0
  }

  func addMemory(to count: inout Count) throws(LimitExceeded) {
    try addOne(to: memories, limits.memoryCount, "memories", "memoryCount")
    count.memories += 1
  }

  /// Undoes ``addMemory(to:)``.
  func removeMemory(from count: inout Count) {
    Self.subtract(1, from: memories)
    count.memories -= 1
  }

  func addTable(to count: inout Count) throws(LimitExceeded) {
    try addOne(to: tables, limits.tableCount, "tables", "tableCount")
    count.tables += 1
  }

  /// Undoes ``addTable(to:)``.
  func removeTable(from count: inout Count) {
    Self.subtract(1, from: tables)
    count.tables -= 1
  }

  func addInstance(to count: inout Count) throws(LimitExceeded) {
    try addOne(to: instances, limits.instanceCount, "instances", "instanceCount")
    count.instances += 1
  }

  private func addOne(
    to counter: borrowing Atomic<UInt64>, _ limit: Int, _ name: String, _ property: String
  ) throws(LimitExceeded) {
    guard Self.add(1, to: counter, limit: UInt64(max(limit, 0))) else {
      throw LimitExceeded("too many \(name): expected at most \(limit) (Store.Limits.\(property))")
    }
  }

  func release(_ count: Count) {
    Self.subtract(count.memories, from: memories)
    Self.subtract(count.tables, from: tables)
    Self.subtract(count.instances, from: instances)
  }

  // MARK: Bytes

  /// Counts bytes of any kind; returns whether the limit allows them.
  private func reserve(_ byteCount: UInt64) -> Bool {
    Self.add(byteCount, to: totalBytesCounter, limit: limits.totalByteCount)
  }

  private func release(_ byteCount: UInt64) { Self.subtract(byteCount, from: totalBytesCounter) }

  func reserve(memoryBytes: UInt64) -> Bool {
    guard Self.add(memoryBytes, to: memoryBytesCounter, limit: limits.memoryByteCount) else { return false }
    if reserve(memoryBytes) { return true }
    Self.subtract(memoryBytes, from: memoryBytesCounter)
    return false
  }

  func release(memoryBytes: UInt64) {
    Self.subtract(memoryBytes, from: memoryBytesCounter)
    release(memoryBytes)
  }

  func reserve(tableElements: UInt64) -> Bool {
    let (byteCount, overflow) = tableElements.multipliedReportingOverflow(by: UInt64(MemoryLayout<Slot>.size))
    guard !overflow, Self.add(tableElements, to: tableElementsCounter, limit: limits.tableElementCount) else {
      return false
    }
    if reserve(byteCount) { return true }
    Self.subtract(tableElements, from: tableElementsCounter)
    return false
  }

  func release(tableElements: UInt64) {
    Self.subtract(tableElements, from: tableElementsCounter)
    release(tableElements * UInt64(MemoryLayout<Slot>.size))
  }

  // MARK: Heaps

  /// The limit on one heap, if there is no other.
  var heapByteLimit: UInt64 { limits.heapByteCount }

  /// The limit on the memory that a heap occupies, if nothing else counts.
  var maximumHeapBytes: UInt64 { limits.totalByteCount }

  /// Counts blocks that a heap occupies.
  func reserve(heapBytes: UInt64) -> Bool { reserve(heapBytes) }

  func release(heapBytes: UInt64) { release(heapBytes) }

  /// Whether this many bytes of objects could be counted now.
  func admits(objectBytes: UInt64) -> Bool {
    let held = objectBytesCounter.load(ordering: .relaxed)
    return held <= limits.heapByteCount && objectBytes <= limits.heapByteCount - held
  }

  /// Counts allocated cells of a heap.
  func reserve(objectBytes: UInt64) -> Bool {
    Self.add(objectBytes, to: objectBytesCounter, limit: limits.heapByteCount)
  }

  func release(objectBytes: UInt64) { Self.subtract(objectBytes, from: objectBytesCounter) }
}
