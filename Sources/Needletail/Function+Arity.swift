import WebAssembly

// Swift does not specialize parameter packs at their call sites, which costs some 50 nanoseconds per call. So functions of up to four
// parameters and at most one result have overloads without packs.

extension Function {
  /// As ``init(_:_:)`` with parameter packs.
  @inlinable
  public init<R: WasmValue>(
    _ store: Store, _ body: @escaping (Caller) throws -> R
  ) throws {
    try self.init(store, [], [R._type]) { [store = Unmanaged.passUnretained(store)] slots, context in
      let caller = Caller(store, context)
      let store = store.takeUnretainedValue()
      try body(caller)._return(slots, store)
    }
  }

  /// As ``init(_:_:)`` with parameter packs.
  @inlinable
  public init(
    _ store: Store, _ body: @escaping (Caller) throws -> Void
  ) throws {
    try self.init(store, [], []) { [store = Unmanaged.passUnretained(store)] slots, context in
      let caller = Caller(store, context)
      try body(caller)
    }
  }

  /// As ``init(_:_:)`` with parameter packs.
  @inlinable
  public init<P0: WasmValue, R: WasmValue>(
    _ store: Store, _ body: @escaping (Caller, P0) throws -> R
  ) throws {
    try self.init(store, [P0._type], [R._type]) { [store = Unmanaged.passUnretained(store)] slots, context in
      let caller = Caller(store, context)
      let store = store.takeUnretainedValue()
      var slot = slots
      try body(caller, P0._take(&slot, store))._return(slots, store)
    }
  }

  /// As ``init(_:_:)`` with parameter packs.
  @inlinable
  public init<P0: WasmValue>(
    _ store: Store, _ body: @escaping (Caller, P0) throws -> Void
  ) throws {
    try self.init(store, [P0._type], []) { [store = Unmanaged.passUnretained(store)] slots, context in
      let caller = Caller(store, context)
      let store = store.takeUnretainedValue()
      var slot = slots
      try body(caller, P0._take(&slot, store))
    }
  }

  /// As ``init(_:_:)`` with parameter packs.
  @inlinable
  public init<P0: WasmValue, P1: WasmValue, R: WasmValue>(
    _ store: Store, _ body: @escaping (Caller, P0, P1) throws -> R
  ) throws {
    try self.init(store, [P0._type, P1._type], [R._type]) {
      [store = Unmanaged.passUnretained(store)] slots, context in
      let caller = Caller(store, context)
      let store = store.takeUnretainedValue()
      var slot = slots
      try body(caller, P0._take(&slot, store), P1._take(&slot, store))._return(
        slots, store)
    }
  }

  /// As ``init(_:_:)`` with parameter packs.
  @inlinable
  public init<P0: WasmValue, P1: WasmValue>(
    _ store: Store, _ body: @escaping (Caller, P0, P1) throws -> Void
  ) throws {
    try self.init(store, [P0._type, P1._type], []) { [store = Unmanaged.passUnretained(store)] slots, context in
      let caller = Caller(store, context)
      let store = store.takeUnretainedValue()
      var slot = slots
      try body(caller, P0._take(&slot, store), P1._take(&slot, store))
    }
  }

  /// As ``init(_:_:)`` with parameter packs.
  @inlinable
  public init<P0: WasmValue, P1: WasmValue, P2: WasmValue, R: WasmValue>(
    _ store: Store, _ body: @escaping (Caller, P0, P1, P2) throws -> R
  ) throws {
    try self.init(store, [P0._type, P1._type, P2._type], [R._type]) {
      [store = Unmanaged.passUnretained(store)] slots, context in
      let caller = Caller(store, context)
      let store = store.takeUnretainedValue()
      var slot = slots
      try body(
        caller, P0._take(&slot, store), P1._take(&slot, store), P2._take(&slot, store)
      )._return(slots, store)
    }
  }

