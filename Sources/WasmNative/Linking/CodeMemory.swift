import NeedletailSystem
import Synchronization
import WasmCompiler
import WasmRuntime
import WebAssembly

/// Why there is no memory for compiled code.
package enum CodeMemoryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The engine's limit is reached, or the system has no memory.
  case exhausted(LimitExceeded)
  /// The system or the engine's configuration does not allow executable memory.
  case forbidden
  /// Compilation ended early: see `StopCheck`.
  case stopped

  package var description: String {
    switch self {
    case .exhausted(let refusal): "\(refusal)"
    case .forbidden: "executable memory is forbidden"
    case .stopped: "stopped"
    }
  }

  /// Code that is larger than the tables about it allow.
  static func tooLarge(_ byteCount: Int) -> CodeMemoryError {
    .exhausted(LimitExceeded(fixed: .codeBytes, requested: byteCount, limit: CompiledFunction.maximumByteCount))
  }

  /// The error as embedders see it.
  package var limitExceeded: LimitExceeded {
    switch self {
    case .exhausted(let refusal): refusal
    case .forbidden, .stopped: LimitExceeded(systemRefused: .codeBytes, requested: 0, description)
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
      throw .unreadable("\(quota.refusal(of: rounded))")
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
    guard quota.reserve(rounded) else { throw quota.refusal(of: rounded) }
    guard let base = VirtualMemory.reserve(rounded) else {
      quota.release(rounded)
      throw quota.refusal(of: rounded)
    }
    guard VirtualMemory.commit(base, rounded) else {
      VirtualMemory.release(base, rounded)
      quota.release(rounded)
      throw quota.refusal(of: rounded)
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

/// Counts compiled code of an engine, and says whether it may run.
final class CodeQuota: Sendable {
  let allowsExecution: Bool
  /// The ledger of the engine; nil for code that no engine owns.
  private let ledger: ResourceLedger?

  init(_ ledger: ResourceLedger? = nil, allowsExecution: Bool = true) {
    self.ledger = ledger
    self.allowsExecution = allowsExecution
  }

  func reserve(_ byteCount: Int) -> Bool { ledger?.reserve(codeBytes: UInt64(byteCount)) ?? true }

  func release(_ byteCount: Int) { ledger?.release(codeBytes: UInt64(byteCount)) }

  /// The error for code that was refused: by a limit, or by the system.
  func refusal(of byteCount: Int) -> CodeMemoryError {
    .exhausted(
      ledger?.refusal(codeBytes: UInt64(byteCount))
        ?? LimitExceeded(
          systemRefused: .codeBytes, requested: byteCount,
          "no memory for \(ByteCount.format(byteCount)) of machine code\(VirtualMemory.refusalReason)"))
  }
}
