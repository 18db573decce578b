import NeedletailSystem
import Synchronization
import WasmCompiler
import WasmRuntime

/// Memory for machine code to which code is added while other code in it runs.
///
/// The pages are mapped twice: once executable, and once writable, at an address that only this object knows. So no address is both
/// writable and executable. The executable part is preceded by words that code may read, and that are changed atomically: code addresses
/// them relative to itself.
final class GrowingCodeMemory: @unchecked Sendable {
  /// The first executable byte.
  let start: UInt
  /// The capacity for code in bytes.
  let byteCount: Int
  let wordCount: Int
  private let mapping: VirtualMemory.AliasedPages
  private let quota: CodeQuota
  /// The process that may write: pages are shared with forked processes.
  private let process = CurrentProcess.identifier
  private var count = 0
  private var countedByteCount: Int

  /// - Parameters:
  ///   - wordCount: the number of words before the code.
  ///   - byteCount: the capacity for code in bytes.
  ///   - quota: counts the pages in use.
  init(wordCount: Int, byteCount: Int, quota: CodeQuota) throws(CodeMemoryError) {
    guard quota.allowsExecution else { throw .forbidden }
    let front = VirtualMemory.roundedUpToPages(8 * max(wordCount, 1))
    guard quota.reserve(front) else { throw quota.refusal(of: front) }
    guard let mapping = VirtualMemory.AliasedPages(front: front, byteCount: VirtualMemory.roundedUpToPages(byteCount))
    else {
      quota.release(front)
      throw quota.refusal(of: byteCount)
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

  /// One of the words before the code.
  func word(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt>> {
    precondition(index >= 0 && index < wordCount, "no such word")
    return mapping.front.assumingMemoryBound(to: Atomic<UInt>.self) + index
  }

  /// The distance from the first byte of code to one of the words.
  func offset(ofWord index: Int) -> Int { 8 * index - mapping.frontByteCount }

  /// The offset of the next code: a multiple of 16.
  var nextOffset: Int { (count + 15) & ~15 }

  /// The code so far.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: start), count: count) }

  /// Adds code. One thread at a time.
  ///
  /// - Returns: false if there is no room for it.
  func append(_ code: UnsafeRawBufferPointer) -> Bool {
    let offset = nextOffset
    let end = offset + code.count
    guard end <= byteCount, process == CurrentProcess.identifier else { return false }
    let counted = mapping.frontByteCount + VirtualMemory.roundedUpToPages(end)
    if counted > countedByteCount {
      guard quota.reserve(counted - countedByteCount) else { return false }
      countedByteCount = counted
    }
    // `int3`, so that gaps between functions trap.
    memoryFill(mapping.writable + count, 0xCC, offset - count)
    if let source = code.baseAddress { memoryCopy(mapping.writable + offset, source, code.count) }
    count = end
    return true
  }
}
