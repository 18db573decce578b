import WasmRuntime
import WebAssembly

// Fuel: exact limits on how much code runs. The unit is that of ``FuelCosts``.

extension Store {
  /// The fuel that is left. If code would cost more, ``refill`` is asked; otherwise it traps with ``TrapCode/outOfFuel``, and then none is
  /// left.
  ///
  /// A store begins with none. Host functions can read and change it while their caller waits. The largest amount is 2⁶³ - 1; larger ones
  /// are reduced to it. In an engine without ``Engine/Configuration/fuel`` it has no effect.
  ///
  /// ```swift
  /// var configuration = Engine.Configuration()
  /// configuration.fuel = FuelCosts()
  /// let store = try Store(Engine(configuration))
  /// store.fuel = 1_000_000
  /// ```
  public var fuel: UInt64 {
    get { state.fuel }
    set { state.fuel = newValue }
  }

  /// Gives code that has used up its fuel more of it.
  ///
  /// It is asked before the code that there is too little fuel for, and again if what it gives is too little. It returns the fuel to add;
  /// nil or 0 to let the code trap with ``TrapCode/outOfFuel``. An error ends the call, which throws it.
  public typealias Refill = nonisolated(nonsending) (FuelRequest) async throws -> UInt64?

  /// Asked when calls by ``Function/callAsync(_:isolation:)`` have used up their fuel; nil, the default, lets them trap.
  ///
  /// The guest is suspended while the closure decides, so it can wait: for a payment, a quota, a person. It runs in the task, and on the
  /// actor, of the call, which is between two instructions, so it cannot use the store. ``fuel`` is 0 meanwhile. How much fuel code uses,
  /// and where it traps, is the same as with all the fuel at once.
  ///
  /// ```swift
  /// store.refill = { request in
  ///   try await Task.sleep(for: .milliseconds(1))  // ask for a payment, a quota, …
  ///   return request.missing + 100_000
  /// }
  /// ```
  ///
  /// Synchronous calls are not suspended: code that they run traps.
  public var refill: Refill? {
    get { fuelSupply.refill }
    set {
      fuelSupply.refill = newValue
      state.fuelSource = fuelSupply
    }
  }

  /// The fuel after which a guest that is called by ``Function/callAsync(_:isolation:)`` lets other tasks run; nil, the default, if it runs
  /// until it waits or ends.
  ///
  /// Threads of Swift's cooperative pool are few, and guests that compute hold them. With an interval, the guest is suspended each time
  /// that it has used so much fuel, its task yields (`Task.yield()`), and the guest goes on, perhaps on another thread. An interval of
  /// 1,000,000 is a millisecond or less of compiled code, and a suspension takes some microseconds. It has no effect on results, on the
  /// fuel that is used, and on synchronous calls. The engine must have ``Engine/Configuration/fuel``, and the store some.
  public var yieldInterval: UInt64? {
    get { state.yieldInterval }
    set {
      state.fuelSource = fuelSupply
      state.yieldInterval = newValue
    }
  }
}

/// What a guest needs to continue: see ``Store/refill``.
public struct FuelRequest: Hashable, Sendable {
  /// The smallest amount of fuel with which the guest can continue; at least 1.
  public let missing: UInt64
}

extension Function {
  /// Calls the function as ``callAsync(_:isolation:)``, and asks a closure when its fuel is used up.
  ///
  /// ```swift
  /// store.fuel = 100_000
  /// var payments = 3
  /// try await run.callAsync(refill: { _ in
  ///   payments -= 1
  ///   return payments >= 0 ? 100_000 : nil
  /// })
  /// ```
  ///
  /// - Parameters:
  ///   - arguments: the arguments, of exactly the types of the parameters.
  ///   - refill: asked in place of ``Store/refill`` during the call.
  ///   - isolation: the actor on which the guest runs: that of the caller.
  /// - Returns: the results.
  /// - Throws: as ``callAsync(_:isolation:)``; the errors of `refill`.
  @discardableResult
  public func callAsync(
    _ arguments: [Value] = [], refill: @escaping Store.Refill, isolation: isolated (any Actor)? = #isolation
  ) async throws -> [Value] {
    try await store.suspendable(isolation: isolation) {
      let outer = store.refill
      store.refill = refill
      defer { store.refill = outer }
      return try call(arguments)
    }
  }
}

/// Suspends calls of a store for fuel.
final class FuelSupply: FuelSource {
  var refill: Store.Refill?

  var hasRefill: Bool { refill != nil }

  func yield(_ call: SuspendableCall) { call.suspend(for: FuelYield()) }

  func refill(_ call: SuspendableCall, missing: UInt64) throws -> UInt64 {
    guard let refill else { return 0 }
    let refilling = Refilling(FuelRequest(missing: missing), refill)
    call.suspend(for: refilling)
    return try refilling.amount()
  }
}

/// What a call waits for that only lets other tasks run.
final class FuelYield {}

/// What a call waits for that has used up its fuel.
///
/// (`@unchecked Sendable`: used by the call's task, or by a child for which that waits.)
final class Refilling: @unchecked Sendable {
  private let request: FuelRequest
  private let refill: Store.Refill
  private var outcome: Result<UInt64, any Error> = .success(0)

  init(_ request: FuelRequest, _ refill: @escaping Store.Refill) {
    self.request = request
    self.refill = refill
  }

  func run(on isolation: isolated (any Actor)?) async {
    do {
      let amount = try await refill(request)
      outcome = .success(amount ?? 0)
    } catch {
      outcome = .failure(error)
    }
  }

  func amount() throws -> UInt64 { try outcome.get() }
}
