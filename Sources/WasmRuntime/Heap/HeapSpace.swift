import WebAssembly

/// The address space of a heap: one range, divided into blocks, with two bits for every 8 bytes.
///
/// A block holds cells of one size, or a part of one large object. `starts` has a bit for every object that exists, `marks`
/// for every one that the running collection has found. Both are exact, so that an arbitrary word can be tested for being
/// a reference.
struct HeapSpace {
  struct Block {
    enum Kind: UInt8 { case free, cells, large, continuation }

    var kind: Kind
    /// Whether the marker ran out of room while it followed an object here.
    var needsRescan: Bool
    var sizeClass: UInt8
    /// Of the cells in it; or, for the first block of a large object, of the object.
    var byteCount: UInt64
    /// The next block of the same class that waits to be swept.
    var next: UInt32
    /// The blocks of a large object, in its first.
    var spanCount: UInt32
  }

  static let blockSizeLog2 = 15
  static let blockSize = 1 << blockSizeLog2
  /// The words of a bitmap that stand for a block.
  static let wordsPerBlock = blockSize / HeapObject.granularity / 64
  static let none = UInt32.max

  /// Made accessible at a time, in blocks.
  private static let growthCount = 64

  let base: UnsafeMutableRawPointer
  let starts: UnsafeMutablePointer<UInt64>
  let marks: UnsafeMutablePointer<UInt64>
  let blocks: UnsafeMutablePointer<Block>
  /// How many blocks there can be.
  let capacity: Int
  /// How many of them have ever been used; those beyond are untouched.
  private(set) var blockCount = 0
  private var committedCount = 0
  private var freeCount = 0
  /// Where the search for free blocks goes on.
  private var searchStart = 0

  private let bitmapByteCount: Int
  private let tableByteCount: Int

  /// - Parameter byteCount: how much address space to reserve; less if the system has less.
  init?(byteCount: Int) {
    var wanted = max(byteCount, Self.blockSize * Self.growthCount)
    while true {
      let capacity = (wanted + Self.blockSize - 1) >> Self.blockSizeLog2
      if let space = HeapSpace(capacity: capacity) {
        self = space
        return
      }
      wanted /= 2
      if wanted < Self.blockSize { return nil }
    }
  }

  private init?(capacity: Int) {
    let capacity = (capacity + Self.growthCount - 1) / Self.growthCount * Self.growthCount
    let bitmaps = VirtualMemory.roundedUpToPages(capacity * Self.wordsPerBlock * 8)
    let table = VirtualMemory.roundedUpToPages(capacity * MemoryLayout<Block>.stride)
    let cells = capacity << Self.blockSizeLog2
    guard let address = VirtualMemory.reserve(cells + 2 * bitmaps + table) else { return nil }
    let side = address + cells
    guard VirtualMemory.commit(side, 2 * bitmaps + table) else {
      VirtualMemory.release(address, cells + 2 * bitmaps + table)
      return nil
    }
    self.capacity = capacity
    base = address
    starts = side.bindMemory(to: UInt64.self, capacity: capacity * Self.wordsPerBlock)
    marks = (side + bitmaps).bindMemory(to: UInt64.self, capacity: capacity * Self.wordsPerBlock)
    blocks = (side + 2 * bitmaps).bindMemory(to: Block.self, capacity: capacity)
    bitmapByteCount = bitmaps
    tableByteCount = table
  }

  func release() {
    VirtualMemory.release(base, capacity << Self.blockSizeLog2 + 2 * bitmapByteCount + tableByteCount)
  }

  /// How many bytes the blocks take that have ever been used.
  var usedByteCount: Int { blockCount << Self.blockSizeLog2 }

  /// How many bytes the blocks take that hold objects now.
  var occupiedByteCount: Int { (blockCount - freeCount) << Self.blockSizeLog2 }

  func address(ofBlock index: Int) -> UnsafeMutableRawPointer { base + index << Self.blockSizeLog2 }

  // MARK: Bits

  @inline(__always)
  func isStart(_ offset: Int) -> Bool { starts[offset >> 9] & 1 << UInt64(offset >> 3 & 63) != 0 }

  @inline(__always)
  func setStart(_ offset: Int) { starts[offset >> 9] |= 1 << UInt64(offset >> 3 & 63) }

  @inline(__always)
  func clearStart(_ offset: Int) { starts[offset >> 9] &= ~(1 << UInt64(offset >> 3 & 63)) }

  @inline(__always)
  func isMarked(_ offset: Int) -> Bool { marks[offset >> 9] & 1 << UInt64(offset >> 3 & 63) != 0 }

  // MARK: Blocks

  /// Finds adjoining free blocks. Amortised O(`count`), as long as there is room.
  ///
  /// - Returns: the index of the first, or nil if there is no room.
  mutating func takeBlocks(_ count: Int) -> Int? {
    if freeCount >= count, let found = find(count, in: searchStart..<blockCount) ?? find(count, in: 0..<blockCount) {
      freeCount -= count
      searchStart = found + count
      return found
    }
    guard count <= capacity - blockCount else { return nil }
    let needed = blockCount + count
    if needed > committedCount {
      let target = min(capacity, (needed + Self.growthCount - 1) / Self.growthCount * Self.growthCount)
      let addition = (target - committedCount) << Self.blockSizeLog2
      guard VirtualMemory.commit(address(ofBlock: committedCount), addition) else { return nil }
      committedCount = target
    }
    defer { blockCount = needed }
    return blockCount
  }

  private func find(_ count: Int, in range: Range<Int>) -> Int? {
    var index = range.lowerBound
    var run = 0
    while index < range.upperBound {
      run = blocks[index].kind == .free ? run + 1 : 0
      index += 1
      if run == count { return index - count }
    }
    return nil
  }

  /// Gives back blocks in which no object starts any more.
  mutating func free(_ index: Int, _ count: Int) {
    for block in index..<index + count {
      blocks[block] = Block(
        kind: .free, needsRescan: false, sizeClass: 0, byteCount: 0, next: Self.none, spanCount: 0)
    }
    freeCount += count
    if count << Self.blockSizeLog2 >= Self.discardThreshold {
      VirtualMemory.discard(address(ofBlock: index), count << Self.blockSizeLog2)
    }
  }

  /// Freed objects of this size give their pages back to the system.
  private static let discardThreshold = 1 << 20
}
