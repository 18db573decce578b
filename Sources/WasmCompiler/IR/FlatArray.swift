/// A growing array of plain values, for the compiler's inner loops: without reference counts or copy on write. Its owner reuses it for
/// each compilation, so that its memory is allocated once.
///
/// Every index and range is checked, in optimized builds too: indices and counts come from different places (a call's type, its list of
/// operands, its callee), and a guest controls most of them.
///
/// It has at most 2³² − 1 elements, so a 32-bit index needs no range check of its own.
package struct FlatArray<Element: BitwiseCopyable>: ~Copyable {
  private var base: UnsafeMutablePointer<Element>
  private var filled: UInt32 = 0
  private var capacity: UInt32

  init(minimumCapacity: Int = 16) {
    capacity = UInt32(max(minimumCapacity, 1))
    base = .allocate(capacity: Int(capacity))
  }

  deinit { base.deallocate() }

  // Elements are read and written in place: reading one field of a large element copies only that field.
  @inline(__always)
  subscript(index: Int) -> Element {
    unsafeAddress { UnsafePointer(address(of: index)) }
    nonmutating unsafeMutableAddress { address(of: index) }
  }

  @inline(__always)
  subscript(index: UInt32) -> Element {
    unsafeAddress { UnsafePointer(address(of: Int(index))) }
    nonmutating unsafeMutableAddress { address(of: Int(index)) }
  }

  /// The address of an element, valid until the array changes.
  @inline(__always)
  func address(of index: Int) -> UnsafeMutablePointer<Element> {
    precondition(UInt(bitPattern: index) < UInt(filled), "index out of range")
    return base + index
  }

  /// The address of an element, valid until the array changes; nil for the greatest index, which means "none". One comparison suffices,
  /// since no array has that many elements.
  @inline(__always)
  func element(_ index: UInt32) -> UnsafeMutablePointer<Element>? {
    guard index < filled else {
      precondition(index == .max, "index out of range")
      return nil
    }
    return base + Int(index)
  }

  @inline(__always) var count: Int { Int(filled) }
  var indices: Range<Int> { 0..<count }
  var isEmpty: Bool { filled == 0 }
  var last: Element? { filled == 0 ? nil : base[Int(filled &- 1)] }

  /// Amortised O(1).
  @inline(__always)
  mutating func append(_ element: Element) {
    if filled == capacity { grow(to: count + 1) }
    base[count] = element
    filled &+= 1
  }

  mutating func append(repeating element: Element, count added: Int) {
    if count + added > Int(capacity) { grow(to: count + added) }
    (base + count).update(repeating: element, count: added)
    filled &+= UInt32(added)
  }

  /// - Parameter elements: elements of another array.
  mutating func append(contentsOf elements: FlatSlice<Element>) {
    if count + elements.count > Int(capacity) { grow(to: count + elements.count) }
    (base + count).update(from: elements.base, count: elements.count)
    filled &+= UInt32(elements.count)
  }

  mutating func append(contentsOf elements: [Element]) {
    for element in elements { append(element) }
  }

  @discardableResult
  mutating func removeLast() -> Element {
    precondition(filled > 0, "no element to remove")
    filled &-= 1
    return base[count]
  }

  mutating func removeLast(_ removed: Int) {
    precondition(removed >= 0 && removed <= count, "fewer elements to remove")
    filled &-= UInt32(removed)
  }

  /// Removes the elements and keeps the memory.
  mutating func removeAll() { filled = 0 }

  /// Replaces the contents by `count` equal elements.
  mutating func reset(_ element: Element, count newCount: Int) {
    filled = 0
    append(repeating: element, count: newCount)
  }

  /// The elements, valid until the array changes.
  @inline(__always)
  var elements: FlatSlice<Element> { FlatSlice(base: base, count: count) }

  @inline(__always)
  subscript(range: Range<Int>) -> FlatSlice<Element> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range out of bounds")
    return FlatSlice(base: base + range.lowerBound, count: range.count)
  }

  @inline(never)
  private mutating func grow(to needed: Int) {
    let larger = max(needed, min(2 * Int(capacity), Int(UInt32.max)))
    let moved = UnsafeMutablePointer<Element>.allocate(capacity: larger)
    moved.update(from: base, count: count)
    base.deallocate()
    base = moved
    capacity = UInt32(larger)
  }
}