  /// As ``init(_:_:)`` with parameter packs.
  @inlinable
  public init<P0: WasmValue, P1: WasmValue, P2: WasmValue>(
    _ store: Store, _ body: @escaping (Caller, P0, P1, P2) throws -> Void
  ) throws {
    try self.init(store, [P0._type, P1._type, P2._type], []) {
      [store = Unmanaged.passUnretained(store)] slots, context in
      let caller = Caller(store, context)
      let store = store.takeUnretainedValue()
      var slot = slots
      try body(
        caller, P0._take(&slot, store), P1._take(&slot, store), P2._take(&slot, store))
    }
  }

  /// As ``init(_:_:)`` with parameter packs.
  @inlinable
  public init<P0: WasmValue, P1: WasmValue, P2: WasmValue, P3: WasmValue, R: WasmValue>(
    _ store: Store, _ body: @escaping (Caller, P0, P1, P2, P3) throws -> R
  ) throws {
    try self.init(store, [P0._type, P1._type, P2._type, P3._type], [R._type]) {
      [store = Unmanaged.passUnretained(store)] slots, context in
      let caller = Caller(store, context)
      let store = store.takeUnretainedValue()
      var slot = slots
      try body(
        caller, P0._take(&slot, store), P1._take(&slot, store), P2._take(&slot, store),
        P3._take(&slot, store)
      )._return(slots, store)
    }
  }

  /// As ``init(_:_:)`` with parameter packs.
  @inlinable
  public init<P0: WasmValue, P1: WasmValue, P2: WasmValue, P3: WasmValue>(
    _ store: Store, _ body: @escaping (Caller, P0, P1, P2, P3) throws -> Void
  ) throws {
    try self.init(store, [P0._type, P1._type, P2._type, P3._type], []) {
      [store = Unmanaged.passUnretained(store)] slots, context in
      let caller = Caller(store, context)
      let store = store.takeUnretainedValue()
      var slot = slots
      try body(
        caller, P0._take(&slot, store), P1._take(&slot, store), P2._take(&slot, store),
        P3._take(&slot, store))
    }
  }

  // MARK: Typed functions

  /// As ``typed(_:returning:)`` with parameter packs.
  @inlinable
  public func typed<R: WasmValue>(returning result: R.Type) throws -> TypedFunction<R> {
    try check([], [R._type])
    return TypedFunction(self) {
      let call = try begin()
      defer { end(call) }
      let slots = call.slots
      try invoke(slots)
      return R._read(WasmSlots(slots), store)
    }
  }

  /// As ``typed(_:returning:)`` with parameter packs.
  @inlinable
  public func typed() throws -> TypedFunction<Void> {
    try check([], [])
    return TypedFunction(self) {
      let call = try begin()
      defer { end(call) }
      let slots = call.slots
      try invoke(slots)
    }
  }

  /// As ``typed(_:returning:)`` with parameter packs.
  @inlinable
  public func typed<P0: WasmValue, R: WasmValue>(_ p0: P0.Type, returning result: R.Type) throws -> TypedFunction<R, P0>
  {
    try check([P0._type], [R._type])
    return TypedFunction(self) { (p0: P0) in
      let call = try begin()
      defer { end(call) }
      let slots = call.slots
      try p0._check(store)
      var slot = slots
      try p0._put(&slot, store)
      try invoke(slots)
      return R._read(WasmSlots(slots), store)
    }
  }

  /// As ``typed(_:returning:)`` with parameter packs.
  @inlinable
  public func typed<P0: WasmValue>(_ p0: P0.Type) throws -> TypedFunction<Void, P0> {
    try check([P0._type], [])
    return TypedFunction(self) { (p0: P0) in
      let call = try begin()
      defer { end(call) }
      let slots = call.slots
      try p0._check(store)
      var slot = slots
      try p0._put(&slot, store)
      try invoke(slots)
    }
  }

