import WebAssembly

// Host functions whose parameters and results need not be Wasm values. Those of Wasm values alone have overloads that are faster, and that
// Swift prefers.

extension Function {
  /// Creates a host function from a closure with parameters and results of any ``HostParameter`` and ``HostResult`` types.
  ///
  /// - Parameters:
  ///   - store: the store that owns the function.
  ///   - body: the function; its Swift types determine the Wasm types.
  /// - Throws: `StoreInUse` if another thread uses the store; `LimitExceeded` if it has more than 1000 parameters or results.
  @_disfavoredOverload
  public init<each Parameter: HostParameter, each Result: HostResult>(
    _ store: Store, _ body: @escaping (Caller, repeat each Parameter) throws -> (repeat each Result)
  ) throws {
    let results = Self.resultTypes(repeat (each Result).self)
    try self.init(store, Self.parameterTypes(repeat (each Parameter).self), results) { caller, arguments in
      let values = (repeat try (each Parameter).read(from: &arguments))
      try arguments.checkEnd()
      let result = try body(caller, repeat each values)
      return { results in repeat try (each result).write(to: &results) }
    }
  }

  /// The same, with a view of bytes of the caller's memory first: two `i32`, the address and the number of bytes.
  ///
  /// The view is valid until the closure returns, and Swift does not let it escape. Meanwhile the memory does not move.
  ///
  /// - Parameters:
  ///   - store: the store that owns the function.
  ///   - body: the function. It is not called if the bytes are not within the memory: the call ends with a `Trap`, or with `MissingExport` if
  ///     the caller exports no memory.
  /// - Throws: as the function without a view.
  public init<each Parameter: HostParameter, each Result: HostResult>(
    _ store: Store, _ body: @escaping (Caller, RawSpan, repeat each Parameter) throws -> (repeat each Result)
  ) throws {
    let results = Self.resultTypes(repeat (each Result).self)
    let parameters = [.i32, .i32] + Self.parameterTypes(repeat (each Parameter).self)
    try self.init(store, parameters, results) { caller, arguments in
      let (memory, address, count) = try arguments.nextRange()
      let values = (repeat try (each Parameter).read(from: &arguments))
      try arguments.checkEnd()
      let result = try memory.withUnsafeMutableBytes(at: address, count: count) { bytes in
        try body(caller, RawSpan(_unsafeBytes: UnsafeRawBufferPointer(bytes)), repeat each values)
      }
      return { results in repeat try (each result).write(to: &results) }
    }
  }

  /// Creates a function that reads its arguments and returns what writes its results.
  private init(
    _ store: Store, _ parameters: [ValueType], _ results: [ValueType],
    _ body: @escaping (Caller, inout HostArguments) throws -> (inout HostResults) throws -> Void
  ) throws {
    let type = FunctionType(parameters: parameters, results: results)
    try type.checkArity()
    let count = results.slotCount
    self.init(
      try store.makeFunction(type) { [store = Unmanaged.passUnretained(store)] slots, context in
        let caller = Caller(store, context)
        let store = store.takeUnretainedValue()
        // Reading may call the guest, whose frames must be above the arguments that are not read yet.
        var write: ((inout HostResults) throws -> Void)?
        try store.keepingSlots(slots, count: parameters.slotCount) {
          var arguments = HostArguments(caller, slots, parameters, store)
          write = try body(caller, &arguments)
        }
        // Writing calls the guest's allocator, whose frames must be above the results that are written already.
        try store.keepingSlots(slots, count: count) {
          var output = HostResults(caller, slots, results, store)
          try write?(&output)
          try output.checkEnd()
        }
      }, in: store)
  }

  private static func parameterTypes<each Parameter: HostParameter>(
    _ parameters: repeat (each Parameter).Type
  ) -> [ValueType] {
    var types: [ValueType] = []
    for parameter in repeat each parameters { types += parameter.parameterTypes }
    return types
  }

  private static func resultTypes<each Result: HostResult>(_ results: repeat (each Result).Type) -> [ValueType] {
    var types: [ValueType] = []
    for result in repeat each results { types += result.resultTypes }
    return types
  }
}

extension Linker {
  /// Defines a host function by a closure with parameters and results of any ``HostParameter`` and ``HostResult`` types.
  ///
  /// ```swift
  /// try linker.define("env", "print") { (_: Caller, text: String) in print(text) }
  /// ```
  ///
  /// - Parameters:
  ///   - module: the module's name in imports.
  ///   - name: the function's name in imports.
  ///   - body: the function.
  /// - Throws: `LinkError` if the name is taken.
  @_disfavoredOverload
  public func define<each Parameter: HostParameter, each Result: HostResult>(
    _ module: String, _ name: String,
    _ body: @escaping (Caller, repeat each Parameter) throws -> (repeat each Result)
  ) throws {
    try define(module, name, function: { try Function($0, body) })
  }

  /// The same, with a view of bytes of the caller's memory first, which cannot escape: two `i32`, the address and the number of bytes.
  ///
  /// ```swift
  /// try linker.define("env", "count") { (_: Caller, bytes: RawSpan) -> Int32 in Int32(bytes.byteCount) }
  /// ```
  ///
  /// - Parameters:
  ///   - module: the module's name in imports.
  ///   - name: the function's name in imports.
  ///   - body: the function.
  /// - Throws: `LinkError` if the name is taken.
  public func define<each Parameter: HostParameter, each Result: HostResult>(
    _ module: String, _ name: String,
    _ body: @escaping (Caller, RawSpan, repeat each Parameter) throws -> (repeat each Result)
  ) throws {
    try define(module, name, function: { try Function($0, body) })
  }
}
