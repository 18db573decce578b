import WebAssembly

// Marking and sweeping.

extension Heap {
  /// Collects garbage. Runs no host code: unreachable Swift objects wait for ``StoreState/releaseDeadObjects(keeping:)``.
  ///
  /// Gives up if the store is interrupted; then nothing is freed, and the next allocation that needs a collection begins another.
  ///
  /// - Parameter stackTop: the end of the stack of Wasm frames, which is scanned for references up to there.
  /// - Complexity: O(live bytes + number of blocks + size of stack, tables and globals).
  package func collect(stackTop: UnsafeMutablePointer<Slot>) {
    guard space != nil else { return }
    let begin = ContinuousClock.now
    retireWindows()
    if configuration.poisonsUnusedMemory { checkObjects() }
    guard mark(stackTop: stackTop) else { return }
    addDeadObjects()
    if configuration.poisonsUnusedMemory { poisonDead() }
    let live = sortBlocks()
    exchangeBitmaps()
    giveBack(used - live)
    if configuration.poisonsUnusedMemory { poisonUnused(above: stackTop) }
    // At least 1, even if the factor is NaN.
    let grown = Double(live) * (configuration.growthFactor >= 1 ? configuration.growthFactor : 1)
    let threshold = max(min(configuration.collectionThreshold, 1 << 62), rootCost, objectCost / 2)
    nextCollection = min(max(grown < 0x1p62 ? UInt64(grown) : .max, live + threshold), limit)
    let pause = ContinuousClock.now - begin
    statistics.collectionCount += 1
    statistics.liveByteCount = live
    allocatedAtCollection = statistics.allocatedByteCount
    statistics.lastPause = pause
    statistics.totalPause += pause
    statistics.longestPause = max(statistics.longestPause, pause)
  }

  /// Reclaims the unused rest of the windows.
  func retireWindows() {
    guard let space else { return }
    for index in 0..<SizeClass.windowCount {
      let window = windows + index
      let size = window.pointee.cellSize
      var address = window.pointee.cursor
      giveBack(UInt64(window.pointee.end - address))
      statistics.allocatedByteCount -= UInt64(window.pointee.end - address)
      while address < window.pointee.end {
        space.clearStart(Int(address - UInt(bitPattern: space.base)))
        address += size
      }
      window.pointee.cursor = 0
      window.pointee.end = 0
    }
  }

  /// The cost of a block, whatever is in it: its bitmaps are cleared, counted and copied.
  private static let blockCost: UInt64 = 256

  /// - Returns: false if it gave up.
  private func mark(stackTop: UnsafeMutablePointer<Slot>) -> Bool {
    guard let space else { return true }
    space.marks.update(repeating: 0, count: space.blockCount * HeapSpace.wordsPerBlock)
    guard let stack = markStack?.baseAddress, let capacity = markStack?.count else { return true }
    var marker = Marker(space, types: types.base, stack: stack, capacity: capacity, unless: isInterrupted)
    markInstances(&marker)
    roots.mark(&marker)
    temporaries.withUnsafeBufferPointer { words in
      if let base = words.baseAddress { marker.markConservatively(base, count: words.count) }
    }
    marker.markConservatively(stackBase, count: stackTop - stackBase)
    // Most words of large roots refer to nothing, and are looked at in order: a quarter of the time that those of objects take.
    let rootCount = marker.workCount
    rootByteCount = rootCount * UInt64(MemoryLayout<Slot>.size)
    rootCost = rootByteCount / 4 + UInt64(space.blockCount) * Self.blockCost
    marker.drain()
    objectCost = (marker.workCount - rootCount) * UInt64(MemoryLayout<Slot>.size)
    return !marker.hasGivenUp
  }

