import WebAssembly

// Fuel of a store, and what happens when it is used up.
//
// Running code takes fuel from one counter, ``StoreContext/fuel``. When that becomes negative, it calls ``StoreState/obtainFuel()``, which
// fills the counter from the store's reserve, or with what the embedder gives. Calls that can be suspended are suspended meanwhile. So code
// is charged the same at the same places, whether it gets its fuel at once or in parts.

/// Suspends a call that needs fuel.
package protocol FuelSource: AnyObject {
  /// Suspends the call until other tasks have run.
  func yield(_ call: SuspendableCall)

  /// Suspends the call until there is more fuel.
  ///
  /// - Parameter missing: the smallest amount with which the code can continue.
  /// - Returns: the fuel that was given; 0 if the code traps.
  /// - Throws: an error that ends the call.
  func refill(_ call: SuspendableCall, missing: UInt64) throws -> UInt64

  /// Whether it has fuel to give.
  var hasRefill: Bool { get }
}

/// What compiled code does when its fuel is used up: the values of ``StoreContext/fuelPause``.
package enum FuelPause {
  /// It traps.
  package static let trap: UInt8 = 0
  /// It calls ``StoreState/obtainFuel()``.
  package static let obtain: UInt8 = 1
  /// It has called that, and traps with the code in the context.
  package static let failed: UInt8 = 2
}

extension StoreState {
  /// The fuel that is left.
  package var fuel: UInt64 {
    get { UInt64(max(0, context.pointee.fuel) + fuelReserve) }
    set {
      let total = Int64(clamping: newValue)
      // A host function that charges its caller does not postpone the next pause.
      let slice = fuel == 0 ? fuelSlice : max(0, context.pointee.fuel)
      divide(total, slice: fuelSlice == .max ? .max : slice)
    }
  }

  /// The fuel after which a call is suspended so that other tasks run; nil if it is not.
  package var yieldInterval: UInt64? {
    get { fuelSlice == .max ? nil : UInt64(fuelSlice) }
    set {
      let total = Int64(clamping: fuel)
      fuelSlice = newValue.map { max(1, Int64(clamping: $0)) } ?? .max
      divide(total, slice: fuelSlice)
      updateFuelPause()
    }
  }

  func updateFuelPause() {
    let pauses = fuelSlice < .max || fuelSource?.hasRefill == true
    context.pointee.fuelPause = pauses ? FuelPause.obtain : FuelPause.trap
  }

  private func divide(_ total: Int64, slice: Int64) {
    context.pointee.fuel = min(total, slice)
    fuelReserve = total - min(total, slice)
  }

  /// Charges the running code for what the host does.
  ///
  /// - Returns: nil if there was enough fuel; otherwise the reason to stop, which is also in the context for `hostError`.
  package func charge(_ cost: UInt64) -> TrapCode? { context.pointee.charge(cost) ? nil : obtainFuel() }

  /// The error for what ``charge(_:)`` returns.
  package func chargeError(_ code: TrapCode) -> any Error {
    guard code == .hostError, let error = pendingError else { return trap(code) }
    pendingError = nil
    return error
  }

  /// Obtains the fuel for a charge that made the counter negative. May suspend the call that runs.
  ///
  /// The store cannot be used meanwhile, not even by the task that holds it: the code is in the middle of a function, where nobody looks
  /// for its references to objects.
  ///
  /// - Returns: nil if the charge is paid and the code continues; otherwise the reason to stop: `outOfFuel`, `interrupted`, or `hostError`
  ///   with ``pendingError``.
  @inline(never)
  package func obtainFuel() -> TrapCode? {
    guard context.pointee.fuelPause != FuelPause.trap, context.pointee.fuel != StoreContext.noFuelSuffices else {
      return .outOfFuel
    }
    let charge = -context.pointee.fuel
    var left = fuelReserve - charge
    if fuelReserve > 0, let fuelSource, let call = suspendableCall, call.canSuspend {
      context.pointee.fuel = 0
      fuelSource.yield(call)
      // The host may have set the fuel meanwhile.
      left = context.pointee.fuel + fuelReserve - charge
      if let code = codeAfterPause(left: left) { return code }
    }
    fuelReserve = 0
    context.pointee.fuel = 0
    while left < 0 {
      guard let fuelSource, fuelSource.hasRefill, let call = suspendableCall, call.canSuspend else { return .outOfFuel }
      let amount: UInt64
      do {
        amount = try fuelSource.refill(call, missing: left.magnitude)
      } catch {
        fuel = 0
        pendingError = error
        return .hostError
      }
      guard amount > 0 else { return .outOfFuel }
      left = left.addingReportingOverflow(Int64(clamping: amount)).overflow ? .max : left + Int64(clamping: amount)
      if let code = codeAfterPause(left: left) { return code }
    }
    divide(left, slice: fuelSlice)
    return nil
  }

  /// The reason to stop, if there is one after a pause.
  private func codeAfterPause(left: Int64) -> TrapCode? {
    guard interruption.isRequested else { return nil }
    divide(max(0, left), slice: fuelSlice)
    return .interrupted
  }
}
