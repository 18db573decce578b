import NeedletailSystem
import WebAssembly

// Messages about limits. Each gives the requested amount, the limit and its setting, or says that the system had no memory.

extension ResourceLedger {
  /// The name of the property that limits something.
  private func setting(_ counter: Counter) -> String? {
    switch scope {
    case .store: "Store.Limits.\(counter.property)"
    case .engine: "Engine.Configuration.limits.\(counter.property)"
    case .process: "Engine.processLimits.\(counter.property)"
    default: nil
    }
  }

  /// The error for one more item that this ledger or a parent refused.
  func refusal(_ counter: Counter) -> LimitExceeded {
    let ledger = refuser(of: 1, counter) ?? self
    return LimitExceeded(
      counter.resource, of: ledger.scope, requested: 1, used: ledger.used(counter), limit: ledger.limit(counter),
      setting: ledger.setting(counter))
  }

  /// The error for a memory that ``reserve(memoryBytes:)`` refused.
  ///
  /// - Parameter what: the memory, such as "memory of 2 pages".
  func refusal(of what: String, memoryBytes: UInt64) -> LimitExceeded {
    refusalIfAny(of: what, memoryBytes: memoryBytes) ?? refusal(of: what, memoryBytes, .total)
  }

  /// The same; nil if nothing is refused now.
  func refusalIfAny(of what: String, memoryBytes: UInt64) -> LimitExceeded? {
    refusalIfAny(of: what, memoryBytes, .memoryBytes) ?? refusalIfAny(of: what, memoryBytes, .total)
  }

  /// The error for a table that ``reserve(tableElements:)`` refused.
  func refusal(of what: String, tableElements: UInt64) -> LimitExceeded {
    refusalIfAny(of: what, tableElements: tableElements) ?? refusal(of: what, tableElements, .tableElements)
  }

  /// The same; nil if nothing is refused now.
  func refusalIfAny(of what: String, tableElements: UInt64) -> LimitExceeded? {
    if let error = refusalIfAny(of: what, tableElements, .tableElements) { return error }
    let byteCount = tableElements.multipliedReportingOverflow(by: UInt64(MemoryLayout<Slot>.size))
    guard !byteCount.overflow else { return refusal(of: what, .max, .total) }
    return refusalIfAny(of: what, byteCount.partialValue, .total)
  }

  private func refusalIfAny(of what: String, _ amount: UInt64, _ counter: Counter) -> LimitExceeded? {
    refuser(of: amount, counter)?.refusal(of: what, amount, counter)
  }

  /// The error for an amount that this ledger does not allow.
  ///
  /// - Parameters:
  ///   - what: what needs it.
  ///   - shown: the amount in the message, if it is another.
  func refusal(of what: String, _ amount: UInt64, _ counter: Counter, needing shown: UInt64? = nil) -> LimitExceeded {
    let (used, limit, resource) = (used(counter), limit(counter), counter.resource)
    let subject = counter == .heapBytes || (counter == .total && shown != nil) ? " on \(resource.name)" : ""
    let use = used == 0 ? "" : ", with \(number(used, resource)) in use"
    return LimitExceeded(
      resource, of: scope, requested: amount, used: used, limit: limit, setting: setting(counter),
      message:
        "\(what) needs \(resource.format(shown ?? amount)), the limit\(scope.owner)\(subject) is \(number(limit, resource))\(use)"
    )
  }

  /// An amount; without its unit if that is in the message already.
  private func number(_ amount: UInt64, _ resource: LimitExceeded.Resource) -> String {
    resource == .tableElements ? "\(amount)" : resource.format(amount)
  }

  /// The error for a memory or table that did not grow.
  ///
  /// - Parameters:
  ///   - noun: what its size counts.
  ///   - old: its size.
  ///   - delta: by how much it should grow.
  ///   - limit: the largest size that its type allows.
  ///   - resource: what is counted.
  ///   - unit: the amount of the resource for one.
  ///   - refusal: why it is refused if its type allows it; nil if the system has no memory.
  func refusal(
    ofGrowthOf what: String, _ noun: String, from old: UInt64, by delta: UInt64, typeLimit limit: UInt64,
    _ resource: LimitExceeded.Resource, unit: UInt64, refusal: () -> LimitExceeded?
  ) -> LimitExceeded {
    func amount(_ count: UInt64) -> UInt64 {
      let (product, overflow) = count.multipliedReportingOverflow(by: unit)
      return overflow ? .max : product
    }
    let start = "\(what).grow by \(counted(delta, noun)), from \(old): "
    if delta > limit || old > limit - delta {
      return LimitExceeded(
        resource, of: .module, requested: amount(delta), used: amount(old), limit: amount(limit),
        message: "\(start)its type allows \(limit)")
    }
    if var error = refusal() {
      error.message = start + error.message
      return error
    }
    return LimitExceeded(
      systemRefused: resource, requested: amount(delta),
      "\(start)the system has no memory for it\(VirtualMemory.refusalReason)")
  }
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
  /// - Parameters:
  ///   - what: its name and size, such as "memory of 2 pages".
  ///   - amount: its size.
  static func refusal(of what: String, _ resource: LimitExceeded.Resource, _ amount: UInt64) -> LimitExceeded {
    LimitExceeded(
      systemRefused: resource, requested: amount, "\(what) is more than the system gives\(refusalReason)")
  }
}

extension StoreState {
  /// The trap for a code that running code stored. Includes the reason of a failed allocation, so it must be called before the store
  /// allocates again.
  package func trap(_ code: TrapCode, backtrace: [Trap.Frame] = []) -> Trap {
    if let reason = code.reason(interruptedBy: interruption) { return Trap(reason, backtrace: backtrace) }
    // More was taken than there was.
    if code == .outOfFuel { fuel = 0 }
    defer {
      context.pointee.outOfBounds = OutOfBounds()
      context.pointee.callMismatch = nil
    }
    let refusal = code == .allocationFailure ? heap.refusal : code == .limitExceeded ? refusedGrowth : nil
    if let refusal { return Trap(code, refusal: refusal, backtrace: backtrace) }
    let message =
      code == .indirectCallTypeMismatch
      ? context.pointee.callMismatch?.message(registry) : context.pointee.outOfBounds.message(code)
    return Trap(code, message: message, backtrace: backtrace)
  }
}
