import Synchronization
import WebAssembly

/// Counts the resources that a store, an engine or the process holds, and enforces their limits. What a store's ledger counts, the ledgers
/// of its engine and of the process count too; if one of them refuses, none counts.
///
/// Used by several threads at once, and separate from the stores, since memories and tables may outlive them, and since the stores of a
/// program with threads share one.
package final class ResourceLedger: Sendable {
  /// What is counted.
  enum Counter: Int, CaseIterable {
    case total, memoryBytes, tableElements, heapBytes, instances, memories, tables, stores, codeBytes, threads,
      descriptors, asyncCalls
  }

  /// An amount in use, and its limit.
  private struct Meter: ~Copyable {
    let used = Atomic<UInt64>(0)
    let limit: Atomic<UInt64>

    init(_ limit: UInt64) { self.limit = Atomic(limit) }

    /// Adds to the amount; returns false without adding if it would exceed the limit.
    func add(_ amount: UInt64) -> Bool {
      // Allowed even if a limit was lowered since.
      guard amount > 0 else { return true }
      let limit = limit.load(ordering: .relaxed)
      var held = used.load(ordering: .relaxed)
      while held <= limit, amount <= limit - held {
        let (exchanged, seen) = used.weakCompareExchange(expected: held, desired: held + amount, ordering: .relaxed)
        if exchanged { return true }
        held = seen
      }
      return false
    }
  }

  /// One for each ``Counter``.
  nonisolated(unsafe) private let meters: UnsafeMutablePointer<Meter>
  /// The ledger that counts the same; nil for that of the process.
  private let parent: ResourceLedger?
  let scope: LimitExceeded.Scope
  /// See ``StoreLimits/trapsOnGrowFailure``.
  let trapsOnGrowFailure: Bool

  /// See ``HeapConfiguration/poisonsUnusedMemory``.
  let poisonsUnusedMemory: Bool

  private let refusalLog: (@Sendable (String) -> Void)?
  private let refusalCount = Atomic<Int>(0)
  /// A program may try to grow in a loop.
  private static let maximumRefusalCount = 20

  /// The ledger of all engines of the process.
  package static let process = ResourceLedger(.process, EngineLimits(), parent: nil)

  /// The ledger of a store.
  ///
  /// - Parameters:
  ///   - parent: the ledger of the engine.
  ///   - refusalLog: receives a line of text for each growth that is refused, of the first ones.
  package init(
    _ limits: StoreLimits, parent: ResourceLedger = .process, poisonsUnusedMemory: Bool,
    refusalLog: (@Sendable (String) -> Void)? = nil
  ) {
    scope = .store
    trapsOnGrowFailure = limits.trapsOnGrowFailure
    self.parent = parent
    meters = Self.makeMeters(limits.limit)
    self.poisonsUnusedMemory = poisonsUnusedMemory
    self.refusalLog = refusalLog
  }

  private init(_ scope: LimitExceeded.Scope, _ limits: EngineLimits, parent: ResourceLedger?) {
    self.scope = scope
    trapsOnGrowFailure = false
    self.parent = parent
    meters = Self.makeMeters(limits.limit)
    poisonsUnusedMemory = false
    refusalLog = nil
  }

  /// The ledger of an engine.
  package convenience init(engine limits: EngineLimits) { self.init(.engine, limits, parent: .process) }

  private static func makeMeters(_ limit: (Counter) -> UInt64) -> UnsafeMutablePointer<Meter> {
    let meters = UnsafeMutablePointer<Meter>.allocate(capacity: Counter.allCases.count)
    for counter in Counter.allCases { (meters + counter.rawValue).initialize(to: Meter(limit(counter))) }
    return meters
  }

  deinit {
    meters.deinitialize(count: Counter.allCases.count)
    meters.deallocate()
  }

  /// The limits of a ledger that is not that of a store. What is in use stays in use, even if it exceeds new limits.
  ///
  /// Kept only here: with Swift 6.3.1 a global `Mutex(EngineLimits())` starts with zeros in an optimised build, if the initialiser is that
  /// of another module.
  package var engineLimits: EngineLimits {
    get {
      var limits = EngineLimits()
      limits.totalByteCount = limit(.total)
      limits.memoryByteCount = limit(.memoryBytes)
      limits.tableElementCount = limit(.tableElements)
      limits.heapByteCount = limit(.heapBytes)
      limits.instanceCount = Int(clamping: limit(.instances))
      limits.memoryCount = Int(clamping: limit(.memories))
      limits.tableCount = Int(clamping: limit(.tables))
      limits.storeCount = Int(clamping: limit(.stores))
      limits.codeByteCount = limit(.codeBytes)
      limits.threadCount = Int(clamping: limit(.threads))
      limits.descriptorCount = Int(clamping: limit(.descriptors))
      limits.asyncCallCount = Int(clamping: limit(.asyncCalls))
      return limits
    }
    set {
      for counter in Counter.allCases {
        meters[counter.rawValue].limit.store(newValue.limit(counter), ordering: .relaxed)
      }
    }
  }

  /// Reports growth that is refused.
  func reportRefusal(_ message: @autoclosure () -> String) {
    guard let refusalLog else { return }
    let number = refusalCount.add(1, ordering: .relaxed).oldValue
    if number < Self.maximumRefusalCount { refusalLog(message()) }
    if number == Self.maximumRefusalCount { refusalLog("growth was refused more often") }
  }

  // MARK: Amounts

  /// The amount in use.
  func used(_ counter: Counter) -> UInt64 { meters[counter.rawValue].used.load(ordering: .relaxed) }

  /// The limit of this ledger alone.
  func limit(_ counter: Counter) -> UInt64 { meters[counter.rawValue].limit.load(ordering: .relaxed) }

  /// Counts an amount, here and in the parents; returns false, and counts nothing, if one of them refuses.
  private func reserve(_ amount: UInt64, _ counter: Counter) -> Bool {
    guard meters[counter.rawValue].add(amount) else { return false }
    guard let parent, !parent.reserve(amount, counter) else { return true }
    meters[counter.rawValue].used.subtract(amount, ordering: .relaxed)
    return false
  }

  private func release(_ amount: UInt64, _ counter: Counter) {
    meters[counter.rawValue].used.subtract(amount, ordering: .relaxed)
    parent?.release(amount, counter)
  }

  /// Whether this ledger alone allows an amount.
  private func admitsHere(_ amount: UInt64, _ counter: Counter) -> Bool {
    let (held, limit) = (used(counter), limit(counter))
    return amount == 0 || held <= limit && amount <= limit - held
  }

  /// The first of this ledger and its parents that does not allow an amount now; nil if all do.
  func refuser(of amount: UInt64, _ counter: Counter) -> ResourceLedger? {
    if !admitsHere(amount, counter) { return self }
    return parent?.refuser(of: amount, counter)
  }

  // MARK: Numbers of items

  /// The items that a store created, counted until the store ends.
  struct Count {
    fileprivate(set) var memories: UInt64 = 0
    fileprivate(set) var tables: UInt64 = 0
    fileprivate(set) var instances: UInt64 = 0
    fileprivate(set) var stores: UInt64 = 0
  }

  func addMemory(to count: inout Count) throws(LimitExceeded) {
    try addOne(.memories)
    count.memories += 1
  }

  /// Undoes ``addMemory(to:)``.
  func removeMemory(from count: inout Count) {
    release(1, .memories)
    count.memories -= 1
  }

  func addTable(to count: inout Count) throws(LimitExceeded) {
    try addOne(.tables)
    count.tables += 1
  }

  /// Undoes ``addTable(to:)``.
  func removeTable(from count: inout Count) {
    release(1, .tables)
    count.tables -= 1
  }

  func addInstance(to count: inout Count) throws(LimitExceeded) {
    try addOne(.instances)
    count.instances += 1
  }

  func addStore(to count: inout Count) throws(LimitExceeded) {
    try addOne(.stores)
    count.stores += 1
  }

  private func addOne(_ counter: Counter) throws(LimitExceeded) {
    guard reserve(1, counter) else { throw refusal(counter) }
  }

  func release(_ count: Count) {
    release(count.memories, .memories)
    release(count.tables, .tables)
    release(count.instances, .instances)
    release(count.stores, .stores)
  }

  // MARK: Bytes

  // What is refused is found before anything is counted: a store that asks for more than it may have must not use up, for a moment, what its
  // engine and the process have left for others.

  func reserve(memoryBytes: UInt64) -> Bool {
    guard refuser(of: memoryBytes, .memoryBytes) == nil, refuser(of: memoryBytes, .total) == nil,
      reserve(memoryBytes, .memoryBytes)
    else { return false }
    if reserve(memoryBytes, .total) { return true }
    release(memoryBytes, .memoryBytes)
    return false
  }

  func release(memoryBytes: UInt64) {
    release(memoryBytes, .memoryBytes)
    release(memoryBytes, .total)
  }

  func reserve(tableElements: UInt64) -> Bool {
    let (byteCount, overflow) = tableElements.multipliedReportingOverflow(by: UInt64(MemoryLayout<Slot>.size))
    guard !overflow, refuser(of: tableElements, .tableElements) == nil, refuser(of: byteCount, .total) == nil,
      reserve(tableElements, .tableElements)
    else { return false }
    if reserve(byteCount, .total) { return true }
    release(tableElements, .tableElements)
    return false
  }

  func release(tableElements: UInt64) {
    release(tableElements, .tableElements)
    release(tableElements * UInt64(MemoryLayout<Slot>.size), .total)
  }

  // MARK: Machine code

  package func reserve(codeBytes: UInt64) -> Bool { reserve(codeBytes, .codeBytes) }

  package func release(codeBytes: UInt64) { release(codeBytes, .codeBytes) }

  /// The error for code that is not allowed now; nil if it is.
  package func refusal(codeBytes: UInt64) -> LimitExceeded? {
    refuser(of: codeBytes, .codeBytes)?.refusal(of: "machine code", codeBytes, .codeBytes)
  }

  // MARK: Threads, descriptors and calls

  package func addThread() throws(LimitExceeded) { try addOne(.threads) }

  package func removeThread() { release(1, .threads) }

  func addAsyncCall() throws(LimitExceeded) { try addOne(.asyncCalls) }

  func removeAsyncCall() { release(1, .asyncCalls) }

  package func addDescriptor() throws(LimitExceeded) { try addOne(.descriptors) }

  package func removeDescriptors(_ count: Int) { release(UInt64(count), .descriptors) }

  /// The error for another descriptor; nil if it is allowed now.
  package var descriptorRefusal: LimitExceeded? { refuser(of: 1, .descriptors)?.refusal(.descriptors) }

  // MARK: Heaps

  // A store counts the bytes of its objects exactly. Engine and process count the blocks that heaps occupy, so that allocations of
  // different stores seldom meet.

  /// The limit on one heap, if there is no other.
  var heapByteLimit: UInt64 { limit(.heapBytes) }

  /// The limit on the memory that a heap occupies, if nothing else counts.
  var maximumHeapBytes: UInt64 { min(limit(.total), parent?.maximumBlockBytes ?? .max) }

  private var maximumBlockBytes: UInt64 {
    min(limit(.total), limit(.heapBytes), parent?.maximumBlockBytes ?? .max)
  }

  /// Counts blocks that a heap occupies.
  func reserve(heapBytes: UInt64) -> Bool {
    guard refuser(of: heapBytes, .total) == nil, parent?.refuser(of: heapBytes, .heapBytes) == nil else { return false }
    if let parent, !parent.reserve(heapBytes, .heapBytes) { return false }
    if reserve(heapBytes, .total) { return true }
    parent?.release(heapBytes, .heapBytes)
    return false
  }

  func release(heapBytes: UInt64) {
    release(heapBytes, .total)
    parent?.release(heapBytes, .heapBytes)
  }

  /// Whether this many bytes of objects could be counted now.
  func admits(objectBytes: UInt64) -> Bool { admitsHere(objectBytes, .heapBytes) }

  /// Counts allocated cells of a heap.
  func reserve(objectBytes: UInt64) -> Bool { meters[Counter.heapBytes.rawValue].add(objectBytes) }

  func release(objectBytes: UInt64) {
    meters[Counter.heapBytes.rawValue].used.subtract(objectBytes, ordering: .relaxed)
  }

  /// The first limit that does not allow another object now, which occupies `blockBytes` of new blocks; nil if all do.
  func refusal(objectBytes: UInt64, blockBytes: UInt64) -> LimitExceeded? {
    let what = "an object"
    if !admits(objectBytes: objectBytes) { return refusal(of: what, objectBytes, .heapBytes) }
    if let ledger = parent?.refuser(of: blockBytes, .heapBytes) {
      return ledger.refusal(of: what, blockBytes, .heapBytes, needing: objectBytes)
    }
    return refuser(of: blockBytes, .total)?.refusal(of: what, blockBytes, .total, needing: objectBytes)
  }

  // MARK: Usage

  /// The amounts in use.
  package var usage: ResourceUsage {
    ResourceUsage(
      totalByteCount: used(.total), memoryByteCount: used(.memoryBytes), tableElementCount: used(.tableElements),
      heapByteCount: used(.heapBytes), instanceCount: Int(used(.instances)), memoryCount: Int(used(.memories)),
      tableCount: Int(used(.tables)), storeCount: Int(used(.stores)), codeByteCount: used(.codeBytes),
      threadCount: Int(used(.threads)), descriptorCount: Int(used(.descriptors)),
      asyncCallCount: Int(used(.asyncCalls)))
  }
}

