/// Finds all reachable objects. Iterative, with a mark stack of fixed size; if it overflows, blocks are scanned again.
struct Marker {
  private let space: HeapSpace
  private let types: UnsafeMutablePointer<TypeDescriptor>
  private let base: UInt
  private let byteCount: UInt
  private let starts: UnsafeMutablePointer<UInt64>
  private let marks: UnsafeMutablePointer<UInt64>

  /// Marked objects whose references are not yet followed. An odd word above an array is twice the index of the element to continue with,
  /// plus one.
  private let stack: UnsafeMutablePointer<UInt>
  private let capacity: Int
  private var count = 0
  private var hasOverflowed = false
  /// Whether to give up. Asked from time to time.
  private let isInterrupted: () -> Bool
  /// The references to look at before that is asked again.
  private var budget = Self.budgetCount
  private static let budgetCount = 1 << 16
  /// The references counted before the present budget.
  private var spentCount = 0
  /// Whether it gave up, so that objects without a mark may be reachable.
  private(set) var hasGivenUp = false

  /// The number of an array's elements that are followed at a time, so that the stack stays small.
  private static let elementsAtOnce = 128
  /// The same for the references of a table.
  private static let referencesAtOnce = 1 << 12
  /// The largest number of words that one object pushes onto an empty stack, for which there must be room.
  static let minimumCapacity = 2 * elementsAtOnce

  init(
    _ space: HeapSpace, types: UnsafeMutablePointer<TypeDescriptor>, stack: UnsafeMutablePointer<UInt>, capacity: Int,
    unless isInterrupted: @escaping () -> Bool
  ) {
    precondition(capacity >= Self.minimumCapacity)
    self.space = space
    self.types = types
    base = UInt(bitPattern: space.base)
    byteCount = UInt(space.usedByteCount)
    starts = space.starts
    marks = space.marks
    self.stack = stack
    self.capacity = capacity
    self.isInterrupted = isInterrupted
  }

  // MARK: References

  /// Marks the target of a reference; does nothing if that is null, an `i31`, a function, or outside the heap.
  @inline(__always)
  mutating func mark(_ reference: Slot) {
    let offset = UInt(reference) &- base
    guard offset < byteCount, offset & 7 == 0 else { return }
    let mask = UInt64(1) << UInt64(offset >> 3 & 63)
    let word = marks + Int(offset >> 9)
    guard word.pointee & mask == 0 else { return }
    word.pointee |= mask
    push(UInt(reference))
  }

  /// The same for many references, unless it gives up.
  mutating func mark(_ references: UnsafePointer<Slot>, count: Int) {
    var index = 0
    while index < count {
      let end = Swift.min(count, index + Self.referencesAtOnce)
      guard spend(end - index) else { return }
      while index < end {
        mark(references[index])
        index += 1
      }
    }
  }

  /// The references looked at, and the objects followed, so far.
  var workCount: UInt64 { UInt64(spentCount + Self.budgetCount - budget) }

  /// Counts references that are looked at next.
  ///
  /// - Returns: false if it gives up instead.
  @inline(__always)
  private mutating func spend(_ count: Int) -> Bool {
    budget -= count
    return budget > 0 || continues()
  }

  @inline(never)
  private mutating func continues() -> Bool {
    if hasGivenUp { return false }
    spentCount += Self.budgetCount - budget
    budget = Self.budgetCount
    guard isInterrupted() else { return true }
    hasGivenUp = true
    count = 0
    return false
  }

  /// Marks the targets of words that may be references or anything else, unless it gives up.
  mutating func markConservatively(_ words: UnsafePointer<Slot>, count: Int) {
    var index = 0
    while index < count {
      let end = Swift.min(count, index + Self.referencesAtOnce)
      guard spend(end - index) else { return }
      while index < end {
        let offset = UInt(words[index]) &- base
        if offset < byteCount, offset & 7 == 0, starts[Int(offset >> 9)] & 1 << UInt64(offset >> 3 & 63) != 0 {
          mark(words[index])
        }
        index += 1
      }
    }
  }

  // MARK: The stack

  @inline(__always)
  private mutating func push(_ object: UInt) {
    guard count < capacity else { return overflow(object) }
    stack[count] = object
    count += 1
  }

  @inline(never)
  private mutating func overflow(_ object: UInt) {
    hasOverflowed = true
    space.blocks[Int(object - base) >> HeapSpace.blockSizeLog2].needsRescan = true
  }

  /// Follows everything that has been marked.
  mutating func drain() {
    drainStack()
    while hasOverflowed, !hasGivenUp {
      hasOverflowed = false
      for block in 0..<space.blockCount where space.blocks[block].needsRescan {
        space.blocks[block].needsRescan = false
        rescan(block)
      }
    }
  }

  private mutating func drainStack() {
    while count > 0 {
      guard spend(1) else { return }
      count -= 1
      let word = stack[count]
      if word & 1 == 0 {
        follow(word)
      } else {
        count -= 1
        followElements(stack[count], from: Int(word >> 1))
      }
    }
  }

  /// Follows all marked objects of a block.
  private mutating func rescan(_ block: Int) {
    for index in 0..<HeapSpace.wordsPerBlock {
      let wordIndex = block * HeapSpace.wordsPerBlock + index
      var word = marks[wordIndex]
      while word != 0 {
        let bit = word.trailingZeroBitCount
        word &= word - 1
        guard spend(1) else { return }
        follow(base + UInt(wordIndex << 9 + bit << 3))
        drainStack()
      }
    }
  }

  // MARK: Objects

  @inline(__always)
  private mutating func follow(_ address: UInt) {
    let object = UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped
    let type = types + Int(object.load(as: UInt32.self))
    switch type.pointee.kind {
    case TypeDescriptor.Kind.structure:
      let offsets = type.pointee.referenceOffsets
      guard spend(Int(type.pointee.referenceCount)) else { return }
      for index in 0..<Int(type.pointee.referenceCount) {
        mark(object.load(fromByteOffset: Int(offsets[index]), as: Slot.self))
      }
    case TypeDescriptor.Kind.array:
      if type.pointee.hasReferenceElements { followElements(address, from: 0) }
    case TypeDescriptor.Kind.exception:
      let count = Int(object.load(fromByteOffset: HeapObject.lengthOffset, as: UInt32.self))
      markConservatively(
        (object + HeapObject.payloadOffset).assumingMemoryBound(to: Slot.self), count: count)
    default: break
    }
  }

  private mutating func followElements(_ address: UInt, from start: Int) {
    let object = UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped
    let length = Int(object.load(fromByteOffset: HeapObject.lengthOffset, as: UInt32.self))
    let end = min(length, start + Self.elementsAtOnce)
    if end < length {
      if count + 2 <= capacity {
        stack[count] = address
        stack[count + 1] = UInt(end) << 1 | 1
        count += 2
      } else {
        overflow(address)
      }
    }
    let elements = (object + HeapObject.payloadOffset).assumingMemoryBound(to: Slot.self)
    mark(elements + start, count: end - start)
  }
}
