import WasmRuntime
import WebAssembly

// Async host functions.

extension Function {
  /// Creates an async host function from a closure. The guest that calls it is suspended while it waits: it must have been called by
  /// ``callAsync(_:isolation:)``.
  ///
  /// - Parameters:
  ///   - store: the store that owns the function.
  ///   - body: the function; its Swift types determine the Wasm types. It runs in the task, and on the actor, of the call. While it runs,
  ///     it can use the store, and call functions of it.
  /// - Throws: `StoreInUse` if another thread uses the store.
  public init<each Parameter: WasmValue, each Result: WasmValue>(
    asyncIn store: Store,
    _ body: nonisolated(nonsending) @escaping (Caller, repeat each Parameter) async throws -> (repeat each Result)
  ) throws {
    let type = Self.type(repeat (each Parameter).self, returning: repeat (each Result).self)
    let resultSlotCount = type.results.slotCount
    try self.init(asyncIn: store, type) { caller, slots in
      var slot = slots
      let arguments = (repeat (each Parameter)._take(&slot, caller.store))
      return {
        let results = try await body(caller, repeat each arguments)
        return { slots in
          let store = caller.store
          repeat try (each results)._check(store)
          try store.keepingSlots(slots, count: resultSlotCount) {
            var target = slots
            repeat try (each results)._put(&target, store)
          }
        }
      }
    }
  }

  /// Creates an async host function whose types are known only at run time.
  ///
  /// - Parameters:
  ///   - store: the store that owns the function.
  ///   - type: the type of the function; concrete types in it are canonical.
  ///   - body: the function. It receives arguments of the types of the parameters, and must return values of the types of the results.
  /// - Throws: as for synchronous functions.
  public init(
    asyncIn store: Store, type: FunctionType,
    _ body: nonisolated(nonsending) @escaping (Caller, [Value]) async throws -> [Value]
  ) throws {
    try store.engine.checkTypes(type)
    try self.init(asyncIn: store, type) { caller, slots in
      let arguments = Self.read(type.parameters, slots, caller.store)
      return {
        let results = try await body(caller, arguments)
        return { slots in try Self.write(results, as: type.results, to: slots, caller.store, what: "result") }
      }
    }
  }

  /// - Parameter begin: reads the arguments from slots, and returns the rest of the function.
  private init(
    asyncIn store: Store, _ type: FunctionType,
    _ begin: @escaping (Caller, UnsafeMutablePointer<UInt64>) throws -> SuspensionRequest.Operation
  ) throws {
    self.init(
      try store.makeFunction(type) { [store = Unmanaged.passUnretained(store)] slots, context in
        let caller = Caller(store, context)
        let state = store._withUnsafeGuaranteedRef { $0.state }
        guard let call = state.suspendableCall, call.canSuspend else { throw SuspensionError(.synchronousCall) }
        let request = SuspensionRequest(try begin(caller, slots))
        call.suspend(for: request)
        guard !state.interruption.isRequested else { throw state.trap(.interrupted) }
        try request.finish(slots)
      }, in: store)
  }
}

extension Linker {
  /// Defines an async host function by a closure. Parameters and results can have any ``WasmValue`` type.
  ///
  /// The guest that calls it is suspended while it waits, and holds no thread: it must have been called by ``Function/callAsync(_:isolation:)``.
  /// Otherwise its call throws ``SuspensionError``.
  ///
  /// - Parameters:
  ///   - module: the module's name in imports.
  ///   - name: the function's name in imports.
  ///   - body: the function. It runs in the task, and on the actor, of the call. While it runs, it can use the store, and call functions of
  ///     it.
  /// - Throws: `LinkError` if the name is taken.
  public func defineAsync<each Parameter: WasmValue, each Result: WasmValue>(
    _ module: String, _ name: String,
    _ body: nonisolated(nonsending) @escaping (Caller, repeat each Parameter) async throws -> (repeat each Result)
  ) throws {
    try define(module, name, function: { try Function(asyncIn: $0, body) })
  }

  /// Defines an async host function whose types are known only at run time.
  ///
  /// - Parameters:
  ///   - module: the module's name in imports.
  ///   - name: the function's name in imports.
  ///   - type: the type of the function.
  ///   - body: the function. It receives arguments of the types of the parameters, and must return values of the types of the results.
  /// - Throws: `LinkError` if the name is taken; `LimitExceeded` if there are more than 1000 parameters or results.
  public func defineAsync(
    _ module: String, _ name: String, type: FunctionType,
    _ body: nonisolated(nonsending) @escaping (Caller, [Value]) async throws -> [Value]
  ) throws {
    try type.checkArity()
    try define(module, name, function: { try Function(asyncIn: $0, type: type, body) })
  }
}
