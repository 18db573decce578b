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
    if tableElements > limits.tableElementCount - tableElementCount {
      return refusal(
        of: what, counted(tableElements, "element"), limit: "\(limits.tableElementCount)",
        used: tableElementCount == 0 ? nil : "\(tableElementCount)", "tableElementCount")
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
      of: what, ByteCount.format(byteCount), limit: ByteCount.format(limit),
      used: used == 0 ? nil : ByteCount.format(used), property)
  }

  private func refusal(
    of what: String, _ needed: String, limit: String, used: String?, _ property: String
  ) -> LimitExceeded {
    let use = used.map { ", with \($0) in use" } ?? ""
    return LimitExceeded("\(what) needs \(needed), the limit is \(limit)\(use) (Store.Limits.\(property))")
  }

  /// Reports that a memory or table did not grow.
  ///
  /// - Parameters:
  ///   - unit: what its size counts, as a noun.
  ///   - old: its size.
  ///   - delta: by how much it should grow.
  ///   - limit: the largest size that its type allows.
  ///   - refusal: why it is refused if its type allows it; nil if the system has no memory.
  func reportGrowth(
    of what: String, _ unit: String, from old: UInt64, by delta: UInt64, typeLimit limit: UInt64,
    refusal: () -> LimitExceeded?
  ) {
    reportRefusal(
      {
        let start = "refused: \(what).grow by \(counted(delta, unit)), from \(old): "
        if delta > limit || old > limit - delta { return "\(start)its type allows \(limit)" }
        return start + (refusal().map { "\($0)" } ?? "the system has no memory for it\(VirtualMemory.refusalReason)")
      }())
  }

  /// Whether the limits allow a number of bytes of memories.
  func admits(memoryBytes: UInt64) -> Bool {
    memoryBytes <= limits.memoryByteCount - memoryByteCount && admits(memoryBytes)
  }

  /// Whether the limits allow a number of elements of tables.
  func admits(tableElements: UInt64) -> Bool {
    let (byteCount, overflow) = tableElements.multipliedReportingOverflow(by: UInt64(MemoryLayout<Slot>.size))
    return !overflow && tableElements <= limits.tableElementCount - tableElementCount && admits(byteCount)
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
      "\(need), the limit on objects is \(amount(limit, used)) (Store.Limits.heapByteCount)"
    case .total(let limit, let used):
      "\(need), the limit on memories, tables and objects together is \(amount(limit, used)) (Store.Limits.totalByteCount)"
    case .system:
      "the system has no memory for an object of \(ByteCount.format(byteCount))\(VirtualMemory.refusalReason)"
    }
  }

  private var need: String { "an object needs \(ByteCount.format(byteCount))" }

  private func amount(_ limit: UInt64, _ used: UInt64) -> String {
    used == 0 ? ByteCount.format(limit) : "\(ByteCount.format(limit)), with \(ByteCount.format(used)) in use"
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
