import WasmRuntime
import WebAssembly

/// A WebAssembly exception, as a Swift error. (Core specification 3.0, 4.2.12 "Exception Instances".)
///
/// Calls of functions throw what Wasm throws and does not catch. What a host function throws, Wasm can catch:
///
/// ```swift
/// let tag = try Tag(store, type: FunctionType(parameters: [.i32]))
/// let fail = try Function(store) { (caller: Caller, code: Int32) in throw try Exception(tag, [.i32(code)]) }
/// ```
///
/// Other errors of Swift's pass through Wasm without being caught, by `catch_all` neither.
///
/// An exception belongs to its store, but is Sendable, as all errors have to be. So what it holds can be had only where that store is:
///
/// ```swift
/// do { try run.call() } catch let error as Exception where error.has(tag) {
///   print(try error.payload(in: store))
/// }
/// ```
///
/// (Unchecked Sendable: tag, values and store of an exception are not handed out but to code that has the store, which is not Sendable. The rest
/// is done under the store's claim, or only reads what never changes.)
public struct Exception: Error, @unchecked Sendable {
  let tag: Tag
  let payload: [Value]
  private let makeBacktrace: (() -> [Trap.Frame])?

  /// Makes an exception to be thrown by a host function.
  ///
  /// - Throws: `ArgumentError` if the payload is not of the tag's types.
  public init(_ tag: Tag, _ payload: [Value] = []) throws {
    try Function.check(payload, as: tag.type.parameters, tag.store, what: "values of payload")
    self.tag = tag
    self.payload = payload
    makeBacktrace = nil
  }

  /// An exception that ended an activation.
  init(_ exception: WasmException, in store: Store) {
    tag = Tag(exception.tag, in: store)
    payload = exception.payload.withUnsafeBufferPointer { slots in
      guard var slot = slots.baseAddress else { return [] }
      return Tag(exception.tag, in: store).type.parameters.map { type in
        defer { slot += type.slotCount }
        return Value(slot, as: type, in: store)
      }
    }
    makeBacktrace = exception.backtrace
  }

  /// Whether this is an exception of a tag.
  public func has(_ tag: Tag) -> Bool { self.tag == tag }

  /// Its tag.
  ///
  /// - Throws: `ArgumentError` if the exception belongs to another store.
  public func tag(in store: Store) throws -> Tag {
    try check(store)
    return tag
  }

  /// The values that were thrown with it, of the types that its tag has as parameters.
  ///
  /// - Throws: `ArgumentError` if the exception belongs to another store.
  public func payload(in store: Store) throws -> [Value] {
    try check(store)
    return payload
  }

  private func check(_ store: Store) throws {
    guard tag.store === store else { throw ArgumentError("the exception belongs to another store") }
  }

  /// The Wasm frames that were active when it was thrown, innermost first; none before it was thrown in Wasm.
  ///
  /// - Complexity: O(size of the functions in it). Exceptions whose backtrace nobody asks for cost nothing of this.
  public var backtrace: [Trap.Frame] { makeBacktrace?() ?? [] }

  /// What happened, without the backtrace: tag and payload.
  public var message: String {
    let values = payload.map { value in
      switch value {
      case .i32, .i64, .f32, .f64: "\(value.type) \(value)"
      default: "\(value)"
      }
    }
    // While another thread uses the store, the name cannot be looked up.
    let name = try? tag.store.claimed { tag.name }
    return "uncaught exception: \(name ?? "tag") (\(values.joined(separator: ", ")))"
  }
}

extension Exception: CustomStringConvertible {
  public var description: String { Trap.description("\(message)", backtrace: backtrace) }
}

extension Exception: WasmExceptionConvertible {
  package func wasmException(in state: StoreState) throws -> WasmException? {
    guard tag.store.state === state else { return nil }
    let temporary = UnsafeMutablePointer<UInt64>.allocate(capacity: 2)
    defer { temporary.deallocate() }
    var slots: [UInt64] = []
    for value in payload {
      try value.write(temporary, in: tag.store)
      let count = value.type.slotCount
      slots += UnsafeBufferPointer(start: temporary, count: count)
      state.heap.temporaries += UnsafeBufferPointer(start: temporary, count: count)
    }
    return WasmException(tag: tag.instance, payload: slots, backtrace: makeBacktrace)
  }
}
