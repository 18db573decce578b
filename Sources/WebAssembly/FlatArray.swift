/// A growing array of plain values, for the inner loops of validator and compiler: without reference counts or copy on write. Its owner
/// reuses it for each function, so that its memory is allocated once.
///
/// Every index and range is checked, in optimized builds too: indices and counts come from different places (a call's type, its list of
/// operands, its callee), and a guest controls most of them.
///
/// It has at most 2³² − 1 elements, so a 32-bit index needs no range check of its own.
public struct FlatArray<Element: BitwiseCopyable>: ~Copyable {
  @usableFromInline var base: UnsafeMutablePointer<Element>
  @usableFromInline var filled: UInt32 = 0
  @usableFromInline var capacity: UInt32

  @inlinable
  public init(minimumCapacity: Int = 16) {
    capacity = UInt32(max(minimumCapacity, 1))
    base = .allocate(capacity: Int(capacity))
  }

  @inlinable
  deinit { base.deallocate() }

  // Elements are read and written in place: reading one field of a large element copies only that field.
  @inlinable @inline(__always)
  public subscript(index: Int) -> Element {
    unsafeAddress { UnsafePointer(address(of: index)) }
    nonmutating unsafeMutableAddress { address(of: index) }
  }

  @inlinable @inline(__always)
  public subscript(index: UInt32) -> Element {
    unsafeAddress { UnsafePointer(address(of: Int(index))) }
    nonmutating unsafeMutableAddress { address(of: Int(index)) }
  }

  /// The address of an element, valid until the array changes.
  @inlinable @inline(__always)
  public func address(of index: Int) -> UnsafeMutablePointer<Element> {
    precondition(UInt(bitPattern: index) < UInt(filled), "index out of range")
    return base + index
  }

  /// The address of an element, valid until the array changes; nil for the greatest index, which means "none". One comparison suffices,
  /// since no array has that many elements.
  @inlinable @inline(__always)
  public func element(_ index: UInt32) -> UnsafeMutablePointer<Element>? {
    guard index < filled else {
      precondition(index == .max, "index out of range")
      return nil
    }
    return base + Int(index)
  }

  @inlinable @inline(__always)
  public var count: Int { Int(filled) }
  @inlinable
  public var indices: Range<Int> { 0..<count }
  @inlinable
  public var isEmpty: Bool { filled == 0 }
  @inlinable
  public var last: Element? { filled == 0 ? nil : base[Int(filled &- 1)] }

  /// Amortised O(1).
  @inlinable @inline(__always)
  public mutating func append(_ element: Element) {
    if filled == capacity { grow(to: count + 1) }
    base[count] = element
    filled &+= 1
  }

  @inlinable
  public mutating func append(repeating element: Element, count added: Int) {
    if count + added > Int(capacity) { grow(to: count + added) }
    (base + count).update(repeating: element, count: added)
    filled &+= UInt32(added)
  }

  /// - Parameter elements: elements of another array.
  @inlinable
  public mutating func append(contentsOf elements: FlatSlice<Element>) {
    if count + elements.count > Int(capacity) { grow(to: count + elements.count) }
    (base + count).update(from: elements.base, count: elements.count)
    filled &+= UInt32(elements.count)
  }

  @inlinable
  public mutating func append(contentsOf elements: [Element]) {
    for element in elements { append(element) }
  }

  @inlinable @discardableResult
  public mutating func removeLast() -> Element {
    precondition(filled > 0, "no element to remove")
    filled &-= 1
    return base[count]
  }

  @inlinable
  public mutating func removeLast(_ removed: Int) {
    precondition(removed >= 0 && removed <= count, "fewer elements to remove")
    filled &-= UInt32(removed)
  }

  /// Keeps the first elements, of which there must be so many.
  @inlinable @inline(__always)
  public mutating func truncate(to newCount: Int) {
    precondition(newCount >= 0 && newCount <= count, "fewer elements to keep")
    filled = UInt32(truncatingIfNeeded: newCount)
  }

  /// Removes the elements and keeps the memory.
  @inlinable
  public mutating func removeAll() { filled = 0 }

  /// Replaces the contents by `count` equal elements.
  @inlinable
  public mutating func reset(_ element: Element, count newCount: Int) {
    filled = 0
    append(repeating: element, count: newCount)
  }

  /// The elements, valid until the array changes.
  @inlinable @inline(__always)
  public var elements: FlatSlice<Element> { FlatSlice(base: base, count: count) }

