import WasmRuntime
import WebAssembly

/// A WebAssembly exception, as a Swift error. (Core specification 3.0, 4.2.16 "Exception Instances".)
///
/// Calls throw the exceptions that Wasm throws and does not catch. Wasm can catch the exceptions that a host function throws:
///
/// ```swift
/// let tag = try Tag(store, type: FunctionType(parameters: [.i32]))
/// let fail = try Function(store) { (caller: Caller, code: Int32) in throw try Exception(tag, [.i32(code)]) }
/// ```
///
/// Other Swift errors pass through Wasm without being caught, even by `catch_all`.
///
/// An exception belongs to its store, but is Sendable, as all errors must be. So its contents are accessible only with that store:
///
/// ```swift
/// do { try run.call() } catch let error as Exception where error.has(tag) {
///   print(try error.payload(in: store))
/// }
/// ```
///
/// (`@unchecked Sendable`: tag, values and store of an exception are accessible only to code that has the store, which is not Sendable.
/// Everything else is done under the store's claim, or only reads what never changes.)
public struct Exception: Error, @unchecked Sendable {
  let tag: Tag
  let payload: [Value]
  private let makeBacktrace: (() -> [Trap.Frame])?

  /// Creates an exception for a host function to throw.
  ///
  /// - Parameters:
  ///   - tag: the tag of the exception.
  ///   - payload: the values that it carries, of the types of the tag's parameters.
  /// - Throws: `ArgumentError` if the payload does not have the tag's types.
  public init(_ tag: Tag, _ payload: [Value] = []) throws {
    try Function.check(payload, as: tag.type.parameters, tag.store, what: "payload value")
    self.tag = tag
    self.payload = payload
    makeBacktrace = nil
  }

  /// An exception that ended a call.
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

  /// Whether the exception has this tag.
  public func has(_ tag: Tag) -> Bool { self.tag == tag }

  /// The tag of the exception.
  ///
  /// - Throws: `ArgumentError` if the exception belongs to another store.
  public func tag(in store: Store) throws -> Tag {
    try check(store)
    return tag
  }

  /// The values that the exception carries, of the types of its tag's parameters.
  ///
  /// - Throws: `ArgumentError` if the exception belongs to another store.
  public func payload(in store: Store) throws -> [Value] {
    try check(store)
    return payload
  }

  private func check(_ store: Store) throws {
    guard tag.store === store else { throw ArgumentError("the exception belongs to another store") }
  }

  /// The Wasm frames that were active when it was thrown, innermost first; empty if it was not thrown in Wasm.
  ///
  /// - Complexity: O(size of the functions in it). It is computed on demand, so that exceptions whose backtrace is not read do not pay
  ///   for it.
  public var backtrace: [Trap.Frame] { makeBacktrace?() ?? [] }

  /// Tag and payload as text, without the backtrace.
  public var message: String {
    let values = payload.map { value in
      switch value {
      case .i32, .i64, .f32, .f64: "\(value.type) \(value)"
      default: "\(value)"
      }
    }
    // The name cannot be looked up while another thread uses the store.
    let name = try? tag.store.claimed { tag.name }
    return "uncaught exception: \(name ?? "tag") (\(values.joined(separator: ", ")))"
  }
}

extension Exception: CustomStringConvertible {
  /// Message and backtrace.
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
