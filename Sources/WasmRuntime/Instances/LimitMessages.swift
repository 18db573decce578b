import NeedletailSystem
import WebAssembly

// Messages about limits. Each gives the requested amount, the limit and its setting, or says that the system had no memory.

extension ResourceLedger {
  /// The error for a memory that ``reserve(memoryBytes:)`` refused.
  ///
  /// - Parameter what: the memory, such as "memory of 2 pages".
  func refusal(of what: String, memoryBytes: UInt64) -> LimitExceeded {
    memoryBytes > limits.memoryByteCount - memoryByteCount
      ? refusal(of: what, byteCount: memoryBytes, limits.memoryByteCount, memoryByteCount, "memoryByteCount")
      : refusal(of: what, byteCount: memoryBytes, limits.totalByteCount, totalByteCount, "totalByteCount")
  }

  /// The error for a table that ``reserve(tableElements:)`` refused.
  func refusal(of what: String, tableElements: UInt64) -> LimitExceeded {
    let left = limits.tableElementCount - tableElementCount
    if tableElements > left {
      return refusal(
        of: what, "\(tableElements) elements", left: "\(left)", limit: "\(limits.tableElementCount)",
        "tableElementCount")
    }
    let byteCount = tableElements.multipliedReportingOverflow(by: UInt64(MemoryLayout<Slot>.size))
    return refusal(
      of: what, byteCount: byteCount.overflow ? .max : byteCount.partialValue, limits.totalByteCount, totalByteCount,
      "totalByteCount")
  }

  private func refusal(
    of what: String, byteCount: UInt64, _ limit: UInt64, _ used: UInt64, _ property: String
  ) -> LimitExceeded {
    refusal(
      of: what, ByteCount.format(byteCount), left: ByteCount.format(limit - used), limit: ByteCount.format(limit),
      property)
  }

  private func refusal(
    of what: String, _ wanted: String, left: String, limit: String, _ property: String
  ) -> LimitExceeded {
    LimitExceeded(
      "\(what) exceeds the limit: it takes \(wanted), with \(left) of \(limit) left (Store.Limits.\(property))")
  }

  /// Whether the total limit allows a number of bytes.
  func admits(_ byteCount: UInt64) -> Bool { byteCount <= limits.totalByteCount - totalByteCount }
}

extension VirtualMemory {
  /// The reason why the system refused memory or address space, to be appended to a message; empty if unknown.
  package static var refusalReason: String {
    if let mappings = exhaustedMappings {
      return
        ": the process has \(mappings.count) memory mappings, and the system's limit is \(mappings.limit) (raise it with 'sysctl -w vm.max_map_count=N')"
    }
    guard let limit = CurrentProcess.addressSpaceLimit else { return "" }
    return ": the process may have \(ByteCount.format(UInt64(limit))) of address space (RLIMIT_AS, 'ulimit -v')"
  }

  /// The error for an item for which the system has no memory or address space.
  ///
  /// - Parameter what: its name and size, such as "memory of 2 pages".
  static func refusal(of what: String) -> LimitExceeded {
    LimitExceeded("\(what) is more than the system gives\(refusalReason)")
  }
}

/// Why the heap refused an allocation.
struct AllocationRefusal {
  enum Cause {
    /// `Store.Limits.heapByteCount`, with the bytes in use.
    case heap(limit: UInt64, used: UInt64)
    /// `Store.Limits.totalByteCount`, with the bytes in use.
    case total(limit: UInt64, used: UInt64)
    case system
  }

  /// The object's size with its header.
  var byteCount: UInt64
  var cause: Cause

  /// The reason as a message, without the words of ``TrapCode``.
  var reason: String {
    switch cause {
    case .heap(let limit, let used):
      """
      an object of \(ByteCount.format(byteCount)) exceeds the limit on objects, with \(ByteCount.format(used)) of \
      \(ByteCount.format(limit)) in use (Store.Limits.heapByteCount)
      """
    case .total(let limit, let used):
      """
      an object of \(ByteCount.format(byteCount)) exceeds the limit on memories, tables and objects together, with \
      \(ByteCount.format(used)) of \(ByteCount.format(limit)) in use (Store.Limits.totalByteCount)
      """
    case .system:
      "the system has no memory for an object of \(ByteCount.format(byteCount))\(VirtualMemory.refusalReason)"
    }
  }
}

extension StoreState {
  /// The trap for a code that running code stored. Includes the reason of a failed allocation, so it must be called before the store
  /// allocates again.
  package func trap(_ code: TrapCode, backtrace: [Trap.Frame] = []) -> Trap {
    if let reason = code.reason(interruptedBy: interruption) { return Trap(reason, backtrace: backtrace) }
    // Compiled code has taken more than there was, and the interpreter nothing.
    if code == .outOfFuel { context.pointee.fuel = 0 }
    defer { context.pointee.outOfBounds = OutOfBounds() }
    if let message = context.pointee.outOfBounds.message(code) {
      return Trap(code, message: message, backtrace: backtrace)
    }
    guard code == .allocationFailure, let refusal = heap.refusal else {
      return Trap(code, detail: context.pointee.trapDetail, backtrace: backtrace)
    }
    return Trap(code, message: "\(code.message): \(refusal.reason)", backtrace: backtrace)
  }
}
