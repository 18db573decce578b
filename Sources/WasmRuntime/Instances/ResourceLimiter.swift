import WebAssembly

/// Decides in code whether a store may have more of a resource. The limits of the store, the engine and the process hold as well.
public protocol ResourceLimiter {
  /// Asked before something is created or grows, on the thread that uses the store.
  ///
  /// The store must not be used meanwhile: its operations throw ``StoreInUse``, and those that cannot throw end the process.
  ///
  /// - Returns: false to refuse. Then `memory.grow` and `table.grow` return -1, or trap if `Store.Limits.trapsOnGrowFailure` is set; an
  ///   object is the trap "out of memory"; what creates something throws `LimitExceeded`.
  /// - Throws: an error that ends the call of the guest, or the host's operation, and is thrown by it. For objects, the trap has its text.
  func allows(_ request: ResourceRequest) throws -> Bool
}

/// What a ``ResourceLimiter`` is asked for.
public struct ResourceRequest: Hashable, Sendable {
  /// What is to grow: `memoryBytes` for one linear memory, `tableElements` for one table, `heapBytes` for the blocks of the store's objects,
  /// `instances` for the number of instances in the store.
  public var resource: LimitExceeded.Resource
  /// The present size; 0 for a memory or table that is to be created.
  public var current: UInt64
  /// The size after the growth.
  public var desired: UInt64
  /// The largest size that the type of the memory or table allows; nil if it allows all.
  public var maximum: UInt64?

  /// Creates a request.
  public init(_ resource: LimitExceeded.Resource, from current: UInt64, to desired: UInt64, maximum: UInt64? = nil) {
    self.resource = resource
    self.current = current
    self.desired = desired
    self.maximum = maximum
  }
}

extension LimitExceeded {
  /// The error for a request that a limiter refused.
  init(refused request: ResourceRequest) {
    let (current, desired) = (request.resource.format(request.current), request.resource.format(request.desired))
    self.init(
      request.resource, of: .limiter, requested: request.desired &- request.current, used: request.current,
      setting: "Store.limiter",
      message: "the limiter refused \(request.resource.name) to grow from \(current) to \(desired)")
  }
}

extension StoreState {
  /// Asks the limiter, if there is one.
  ///
  /// - Throws: `LimitExceeded` if it refuses; its error.
  func ask(_ request: @autoclosure () -> ResourceRequest) throws {
    guard let limiter else { return }
    let request = request()
    // Code of the guest must not run in the middle of an instruction.
    let isAllowed = try claim.whileRefusing { try limiter.allows(request) }
    guard isAllowed else { throw LimitExceeded(refused: request) }
  }
}

/// The outcome of an instruction that grows a memory or a table.
package enum GrowthOutcome {
  /// It grew, from this size.
  case grown(UInt64)
  /// The instruction returns -1.
  case refused
  /// The instruction traps.
  case trapped(TrapCode)
}

extension UnsafeMutablePointer<InstanceContext> {
  /// `memory.grow`.
  package func growMemory(_ index: Int, by pages: UInt64) -> GrowthOutcome {
    let (memory, store) = (memory(index), storeState)
    do {
      if let old = try memory.grow(by: pages, in: store) { return .grown(old) }
    } catch {
      return store.stop(error)
    }
    return store.trapsOnGrowFailure ? store.stop(memory.refusal(ofGrowthBy: pages, in: store)) : .refused
  }

  /// `table.grow`.
  package func growTable(_ index: Int, by delta: UInt64, filling value: Slot) -> GrowthOutcome {
    let (table, store) = (table(index), storeState)
    do {
      let old = try table.grow(by: delta, filling: value, in: store) { isInterrupted }
      if let old { return .grown(old) }
    } catch {
      return store.stop(error)
    }
    // It may have given up for that reason.
    if isInterrupted { return .trapped(.interrupted) }
    guard store.trapsOnGrowFailure else { return .refused }
    return store.stop(table.refusal(ofGrowthBy: delta, in: store))
  }
}

extension StoreState {
  /// Ends the activation with the error of a limiter.
  fileprivate func stop(_ error: any Error) -> GrowthOutcome {
    pendingError = error
    return .trapped(.hostError)
  }

  /// Ends the activation with a trap because of a limit.
  fileprivate func stop(_ refusal: LimitExceeded) -> GrowthOutcome {
    refusedGrowth = refusal
    return .trapped(.limitExceeded)
  }
}
