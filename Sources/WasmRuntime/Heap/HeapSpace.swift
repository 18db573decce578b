import NeedletailSystem
import WebAssembly

/// The address space of a heap: one range, divided into blocks, with two bits for every 8 bytes.
///
/// A block holds cells of one size, or a part of one large object. `starts` has a bit for every existing object, `marks` for every object
/// that the running collection has found. Both are exact, so an arbitrary word can be tested for being a reference.
struct HeapSpace {
  struct Block {
    enum Kind: UInt8 { case free, cells, large, continuation }

    var kind: Kind
    /// Whether the mark stack overflowed while it followed an object of this block.
    var needsRescan: Bool
    var sizeClass: UInt8
    /// The size of the block's cells, or, in the first block of a large object, of the object.
    var byteCount: UInt64
    /// The next block of the same class in the queue for sweeping.
    var next: UInt32
    /// The number of blocks of a large object, in its first block.
    var spanCount: UInt32
  }

  static let blockSizeLog2 = 15
  static let blockSize = 1 << blockSizeLog2
  /// The bitmap words of a block.
  static let wordsPerBlock = blockSize / HeapObject.granularity / 64
  static let none = UInt32.max

  /// The number of blocks that are made accessible at a time.
  private static let growthCount = 64

  let base: UnsafeMutableRawPointer
  let starts: UnsafeMutablePointer<UInt64>
  let marks: UnsafeMutablePointer<UInt64>
  let blocks: UnsafeMutablePointer<Block>
  /// The largest number of blocks.
  let capacity: Int
  /// The number of blocks that were ever used; later blocks are untouched.
  private(set) var blockCount = 0
  private var committedCount = 0
  private var freeCount = 0
  /// Where the search for free blocks continues.
  private var searchStart = 0

  private let bitmapByteCount: Int
  private let tableByteCount: Int

  /// - Parameter byteCount: the address space to reserve, in bytes; less is reserved if the system has less.
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

  /// The size in bytes of the blocks that were ever used.
  var usedByteCount: Int { blockCount << Self.blockSizeLog2 }

  /// The size in bytes of the blocks that hold objects now.
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

  /// Takes adjoining free blocks. Amortised O(`count`) while there is room.
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

  /// Frees blocks in which no object starts any more.
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

  /// The pages of freed objects of at least this size are returned to the system.
  private static let discardThreshold = 1 << 20
}
