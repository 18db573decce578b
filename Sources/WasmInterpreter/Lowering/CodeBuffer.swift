import NeedletailSystem
import WasmRuntime
import WebAssembly

/// The code words of a function while they are emitted.
///
/// Every 16-bit operand goes through ``narrow(_:to:)``, which records one that does not fit; then ``finished()`` and ``copy()``, the only
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
    throw LimitExceeded(
      fixed: .operands, requested: misfit, limit: UInt16.max,
      "expected an operand of at most \(UInt16.max) in the interpreter's code, found \(misfit)")
  }

  private static func noMemory(_ wordCount: Int) -> LimitExceeded {
    LimitExceeded(
      systemRefused: .interpretedWords, requested: wordCount,
      "the interpreter's code of a function, \(wordCount) words or more, takes more memory than the system gives")
  }

  /// The only conversion to an operand of 16 bits.
  @inline(__always)
  mutating func narrow<Operand: NarrowField>(_ value: Int, to: Operand.Type = Operand.self) -> Operand {
    if let bits = UInt16(exactly: value) { return Operand(bits: bits) }
    refuse(value)
    return Operand(bits: 0)
  }

  @inline(never)
  private mutating func refuse(_ operand: Int) { misfit = misfit ?? operand }

  /// The index of the next word.
  var position: Int { words.count }

  /// Appends an instruction with this handler.
  ///
  /// - Returns: the position of its first word.
  @inline(__always)
  mutating func append<Format: InstructionFormat>(_ instruction: Format, _ handler: HandlerWord) -> Int
  where Format.Element == NoElement {
    let start = position
    words.append(instruction, handler)
    return start
  }

  /// Appends an instruction with elements, which must be as many as its operands say.
  mutating func append<Format: InstructionFormat>(
    _ instruction: Format, _ handler: HandlerWord, elements: [Format.Element]
  ) -> Int {
    precondition(elements.count == instruction.elementCount, "as many elements as the instruction says")
    let start = position
    words.append(instruction, handler)
    while position < start + Format.wordCount(elementCount: elements.count) { words.append(0) }
    for (index, element) in elements.enumerated() { store(element, at: index, of: Format.self, at: start) }
    return start
  }

  /// Removes the words from `position` on. Their replacements are attributed to the current instruction.
  mutating func truncate(to position: Int) {
    words.truncate(to: position)
    while let last = sourceMap.last, last.position > position { sourceMap.removeLast() }
    recordSource(offset)
  }

  // MARK: Changing operands

  /// Changes an element of the instruction that begins at `start`.
  private mutating func store<Format: InstructionFormat>(
    _ element: Format.Element, at index: Int, of _: Format.Type, at start: Int
  ) {
    words.store(element, at: start, byteOffset: Format.byteCount + index * MemoryLayout<Format.Element>.stride)
  }

  /// Changes the destination of the instruction, of a ``ResultFormat``, that begins at `start`.
  mutating func setDestination(at start: Int, to slot: Int) {
    words.store(narrow(slot, to: Destination.self), at: start, byteOffset: Self.destinationOffset)
  }

  /// Where instructions of a ``ResultFormat`` have their destination.
  @inline(__always)
  static var destinationOffset: Int { MemoryLayout<ResultHeader>.offset(of: \.destination).unsafelyUnwrapped }

  /// Changes the handler of the instruction that begins at `start`.
  mutating func setHandler(at start: Int, to handler: HandlerWord) { words.store(handler, at: start, byteOffset: 0) }

  /// The operand of 16 bits at this place in the instruction that begins at `start`.
  @inline(__always)
  func slot(at start: Int, byteOffset: Int) -> Int {
    Int(UInt16(truncatingIfNeeded: words[start + byteOffset / 8] >> UInt64(8 * (byteOffset % 8))))
  }

  /// Binds a branch to its target, the word at `position`.
  mutating func setTarget(of fixup: Fixup, to position: Int) {
    let target = BranchOffset(words: position - fixup.instruction)
    if let element = fixup.element {
      store(target, at: element, of: BranchTableFormat.self, at: fixup.instruction)
    } else {
      let offset = MemoryLayout<BranchHeader>.offset(of: \.target).unsafelyUnwrapped
      words.store(target, at: fixup.instruction, byteOffset: offset)
    }
  }

  /// Changes the size of the frame in the function's first instruction.
  mutating func setFrameSize(_ slotCount: Int) {
    let offset = MemoryLayout<EnterFormat>.offset(of: \.frameSlots).unsafelyUnwrapped
    words.store(UInt32(slotCount), at: 0, byteOffset: offset)
  }

  /// Sets the instruction that the next words are attributed to.
  mutating func recordSource(_ offset: Int) {
    self.offset = offset
    if recordsSourceMap { sourceMap.append((position, offset)) }
  }
}
