import WasmCompiler
import WasmInterpreter
import WasmNative
import WasmRuntime
import WebAssembly

/// A function of a module or of the host, in a store.
public struct Function {
  /// The store of the function.
  public let store: Store
  let reference: UnsafeMutablePointer<FunctionReference>

  init(_ reference: UnsafeMutablePointer<FunctionReference>, in store: Store) {
    self.reference = reference
    self.store = store
  }

  /// The function of a `funcref`; nil for null.
  init?(reference slot: UInt64, in store: Store) {
    guard let reference = UnsafeMutablePointer<FunctionReference>(bitPattern: UInt(slot)) else { return nil }
    self.init(reference, in: store)
  }

  /// Creates a host function whose types are known only at run time.
  ///
  /// - Parameters:
  ///   - store: the store that owns the function.
  ///   - type: the type of the function; concrete types in it are canonical.
  ///   - body: the function. It receives arguments of the types of the parameters, and must return values of the types of the results.
  /// - Throws: `ArgumentError` if the engine does not know a concrete type in `type`; `LimitExceeded` if it has more than 1000 parameters
  ///   or results, or there are too many types; `StoreInUse` if another thread uses the store.
  public init(
    _ store: Store, type: FunctionType, _ body: @escaping (Caller, [Value]) throws -> [Value]
  ) throws {
    try store.engine.checkTypes(type)
    self.init(
      try store.makeFunction(type) { [store = Unmanaged.passUnretained(store)] slots, context in
        let caller = Caller(store, context)
        let store = store.takeUnretainedValue()
        let arguments = Self.read(type.parameters, slots, store)
        let results = try body(caller, arguments)
        try Self.write(results, as: type.results, to: slots, store, what: "result")
      }, in: store)
  }

  /// Creates a host function that reads arguments from slots and writes results to slots, for our own libraries of many functions:
  /// without parameter packs it costs next to nothing to create and to call.
  package init(
    _ store: Store, type: FunctionType, slots body: @escaping (Caller, UnsafeMutablePointer<UInt64>) throws -> Void
  ) throws {
    self.init(
      try store.makeFunction(type) { [store = Unmanaged.passUnretained(store)] slots, context in
        try body(Caller(store, context), slots)
      }, in: store)
  }

  /// Creates a host function from a closure.
  ///
  /// ```swift
  /// let double = try Function(store) { (caller: Caller, x: Int32) -> Int32 in 2 * x }
  /// ```
  ///
  /// - Parameters:
  ///   - store: the store that owns the function.
  ///   - body: the function; its Swift types determine the Wasm types.
  /// - Throws: `StoreInUse` if another thread uses the store.
  public init<each Parameter: WasmValue, each Result: WasmValue>(
    _ store: Store, _ body: @escaping (Caller, repeat each Parameter) throws -> (repeat each Result)
  ) throws {
    let type = Self.type(repeat (each Parameter).self, returning: repeat (each Result).self)
    let resultSlotCount = type.results.slotCount
    self.init(
      try store.makeFunction(type) { [store = Unmanaged.passUnretained(store)] slots, context in
        var slot = slots
        let caller = Caller(store, context)
        let store = store.takeUnretainedValue()
        let results = try body(caller, repeat (each Parameter)._take(&slot, store))
        repeat try (each results)._check(store)
        try store.keepingSlots(slots, count: resultSlotCount) {
          var target = slots
          repeat try (each results)._put(&target, store)
        }
      }, in: store)
  }

  /// Creates a host function from a body that reads its arguments from slots and writes its results there.
  @usableFromInline
  init(
    _ store: Store, _ parameters: [ValueType], _ results: [ValueType],
    _ body: @escaping (UnsafeMutablePointer<UInt64>, UnsafeMutableRawPointer?) throws -> Void
  ) throws {
    self.init(try store.makeFunction(FunctionType(parameters: parameters, results: results), body), in: store)
  }

  static func type<each Parameter: WasmValue, each Result: WasmValue>(
    _ parameters: repeat (each Parameter).Type, returning results: repeat (each Result).Type
  ) -> FunctionType {
    var type = FunctionType()
    for parameter in repeat each parameters { type.parameters.append(parameter._type) }
    for result in repeat each results { type.results.append(result._type) }
    return type
  }

  /// The type. References to concrete types in it are canonical.
  public var type: FunctionType {
    store.engine.types.type(reference.pointee.type).composite.function ?? FunctionType()
  }

  // MARK: Calling

  /// Calls the function.
  ///
  /// - Parameter arguments: the arguments, of exactly the types of the parameters.
  /// - Returns: the results.
  /// - Throws: `Trap`; `Exception` if Wasm throws one and does not catch it; `ArgumentError` if the number or types of the arguments do
  ///   not match; `ExitStatus` if the program exits; `StoreInUse` if a call on another thread has not returned; and errors of host
  ///   functions.
  @discardableResult
  public func call(_ arguments: [Value] = []) throws -> [Value] {
    try store.claimed {
      let type = type
      let slots = try store.reserveCallSlots(type)
      try Self.write(arguments, as: type.parameters, to: slots, store, what: "argument")
      try invoke(slots)
      return Self.read(type.results, slots, store)
    }
  }

