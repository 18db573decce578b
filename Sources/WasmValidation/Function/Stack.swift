/// A stack in unmanaged memory that is reused for each function.
///
/// Indices are checked in optimised builds too. Invariant: `start` has room for `capacity` elements, of which the first `count` are initialized.
struct Stack<Element: BitwiseCopyable>: ~Copyable {
  private(set) var start: UnsafeMutablePointer<Element>
  private(set) var count = 0
  private(set) var capacity: Int

  init(capacity: Int) {
    start = .allocate(capacity: capacity)
    self.capacity = capacity
  }

  deinit { start.deallocate() }

  @inline(__always)
  subscript(index: Int) -> Element {
    get {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
      return start[index]
    }
    set {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "index out of range")
      start[index] = newValue
    }
  }

  @inline(__always)
  mutating func push(_ element: Element) {
    if count == capacity { grow(to: count + 1) }
    start[count] = element
    count &+= 1
  }

  /// Appends `count` copies of an element.
  mutating func push(_ element: Element, count added: Int) {
    if count + added > capacity { grow(to: count + added) }
    (start + count).update(repeating: element, count: added)
    count += added
  }

  /// Requires that there are at least `newCount` elements.
  @inline(__always)
  mutating func truncate(to newCount: Int) {
    precondition(newCount >= 0 && newCount <= count, "fewer elements to keep")
    count = newCount
  }

  @inline(never)
  private mutating func grow(to needed: Int) {
    let newCapacity = max(needed, capacity * 2)
    let new = UnsafeMutablePointer<Element>.allocate(capacity: newCapacity)
    new.update(from: start, count: count)
    start.deallocate()
    start = new
    capacity = newCapacity
  }
}
