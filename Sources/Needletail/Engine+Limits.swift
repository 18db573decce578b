import WasmRuntime

extension Engine {
  /// Limits on the resources of all stores of an engine, or of all engines of the process, together.
  public typealias Limits = EngineLimits

  /// The limits on all engines of the process together. By default there are none.
  ///
  /// Can be changed at any time, from any thread. What is in use already stays in use, even if it exceeds the new limits; then nothing can
  /// be added until enough is freed.
  ///
  /// ```swift
  /// Engine.processLimits.totalByteCount = 4 << 30
  /// Engine.processLimits.storeCount = 10_000
  /// ```
  public static var processLimits: Limits {
    get { ResourceLedger.process.engineLimits }
    set { ResourceLedger.process.engineLimits = newValue }
  }

  /// What all engines of the process have in use.
  public static var processUsage: ResourceUsage { ResourceLedger.process.usage }

  /// What the stores and modules of the engine have in use.
  public var usage: ResourceUsage { ledger.usage }
}

extension Engine {
  /// Counts a thread of a program.
  ///
  /// - Throws: `LimitExceeded` if the engine or the process may not have another.
  package func addThread() throws(LimitExceeded) { try ledger.addThread() }

  package func removeThread() { ledger.removeThread() }

  /// Counts an open descriptor of a program.
  ///
  /// - Throws: `LimitExceeded` if the process may not have another.
  package static func addDescriptor() throws(LimitExceeded) { try ResourceLedger.process.addDescriptor() }

  package static func removeDescriptors(_ count: Int) { ResourceLedger.process.removeDescriptors(count) }

  /// The error for another descriptor; nil if it is allowed now.
  package static var descriptorRefusal: LimitExceeded? { ResourceLedger.process.descriptorRefusal }
}

extension Store {
  /// Decides, in addition to the limits, what may be created and grow; nil if nothing does.
  public var limiter: (any ResourceLimiter)? {
    get { state.limiter }
    set { state.limiter = newValue }
  }

  /// What the store has in use. The stores of a program with threads share it.
  public var usage: ResourceUsage { state.usage }
}

extension EngineLimits {
  /// The limits of an engine by default.
  static var standard: EngineLimits {
    var limits = EngineLimits()
    limits.codeByteCount = 1 << 30
    return limits
  }
}