  /// The function with static Swift types. Its calls check only that references belong to the store.
  ///
  /// - Parameters:
  ///   - parameters: the Swift types of the parameters.
  ///   - results: the Swift types of the results.
  /// - Throws: `ArgumentError` if the function has other types.
  public func typed<each Parameter: WasmValue, each Result: WasmValue>(
    _ parameters: repeat (each Parameter).Type, returning results: repeat (each Result).Type
  ) throws -> TypedFunction<(repeat each Result), repeat each Parameter> {
    let wanted = Self.type(repeat each parameters, returning: repeat each results)
    try check(wanted.parameters, wanted.results)
    return TypedFunction(self) { (arguments: repeat each Parameter) in
      let call = try begin()
      defer { end(call) }
      let slots = call.slots
      repeat try (each arguments)._check(store)
      var slot = slots
      repeat try (each arguments)._put(&slot, store)
      try invoke(slots)
      var result = slots
      return (repeat (each Result)._take(&result, store))
    }
  }

  /// - Throws: `ArgumentError` unless the function has these types.
  @usableFromInline
  func check(_ parameters: [ValueType], _ results: [ValueType]) throws {
    let wanted = FunctionType(parameters: parameters, results: results)
    guard type == wanted else { throw ArgumentError("expected a function of type \(wanted), found \(type)") }
  }

  /// Begins a call: claims the store until ``end(_:)``.
  ///
  /// - Throws: `StoreInUse` if a call on another thread has not returned.
  @usableFromInline
  func begin() throws -> BegunCall {
    let claim = try store.state.takeClaim()
    return BegunCall(slots: store.state.context.pointee.stackTop, claim: claim)
  }

  /// Ends a call whose results have been read, or which threw.
  @usableFromInline
  func end(_ call: BegunCall) { store.state.endCall(call.slots, call.claim) }

  /// Runs the function with arguments in `slots`, which its results replace. The caller holds the store's claim.
  @usableFromInline
  func invoke(_ slots: UnsafeMutablePointer<UInt64>) throws {
    let state = store.state
    // Writing arguments that are references moved the top of the stack.
    state.context.pointee.stackTop = slots
    do {
      if let context = reference.pointee.context {
        try invoke(context, slots, state)
      } else {
        try invokeHost(slots)
      }
    } catch {
      let error = visible(error)
      if state.context.pointee.hasDeadObjects { state.releaseDeadObjects() }
      throw error
    }
    // The results replaced the arguments, below the frame's header.
    if state.context.pointee.hasDeadObjects {
      state.releaseDeadObjects(keeping: slots + reference.pointee.code.pointee.headerSlot)
    }
  }

  @inline(__always)
  private func invoke(
    _ context: UnsafeMutablePointer<InstanceContext>, _ slots: UnsafeMutablePointer<UInt64>, _ state: StoreState
  ) throws {
    let code = reference.pointee.code
    if code.pointee.isCompiled {
      let end = try CompiledActivation.run(code, in: context, slots: slots, store: state)
      if end == .tailCall { try state.finishTailCall() }
    } else {
      let interpreter = Unmanaged.passUnretained(store.engine.interpreter)
      try interpreter._withUnsafeGuaranteedRef { try $0.invoke(reference, in: state) }
    }
  }

  /// The error that callers see. (Not inlined, so that the path without errors need not retain the store.)
  @inline(never)
  private func visible(_ error: any Error) -> any Error {
    guard let exception = error as? WasmException else { return error }
    return Exception(exception, in: store)
  }

  private func invokeHost(_ slots: UnsafeMutablePointer<UInt64>) throws {
    let host = reference.pointee.host.unsafelyUnwrapped
    try Unmanaged<HostFunction>.fromOpaque(host)._withUnsafeGuaranteedRef { try $0.body(slots, nil) }
  }

  static func read(
    _ types: [ValueType], _ slots: UnsafeMutablePointer<UInt64>, _ store: Store
  ) -> [Value] {
    var slot = slots
    return types.map { type in
      defer { slot += type.slotCount }
      return Value(slot, as: type, in: store)
    }
  }

  static func write(
    _ values: [Value], as types: [ValueType], to slots: UnsafeMutablePointer<UInt64>, _ store: Store, what: String
  ) throws {
    try check(values, as: types, store, what: what)
    let count = types.slotCount
    var slot = slots
    for (value, type) in zip(values, types) {
      try store.keepingSlots(slots, count: count) { try value.write(slot, in: store) }
      slot += type.slotCount
    }
  }