  @inlinable @inline(__always)
  public subscript(range: Range<Int>) -> FlatSlice<Element> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range out of bounds")
    return FlatSlice(base: base + range.lowerBound, count: range.count)
  }

  @inlinable @inline(never)
  mutating func grow(to needed: Int) {
    let larger = max(needed, min(2 * Int(capacity), Int(UInt32.max)))
    let moved = UnsafeMutablePointer<Element>.allocate(capacity: larger)
    moved.update(from: base, count: count)
    base.deallocate()
    base = moved
    capacity = UInt32(larger)
  }
}

/// Elements of a ``FlatArray``, valid until it changes. Indices begin at 0, and are checked in optimized builds too.
public struct FlatSlice<Element: BitwiseCopyable>: RandomAccessCollection, MutableCollection, BitwiseCopyable {
  @usableFromInline let base: UnsafeMutablePointer<Element>
  public let count: Int

  @inlinable @inline(__always)
  public init(base: UnsafeMutablePointer<Element>, count: Int) {
    self.base = base
    self.count = count
  }

  /// No elements.
  @inlinable
  public init() {
    base = UnsafeMutablePointer(bitPattern: MemoryLayout<Element>.alignment).unsafelyUnwrapped
    count = 0
  }

  @inlinable @inline(__always)
  public var startIndex: Int { 0 }
  @inlinable @inline(__always)
  public var endIndex: Int { count }

  @inlinable @inline(__always)
  public subscript(index: Int) -> Element {
    unsafeAddress { UnsafePointer(address(of: index)) }
    nonmutating unsafeMutableAddress { address(of: index) }
  }

  @inlinable @inline(__always)
  public subscript(index: UInt32) -> Element {
    unsafeAddress { UnsafePointer(address(of: Int(index))) }
    nonmutating unsafeMutableAddress { address(of: Int(index)) }
  }

  /// The address of an element, valid until the array changes.
  @inlinable @inline(__always)
  public func address(of index: Int) -> UnsafeMutablePointer<Element> {
    precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
    return base + index
  }

  /// As ``FlatArray/element(_:)``.
  @inlinable @inline(__always)
  public func element(_ index: UInt32) -> UnsafeMutablePointer<Element>? {
    guard Int(index) < count else {
      precondition(index == .max, "index out of range")
      return nil
    }
    return base + Int(index)
  }

  /// The address of an element, valid until the array changes; nil if there is none.
  @inlinable @inline(__always)
  public func entry(_ index: UInt32) -> UnsafeMutablePointer<Element>? {
    Int(index) < count ? base + Int(index) : nil
  }

  /// `count` elements from an index on, all of which must exist.
  @inlinable @inline(__always)
  public func part(_ start: Int, count partCount: Int) -> FlatSlice {
    precondition(start >= 0 && partCount >= 0 && start + partCount <= count, "range out of bounds")
    return FlatSlice(base: base + start, count: partCount)
  }

  /// The elements as a table, row by row.
  ///
  /// - Parameter width: the number of elements in a row. An incomplete last row is left out; with width 0 there are no rows.
  @inlinable @inline(__always)
  public func rows(of width: Int) -> FlatRows<Element> {
    FlatRows(base: base, count: width > 0 ? count / width : 0, width: width)
  }

  public struct Iterator: IteratorProtocol {
    @usableFromInline var place: UnsafeMutablePointer<Element>
    @usableFromInline let end: UnsafeMutablePointer<Element>

    @inlinable @inline(__always)
    init(place: UnsafeMutablePointer<Element>, end: UnsafeMutablePointer<Element>) {
      self.place = place
      self.end = end
    }

    @inlinable @inline(__always)
    public mutating func next() -> Element? {
      if place == end { return nil }
      defer { place += 1 }
      return place.pointee
    }
  }

  @inlinable @inline(__always)
  public func makeIterator() -> Iterator { Iterator(place: base, end: base + count) }
}

/// Elements of a ``FlatArray`` as rows of equal width, valid until it changes. A row number is checked against the count; then the row is
/// in the array, since it has at least `count * width` elements.
public struct FlatRows<Element: BitwiseCopyable>: BitwiseCopyable {
  @usableFromInline let base: UnsafeMutablePointer<Element>
  public let count: Int
  public let width: Int

  @inlinable @inline(__always)
  init(base: UnsafeMutablePointer<Element>, count: Int, width: Int) {
    self.base = base
    self.count = count
    self.width = width
  }

  /// A row of `width` elements.
  @inlinable
  public subscript(row: Int) -> FlatSlice<Element> {
    @inline(__always)
    get {
      precondition(UInt(bitPattern: row) < UInt(bitPattern: count), "row out of range")
      return FlatSlice(base: base + row &* width, count: width)
    }
  }
}
