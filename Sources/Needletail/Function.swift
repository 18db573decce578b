import WasmCompiler
import WasmInterpreter
import WasmRuntime
import WebAssembly

/// A function of Wasm's or the host's, in a store.
public struct Function {
  public let store: Store
  let reference: UnsafeMutablePointer<FunctionReference>

  init(_ reference: UnsafeMutablePointer<FunctionReference>, in store: Store) {
    self.reference = reference
    self.store = store
  }

  /// What a `funcref` refers to; nil for null.
  init?(reference slot: UInt64, in store: Store) {
    guard let reference = UnsafeMutablePointer<FunctionReference>(bitPattern: UInt(slot)) else { return nil }
    self.init(reference, in: store)
  }

  /// Makes a host function with types that are known at run time only.
  ///
  /// - Parameter body: gets as many arguments, of such types, as `type` says, and must return such results.
  /// - Throws: `ArgumentError` if the engine does not know a concrete type in `type`; `LimitExceeded` if it has more than 1000
  ///   parameters or results, or there are too many types.
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
        try Self.write(results, as: type.results, to: slots, store, what: "results")
      }, in: store)
  }

  /// Makes a host function that reads its arguments from slots and leaves its results there itself, for libraries of
  /// ours that offer many functions: no parameter packs, so it costs next to nothing to make and to call.
  package init(
    _ store: Store, type: FunctionType, slots body: @escaping (Caller, UnsafeMutablePointer<UInt64>) throws -> Void
  ) throws {
    self.init(
      try store.makeFunction(type) { [store = Unmanaged.passUnretained(store)] slots, context in
        try body(Caller(store, context), slots)
      }, in: store)
  }

  /// Makes a host function from a closure.
  ///
  /// ```swift
  /// let double = try Function(store) { (caller: Caller, x: Int32) -> Int32 in 2 * x }
  /// ```
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

  /// Makes a host function of a body that finds its arguments in slots, and leaves its results there.
  @usableFromInline
  init(
    _ store: Store, _ parameters: [ValueType], _ results: [ValueType],
    _ body: @escaping (UnsafeMutablePointer<UInt64>, UnsafeMutableRawPointer?) throws -> Void
  ) throws {
    self.init(try store.makeFunction(FunctionType(parameters: parameters, results: results), body), in: store)
  }

  private static func type<each Parameter: WasmValue, each Result: WasmValue>(
    _ parameters: repeat (each Parameter).Type, returning results: repeat (each Result).Type
  ) -> FunctionType {
    var type = FunctionType()
    for parameter in repeat each parameters { type.parameters.append(parameter._type) }
    for result in repeat each results { type.results.append(result._type) }
    return type
  }

  /// The type, in which references to concrete types are canonical.
  public var type: FunctionType {
    store.engine.types.type(reference.pointee.type).composite.function ?? FunctionType()
  }

  // MARK: Calling

  /// Calls the function.
  ///
  /// - Throws: `Trap`; `Exception` if Wasm throws one and does not catch it; `ArgumentError` if arguments are too many, too few, or of other types; `ExitStatus` if the program
  ///   ends itself; `StoreInUse` if a call on another thread has not returned; and what host functions throw.
  @discardableResult
  public func call(_ arguments: [Value] = []) throws -> [Value] {
    try store.claimed {
      let type = type
      let slots = try store.reserveCallSlots(type)
      try Self.write(arguments, as: type.parameters, to: slots, store, what: "arguments")
      try invoke(slots)
      return Self.read(type.results, slots, store)
    }
  }

  /// The function as one of static types, whose calls check only that references belong to the store.
  ///
  /// - Throws: `ArgumentError` if the types are others.
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

  /// - Throws: `ArgumentError` unless these are its types.
  @usableFromInline
  func check(_ parameters: [ValueType], _ results: [ValueType]) throws {
    let wanted = FunctionType(parameters: parameters, results: results)
    guard type == wanted else { throw ArgumentError("the function is \(type), not \(wanted)") }
  }

  /// Begins a call: claims the store, until ``end(_:)``.
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

  /// Runs it with arguments in `slots`, where results take their place. The caller holds the store's claim.
  @usableFromInline
  func invoke(_ slots: UnsafeMutablePointer<UInt64>) throws {
    let state = store.state
    // Arguments that are references have moved it.
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
    // Results stand where arguments did, before the frame's header.
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
      try CompiledActivation.run(code, in: context, slots: slots, store: state)
    } else {
      let interpreter = Unmanaged.passUnretained(store.engine.interpreter)
      try interpreter._withUnsafeGuaranteedRef { try $0.invoke(reference, in: state) }
    }
  }

  /// An error as callers see it. (Apart, so that the way without errors need not retain the store.)
  @inline(never)
  private func visible(_ error: any Error) -> any Error {
    guard let exception = error as? WasmException else { return error }
    return Exception(exception, in: store)
  }

  private func invokeHost(_ slots: UnsafeMutablePointer<UInt64>) throws {
    let host = reference.pointee.host.unsafelyUnwrapped
    try Unmanaged<HostFunction>.fromOpaque(host)._withUnsafeGuaranteedRef { try $0.body(slots, nil) }
  }

  private static func read(
    _ types: [ValueType], _ slots: UnsafeMutablePointer<UInt64>, _ store: Store
  ) -> [Value] {
    var slot = slots
    return types.map { type in
      defer { slot += type.slotCount }
      return Value(slot, as: type, in: store)
    }
  }

  private static func write(
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

  /// - Throws: `ArgumentError` unless there are as many values, of such types.
  static func check(_ values: [Value], as types: [ValueType], _ store: Store, what: String) throws {
    guard values.count == types.count else {
      throw ArgumentError("\(types.count) \(what) expected, \(values.count) given")
    }
    for (index, (value, type)) in zip(values, types).enumerated() where !value.matches(type, in: store) {
      throw ArgumentError("\(what): number \(index + 1): \(value.mismatch(type, in: store))")
    }
  }
}

