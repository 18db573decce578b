import NeedletailSystem
import WebAssembly

/// A store's garbage-collected heap.
///
/// Objects do not move. Small objects are cells in blocks of one cell size and are allocated consecutively in runs of free cells; large
/// objects have their own blocks. A collection marks the reachable objects; blocks are then swept for free runs one at a time, when cells
/// of their size are needed.
///
/// `used` counts the allocated cells, live or dead, so the limit and the start of a collection are exact. The ledger counts the same for
/// all heaps of a program.
package final class Heap {
  let configuration: HeapConfiguration
  let limit: UInt64
  /// The reason why the last failed allocation failed.
  private(set) var refusal: LimitExceeded?
  /// Counts allocated cells and occupied blocks.
  private let ledger: ResourceLedger
  let types: TypeDescriptorTable
  package let roots = HeapRoots()
  /// Values of constant expressions under evaluation, and other references that are held briefly.
  package var temporaries: [Slot] = []

  /// The free runs in which running code allocates, by size class.
  let windows: UnsafeMutablePointer<AllocationWindow>
  /// The address space; nil before the first allocation.
  var space: HeapSpace?
  /// The mark stack; it exists as long as there is a space.
  private(set) var markStack: UnsafeMutableBufferPointer<UInt>?
  /// The sweep position of each size class.
  var cursors: [SweepCursor]

  private(set) var used: UInt64 = 0
  /// The next collection begins when `used` would exceed this.
  var nextCollection: UInt64
  var statistics = HeapStatistics()
  /// The bytes that had been allocated when the last collection ended.
  var allocatedAtCollection: UInt64 = 0
  /// The time that the last collection took for objects and for roots, as the number of bytes of objects that are marked in that time.
  var objectCost: UInt64 = 0
  var rootCost: UInt64 = 0
  /// The bytes of roots that the last collection looked at.
  var rootByteCount: UInt64 = 0
  /// What collections at the limit have cost, less what they were worth: see ``collectAtLimit(stackTop:)``.
  private var debt: UInt64 = 0
  /// Whether the last collection at the limit made the debt too large.
  private var onlyCollects = false
  /// Marks the references of the store's instances.
  var markInstances: (inout Marker) -> Void = { _ in }
  /// The start of the stack of Wasm frames.
  let stackBase: UnsafeMutablePointer<Slot>
  /// Swift objects whose cells were freed by collections. A collection runs no host code, so that an allocating instruction has no other
  /// effects; the store releases the objects at its next safe point. No new ones appear between two safe points, since only the host
  /// creates cells for Swift objects.
  private var deadObjects: [Unmanaged<AnyObject>] = []
  /// Whether the store is interrupted.
  var isInterrupted: () -> Bool = { false }
  /// Whether ``askToOccupy`` is called before blocks are taken.
  var asksToOccupy = false
  /// Asks a limiter; throws if it refuses.
  var askToOccupy: (ResourceRequest) throws -> Void = { _ in }
  /// Why the limiter did not allow the last blocks.
  private var limiterRefusal: LimitExceeded?
  /// Called when there are dead objects.
  var didFindDeadObjects: () -> Void = {}

  struct SweepCursor {
    /// The block that is being swept, and the offset in it.
    var block = HeapSpace.none
    var offset = 0
  }

  init(
    _ configuration: HeapConfiguration, ledger: ResourceLedger, registry: TypeRegistry,
    stackBase: UnsafeMutablePointer<Slot>
  ) throws(LimitExceeded) {
    self.configuration = configuration
    limit = ledger.heapByteLimit
    self.ledger = ledger
    self.stackBase = stackBase
    types = try TypeDescriptorTable(registry)
    nextCollection = min(configuration.collectionThreshold, limit)
    cursors = Array(repeating: SweepCursor(), count: SizeClass.windowCount)
    windows = .allocate(capacity: SizeClass.windowCount)
    for index in 0..<SizeClass.windowCount {
      let size = index < SizeClass.count ? SizeClass.sizes[index] : 16
      (windows + index).initialize(to: AllocationWindow(cursor: 0, end: 0, cellSize: UInt(size)))
    }
  }

  deinit {
    retireWindows()
    for object in takeExternalObjects(where: { space, offset in space.isStart(offset) }) { object.release() }
    for object in deadObjects { object.release() }
    giveBack(used)
    ledger.release(heapBytes: UInt64(space?.occupiedByteCount ?? 0))
    space?.release()
    if let stack = markStack?.baseAddress { SystemMemory.deallocate(stack) }
    windows.deallocate()
  }

  // MARK: Allocation

  /// Allocates uninitialized memory for an object, which the caller must initialize before it allocates again.
  ///
  /// May collect garbage, as every allocation may. That frees unreachable objects and changes nothing else: no host code runs, so
  /// memories, tables and segments do not move.
  ///
  /// - Parameters:
  ///   - byteCount: the object's size in bytes, including its header.
  ///   - sizeClass: the class of that size.
  ///   - stackTop: the end of the stack of Wasm frames.
  /// - Returns: nil if a limit is reached and a collection does not help, or the system has no memory; ``refusal`` then has the reason.
  package func allocate(
    _ byteCount: Int, sizeClass: Int, stackTop: UnsafeMutablePointer<Slot>
  ) -> UnsafeMutableRawPointer? {
    if sizeClass == SizeClass.large {
      let object = allocateLarge(byteCount, stackTop: stackTop)
      if object == nil { noteRefusal(of: UInt64(byteCount)) }
      return object
    }
    let window = windows + sizeClass
    if window.pointee.end - window.pointee.cursor < window.pointee.cellSize {
      guard refill(sizeClass, stackTop: stackTop) else {
        noteRefusal(of: UInt64(byteCount))
        return nil
      }
    }
    defer { window.pointee.cursor += window.pointee.cellSize }
    return UnsafeMutableRawPointer(bitPattern: window.pointee.cursor)
  }

  /// Records why an allocation failed.
  @inline(never)
  private func noteRefusal(of byteCount: UInt64) {
    let blockByteCount = UInt64(HeapSpace.blockSize)
    let occupied = (byteCount + blockByteCount - 1) / blockByteCount * blockByteCount
    // After vain collections the object may fit, but what is left is too little to go on.
    let isVain = onlyCollects
    let rest = isVain ? (objectCost + rootCost) / Self.costPerByte : 0
    var limit = space == nil ? nil : ledger.refusal(objectBytes: byteCount + rest, blockBytes: occupied + rest)
    if isVain {
      limit?.requested = byteCount
      let roots =
        rootByteCount >= 1 << 20 ? ", and \(ByteCount.format(rootByteCount)) of tables and stacks to look at" : ""
      limit?.message =
        "the last collections found little, with \(ByteCount.format(used)) of objects in use\(roots)"
    }
    refusal =
      limit ?? limiterRefusal
      ?? LimitExceeded(
        systemRefused: .heapBytes, requested: byteCount,
        "the system has no memory for an object of \(ByteCount.format(byteCount))\(VirtualMemory.refusalReason)")
    limiterRefusal = nil
  }

  /// Makes a run of at least one free cell the window of a size class.
  private func refill(_ sizeClass: Int, stackTop: UnsafeMutablePointer<Slot>) -> Bool {
    let cellSize = UInt64(windows[sizeClass].cellSize)
    guard prepare(for: cellSize, stackTop: stackTop) else { return false }
    if takeRun(sizeClass) { return true }
    return collectAtLimit(stackTop: stackTop) && takeRun(sizeClass)
  }

  /// Collects garbage if it is due. Returns whether the limit allows this many more bytes.
  private func prepare(for byteCount: UInt64, stackTop: UnsafeMutablePointer<Slot>) -> Bool {
    if space == nil, !reserveSpace() { return false }
    // A size over the limit can never be allocated; each attempt would only cost a collection.
    guard byteCount <= min(limit, ledger.maximumHeapBytes) else {
      onlyCollects = false
      return false
    }
    let isAdmitted = ledger.admits(objectBytes: byteCount)
    if configuration.collectsAtEveryAllocation || used + byteCount > nextCollection || !isAdmitted {
      if isAdmitted, nextCollection < limit {
        debt = 0
        collect(stackTop: stackTop)
      } else {
        guard collectAtLimit(stackTop: stackTop) else { return false }
      }
    }
    return ledger.admits(objectBytes: byteCount)
  }

  /// Collects garbage because a limit is reached. A program whose objects nearly fill it would collect again and again, and each time mark
  /// all of them, and look at its tables and its stack, for a few allocations. So each collection adds its cost to a debt, which what was
  /// allocated before it or freed by it pays off. With a debt of several collections the program is out of memory.
  ///
  /// - Returns: false if the program is out of memory.
  private func collectAtLimit(stackTop: UnsafeMutablePointer<Slot>) -> Bool {
    let allocated = statistics.allocatedByteCount - min(allocatedAtCollection, statistics.allocatedByteCount)
    let count = statistics.collectionCount
    let before = used
    collect(stackTop: stackTop)
    let freed = before - min(used, before)
    let cost = objectCost + rootCost
    // One that was interrupted says nothing.
    guard statistics.collectionCount > count, cost >= Self.smallCost, !configuration.collectsAtEveryAllocation else {
      onlyCollects = false
      return true
    }
    let paid = max(allocated, freed).multipliedReportingOverflow(by: Self.costPerByte)
    let owed = debt.addingReportingOverflow(cost)
    debt = paid.overflow || owed.overflow ? 0 : owed.partialValue - min(paid.partialValue, owed.partialValue)
    onlyCollects = debt >= cost * Self.maximumVainCollectionCount
    // A program that frees enough goes on at once.
    debt = min(debt, cost * Self.maximumVainCollectionCount)
    return !onlyCollects
  }

  /// The cost of collections that is worth a byte that can be allocated.
  private static let costPerByte: UInt64 = 64
  private static let maximumVainCollectionCount: UInt64 = 8
  /// The cost of a collection that takes less than 0.1 ms.
  private static let smallCost: UInt64 = 1 << 16

  /// Whether the limit allows this many more bytes.
  func admits(_ byteCount: UInt64) -> Bool { ledger.admits(objectBytes: byteCount) }

  /// Counts allocated cells; returns whether the limit allows them.
  func take(_ byteCount: UInt64) -> Bool {
    guard ledger.reserve(objectBytes: byteCount) else { return false }
    used += byteCount
    return true
  }

  /// Uncounts cells.
  func giveBack(_ byteCount: UInt64) {
    used -= byteCount
    ledger.release(objectBytes: byteCount)
  }

  private func reserveSpace() -> Bool {
    // Twice the limit, since free cells between objects cannot be used for every size.
    let wanted = min(limit, Self.largestHeap / 2) * 2
    let capacity = max(configuration.markStackCapacity, Marker.minimumCapacity)
    guard let stack = SystemMemory.allocate(UInt.self, count: capacity) else { return false }
    guard let space = HeapSpace(byteCount: Int(wanted) + HeapSpace.blockSize * SizeClass.windowCount) else {
      SystemMemory.deallocate(stack)
      return false
    }
    self.space = space
    markStack = UnsafeMutableBufferPointer(start: stack, count: capacity)
    return true
  }

  /// Takes adjoining free blocks: see ``HeapSpace/takeBlocks(_:)``. Also nil if the store's limits do not allow them.
  func takeBlocks(_ count: Int) -> Int? {
    let byteCount = UInt64(count) << UInt64(HeapSpace.blockSizeLog2)
    guard !asksToOccupy || isAllowed(byteCount) else { return nil }
    guard ledger.reserve(heapBytes: byteCount) else { return nil }
    guard let first = space!.takeBlocks(count) else {
      ledger.release(heapBytes: byteCount)
      return nil
    }
    return first
  }

  /// Asks the limiter for blocks.
  private func isAllowed(_ byteCount: UInt64) -> Bool {
    let occupied = UInt64(space?.occupiedByteCount ?? 0)
    let request = ResourceRequest(.heapBytes, from: occupied, to: occupied + byteCount)
    do {
      try askToOccupy(request)
      limiterRefusal = nil
      return true
    } catch {
      limiterRefusal =
        error as? LimitExceeded
        ?? LimitExceeded(
          .heapBytes, of: .limiter, requested: byteCount, used: occupied, setting: "Store.limiter", message: "\(error)")
      return false
    }
  }

  /// Frees blocks from ``takeBlocks(_:)``.
  func freeBlocks(_ first: Int, _ count: Int) {
    if configuration.poisonsUnusedMemory {
      Poison.fill(space!.address(ofBlock: first), byteCount: count << HeapSpace.blockSizeLog2)
    }
    space!.free(first, count)
    ledger.release(heapBytes: UInt64(count) << UInt64(HeapSpace.blockSizeLog2))
  }

  /// The largest reservation; the system has some 128 TiB for all heaps and memories.
  private static let largestHeap: UInt64 = 64 << 30

  private func allocateLarge(_ byteCount: Int, stackTop: UnsafeMutablePointer<Slot>) -> UnsafeMutableRawPointer? {
    let byteCount = (byteCount + 7) & ~7
    let blockCount = (byteCount + HeapSpace.blockSize - 1) >> HeapSpace.blockSizeLog2
    guard prepare(for: UInt64(byteCount), stackTop: stackTop) else { return nil }
    var first = takeBlocks(blockCount)
    if first == nil {
      guard collectAtLimit(stackTop: stackTop) else { return nil }
      first = takeBlocks(blockCount)
    }
    guard let first, let space else { return nil }
    guard take(UInt64(byteCount)) else {
      freeBlocks(first, blockCount)
      return nil
    }
    for block in first..<first + blockCount {
      space.blocks[block] = HeapSpace.Block(
        kind: block == first ? .large : .continuation, needsRescan: false, sizeClass: 0,
        byteCount: UInt64(byteCount), next: HeapSpace.none, spanCount: UInt32(blockCount))
    }
    space.setStart(first << HeapSpace.blockSizeLog2)
    statistics.allocatedByteCount += UInt64(byteCount)
    if configuration.poisonsUnusedMemory { Poison.fill(space.address(ofBlock: first), byteCount: byteCount) }
    return space.address(ofBlock: first)
  }

  // MARK: Swift objects

  /// A reference to a Swift object, which is retained while the reference is reachable.
  ///
  /// - Returns: nil if the heap is exhausted.
  package func makeExternal(_ object: AnyObject, stackTop: UnsafeMutablePointer<Slot>) -> Slot? {
    guard let cell = allocate(16, sizeClass: SizeClass.external, stackTop: stackTop) else { return nil }
    ExternalCell.initialize(cell, object)
    return Slot(UInt(bitPattern: cell))
  }

  /// Collects the Swift objects of cells that are about to be freed.
  func addDeadObjects() {
    deadObjects += takeExternalObjects { space, offset in space.isStart(offset) && !space.isMarked(offset) }
    if !deadObjects.isEmpty { didFindDeadObjects() }
  }

  /// Takes one of the dead Swift objects; the caller must release it.
  func takeDeadObject() -> Unmanaged<AnyObject>? { deadObjects.popLast() }

  /// The Swift objects of the cells that satisfy a test; the caller must release them.
  func takeExternalObjects(where test: (HeapSpace, Int) -> Bool) -> [Unmanaged<AnyObject>] {
    guard let space else { return [] }
    var objects: [Unmanaged<AnyObject>] = []
    for index in 0..<space.blockCount
    where space.blocks[index].kind == .cells && Int(space.blocks[index].sizeClass) == SizeClass.external {
      let first = index << HeapSpace.blockSizeLog2
      for offset in stride(from: first, to: first + HeapSpace.blockSize, by: 16) where test(space, offset) {
        objects.append(ExternalCell.object(in: space.base + offset))
      }
    }
    return objects
  }

  // MARK: Statistics

  package var currentStatistics: HeapStatistics {
    var result = statistics
    var unused: UInt64 = 0
    for index in 0..<SizeClass.windowCount { unused += UInt64(windows[index].end - windows[index].cursor) }
    result.usedByteCount = used - unused
    result.allocatedByteCount -= unused
    result.occupiedByteCount = UInt64(space?.occupiedByteCount ?? 0)
    return result
  }
}

/// A cell with a Swift object: the target of a host `externref`.
enum ExternalCell {
  static func initialize(_ cell: UnsafeMutableRawPointer, _ object: AnyObject) {
    cell.storeBytes(of: HeapObject.externalType, as: UInt32.self)
    cell.storeBytes(of: 0, toByteOffset: HeapObject.lengthOffset, as: UInt32.self)
    cell.storeBytes(
      of: UInt(bitPattern: Unmanaged.passRetained(object).toOpaque()), toByteOffset: HeapObject.payloadOffset,
      as: UInt.self)
  }

  static func object(in cell: UnsafeMutableRawPointer) -> Unmanaged<AnyObject> {
    .fromOpaque(
      UnsafeRawPointer(bitPattern: cell.load(fromByteOffset: HeapObject.payloadOffset, as: UInt.self))!)
  }
}