  /// Frees blocks without live objects; the others are queued for sweeping.
  ///
  /// - Returns: the live bytes.
  private func sortBlocks() -> UInt64 {
    for index in cursors.indices { cursors[index] = SweepCursor() }
    var live: UInt64 = 0
    // Backwards, so that each class is swept from the lowest address up.
    var index = space!.blockCount - 1
    while index >= 0 {
      let block = space!.blocks[index]
      switch block.kind {
      case .cells:
        let count = markedCount(inBlock: index)
        live += UInt64(count) * UInt64(windows[Int(block.sizeClass)].cellSize)
        if count == 0 {
          freeBlocks(index, 1)
        } else {
          space!.blocks[index].next = cursors[Int(block.sizeClass)].block
          cursors[Int(block.sizeClass)].block = UInt32(index)
        }
      case .large:
        if space!.isMarked(index << HeapSpace.blockSizeLog2) {
          live += block.byteCount
        } else {
          freeBlocks(index, Int(block.spanCount))
        }
      case .free, .continuation: break
      }
      index -= 1
    }
    for index in cursors.indices where cursors[index].block != HeapSpace.none {
      cursors[index].offset = Int(cursors[index].block) << HeapSpace.blockSizeLog2
    }
    return live
  }

  private func markedCount(inBlock index: Int) -> Int {
    let words = space!.marks + index * HeapSpace.wordsPerBlock
    var count = 0
    for word in 0..<HeapSpace.wordsPerBlock { count += words[word].nonzeroBitCount }
    return count
  }

  /// The marked objects become the existing ones.
  private func exchangeBitmaps() {
    guard let space else { return }
    space.starts.update(from: space.marks, count: space.blockCount * HeapSpace.wordsPerBlock)
  }

  // MARK: Sweeping

  /// Makes the next run of free cells the window of a size class, in a new block if necessary.
  ///
  /// - Returns: false if no block is left.
  func takeRun(_ sizeClass: Int) -> Bool {
    let size = Int(windows[sizeClass].cellSize)
    // (If the limit has no room for a cell, no block has a run.)
    guard admits(UInt64(size)) else { return false }
    while cursors[sizeClass].block != HeapSpace.none {
      if takeRunInBlock(sizeClass, size) { return true }
      let next = space!.blocks[Int(cursors[sizeClass].block)].next
      cursors[sizeClass] = SweepCursor(
        block: next, offset: next == HeapSpace.none ? 0 : Int(next) << HeapSpace.blockSizeLog2)
    }
    guard let block = takeBlocks(1) else { return false }
    space!.blocks[block] = HeapSpace.Block(
      kind: .cells, needsRescan: false, sizeClass: UInt8(sizeClass), byteCount: 0, next: HeapSpace.none, spanCount: 1)
    cursors[sizeClass] = SweepCursor(block: UInt32(block), offset: block << HeapSpace.blockSizeLog2)
    return takeRunInBlock(sizeClass, size)
  }

  /// Takes the next run in the block that is being swept; returns false if there is none left.
  private func takeRunInBlock(_ sizeClass: Int, _ size: Int) -> Bool {
    let space = space!
    let first = Int(cursors[sizeClass].block) << HeapSpace.blockSizeLog2
    let end = first + HeapSpace.blockSize / size * size
    var offset = cursors[sizeClass].offset
    while offset < end, space.isStart(offset) { offset += size }
    guard offset < end else { return false }
    let start = offset
    // Limited to the bytes that may be allocated before the next collection.
    let allowance = configuration.collectsAtEveryAllocation ? 0 : nextCollection - min(used, nextCollection)
    var stop = min(end, start + max(Int(min(allowance, UInt64(HeapSpace.blockSize))), size))
    if !take(UInt64(stop - start)) {
      // Other heaps have taken the remaining bytes: one cell is enough.
      guard take(UInt64(size)) else {
        cursors[sizeClass].offset = start
        return false
      }
      stop = start + size
    }
    while offset + size <= stop, !space.isStart(offset) {
      space.setStart(offset)
      offset += size
    }
    // A live cell, or a remainder smaller than a cell, ends the run.
    giveBack(UInt64(stop - offset))
    cursors[sizeClass].offset = offset
    windows[sizeClass].cursor = UInt(bitPattern: space.base) + UInt(start)
    windows[sizeClass].end = UInt(bitPattern: space.base) + UInt(offset)
    statistics.allocatedByteCount += UInt64(offset - start)
    if configuration.poisonsUnusedMemory { Poison.fill(space.base + start, byteCount: offset - start) }
    return true
  }
}
