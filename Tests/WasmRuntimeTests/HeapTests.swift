import NeedletailSystem
import Testing
import WasmRuntime
import WebAssembly

@Suite("The heap")
struct HeapTests {
  @Test("An unreachable object is collected; an object held by the host stays until it is released")
  func hostRoots() throws {
    let fixture = try HeapFixture()
    let kept = try #require(fixture.makeNode(7, next: 0))
    let root = fixture.heap.roots.hold(kept)
    _ = try #require(fixture.makeNode(8, next: kept))
    fixture.collect()
    #expect(fixture.statistics.liveByteCount == 24)
    #expect(fixture.value(kept) == 7)
    fixture.heap.roots.release(root)
    fixture.collect()
    #expect(fixture.statistics.liveByteCount == 0)
    #expect(fixture.statistics.collectionCount == 2)
  }

  @Test("Cycles are collected")
  func cycles() throws {
    let fixture = try HeapFixture()
    for _ in 0..<1000 {
      let a = try #require(fixture.makeNode(1, next: 0))
      let b = try #require(fixture.makeNode(2, next: a))
      fixture.setNext(a, b)
    }
    fixture.collect()
    #expect(fixture.statistics.liveByteCount == 0)
  }

  @Test("A list of five million nodes is marked without recursion")
  func longList() throws {
    let fixture = try HeapFixture(threshold: 64 << 20)
    var list: Slot = 0
    fixture.heap.temporaries = [0]
    for value in 0..<UInt64(5_000_000) {
      guard let node = fixture.makeNode(value, next: list) else {
        Issue.record("the heap is exhausted")
        return
      }
      list = node
      // Any allocation may collect.
      fixture.heap.temporaries[0] = node
    }
    fixture.collect()
    #expect(fixture.statistics.liveByteCount == 24 * 5_000_000)
    var count: UInt64 = 0
    var node = list
    while node != 0 {
      count += 1
      guard fixture.value(node) == 5_000_000 - count else {
        Issue.record("node \(count) is damaged")
        return
      }
      node = fixture.next(node)
    }
    #expect(count == 5_000_000)
  }

