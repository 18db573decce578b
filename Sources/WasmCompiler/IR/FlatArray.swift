/// A growing array of plain values, for the compiler's inner loops: no reference counts, no copies on write, no check in
/// optimised builds. Who owns it keeps it from one compilation to the next, so that its memory is asked for once.
///
/// It has at most 2³² − 1 elements, and keeps their number in 32 bits: so whoever keeps an index in 32 bits pays for no check that it fits.
struct FlatArray<Element: BitwiseCopyable>: ~Copyable {
  private(set) var base: UnsafeMutablePointer<Element>
  private var filled: UInt32 = 0
  private var capacity: UInt32

  init(minimumCapacity: Int = 16) {
    capacity = UInt32(max(minimumCapacity, 1))
    base = .allocate(capacity: Int(capacity))
  }

  deinit { base.deallocate() }

  subscript(index: Int) -> Element {
    @inline(__always)
    get {
      assert(index >= 0 && index < count)
      return base[index]
    }
    @inline(__always)
    nonmutating _modify {
      assert(index >= 0 && index < count)
      yield &base[index]
    }
  }

  @inline(__always)
  subscript(index: UInt32) -> Element {
    get { self[Int(index)] }
    nonmutating _modify { yield &self[Int(index)] }
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

  mutating func append(contentsOf elements: UnsafeBufferPointer<Element>) {
    if count + elements.count > Int(capacity) { grow(to: count + elements.count) }
    if let first = elements.baseAddress { (base + count).update(from: first, count: elements.count) }
    filled &+= UInt32(elements.count)
  }

  @discardableResult
  mutating func removeLast() -> Element {
    assert(count > 0)
    filled &-= 1
    return base[count]
  }

  mutating func removeLast(_ removed: Int) {
    assert(removed <= count)
    filled &-= UInt32(removed)
  }

  /// Forgets the elements and keeps the memory.
  mutating func removeAll() { filled = 0 }

  /// As many elements as asked for, all equal.
  mutating func reset(_ element: Element, count newCount: Int) {
    filled = 0
    append(repeating: element, count: newCount)
  }

  /// The elements, until the array changes.
  var elements: UnsafeMutableBufferPointer<Element> { UnsafeMutableBufferPointer(start: base, count: count) }

  subscript(range: Range<Int>) -> UnsafeMutableBufferPointer<Element> {
    assert(range.lowerBound >= 0 && range.upperBound <= count)
    return UnsafeMutableBufferPointer(start: base + range.lowerBound, count: range.count)
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