/// A call that has claimed its store.
@usableFromInline
struct BegunCall {
  /// Where its arguments belong.
  @usableFromInline let slots: UnsafeMutablePointer<UInt64>
  let claim: UInt8
}

/// A function whose types are known to Swift. Calls cost some ten nanoseconds.
public struct TypedFunction<Result, each Parameter: WasmValue> {
  public let function: Function
  @usableFromInline let body: (repeat each Parameter) throws -> Result

  @inlinable
  init(_ function: Function, _ body: @escaping (repeat each Parameter) throws -> Result) {
    self.function = function
    self.body = body
  }

  /// Calls the function.
  ///
  /// - Throws: `Trap`, `Exception`, `ExitStatus`, and what host functions throw; `ArgumentError` if an argument belongs to another
  ///   store; `StoreInUse`.
  @inlinable
  public func callAsFunction(_ arguments: repeat each Parameter) throws -> Result {
    try body(repeat each arguments)
  }
}

/// The host gave values that do not fit a function's type.
public struct ArgumentError: Error, Hashable, Sendable, CustomStringConvertible {
  public var message: String

  init(_ message: String) { self.message = message }

  public var description: String { message }
}

/// The program ended itself, for example by WASI's `proc_exit`. Passes through all calls.
public struct ExitStatus: Error, Hashable, Sendable, CustomStringConvertible {
  public var code: Int32

  public init(code: Int32) { self.code = code }

  public var description: String { "exit status \(code)" }
}

extension WasmValue {
  /// The type, of a Swift type that is one of the library's.
  @inlinable @inline(__always)
  static var _type: ValueType {
    _ = _conformance
    return valueType
  }

  /// Writes the only result of a host function.
  ///
  /// - Throws: `ArgumentError` if it belongs to another store; `Trap` if the heap has no room for it.
  @inlinable @inline(__always)
  func _return(_ slots: UnsafeMutablePointer<UInt64>, _ store: Store) throws {
    try _check(store)
    try _write(WasmSlots(slots), store)
  }

  /// Reads the value at a place, which moves on.
  @inlinable @inline(__always)
  static func _take(_ slot: inout UnsafeMutablePointer<UInt64>, _ store: Store) -> Self {
    defer { slot += valueType.slotCount }
    return _read(WasmSlots(slot), store)
  }

  /// Writes the value to a place, which moves on.
  @inlinable @inline(__always)
  func _put(_ slot: inout UnsafeMutablePointer<UInt64>, _ store: Store) throws {
    // What a reference is made of may be moved into the heap, whose collector then must see the ones before.
    if Self.valueType.isReference { store.moveStackTop(upTo: slot) }
    try _write(WasmSlots(slot), store)
    slot += Self.valueType.slotCount
  }
}

extension [ValueType] {
  /// How many slots values of these types take. O(count).
  fileprivate var slotCount: Int { reduce(0) { $0 + $1.slotCount } }
}

extension Store {
  @usableFromInline
  func moveStackTop(upTo slot: UnsafeMutablePointer<UInt64>) {
    state.context.pointee.stackTop = max(state.context.pointee.stackTop, slot)
  }

  /// Runs `body` while `count` slots, which may be above the stack's top, are part of the stack, where the collector sees
  /// references.
  func keepingSlots(_ slots: UnsafeMutablePointer<UInt64>, count: Int, _ body: () throws -> Void) rethrows {
    let context = state.context
    let saved = context.pointee.stackTop
    context.pointee.stackTop = max(saved, slots + count)
    defer { context.pointee.stackTop = saved }
    try body()
  }

  /// Room on the stack for a function's arguments and results.
  func reserveCallSlots(_ type: FunctionType) throws -> UnsafeMutablePointer<UInt64> {
    let top = state.context.pointee.stackTop
    let count = max(type.parameters.slotCount, type.results.slotCount)
    guard top + count <= state.context.pointee.stackLimit else {
      throw Trap(.callStackExhausted)
    }
    return top
  }
}