  @Test("Marking is complete even if the mark stack overflows", arguments: [256, 300, 1 << 16])
  func markStackOverflow(capacity: Int) throws {
    let fixture = try HeapFixture(threshold: 64 << 20, markStackCapacity: capacity)
    // An array of arrays of lists overflows any mark stack.
    let outer = try #require(fixture.makeArray(fixture.references, 500))
    _ = fixture.heap.roots.hold(outer)
    var live = 4096  // The class of 4008 bytes.
    for index in 0..<500 {
      let inner = try #require(fixture.makeArray(fixture.references, 200))
      fixture.setElement(outer, index, inner)
      live += 1792  // The class of 1608 bytes.
      for element in 0..<200 {
        let tail = try #require(fixture.makeNode(1, next: 0))
        fixture.setElement(inner, element, tail)
        fixture.setElement(inner, element, try #require(fixture.makeNode(2, next: tail)))
        live += 48
      }
    }
    fixture.collect()
    #expect(fixture.statistics.liveByteCount == UInt64(live))
    for index in 0..<500 {
      let inner = fixture.element(outer, index)
      for element in 0..<200 {
        let node = fixture.element(inner, element)
        guard fixture.value(node) == 2, fixture.value(fixture.next(node)) == 1 else {
          Issue.record("element \(index), \(element) is damaged")
          return
        }
      }
    }
  }

  @Test("The memory of unreachable objects is reused")
  func reuse() throws {
    let fixture = try HeapFixture(threshold: 1 << 20)
    for value in 0..<UInt64(2_000_000) { _ = try #require(fixture.makeNode(value, next: 0)) }
    #expect(fixture.statistics.collectionCount > 20)
    #expect(fixture.statistics.occupiedByteCount < 4 << 20)
    #expect(fixture.statistics.allocatedByteCount == 48_000_000)
  }

  @Test("Reachable objects keep their values while the cells between them are reused")
  func sweeping() throws {
    let fixture = try HeapFixture(threshold: 1 << 20)
    let array = try #require(fixture.makeArray(fixture.references, 10_000))
    _ = fixture.heap.roots.hold(array)
    for round in 0..<UInt64(20) {
      for index in 0..<10_000 {
        let node = try #require(fixture.makeNode(round * 10_000 + UInt64(index), next: 0))
        if index % 3 == Int(round % 3) { fixture.setElement(array, index, node) }
        _ = try #require(fixture.makeArray(fixture.bytes, UInt32(index % 300)))
      }
    }
    for index in 0..<10_000 {
      let node = fixture.element(array, index)
      guard node != 0, fixture.value(node) % 10_000 == UInt64(index) else {
        Issue.record("element \(index) is damaged")
        return
      }
    }
    #expect(fixture.statistics.collectionCount > 5)
  }

  @Test("Large arrays have separate blocks, which are returned to the system")
  func largeObjects() throws {
    let fixture = try HeapFixture(limit: 64 << 20)
    for _ in 0..<100 { _ = try #require(fixture.makeArray(fixture.bytes, 10_000_000)) }
    #expect(fixture.statistics.occupiedByteCount <= 128 << 20)
    fixture.collect()
    #expect(fixture.statistics.occupiedByteCount == 0)
    #expect(fixture.statistics.liveByteCount == 0)
  }

  @Test("Lengths of 2³¹ and more exhaust the heap, which remains usable", arguments: [1 << 31, UInt32.max])
  func hugeArrays(length: UInt32) throws {
    let fixture = try HeapFixture()
    #expect(fixture.makeArray(fixture.bytes, length) == nil)
    #expect(fixture.makeArray(fixture.references, length) == nil)
    #expect(fixture.makeArray(fixture.vectors, length) == nil)
    #expect(fixture.makeNode(1, next: 0) != nil)
  }

  @Test("At the limit, allocation fails until something is freed", arguments: [1000, 100_000, 1 << 20] as [UInt64])
  func limit(limit: UInt64) throws {
    let fixture = try HeapFixture(limit: limit)
    var list: Slot = 0
    var count: UInt64 = 0
    while let node = fixture.makeNode(count, next: list) {
      list = node
      count += 1
      fixture.heap.temporaries = [list]
    }
    #expect(count == limit / 24)
    #expect(fixture.makeNode(0, next: 0) == nil)
    fixture.heap.temporaries = []
    #expect(fixture.makeNode(0, next: 0) != nil)
    #expect(fixture.statistics.usedByteCount == 24)
  }

  @Test("A stack word keeps its referent alive if it is a valid reference")
  func conservativeScan() throws {
    let fixture = try HeapFixture()
    let node = try #require(fixture.makeNode(5, next: 0))
    let stack = fixture.state.context.pointee.stackTop
    fixture.state.context.pointee.stackTop = stack + 4
    stack[0] = node + 8
    stack[1] = 12_345
    stack[2] = .max
    stack[3] = node
    fixture.collect()
    #expect(fixture.statistics.liveByteCount == 24)
    stack[3] = node + 24
    fixture.collect()
    #expect(fixture.statistics.liveByteCount == 0)
    // The same word again, which no longer refers to an object.
    stack[3] = node
    fixture.collect()
    #expect(fixture.statistics.liveByteCount == 0)
    fixture.state.context.pointee.stackTop = stack
  }

  @Test("With a collection at every allocation, no held object is lost")
  func stress() throws {
    let fixture = try HeapFixture(isStressed: true)
    let array = try #require(fixture.makeArray(fixture.references, 50))
    _ = fixture.heap.roots.hold(array)
    for value in 0..<500 {
      let index = value % 50
      fixture.setElement(
        array, index, try #require(fixture.makeNode(UInt64(value), next: fixture.element(array, (index + 1) % 50))))
    }
    #expect(fixture.statistics.collectionCount >= 501)
    for index in 0..<50 { #expect(fixture.value(fixture.element(array, index)) == UInt64(450 + index)) }
  }
}

@Suite("Swift objects in the heap")
struct ExternalObjectTests {
  /// Counts the live instances.
  private final class Counted {
    let counter: Counter
    init(_ counter: Counter) {
      self.counter = counter
      counter.count += 1
    }
    deinit { counter.count -= 1 }
  }
  private final class Counter {
    var count = 0
  }

  @Test("An object is released when it becomes unreachable")
  func release() throws {
    let counter = Counter()
    let fixture = try HeapFixture()
    let kept = try #require(fixture.state.makeExternalReference(Counted(counter)))
    let root = fixture.heap.roots.hold(kept)
    for _ in 0..<9 { _ = fixture.state.makeExternalReference(Counted(counter)) }
    #expect(counter.count == 10)
    fixture.collect()
    #expect(counter.count == 1)
    #expect(fixture.state.externalObject(kept) is Counted)
    fixture.heap.roots.release(root)
    fixture.collect()
    #expect(counter.count == 0)
  }

  @Test("A collection runs no code of the host: unreachable objects are released afterwards, or with the store")
  func releaseAtSafePoints() throws {
    let counter = Counter()
    do {
      let fixture = try HeapFixture(isStressed: true)
      for _ in 0..<10 { _ = fixture.state.makeExternalReference(Counted(counter)) }
      fixture.collectOnly()
      _ = fixture.makeNode(1, next: 0)
      #expect(counter.count == 10)
      #expect(fixture.state.context.pointee.hasDeadObjects)
      fixture.state.releaseDeadObjects()
      #expect(counter.count == 0)
      #expect(!fixture.state.context.pointee.hasDeadObjects)
      _ = fixture.state.makeExternalReference(Counted(counter))
      fixture.collectOnly()
      #expect(counter.count == 1)
    }
    #expect(counter.count == 0)
  }

  @Test("Objects that become unreachable during releases are released one after the other")
  func releaseWithinRelease() throws {
    final class Chain {
      let fixture: HeapFixture
      let length: Int
      let counter: Counter
      static func add(_ fixture: HeapFixture, _ length: Int, _ counter: Counter) {
        _ = fixture.state.makeExternalReference(Chain(fixture, length, counter))
      }
      init(_ fixture: HeapFixture, _ length: Int, _ counter: Counter) {
        (self.fixture, self.length, self.counter) = (fixture, length, counter)
        counter.count += 1
      }
      deinit {
        counter.count -= 1
        if length > 0 { Chain.add(fixture, length - 1, counter) }
        fixture.collect()
      }
    }
    let counter = Counter()
    let fixture = try HeapFixture()
    // Deeper than any stack.
    Chain.add(fixture, 20_000, counter)
    fixture.collect()
    #expect(counter.count == 0)
  }

  @Test("References are released on any thread while others are held")
  func releaseOnOtherThreads() throws {
    let fixture = try HeapFixture(threshold: 1000)
    nonisolated(unsafe) let roots = fixture.heap.roots
    for round in 0..<50 {
      let held = (0..<200).map { _ in roots.hold(fixture.makeNode(UInt64(round), next: 0)!) }
      let threads = (0..<2).map { half in
        NativeThread { for index in held where index % 2 == half { roots.release(index) } }!
      }
      let kept = (0..<200).map { value in
        let node = fixture.makeNode(UInt64(value), next: 0)!
        return (node, roots.hold(node))
      }
      for thread in threads { thread.join() }
      fixture.collect()
      for (value, (node, index)) in kept.enumerated() {
        #expect(fixture.value(node) == UInt64(value))
        roots.release(index)
      }
    }
    fixture.collect()
    #expect(fixture.statistics.liveByteCount == 0)
  }

  @Test(
    "All objects are released with the store, and none is kept for which there is no room", arguments: [100, 1 << 20])
  func storeEnds(limit: UInt64) throws {
    let counter = Counter()
    do {
      let fixture = try HeapFixture(limit: limit)
      let count = min(100, Int(limit) / 16)
      for index in 0..<100 {
        let reference = fixture.state.makeExternalReference(Counted(counter))
        #expect((reference != nil) == (index < count))
        if let reference { _ = fixture.heap.roots.hold(reference) }
      }
      #expect(counter.count == count)
      fixture.collect()
      #expect(counter.count == count)
    }
    #expect(counter.count == 0)
  }

  @Test("Heaps that share a ledger hold together what one alone may hold")
  func sharedLedger() throws {
    let limit: UInt64 = 1 << 20
    let ledger = ResourceLedger(StoreLimits(heapByteCount: limit), poisonsUnusedMemory: false)
    /// Makes as many nodes as there is room for, each of 24 bytes, and keeps them.
    func fill(_ fixture: HeapFixture) -> Int {
      var last: Slot = 0
      var count = 0
      let root = fixture.heap.roots.hold(0)
      fixture.heap.roots.release(root)
      while let node = fixture.makeNode(1, next: last) {
        _ = fixture.heap.roots.hold(node)
        last = node
        count += 1
      }
      return count
    }
    let most = Int(limit) / 24
    var counts: [Int] = []
    do {
      let first = try HeapFixture(isPoisoned: false, ledger: ledger)
      let second = try HeapFixture(isPoisoned: false, ledger: ledger)
      // Some is taken by the second before the first takes the rest.
      for _ in 0..<10_000 { _ = second.heap.roots.hold(try #require(second.makeNode(1, next: 0))) }
      counts = [fill(first), fill(second)]
      #expect(counts[0] <= most - 10_000 && counts[0] > most - 10_000 - 4000)
      #expect(counts[0] + counts[1] + 10_000 <= most)
      #expect(first.makeArray(first.bytes, 1 << 19) == nil)
    }
    // What the stores held is free again.
    let third = try HeapFixture(isPoisoned: false, ledger: ledger)
    #expect(fill(third) == most)
  }

  @Test("An object may allocate while it is released")
  func allocationDuringRelease() throws {
    final class Allocating {
      let fixture: HeapFixture
      init(_ fixture: HeapFixture) { self.fixture = fixture }
      deinit {
        for value in 0..<100 { _ = fixture.makeNode(UInt64(value), next: 0) }
      }
    }
    let fixture = try HeapFixture(threshold: 1000)
    for _ in 0..<1000 {
      _ = fixture.state.makeExternalReference(Allocating(fixture))
      _ = fixture.makeNode(1, next: 0)
    }
    fixture.collect()
    fixture.collect()
    #expect(fixture.statistics.liveByteCount == 0)
  }
}

@Suite("Layout of structures")
struct StructureLayoutTests {
  private func fields(_ storages: [StorageType]) -> [FieldType] {
    storages.map { FieldType(storage: $0, isMutable: true) }
  }

  @Test("Fields are aligned to their size and in order; a subtype begins with its supertype's layout")
  func offsets() throws {
    let base = fields([.i8, .value(.i32), .i16, .value(.v128)])
    let layouts = StructureLayout.layouts(
      of: [
        SubType(.structure(base), isFinal: false),
        SubType(.structure(base + fields([.i8, .value(.externref)])), supertypes: [0]),
        SubType(.array(base[0])),
      ], canonical: [4, 5, 6])
    #expect(layouts[0]?.fieldOffsets == [8, 12, 16, 24])
    #expect(layouts[0]?.size == 40)
    #expect(layouts[1]?.fieldOffsets == [8, 12, 16, 24, 40, 48])
    #expect(layouts[1]?.referenceOffsets == [48])
    #expect(layouts[2] == nil)
  }

  @Test("Equal types have the same layout")
  func equal() {
    let first = SubType(.structure(fields([.value(.i32), .value(.externref)])))
    let second = SubType(.structure(fields([.value(.externref), .value(.externref)])))
    let layouts = StructureLayout.layouts(of: [first, second, first], canonical: [4, 5, 4])
    #expect(layouts.map { $0?.fieldOffsets } == [[8, 16], [8, 16], [8, 16]])
    #expect(layouts.map { $0?.referenceOffsets } == [[16], [8, 16], [16]])
  }

  @Test("A descriptor comes before the fields of the type that introduces it")
  func descriptor() throws {
    let base = fields([.value(.i64)])
    let layouts = StructureLayout.layouts(
      of: [
        SubType(.structure(base), isFinal: false),
        SubType(.structure(base + base), isFinal: false, supertypes: [0], descriptor: 9),
        SubType(.structure(base + base + base), supertypes: [1], descriptor: 10),
      ], canonical: [4, 5, 6])
    #expect(layouts[0]?.descriptorOffset == 0)
    #expect(layouts[1]?.descriptorOffset == 16)
    #expect(layouts[1]?.fieldOffsets == [8, 24])
    #expect(layouts[2]?.descriptorOffset == 16)
    #expect(layouts[2]?.fieldOffsets == [8, 24, 32])
  }

  @Test("Each size has the smallest size class that fits")
  func sizeClasses() {
    for size in stride(from: 8, through: SizeClass.maximumSize, by: 8) {
      let index = SizeClass.of(size)
      #expect(SizeClass.sizes[index] >= size)
      if index > 0 { #expect(SizeClass.sizes[index - 1] < size) }
    }
    #expect(SizeClass.of(SizeClass.maximumSize + 8) == SizeClass.large)
    #expect(SizeClass.sizes.last == SizeClass.maximumSize)
  }
}
