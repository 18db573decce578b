import WebAssembly

/// Writes machine code to a growing buffer, with labels for forward references and a pool of constants after the code.
///
/// One assembler serves all functions that a thread compiles; ``removeAll()`` keeps its memory. The instructions are in extensions:
/// integer in `Assembler+Integer.swift`, vector and float in `Assembler+Vector.swift`, control in `Assembler+Control.swift`.
package struct Assembler: ~Copyable {
  /// The space reserved before each instruction; none is longer than 15 bytes.
  private static let room = 32

  private var base: UnsafeMutablePointer<UInt8>
  /// The number of bytes written, which is the offset of the next instruction.
  package private(set) var count = 0
  private var capacity: Int

  /// By label: its offset, or ``unbound``.
  private var places = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  private var fixups = FlatArray<Fixup>(minimumCapacity: 1 << 8)
  private var constants = FlatArray<Constant>(minimumCapacity: 1 << 6)
  private static let unbound = UInt32.max

  /// Whether vector instructions are encoded with VEX.
  let usesVEX: Bool

  /// Four bytes that will hold the distance from `origin` to a label, plus their current contents; or one byte.
  private struct Fixup: BitwiseCopyable {
    var position: UInt32
    var origin: UInt32
    var label: Label
    var isShort = false
  }

  private struct Constant: BitwiseCopyable {
    var low: UInt64
    var high: UInt64
    /// The size in bytes: 4, 8 or 16.
    var size: Int
    var label: Label
  }

  init(usesVEX: Bool = false, minimumCapacity: Int = 1 << 14) {
    self.usesVEX = usesVEX
    capacity = max(minimumCapacity, Self.room)
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }

  /// The code so far, valid until more is written.
  var code: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Removes code, labels and constants.
  mutating func removeAll() {
    count = 0
    places.removeAll()
    fixups.removeAll()
    constants.removeAll()
  }

  // MARK: Bytes

  /// Must be called before the bytes of each instruction.
  @inline(__always)
  mutating func reserve() {
    if capacity - count < Self.room { grow(by: Self.room) }
  }

  @inline(__always)
  mutating func put(_ byte: UInt8) {
    assert(count < capacity)
    base[count] = byte
    count += 1
  }

  @inline(__always)
  mutating func put32(_ word: Int32) {
    UnsafeMutableRawPointer(base + count).storeBytes(of: word, as: Int32.self)
    count += 4
  }

  @inline(__always)
  mutating func put64(_ word: UInt64) {
    UnsafeMutableRawPointer(base + count).storeBytes(of: word, as: UInt64.self)
    count += 8
  }

  @inline(never)
  private mutating func grow(by needed: Int) {
    let larger = max(2 * capacity, count + needed)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    moved.update(from: base, count: count)
    base.deallocate()
    base = moved
    capacity = larger
  }

  // MARK: Labels

  mutating func makeLabel() -> Label {
    places.append(Self.unbound)
    return Label(number: UInt32(places.count - 1))
  }

  /// Binds a label to the current position.
  mutating func bind(_ label: Label) {
    assert(places[label.number] == Self.unbound)
    places[label.number] = UInt32(count)
  }

  /// A label at the current position.
  mutating func makeBoundLabel() -> Label {
    let label = makeLabel()
    bind(label)
    return label
  }

  /// The offset of a label; nil if it is not bound yet.
  func offset(of label: Label) -> Int? {
    let place = places[label.number]
    return place == Self.unbound ? nil : Int(place)
  }

  /// Writes the four-byte distance to `label` + `addend`, from `trailing` bytes after itself.
  mutating func putDistance(to label: Label, addend: Int32 = 0, trailing: Int = 0) {
    putDistance(to: label, from: count + 4 + trailing, addend: addend)
  }

  /// Writes the four-byte distance from an offset to a label, as in jump tables.
  mutating func putDistance(to label: Label, from origin: Int, addend: Int32 = 0) {
    reserve()
    fixups.append(Fixup(position: UInt32(count), origin: UInt32(origin), label: label))
    put32(addend)
  }

  /// Writes the one-byte distance to a label, from the byte after it.
  mutating func putShortDistance(to label: Label) {
    fixups.append(Fixup(position: UInt32(count), origin: UInt32(count + 1), label: label, isShort: true))
    put(0)
  }

  // MARK: Constants

  /// The address of a 16-byte constant, which ``finish()`` writes after the code at a multiple of 16.
  mutating func constant(_ low: UInt64, _ high: UInt64) -> MemoryOperand { constant(low, high, size: 16) }
  mutating func constant(_ value: UInt64) -> MemoryOperand { constant(value, 0, size: 8) }
  mutating func constant(_ value: UInt32) -> MemoryOperand { constant(UInt64(value), 0, size: 4) }

  private mutating func constant(_ low: UInt64, _ high: UInt64, size: Int) -> MemoryOperand {
    // Only the last few are searched, so that time stays linear in functions with thousands of constants.
    for index in stride(from: constants.count - 1, through: max(0, constants.count - 32), by: -1) {
      let known = constants[index]
      if known.low == low, known.high == high, known.size == size { return MemoryOperand(known.label) }
    }
    let label = makeLabel()
    constants.append(Constant(low: low, high: high, size: size, label: label))
    return MemoryOperand(label)
  }

  /// Writes the constants and the distances to labels, all of which must be bound. The code must be loaded at a multiple of 16.
  ///
  /// - Returns: whether all labels of short jumps were near enough. If not, the code must not be used.
  @discardableResult
  mutating func finish() -> Bool {
    var isNear = true
    for size in [16, 8, 4] {
      for index in constants.indices where constants[index].size == size {
        align(to: size, with: 0xCC)
        reserve()
        let constant = constants[index]
        bind(constant.label)
        if size == 4 { put32(Int32(bitPattern: UInt32(constant.low))) } else { put64(constant.low) }
        if size == 16 { put64(constant.high) }
      }
    }
    constants.removeAll()
    for index in fixups.indices {
      let fixup = fixups[index]
      let place = places[fixup.label.number]
      precondition(place != Self.unbound, "a label was never bound")
      if fixup.isShort {
        let distance = Int8(exactly: Int(place) - Int(fixup.origin))
        isNear = isNear && distance != nil
        base[Int(fixup.position)] = UInt8(bitPattern: distance ?? 0)
        continue
      }
      let field = UnsafeMutableRawPointer(base + Int(fixup.position))
      let addend = field.load(as: Int32.self, at: 0)
      field.storeBytes(of: addend + Int32(Int(place) - Int(fixup.origin)), as: Int32.self)
    }
    fixups.removeAll()
    return isNear
  }

  /// Fills up to a multiple of `alignment` with a byte that is never executed.
  mutating func align(to alignment: Int, with byte: UInt8) {
    while count % alignment != 0 {
      reserve()
      put(byte)
    }
  }
}

extension UnsafeMutableRawPointer {
  @inline(__always)
  fileprivate func load(as type: Int32.Type, at offset: Int) -> Int32 {
    loadUnaligned(fromByteOffset: offset, as: type)
  }
}
