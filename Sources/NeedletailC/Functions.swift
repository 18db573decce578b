import CNeedletail
import Needletail
import WebAssembly

/// The environment of a callback, whose finalizer is called when the store ends.
private typealias Environment = HostInfo

private typealias Callback = (UnsafePointer<wasm_val_vec_t>, UnsafeMutablePointer<wasm_val_vec_t>) -> OpaquePointer?

extension StoreObject {
  /// Creates a function that calls a callback.
  fileprivate func makeFunction(
    _ type: OpaquePointer?, _ environment: Environment?, _ callback: @escaping Callback
  ) throws -> Function {
    guard let type = type.lent(as: FunctionTypeObject.self)?.type else {
      throw UseError("expected the type of a function, with known kinds")
    }
    // The store owns the function, so it must not keep this object.
    return try Function(store, type: type) { [unowned self] _, arguments in
      // The environment ends with the function.
      try withExtendedLifetime(environment) { try run(callback, arguments, type.results) }
    }
  }

  private func run(_ callback: Callback, _ arguments: [Value], _ types: [ValueType]) throws -> [Value] {
    try withUnsafeTemporaryAllocation(of: wasm_val_t.self, capacity: arguments.count + types.count) { cells in
      var initialized = 0
      // The arguments are lent to the callback; it gives the results away.
      defer { for cell in cells[..<initialized] { cell.deleteReference() } }
      for argument in arguments {
        cells.initializeElement(at: initialized, to: try wasm_val_t(argument, in: self))
        initialized += 1
      }
      for type in types {
        cells.initializeElement(at: initialized, to: try wasm_val_t(zeroOf: type, in: self))
        initialized += 1
      }
      let argumentCells = cells.baseAddress
      let resultCells = cells.baseAddress.map { $0 + arguments.count }
      var argumentVector = wasm_val_vec_t(size: arguments.count, data: arguments.isEmpty ? nil : argumentCells)
      var resultVector = wasm_val_vec_t(size: types.count, data: types.isEmpty ? nil : resultCells)
      if let trap = callback(&argumentVector, &resultVector) {
        guard let trap = Optional(trap).takenTrap() else {
          throw UseError("a callback returned something else than a trap")
        }
        pendingTrap = trap
        throw trap.error
      }
      return try values(UnsafeBufferPointer(rebasing: cells[arguments.count...]), as: types, what: "result")
    }
  }
}

extension OpaquePointer? {
  /// The trap of an `own` pointer.
  fileprivate func takenTrap() -> TrapObject? {
    guard case .trap(let trap)? = taken(as: Handle.self)?.content else { return nil }
    return trap
  }
}

private func makeFunction(
  _ store: OpaquePointer?, _ type: OpaquePointer?, _ environment: Environment?, _ callback: Callback?
) -> OpaquePointer? {
  guard let store = store.store else { return nil }
  return store.attempt {
    guard let callback else { throw UseError("expected a callback, found NULL") }
    return Handle(.external(.function(try store.makeFunction(type, environment, callback))), in: store).owned()
  }
}

/// A function of the host.
@c @implementation
public func wasm_func_new(
  _ store: OpaquePointer?, _ type: OpaquePointer?, _ callback: wasm_func_callback_t?
) -> OpaquePointer? {
  makeFunction(store, type, nil, callback.map { callback in { callback($0, $1) } })
}

/// A function of the host with an environment, which the store finalizes at its end.
@c @implementation
public func wasm_func_new_with_env(
  _ store: OpaquePointer?, _ type: OpaquePointer?, _ callback: wasm_func_callback_with_env_t?,
  _ environment: UnsafeMutableRawPointer?, _ finalizer: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
) -> OpaquePointer? {
  makeFunction(
    store, type, Environment(environment, finalizer), callback.map { callback in { callback(environment, $0, $1) } })
}

/// The type of a function.
@c @implementation
public func wasm_func_type(_ function: OpaquePointer?) -> OpaquePointer? {
  function.function.map { FunctionTypeObject($0.type, $0.store.engine.top(of:)).owned() }
}

/// The number of parameters.
@c @implementation
public func wasm_func_param_arity(_ function: OpaquePointer?) -> Int { function.function?.type.parameters.count ?? 0 }

/// The number of results.
@c @implementation
public func wasm_func_result_arity(_ function: OpaquePointer?) -> Int { function.function?.type.results.count ?? 0 }

// MARK: Calls

private func call(
  _ function: OpaquePointer?, _ arguments: UnsafePointer<wasm_val_vec_t>?,
  _ results: UnsafeMutablePointer<wasm_val_vec_t>?, deadline: ContinuousClock.Instant?
) -> OpaquePointer? {
  guard let store = function.handle?.store, let function = function.function else {
    return Handle(.trap(TrapObject("expected a function", NEEDLETAIL_TRAP_ERROR)), in: nil).owned()
  }
  do {
    let type = function.type
    let count = type.results.count
    let room = wasm_val_vec_t.elements(results).count
    guard room >= count else {
      throw UseError("expected room for \(count) result\(count == 1 ? "" : "s"), found \(room)")
    }
    let values = try store.values(wasm_val_vec_t.elements(arguments), as: type.parameters, what: "argument")
    let returned =
      if let deadline { try function.call(values, deadline: deadline) } else { try function.call(values) }
    var cells: [wasm_val_t] = []
    do {
      for value in returned { cells.append(try wasm_val_t(value, in: store)) }
    } catch {
      for cell in cells { cell.deleteReference() }
      throw error
    }
    for (index, cell) in cells.enumerated() { results!.pointee.data[index] = cell }
    return nil
  } catch {
    return store.ownedTrap(for: error)
  }
}

/// Calls a function.
@c @implementation
public func wasm_func_call(
  _ function: OpaquePointer?, _ arguments: UnsafePointer<wasm_val_vec_t>?,
  _ results: UnsafeMutablePointer<wasm_val_vec_t>?
) -> OpaquePointer? {
  call(function, arguments, results, deadline: nil)
}

/// Calls a function that is stopped after a time.
@c @implementation
public func needletail_func_call_with_timeout(
  _ function: OpaquePointer?, _ arguments: UnsafePointer<wasm_val_vec_t>?,
  _ results: UnsafeMutablePointer<wasm_val_vec_t>?, _ nanoseconds: UInt64
) -> OpaquePointer? {
  call(function, arguments, results, deadline: ContinuousClock.Instant(timeout: nanoseconds))
}
