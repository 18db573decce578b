import NeedletailSystem
import WasmRuntime

/// A growing array of code words, whose size a guest controls: if the system has no memory for more, it records that, whereas `Array`
/// would end the process.
///
/// A copy shares the memory: only one of the copies may be changed. Indices are checked in optimized builds, too.
struct CodeWords {
  /// Frees the words.
  private final class Memory {
    var base: UnsafeMutablePointer<UInt64>?

    deinit { if let base { SystemMemory.deallocate(base) } }
  }

  private let memory = Memory()
  /// Invariant: has room for `capacity` words. Words below `count` are initialized, unless ``isIncomplete``.
  private var base: UnsafeMutablePointer<UInt64>?
  private var capacity = 0
  private(set) var count = 0
  /// Whether there was no memory for a word. Then words from `capacity` on are dropped, and read as 0.
  private(set) var isIncomplete = false

  /// The largest capacity; tests use less than the system gives.
  private let capacityLimit: Int

  init(capacityLimit: Int = .max) { self.capacityLimit = capacityLimit }

  /// Amortised O(1).
  @inline(__always)
  mutating func append(_ word: UInt64) {
    if count >= capacity { grow() }
    if count < capacity { base.unsafelyUnwrapped[count] = word }
    count += 1
  }

  /// Appends an instruction with this handler, without its elements. Amortised O(1).
  @inline(__always)
  mutating func append<Format: InstructionFormat>(_ instruction: Format, _ handler: HandlerWord) {
    let wordCount = Format.byteCount / 8
    if capacity - count < wordCount { grow(by: wordCount) }
    if capacity - count >= wordCount {
      let start = UnsafeMutableRawPointer(base.unsafelyUnwrapped + count)
      start.storeBytes(of: instruction, as: Format.self)
      start.storeBytes(of: handler, as: HandlerWord.self)
    }
    count += wordCount
  }

  /// Grows until there is room for this many words, or no memory.
  @inline(never)
  private mutating func grow(by wordCount: Int) {
    while capacity - count < wordCount, !isIncomplete { grow() }
  }

  /// Changes operands of an instruction that begins at a word.
  ///
  /// - Parameter byteOffset: where the value of type `T` begins.
  @inline(__always)
  mutating func store<T: BitwiseCopyable>(_ value: T, at index: Int, byteOffset: Int) {
    let end = 8 * index + byteOffset + MemoryLayout<T>.size
    precondition(index >= 0 && byteOffset >= 0 && end <= 8 * count, "place out of range")
    guard end <= 8 * capacity else { return }
    UnsafeMutableRawPointer(base.unsafelyUnwrapped).storeBytes(
      of: value, toByteOffset: 8 * index + byteOffset, as: T.self)
  }

  subscript(index: Int) -> UInt64 {
    get {
      precondition(index >= 0 && index < count, "index out of range")
      return index < capacity ? base.unsafelyUnwrapped[index] : 0
    }
    set {
      precondition(index >= 0 && index < count, "index out of range")
      if index < capacity { base.unsafelyUnwrapped[index] = newValue }
    }
  }

  mutating func truncate(to newCount: Int) {
    precondition(newCount >= 0 && newCount <= count, "fewer words to keep")
    count = newCount
  }

  /// - Requires: not ``isIncomplete``.
  func withBuffer<R>(_ body: (UnsafeBufferPointer<UInt64>) -> R) -> R {
    precondition(!isIncomplete, "words are missing")
    return withExtendedLifetime(memory) { body(UnsafeBufferPointer(start: base, count: count)) }
  }

  @inline(never)
  private mutating func grow() {
    // Dropped words cannot be restored.
    guard !isIncomplete else { return }
    let larger = max(2 * capacity, 1 << 6)
    guard larger <= capacityLimit, let moved = SystemMemory.allocate(UInt64.self, count: larger) else {
      isIncomplete = true
      return
    }
    if let base {
      moved.update(from: base, count: count)
      SystemMemory.deallocate(base)
    }
    base = moved
    memory.base = moved
    capacity = larger
  }
}
