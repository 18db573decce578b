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
  public init(
    _ store: Store, type: FunctionType, _ body: @escaping (Caller, [Value]) throws -> [Value]
  ) throws {
    self.init(
      try store.makeFunction(type) { [unowned store] slots, context in
        let arguments = Self.read(type.parameters, slots, store)
        let results = try body(Caller(store: store, context: context), arguments)
        try Self.write(results, as: type.results, to: slots, store, what: "results")
      }, in: store)
  }

  /// Makes a host function that reads its arguments from slots and leaves its results there itself, for libraries of
  /// ours that offer many functions: no parameter packs, so it costs next to nothing to make and to call.
  package init(
    _ store: Store, type: FunctionType, slots body: @escaping (Caller, UnsafeMutablePointer<UInt64>) throws -> Void
  ) throws {
    self.init(
      try store.makeFunction(type) { [unowned store] slots, context in
        try body(Caller(store: store, context: context), slots)
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
    self.init(
      try store.makeFunction(type) { [unowned store] slots, context in
        var slot = UnsafePointer(slots)
        func next<T: WasmValue>(_ type: T.Type) -> T {
          defer { slot += type.valueType.slotCount }
          return type._read(slot, store)
        }
        let results = try body(Caller(store: store, context: context), repeat next((each Parameter).self))
        store.keepingSlots(slots, type.results) {
          var target = slots
          for result in repeat each results {
            result._write(target, store)
            target += Swift.type(of: result).valueType.slotCount
          }
        }
      }, in: store)
  }

  private static func type<each Parameter: WasmValue, each Result: WasmValue>(
    _ parameters: repeat (each Parameter).Type, returning results: repeat (each Result).Type
  ) -> FunctionType {
    var type = FunctionType()
    for parameter in repeat each parameters { type.parameters.append(parameter.valueType) }
    for result in repeat each results { type.results.append(result.valueType) }
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
  ///   ends itself; and what host functions throw.
  @discardableResult
  public func call(_ arguments: [Value] = []) throws -> [Value] {
    let type = type
    let slots = try store.reserveCallSlots(type)
    try Self.write(arguments, as: type.parameters, to: slots, store, what: "arguments")
    try invoke(slots)
    return Self.read(type.results, slots, store)
  }

  /// The function as one of static types, whose calls check nothing any more.
  ///
  /// - Throws: `ArgumentError` if the types are others.
  public func typed<each Parameter: WasmValue, each Result: WasmValue>(
    _ parameters: repeat (each Parameter).Type, returning results: repeat (each Result).Type
  ) throws -> TypedFunction<(repeat each Result), repeat each Parameter> {
    let wanted = Self.type(repeat each parameters, returning: repeat each results)
    guard type == wanted else { throw ArgumentError("the function is \(type), not \(wanted)") }
    return TypedFunction(self) { slots, store in
      var slot = slots
      func next<T: WasmValue>(_ type: T.Type) -> T {
        defer { slot += type.valueType.slotCount }
        return type._read(slot, store)
      }
      return (repeat next((each Result).self))
    }
  }

  /// Runs it with arguments in `slots`, where results take their place.
  func invoke(_ slots: UnsafeMutablePointer<UInt64>) throws {
    if let host = reference.pointee.host {
      let function = Unmanaged<HostFunction>.fromOpaque(host).takeUnretainedValue()
      return try function.body(slots, nil)
    }
    do {
      let code = reference.pointee.code
      if let compiler = store.engine.compiler, let context = reference.pointee.context, code.pointee.isCompiled {
        try compiler.invoke(code, in: context, slots: slots, store: store.state)
      } else {
        try store.engine.interpreter.invoke(reference, in: store.state)
      }
    } catch let exception as WasmException {
      throw Exception(exception, in: store)
    }
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
    var slot = slots
    for (value, type) in zip(values, types) {
      store.keepingSlots(slots, types) { value.write(slot, in: store) }
      slot += type.slotCount
    }
  }

  /// - Throws: `ArgumentError` unless there are as many values, of such types.
  static func check(_ values: [Value], as types: [ValueType], _ store: Store, what: String) throws {
    guard values.count == types.count else {
      throw ArgumentError("\(types.count) \(what) expected, \(values.count) given")
    }
    for (index, (value, type)) in zip(values, types).enumerated() where !value.matches(type, in: store) {
      throw ArgumentError("\(what): number \(index + 1) is of type \(value.type), not \(type)")
    }
  }
}

/// A function whose types are known to Swift. Calls cost some ten nanoseconds.
public struct TypedFunction<Result, each Parameter: WasmValue> {
  public let function: Function
  private let read: (UnsafePointer<UInt64>, Store) -> Result

  init(_ function: Function, _ read: @escaping (UnsafePointer<UInt64>, Store) -> Result) {
    self.function = function
    self.read = read
  }

  /// Calls the function.
  ///
  /// - Throws: `Trap`, `Exception`, `ExitStatus`, and what host functions throw.
  public func callAsFunction(_ arguments: repeat each Parameter) throws -> Result {
    let store = function.store
    let slots = store.state.context.pointee.stackTop
    var slot = slots
    for argument in repeat each arguments {
      // What a reference is made of may be moved into the heap, whose collector then must see the ones before.
      store.state.context.pointee.stackTop = slot
      argument._write(slot, store)
      slot += type(of: argument).valueType.slotCount
    }
    store.state.context.pointee.stackTop = slots
    try function.invoke(slots)
    return read(slots, store)
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

extension Store {
  /// Runs `body` while values of these types, in slots that may be above the stack's top, are part of the stack, where the
  /// collector sees references.
  func keepingSlots(_ slots: UnsafeMutablePointer<UInt64>, _ types: [ValueType], _ body: () -> Void) {
    let context = state.context
    let saved = context.pointee.stackTop
    context.pointee.stackTop = max(saved, slots + types.reduce(0) { $0 + $1.slotCount })
    body()
    context.pointee.stackTop = saved
  }

  /// Room on the stack for a function's arguments and results.
  func reserveCallSlots(_ type: FunctionType) throws -> UnsafeMutablePointer<UInt64> {
    let top = state.context.pointee.stackTop
    let count = max(
      type.parameters.reduce(0) { $0 + $1.slotCount }, type.results.reduce(0) { $0 + $1.slotCount })
    guard top + count <= state.context.pointee.stackLimit else {
      throw Trap(.callStackExhausted)
    }
    return top
  }
}