  /// As ``typed(_:returning:)`` with parameter packs.
  @inlinable
  public func typed<P0: WasmValue, P1: WasmValue, R: WasmValue>(_ p0: P0.Type, _ p1: P1.Type, returning result: R.Type)
    throws -> TypedFunction<R, P0, P1>
  {
    try check([P0._type, P1._type], [R._type])
    return TypedFunction(self) { (p0: P0, p1: P1) in
      let call = try begin()
      defer { end(call) }
      let slots = call.slots
      try p0._check(store)
      try p1._check(store)
      var slot = slots
      try p0._put(&slot, store)
      try p1._put(&slot, store)
      try invoke(slots)
      return R._read(WasmSlots(slots), store)
    }
  }

  /// As ``typed(_:returning:)`` with parameter packs.
  @inlinable
  public func typed<P0: WasmValue, P1: WasmValue>(_ p0: P0.Type, _ p1: P1.Type) throws -> TypedFunction<Void, P0, P1> {
    try check([P0._type, P1._type], [])
    return TypedFunction(self) { (p0: P0, p1: P1) in
      let call = try begin()
      defer { end(call) }
      let slots = call.slots
      try p0._check(store)
      try p1._check(store)
      var slot = slots
      try p0._put(&slot, store)
      try p1._put(&slot, store)
      try invoke(slots)
    }
  }

  /// As ``typed(_:returning:)`` with parameter packs.
  @inlinable
  public func typed<P0: WasmValue, P1: WasmValue, P2: WasmValue, R: WasmValue>(
    _ p0: P0.Type, _ p1: P1.Type, _ p2: P2.Type, returning result: R.Type
  ) throws -> TypedFunction<R, P0, P1, P2> {
    try check([P0._type, P1._type, P2._type], [R._type])
    return TypedFunction(self) { (p0: P0, p1: P1, p2: P2) in
      let call = try begin()
      defer { end(call) }
      let slots = call.slots
      try p0._check(store)
      try p1._check(store)
      try p2._check(store)
      var slot = slots
      try p0._put(&slot, store)
      try p1._put(&slot, store)
      try p2._put(&slot, store)
      try invoke(slots)
      return R._read(WasmSlots(slots), store)
    }
  }

  /// As ``typed(_:returning:)`` with parameter packs.
  @inlinable
  public func typed<P0: WasmValue, P1: WasmValue, P2: WasmValue>(_ p0: P0.Type, _ p1: P1.Type, _ p2: P2.Type) throws
    -> TypedFunction<Void, P0, P1, P2>
  {
    try check([P0._type, P1._type, P2._type], [])
    return TypedFunction(self) { (p0: P0, p1: P1, p2: P2) in
      let call = try begin()
      defer { end(call) }
      let slots = call.slots
      try p0._check(store)
      try p1._check(store)
      try p2._check(store)
      var slot = slots
      try p0._put(&slot, store)
      try p1._put(&slot, store)
      try p2._put(&slot, store)
      try invoke(slots)
    }
  }

  /// As ``typed(_:returning:)`` with parameter packs.
  @inlinable
  public func typed<P0: WasmValue, P1: WasmValue, P2: WasmValue, P3: WasmValue, R: WasmValue>(
    _ p0: P0.Type, _ p1: P1.Type, _ p2: P2.Type, _ p3: P3.Type, returning result: R.Type
  ) throws -> TypedFunction<R, P0, P1, P2, P3> {
    try check([P0._type, P1._type, P2._type, P3._type], [R._type])
    return TypedFunction(self) { (p0: P0, p1: P1, p2: P2, p3: P3) in
      let call = try begin()
      defer { end(call) }
      let slots = call.slots
      try p0._check(store)
      try p1._check(store)
      try p2._check(store)
      try p3._check(store)
      var slot = slots
      try p0._put(&slot, store)
      try p1._put(&slot, store)
      try p2._put(&slot, store)
      try p3._put(&slot, store)
      try invoke(slots)
      return R._read(WasmSlots(slots), store)
    }
  }

