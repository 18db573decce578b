import WasmCompiler
import Synchronization
import WasmRuntime

/// Room for machine code that is added to while what stands there already runs.
///
/// The system's pages are mapped twice: where they are executed, and elsewhere, at an address that only this knows, where they are
/// written. So no page can be written where it can be executed. In front of the executable part stand words that code may read, and
/// that are changed as atomic variables: code reaches them relative to itself.
final class GrowingCodeMemory: @unchecked Sendable {
  /// The first byte that can be executed.
  let start: UInt
  /// How much code there may be.
  let byteCount: Int
  let wordCount: Int
  private let mapping: VirtualMemory.AliasedPages
  private let quota: CodeQuota
  /// Who may write: pages are shared with processes that are forked from this one.
  private let process = VirtualMemory.processIdentifier
  private var count = 0
  private var countedByteCount: Int

  /// - Parameters:
  ///   - wordCount: how many words stand in front.
  ///   - byteCount: how much code there may be.
  ///   - quota: what the pages count against that are in use.
  init(wordCount: Int, byteCount: Int, quota: CodeQuota) throws(CodeMemoryError) {
    guard quota.allowsExecution else { throw .forbidden }
    let front = VirtualMemory.roundedUpToPages(8 * max(wordCount, 1))
    guard quota.reserve(front) else { throw .exhausted(byteCount: front) }
    guard let mapping = VirtualMemory.AliasedPages(front: front, byteCount: VirtualMemory.roundedUpToPages(byteCount))
    else {
      quota.release(front)
      throw .exhausted(byteCount: byteCount)
    }
    self.mapping = mapping
    self.quota = quota
    self.wordCount = wordCount
    self.byteCount = mapping.byteCount
    countedByteCount = front
    start = UInt(bitPattern: mapping.executable)
  }

  deinit {
    mapping.release()
    quota.release(countedByteCount)
  }

  /// One of the words in front.
  func word(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt>> {
    precondition(index >= 0 && index < wordCount, "no such word")
    return mapping.front.assumingMemoryBound(to: Atomic<UInt>.self) + index
  }

  /// The distance from the first byte of code to one of the words.
  func offset(ofWord index: Int) -> Int { 8 * index - mapping.frontByteCount }

  /// Where the next code will stand: a multiple of 16.
  var nextOffset: Int { (count + 15) & ~15 }

  /// Adds code. One thread at a time.
  ///
  /// - Returns: false if there is no room for it.
  func append(_ code: UnsafeRawBufferPointer) -> Bool {
    let offset = nextOffset
    let end = offset + code.count
    guard end <= byteCount, process == VirtualMemory.processIdentifier else { return false }
    let counted = mapping.frontByteCount + VirtualMemory.roundedUpToPages(end)
    if counted > countedByteCount {
      guard quota.reserve(counted - countedByteCount) else { return false }
      countedByteCount = counted
    }
    // `int3`, so that no gap between functions does anything.
    memoryFill(mapping.writable + count, 0xCC, offset - count)
    if let source = code.baseAddress { memoryCopy(mapping.writable + offset, source, code.count) }
    count = end
    return true
  }
}