extension StoreLimits {
  fileprivate func limit(_ counter: ResourceLedger.Counter) -> UInt64 {
    switch counter {
    case .total: totalByteCount
    case .memoryBytes: memoryByteCount
    case .tableElements: tableElementCount
    case .heapBytes: heapByteCount
    case .instances: UInt64(clamping: instanceCount)
    case .memories: UInt64(clamping: memoryCount)
    case .tables: UInt64(clamping: tableCount)
    case .stores, .codeBytes, .threads, .descriptors, .asyncCalls: .max
    }
  }
}

extension EngineLimits {
  fileprivate func limit(_ counter: ResourceLedger.Counter) -> UInt64 {
    switch counter {
    case .total: totalByteCount
    case .memoryBytes: memoryByteCount
    case .tableElements: tableElementCount
    case .heapBytes: heapByteCount
    case .instances: UInt64(clamping: instanceCount)
    case .memories: UInt64(clamping: memoryCount)
    case .tables: UInt64(clamping: tableCount)
    case .stores: UInt64(clamping: storeCount)
    case .codeBytes: codeByteCount
    case .threads: UInt64(clamping: threadCount)
    case .descriptors: UInt64(clamping: descriptorCount)
    case .asyncCalls: UInt64(clamping: asyncCallCount)
    }
  }
}

extension ResourceLedger.Counter {
  /// The counted resource.
  var resource: LimitExceeded.Resource {
    switch self {
    case .total: .totalBytes
    case .memoryBytes: .memoryBytes
    case .tableElements: .tableElements
    case .heapBytes: .heapBytes
    case .instances: .instances
    case .memories: .memories
    case .tables: .tables
    case .stores: .stores
    case .codeBytes: .codeBytes
    case .threads: .threads
    case .descriptors: .descriptors
    case .asyncCalls: .asyncCalls
    }
  }

  /// The property of `StoreLimits` and `EngineLimits` that limits it.
  var property: String {
    switch self {
    case .total: "totalByteCount"
    case .memoryBytes: "memoryByteCount"
    case .tableElements: "tableElementCount"
    case .heapBytes: "heapByteCount"
    case .instances: "instanceCount"
    case .memories: "memoryCount"
    case .tables: "tableCount"
    case .stores: "storeCount"
    case .codeBytes: "codeByteCount"
    case .threads: "threadCount"
    case .descriptors: "descriptorCount"
    case .asyncCalls: "asyncCallCount"
    }
  }
}
