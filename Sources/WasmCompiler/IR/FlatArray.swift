/// A growing array of plain values, for the compiler's inner loops: no reference counts, no copies on write, no check in
/// optimised builds. Who owns it keeps it from one compilation to the next, so that its memory is asked for once.
struct FlatArray<Element: BitwiseCopyable>: ~Copyable {
  private(set) var base: UnsafeMutablePointer<Element>
  private(set) var count = 0
  private var capacity: Int

  init(minimumCapacity: Int = 16) {
    capacity = max(minimumCapacity, 1)
    base = .allocate(capacity: capacity)
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

  var indices: Range<Int> { 0..<count }
  var isEmpty: Bool { count == 0 }
  var last: Element? { count == 0 ? nil : base[count - 1] }

  /// Amortised O(1).
  @inline(__always)
  mutating func append(_ element: Element) {
    if count == capacity { grow(to: count + 1) }
    base[count] = element
    count += 1
  }

  mutating func append(repeating element: Element, count added: Int) {
    if count + added > capacity { grow(to: count + added) }
    (base + count).update(repeating: element, count: added)
    count += added
  }

  mutating func append(contentsOf elements: UnsafeBufferPointer<Element>) {
    if count + elements.count > capacity { grow(to: count + elements.count) }
    if let first = elements.baseAddress { (base + count).update(from: first, count: elements.count) }
    count += elements.count
  }

  @discardableResult
  mutating func removeLast() -> Element {
    assert(count > 0)
    count -= 1
    return base[count]
  }

  mutating func removeLast(_ removed: Int) {
    assert(removed <= count)
    count -= removed
  }

  /// Forgets the elements and keeps the memory.
  mutating func removeAll() { count = 0 }

  /// As many elements as asked for, all equal.
  mutating func reset(_ element: Element, count newCount: Int) {
    count = 0
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
    let larger = max(needed, 2 * capacity)
    let moved = UnsafeMutablePointer<Element>.allocate(capacity: larger)
    moved.update(from: base, count: count)
    base.deallocate()
    base = moved
    capacity = larger
  }
}