  /// - Parameter what: what a value is, for errors.
  /// - Throws: `ArgumentError` if the number or types of the values do not match.
  static func check(_ values: [Value], as types: [ValueType], _ store: Store, what: String) throws {
    guard values.count == types.count else {
      throw ArgumentError("expected \(types.count) \(what)\(types.count == 1 ? "" : "s"), found \(values.count)")
    }
    for (index, (value, type)) in zip(values, types).enumerated() where !value.matches(type, in: store) {
      throw ArgumentError("invalid \(what) \(index + 1): \(value.mismatch(type, in: store))")
    }
  }
}

/// A call that has claimed its store.
@usableFromInline
struct BegunCall {
  /// The address of the arguments.
  @usableFromInline let slots: UnsafeMutablePointer<UInt64>
  let claim: UInt8
}

/// A function with static Swift types. A call costs some ten nanoseconds.
public struct TypedFunction<Result, each Parameter: WasmValue> {
  /// The function without static types.
  public let function: Function
  @usableFromInline let body: (repeat each Parameter) throws -> Result

  @inlinable
  init(_ function: Function, _ body: @escaping (repeat each Parameter) throws -> Result) {
    self.function = function
    self.body = body
  }

  /// Calls the function.
  ///
  /// - Parameter arguments: the arguments.
  /// - Returns: the results.
  /// - Throws: `Trap`; `Exception` if Wasm throws one and does not catch it; `ExitStatus` if the program exits; `ArgumentError` if an
  ///   argument belongs to another store; `StoreInUse` if a call on another thread has not returned; and errors of host functions.
  @inlinable
  public func callAsFunction(_ arguments: repeat each Parameter) throws -> Result {
    try body(repeat each arguments)
  }
}

/// The host passed values that do not match a type, or an item of another store or engine.
public struct ArgumentError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public var message: String

  init(_ message: String) { self.message = message }

  /// The message.
  public var description: String { message }
}

/// The program exited, for example by WASI's `proc_exit`. The error passes through all calls.
public struct ExitStatus: Error, Hashable, Sendable, CustomStringConvertible {
  /// The exit status that the program chose.
  public var code: Int32

  /// Creates an exit with this status, for a host function to throw.
  public init(code: Int32) { self.code = code }

  /// The status as text.
  public var description: String { "exit status \(code)" }
}

extension WasmValue {
  /// The Wasm type of a Swift type that belongs to the library.
  @inlinable @inline(__always)
  static var _type: ValueType {
    _ = _conformance
    return valueType
  }

  /// Writes the single result of a host function.
  ///
  /// - Throws: `ArgumentError` if it belongs to another store; `Trap` if the heap has no room for it.
  @inlinable @inline(__always)
  func _return(_ slots: UnsafeMutablePointer<UInt64>, _ store: Store) throws {
    try _check(store)
    try _write(WasmSlots(slots), store)
  }

  /// Reads the value at a slot, and advances past it.
  @inlinable @inline(__always)
  static func _take(_ slot: inout UnsafeMutablePointer<UInt64>, _ store: Store) -> Self {
    defer { slot += valueType.slotCount }
    return _read(WasmSlots(slot), store)
  }

  /// Writes the value to a slot, and advances past it.
  @inlinable @inline(__always)
  func _put(_ slot: inout UnsafeMutablePointer<UInt64>, _ store: Store) throws {
    // Writing a reference may allocate on the heap, whose collector must then see the references written before.
    if Self.valueType.isReference { store.moveStackTop(upTo: slot) }
    try _write(WasmSlots(slot), store)
    slot += Self.valueType.slotCount
  }
}

extension [ValueType] {
  /// The number of slots of values of these types. O(count).
  var slotCount: Int { reduce(0) { $0 + $1.slotCount } }
}

extension Store {
  @usableFromInline
  func moveStackTop(upTo slot: UnsafeMutablePointer<UInt64>) {
    state.context.pointee.stackTop = max(state.context.pointee.stackTop, slot)
  }

  /// Runs `body` while `count` slots, which may be above the top of the stack, count as part of the stack, so that the collector sees
  /// references in them.
  func keepingSlots(_ slots: UnsafeMutablePointer<UInt64>, count: Int, _ body: () throws -> Void) rethrows {
    let context = state.context
    let saved = context.pointee.stackTop
    context.pointee.stackTop = max(saved, slots + count)
    defer { context.pointee.stackTop = saved }
    try body()
  }

  /// Reserves slots on the stack for a function's arguments and results.
  func reserveCallSlots(_ type: FunctionType) throws -> UnsafeMutablePointer<UInt64> {
    let top = state.context.pointee.stackTop
    let count = max(type.parameters.slotCount, type.results.slotCount)
    guard top + count <= state.context.pointee.stackLimit else {
      throw Trap(.callStackExhausted)
    }
    return top
  }
}