/// Elements of a ``FlatArray``, valid until it changes. Indices begin at 0, and are checked in optimized builds too.
struct FlatSlice<Element: BitwiseCopyable>: RandomAccessCollection, MutableCollection, BitwiseCopyable {
  fileprivate let base: UnsafeMutablePointer<Element>
  let count: Int

  @inline(__always)
  init(base: UnsafeMutablePointer<Element>, count: Int) {
    self.base = base
    self.count = count
  }

  /// No elements.
  init() {
    base = UnsafeMutablePointer(bitPattern: MemoryLayout<Element>.alignment).unsafelyUnwrapped
    count = 0
  }

  @inline(__always) var startIndex: Int { 0 }
  @inline(__always) var endIndex: Int { count }

  @inline(__always)
  subscript(index: Int) -> Element {
    unsafeAddress { UnsafePointer(address(of: index)) }
    nonmutating unsafeMutableAddress { address(of: index) }
  }

  @inline(__always)
  subscript(index: UInt32) -> Element {
    unsafeAddress { UnsafePointer(address(of: Int(index))) }
    nonmutating unsafeMutableAddress { address(of: Int(index)) }
  }

  /// The address of an element, valid until the array changes.
  @inline(__always)
  func address(of index: Int) -> UnsafeMutablePointer<Element> {
    precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
    return base + index
  }

  /// As ``FlatArray/element(_:)``.
  @inline(__always)
  func element(_ index: UInt32) -> UnsafeMutablePointer<Element>? {
    guard Int(index) < count else {
      precondition(index == .max, "index out of range")
      return nil
    }
    return base + Int(index)
  }

  /// `count` elements from an index on, all of which must exist.
  @inline(__always)
  func part(_ start: Int, count partCount: Int) -> FlatSlice {
    precondition(start >= 0 && partCount >= 0 && start + partCount <= count, "range out of bounds")
    return FlatSlice(base: base + start, count: partCount)
  }

  /// The elements as a table, row by row.
  ///
  /// - Parameter width: the number of elements in a row. An incomplete last row is left out; with width 0 there are no rows.
  @inline(__always)
  func rows(of width: Int) -> FlatRows<Element> {
    FlatRows(base: base, count: width > 0 ? count / width : 0, width: width)
  }

  struct Iterator: IteratorProtocol {
    fileprivate var place: UnsafeMutablePointer<Element>
    fileprivate let end: UnsafeMutablePointer<Element>

    @inline(__always)
    mutating func next() -> Element? {
      if place == end { return nil }
      defer { place += 1 }
      return place.pointee
    }
  }

  @inline(__always)
  func makeIterator() -> Iterator { Iterator(place: base, end: base + count) }
}

/// Elements of a ``FlatArray`` as rows of equal width, valid until it changes. A row number is checked against the count; then the row is
/// in the array, since it has at least `count * width` elements.
struct FlatRows<Element: BitwiseCopyable>: BitwiseCopyable {
  fileprivate let base: UnsafeMutablePointer<Element>
  let count: Int
  let width: Int

  @inline(__always)
  fileprivate init(base: UnsafeMutablePointer<Element>, count: Int, width: Int) {
    self.base = base
    self.count = count
    self.width = width
  }

  /// A row of `width` elements.
  subscript(row: Int) -> FlatSlice<Element> {
    @inline(__always)
    get {
      precondition(UInt(bitPattern: row) < UInt(bitPattern: count), "row out of range")
      return FlatSlice(base: base + row &* width, count: width)
    }
  }
}
