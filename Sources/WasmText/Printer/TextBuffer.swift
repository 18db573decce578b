/// A growing buffer for UTF-8 text. It owns its memory.
///
/// Invariant: `count` bytes of `storage` are initialized, and `count <= capacity`.
package struct TextBuffer: ~Copyable {
  private var storage: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  package private(set) var count = 0

  package init(capacity: Int = 1 << 16) {
    self.capacity = capacity
    storage = .allocate(capacity: capacity)
  }

  deinit { storage.deallocate() }

  /// Calls `body` with the text, valid only during the call.
  package func withBytes<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeBufferPointer(start: storage, count: count))
  }

  package mutating func removeAll() { count = 0 }

  /// Removes everything after the first `count` bytes.
  mutating func truncate(to count: Int) {
    precondition(count <= self.count)
    self.count = count
  }

  // MARK: Bytes

  @inline(__always)
  private mutating func reserve(_ additional: Int) {
    if count + additional > capacity { grow(additional) }
  }

  @inline(never)
  private mutating func grow(_ additional: Int) {
    let newCapacity = max(capacity * 2, count + additional)
    let newStorage = UnsafeMutablePointer<UInt8>.allocate(capacity: newCapacity)
    newStorage.moveInitialize(from: storage, count: count)
    storage.deallocate()
    storage = newStorage
    capacity = newCapacity
  }

  @inline(__always)
  package mutating func byte(_ byte: UInt8) {
    reserve(1)
    storage[count] = byte
    count += 1
  }

  package mutating func raw(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let start = bytes.baseAddress else { return }
    reserve(bytes.count)
    (storage + count).initialize(from: start, count: bytes.count)
    count += bytes.count
  }

  package mutating func write(_ text: StaticString) {
    if text.hasPointerRepresentation {
      raw(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    } else {
      string(text.description)
    }
  }

  /// Writes a string that is created at run time.
  package mutating func string(_ text: String) {
    var text = text
    text.withUTF8 { raw($0) }
  }

  mutating func fill(_ byte: UInt8, _ number: Int) {
    guard number > 0 else { return }
    reserve(number)
    (storage + count).initialize(repeating: byte, count: number)
    count += number
  }

  package mutating func newLine() { byte(UInt8(ascii: "\n")) }

  package mutating func spaces(_ number: Int) { fill(UInt8(ascii: " "), number) }

  /// Pads the text written since `start` with spaces to a width.
  mutating func pad(from start: Int, to width: Int) { spaces(width - (count - start)) }

  // MARK: Numbers

  mutating func decimal(_ number: UInt64) {
    if number < 10 { return byte(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number)) }
    var rest = number
    var length = 0
    repeat {
      rest /= 10
      length += 1
    } while rest > 0
    reserve(length)
    rest = number
    var position = count + length
    repeat {
      position -= 1
      storage[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    count += length
  }

  mutating func decimal(_ number: Int64) {
    if number < 0 { byte(UInt8(ascii: "-")) }
    decimal(number.magnitude)
  }

  package mutating func decimal(_ number: UInt32) { decimal(UInt64(number)) }

  package mutating func decimal(_ number: Int) { decimal(Int64(number)) }

  @inline(__always)
  static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
  }

  /// A hexadecimal number without prefix, with at least `digits` digits.
  mutating func hex(_ number: UInt64, digits: Int = 1) {
    let significant = (64 - number.leadingZeroBitCount + 3) / 4
    var position = max(significant, digits, 1)
    reserve(position)
    while position > 0 {
      position -= 1
      storage[count] = Self.hexDigit(position < 16 ? UInt8(truncatingIfNeeded: number >> UInt64(position * 4)) & 15 : 0)
      count += 1
    }
  }

  /// Two hexadecimal digits.
  @inline(__always)
  mutating func hexByte(_ value: UInt8) {
    reserve(2)
    storage[count] = Self.hexDigit(value >> 4)
    storage[count + 1] = Self.hexDigit(value & 15)
    count += 2
  }
}
