import NeedletailSystem
import Synchronization
import WasmCompiler
import WasmRuntime
import WebAssembly

/// Why there is no memory for compiled code.
package enum CodeMemoryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The engine's limit is reached, or the system has no memory.
  case exhausted(byteCount: Int)
  /// The system or the engine's configuration does not allow executable memory.
  case forbidden

  package var description: String {
    switch self {
    case .exhausted(let byteCount): "no memory for \(ByteCount.format(byteCount)) of compiled code"
    case .forbidden: "executable memory is forbidden"
    }
  }
}

/// Pages of machine code. They are written once, before they become executable, and are never both.
final class CodeMemory: Sendable {
  /// The first byte, at the start of a page.
  nonisolated(unsafe) let base: UnsafeMutableRawPointer
  let byteCount: Int
  private let quota: CodeQuota
  /// The code, if it is loaded when it is used.
  let pagedBytes: PagedBytes?

  /// - Parameters:
  ///   - byteCount: the size to reserve; bytes that `write` does not set trap.
  ///   - quota: counts the code.
  ///   - write: writes the code.
  convenience init(
    byteCount: Int, quota: CodeQuota, _ write: (UnsafeMutableRawPointer) -> Void
  ) throws(CodeMemoryError) {
    let pages = try CodePages(byteCount: byteCount, quota: quota)
    pages.fill(from: 0)
    write(pages.base)
    try self.init(pages)
  }

  /// Makes written pages executable.
  init(_ pages: CodePages) throws(CodeMemoryError) {
    guard VirtualMemory.makeExecutable(pages.base, pages.byteCount) else { throw .forbidden }
    base = pages.base
    byteCount = pages.byteCount
    quota = pages.quota
    pagedBytes = nil
    pages.isTaken = true
  }

  /// Uses code of an artifact, which is loaded when it is used.
  ///
  /// - Parameters:
  ///   - byteCount: the size of the code.
  ///   - open: opens the code.
  /// - Throws: the errors of `open`; `unreadable` if the engine's limit is reached or its configuration forbids executable memory.
  init(
    byteCount: Int, quota: CodeQuota, _ open: () throws(ArtifactError) -> PagedBytes
  ) throws(ArtifactError) {
    guard quota.allowsExecution else { throw .unreadable("\(CodeMemoryError.forbidden)") }
    let rounded = VirtualMemory.roundedUpToPages(max(byteCount, 1))
    guard quota.reserve(rounded) else {
      throw .unreadable("\(CodeMemoryError.exhausted(byteCount: byteCount))")
    }
    do throws(ArtifactError) {
      let bytes = try open()
      base = bytes.start
      pagedBytes = bytes
    } catch {
      quota.release(rounded)
      throw error
    }
    self.byteCount = rounded
    self.quota = quota
  }

  deinit {
    if pagedBytes == nil { VirtualMemory.release(base, byteCount) }
    quota.release(byteCount)
  }

  var start: UInt { UInt(bitPattern: base) }
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: byteCount) }
  var range: Range<UInt> { start..<start + UInt(byteCount) }
}

/// Pages for machine code while it is written. They are freed unless they become ``CodeMemory``.
final class CodePages {
  let base: UnsafeMutableRawPointer
  let byteCount: Int
  fileprivate let quota: CodeQuota
  fileprivate var isTaken = false

  init(byteCount: Int, quota: CodeQuota) throws(CodeMemoryError) {
    guard quota.allowsExecution else { throw .forbidden }
    let rounded = VirtualMemory.roundedUpToPages(max(byteCount, 1))
    guard quota.reserve(rounded) else { throw .exhausted(byteCount: byteCount) }
    guard let base = VirtualMemory.reserve(rounded) else {
      quota.release(rounded)
      throw .exhausted(byteCount: byteCount)
    }
    guard VirtualMemory.commit(base, rounded) else {
      VirtualMemory.release(base, rounded)
      quota.release(rounded)
      throw .exhausted(byteCount: byteCount)
    }
    VirtualMemory.populate(base, rounded)
    self.base = base
    self.byteCount = rounded
    self.quota = quota
  }

  deinit {
    guard !isTaken else { return }
    VirtualMemory.release(base, byteCount)
    quota.release(byteCount)
  }

  /// Fills the rest from an offset on with instructions that fault, so that gaps between functions trap.
  func fill(from offset: Int) { memoryFill(base + offset, NativeBackend.fillByte, byteCount - offset) }
}

/// The limit on compiled code of an engine.
final class CodeQuota: Sendable {
  let limit: Int
  let allowsExecution: Bool
  private let used = Atomic<Int>(0)

  init(limit: Int = .max, allowsExecution: Bool = true) {
    self.limit = limit
    self.allowsExecution = allowsExecution
  }

  func reserve(_ byteCount: Int) -> Bool {
    let (old, new) = used.add(byteCount, ordering: .relaxed)
    if new <= limit, new >= old { return true }
    used.subtract(byteCount, ordering: .relaxed)
    return false
  }

  func release(_ byteCount: Int) { used.subtract(byteCount, ordering: .relaxed) }
}
