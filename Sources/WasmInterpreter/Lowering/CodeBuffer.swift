import NeedletailSystem
import WasmRuntime
import WebAssembly

/// The code words of a function while they are emitted.
///
/// Every 16-bit operand goes through ``narrow(_:)``, which records one that does not fit; then ``finished()`` and ``copy()``, the only
/// access to the words, throw. So no word whose operand lost bits is ever executed. Lack of memory for a word is handled in the same way.
struct CodeBuffer {
  private var words: CodeWords
  /// The first operand that did not fit its field.
  private var misfit: Int?
  /// Word positions, and the offset in the binary of the instruction that the words from there on were generated for; empty unless
  /// recorded.
  private(set) var sourceMap: [(position: Int, offset: Int)] = []
  let recordsSourceMap: Bool
  /// The offset of the instruction that is being lowered.
  private var offset = 0
  /// The exceptions that the function catches.
  var catchTable = CatchTable()

  /// - Parameter words: receives the words; must be empty.
  init(recordsSourceMap: Bool, words: CodeWords = CodeWords()) {
    self.recordsSourceMap = recordsSourceMap
    self.words = words
  }

  /// The words.
  ///
  /// - Throws: ``LimitExceeded`` if an operand does not fit the 16 bits of its field, or there was no memory.
  func finished() throws(LimitExceeded) -> [UInt64] {
    try check()
    return words.withBuffer { Array($0) }
  }

  /// The words in separately allocated memory, which the caller frees with `SystemMemory`.
  ///
  /// - Throws: ``LimitExceeded`` if an operand does not fit the 16 bits of its field, or there was, or is, no memory.
  func copy() throws(LimitExceeded) -> UnsafeMutableBufferPointer<UInt64> {
    try check()
    guard let memory = SystemMemory.allocate(UInt64.self, count: words.count) else { throw Self.noMemory(words.count) }
    let buffer = UnsafeMutableBufferPointer(start: memory, count: words.count)
    _ = words.withBuffer { buffer.update(fromContentsOf: $0) }
    return buffer
  }

  /// - Throws: ``LimitExceeded`` if an operand does not fit the 16 bits of its field, or there was no memory for a word.
  func check() throws(LimitExceeded) {
    if words.isIncomplete { throw Self.noMemory(words.count) }
    guard let misfit else { return }
    throw LimitExceeded("expected an operand of at most \(UInt16.max) in the interpreter's code, found \(misfit)")
  }

  private static func noMemory(_ wordCount: Int) -> LimitExceeded {
    LimitExceeded(
      "the interpreter's code of a function, \(wordCount) words or more, takes more memory than the system gives")
  }

  /// The only conversion to an operand's 16 bits.
  @inline(__always)
  private mutating func narrow(_ operand: Int) -> UInt64 {
    if let operand = UInt16(exactly: operand) { return UInt64(operand) }
    return refuse(operand)
  }

  @inline(never)
  private mutating func refuse(_ operand: Int) -> UInt64 {
    misfit = misfit ?? operand
    return 0
  }

  /// The index of the next word.
  var position: Int { words.count }

  mutating func append(_ word: UInt64) { words.append(word) }

  /// Appends a word of four operands of 16 bits, the first in the lowest bits.
  mutating func append(_ a: Int, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0) {
    words.append(narrow(a) | narrow(b) << 16 | narrow(c) << 32 | narrow(d) << 48)
  }

  /// Appends a word of two operands of 16 bits and one of 32.
  mutating func append(_ a: Int, _ b: Int, immediate: UInt32) {
    words.append(narrow(a) | narrow(b) << 16 | UInt64(immediate) << 32)
  }

  /// Appends a word of an operand of 32 bits and two of 16.
  mutating func append(immediate: UInt32, _ c: Int, _ d: Int) {
    words.append(UInt64(immediate) | narrow(c) << 32 | narrow(d) << 48)
  }

  /// Appends a word of two operands of 32 bits.
  mutating func append(immediates low: UInt32, _ high: UInt32) { words.append(UInt64(low) | UInt64(high) << 32) }

  /// Appends a word with space for a branch offset in its low half, and two operands of 16 bits.
  mutating func appendBranch(_ c: Int = 0, _ d: Int = 0) { append(immediate: 0, c, d) }

  /// Removes the words from `position` on. Their replacements are attributed to the current instruction.
  mutating func truncate(to position: Int) {
    words.truncate(to: position)
    while let last = sourceMap.last, last.position > position { sourceMap.removeLast() }
    recordSource(offset)
  }

  /// Sets the slot number in the lowest bits of a word.
  mutating func setLowSlot(at position: Int, to slot: Int) {
    words[position] = words[position] & ~0xFFFF | narrow(slot)
  }

  /// Sets 32 bits: half 0 or 1 of a word.
  mutating func setHalf(at position: Int, _ half: Int, to value: Int32) {
    let shift = UInt64(32 * half)
    words[position] = words[position] & ~(0xFFFF_FFFF << shift) | UInt64(UInt32(bitPattern: value)) << shift
  }

  /// Sets the instruction that the next words are attributed to.
  mutating func recordSource(_ offset: Int) {
    self.offset = offset
    if recordsSourceMap { sourceMap.append((position, offset)) }
  }
}