  /// As ``typed(_:returning:)`` with parameter packs.
  @inlinable
  public func typed<P0: WasmValue, P1: WasmValue, P2: WasmValue, P3: WasmValue>(
    _ p0: P0.Type, _ p1: P1.Type, _ p2: P2.Type, _ p3: P3.Type
  ) throws -> TypedFunction<Void, P0, P1, P2, P3> {
    try check([P0._type, P1._type, P2._type, P3._type], [])
    return TypedFunction(self) { (p0: P0, p1: P1, p2: P2, p3: P3) in
      let call = try begin()
      defer { end(call) }
      let slots = call.slots
      try p0._check(store)
      try p1._check(store)
      try p2._check(store)
      try p3._check(store)
      var slot = slots
      try p0._put(&slot, store)
      try p1._put(&slot, store)
      try p2._put(&slot, store)
      try p3._put(&slot, store)
      try invoke(slots)
    }
  }
}

// MARK: Linker

extension Linker {
  /// As ``define(_:_:_:)`` with parameter packs.
  @inlinable
  public func define<R: WasmValue>(
    _ module: String, _ name: String, _ body: @escaping (Caller) throws -> R
  ) throws {
    try define(module, name, function: { try Function($0, body) })
  }

  /// As ``define(_:_:_:)`` with parameter packs.
  @inlinable
  public func define(
    _ module: String, _ name: String, _ body: @escaping (Caller) throws -> Void
  ) throws {
    try define(module, name, function: { try Function($0, body) })
  }

  /// As ``define(_:_:_:)`` with parameter packs.
  @inlinable
  public func define<P0: WasmValue, R: WasmValue>(
    _ module: String, _ name: String, _ body: @escaping (Caller, P0) throws -> R
  ) throws {
    try define(module, name, function: { try Function($0, body) })
  }

  /// As ``define(_:_:_:)`` with parameter packs.
  @inlinable
  public func define<P0: WasmValue>(
    _ module: String, _ name: String, _ body: @escaping (Caller, P0) throws -> Void
  ) throws {
    try define(module, name, function: { try Function($0, body) })
  }

  /// As ``define(_:_:_:)`` with parameter packs.
  @inlinable
  public func define<P0: WasmValue, P1: WasmValue, R: WasmValue>(
    _ module: String, _ name: String, _ body: @escaping (Caller, P0, P1) throws -> R
  ) throws {
    try define(module, name, function: { try Function($0, body) })
  }

  /// As ``define(_:_:_:)`` with parameter packs.
  @inlinable
  public func define<P0: WasmValue, P1: WasmValue>(
    _ module: String, _ name: String, _ body: @escaping (Caller, P0, P1) throws -> Void
  ) throws {
    try define(module, name, function: { try Function($0, body) })
  }

  /// As ``define(_:_:_:)`` with parameter packs.
  @inlinable
  public func define<P0: WasmValue, P1: WasmValue, P2: WasmValue, R: WasmValue>(
    _ module: String, _ name: String, _ body: @escaping (Caller, P0, P1, P2) throws -> R
  ) throws {
    try define(module, name, function: { try Function($0, body) })
  }

  /// As ``define(_:_:_:)`` with parameter packs.
  @inlinable
  public func define<P0: WasmValue, P1: WasmValue, P2: WasmValue>(
    _ module: String, _ name: String, _ body: @escaping (Caller, P0, P1, P2) throws -> Void
  ) throws {
    try define(module, name, function: { try Function($0, body) })
  }

  /// As ``define(_:_:_:)`` with parameter packs.
  @inlinable
  public func define<P0: WasmValue, P1: WasmValue, P2: WasmValue, P3: WasmValue, R: WasmValue>(
    _ module: String, _ name: String, _ body: @escaping (Caller, P0, P1, P2, P3) throws -> R
  ) throws {
    try define(module, name, function: { try Function($0, body) })
  }

  /// As ``define(_:_:_:)`` with parameter packs.
  @inlinable
  public func define<P0: WasmValue, P1: WasmValue, P2: WasmValue, P3: WasmValue>(
    _ module: String, _ name: String, _ body: @escaping (Caller, P0, P1, P2, P3) throws -> Void
  ) throws {
    try define(module, name, function: { try Function($0, body) })
  }
}
