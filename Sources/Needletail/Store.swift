import WasmInterpreter
import WasmRuntime
import WebAssembly

/// The run-time state of modules: instances, memories, tables, globals, and a stack. (Core specification 3.0, 4.2.3 "Store".)
///
/// A store belongs to one thread at a time. While a call has not returned, calls on other threads throw ``StoreInUse``. So do operations
/// on the heap and on tables, globals, memories and tags; those that cannot throw end the process. Everything that is created in a store
/// lives as long as the store.
///
/// ```swift
/// let store = try Store(engine, limits: Store.Limits(memoryByteCount: 64 << 20))
/// let instance = try linker.instantiate(module, in: store)
/// ```
public final class Store {
  /// The limits on the resources of a store.
  public typealias Limits = StoreLimits

  /// The engine whose modules the store can hold.
  public let engine: Engine
  let state: StoreState
  /// The handle by which callers know the store: see ``Caller``.
  @usableFromInline let life: StoreLife
  /// The state of the host that belongs to the store, which host functions find with ``Caller/context(_:)``. An object, so that they change
  /// it, rather than a copy.
  ///
  /// ```swift
  /// final class Session {
  ///   var lineCount = 0
  /// }
  /// store.context = Session()
  /// try linker.define("env", "log") { (caller: Caller) in try caller.context(Session.self).lineCount += 1 }
  /// ```
  ///
  /// Like the store, it is used by one thread at a time.
  public var context: AnyObject?
  /// See ``deadline``.
  var timeLimit = StoreDeadline()
  /// See ``refill``.
  let fuelSupply = FuelSupply()
  private var hostCodes: [UnsafeMutablePointer<FunctionCode>] = []
  /// The modules of module instances, and their `Instance` objects.
  var instances: [ObjectIdentifier: KnownInstance] = [:]

  /// Creates a store.
  ///
  /// - Parameters:
  ///   - engine: the engine whose modules the store will hold.
  ///   - limits: the limits on all its instances together.
  /// - Throws: `LimitExceeded` if there is no address space for the stack, or the engine or the process may not have another store.
  public convenience init(_ engine: Engine, limits: Limits = Limits()) throws {
    try self.init(engine, sharing: SharedLimits(limits, for: engine))
  }

  /// Creates a store that shares limits with other stores.
  package init(_ engine: Engine, sharing limits: SharedLimits) throws {
    self.engine = engine
    state = try StoreState(
      interpreter: engine.interpreter, nativeEngine: engine.compiler, registry: engine.types,
      ledger: limits.ledger, stackByteCount: limits.stackByteCount,
      heapConfiguration: engine.configuration.heap)
    life = StoreLife.begin()
    life.cell.pointee.store = Unmanaged.passUnretained(self)
  }

  deinit {
    life.end()
    for code in hostCodes { Interpreter.releaseHostCode(code) }
  }

  /// Whether calls would throw ``StoreInUse`` now: another thread uses the store, or a call by ``Function/callAsync(_:isolation:)`` in
  /// another task has not ended.
  ///
  /// On an actor, other methods can run while one waits for such a call. They can look here before they use properties and functions that
  /// cannot throw, which end the process if the store is in use.
  public var isInUse: Bool {
    do {
      state.giveUpClaim(try state.takeClaim())
      return false
    } catch {
      return true
    }
  }

  /// Calls a closure while the store is claimed, so that no other thread can use it.
  ///
  /// - Throws: `StoreInUse` if another thread uses the store; the errors of `body`.
  @inline(__always)
  func claimed<R>(_ body: () throws -> R) throws -> R {
    let claim = try state.takeClaim()
    defer { state.giveUpClaim(claim) }
    return try body()
  }

  /// The same for operations that cannot throw `StoreInUse`: if another thread uses the store, the process ends.
  @inline(__always)
  func claimedOrEnd<R>(_ body: () throws -> R) rethrows -> R {
    let claim: UInt8
    do { claim = try state.takeClaim() } catch { preconditionFailure("\(error)") }
    defer { state.giveUpClaim(claim) }
    return try body()
  }

  /// The slot of a reference to a Swift object. The caller holds the store's claim.
  ///
  /// - Throws: `Trap` if the heap has no room for it.
  func makeSlot(_ object: AnyObject) throws -> UInt64 {
    guard let slot = state.makeExternalReference(object) else { throw state.trap(.allocationFailure) }
    return slot
  }

  /// Must be called where code of the host can run: at the end of the host's operations that allocate.
  func reachSafePoint() {
    if state.context.pointee.hasDeadObjects { state.releaseDeadObjects() }
  }

  /// Holds a function type on its own, and returns its canonical index. The caller holds the store's claim.
  ///
  /// - Throws: `LimitExceeded` if it has too many parameters or results, or there are too many types; `ArgumentError` if it refers to a
  ///   type that the engine does not know.
  func hold(_ type: FunctionType) throws -> UInt32 {
    try type.checkArity()
    guard let types = try engine.types.intern(type) else {
      throw engine.unknownType(in: type.parameters + type.results)
    }
    state.hold(types)
    return types.indices[0]
  }

  /// Holds the concrete type that a type refers to, if any. The caller holds the store's claim.
  ///
  /// - Throws: `ArgumentError` if the engine does not know it.
  func hold(typeIn type: ValueType) throws {
    guard state.hold(typeIn: type) else { throw engine.unknownType(in: CollectionOfOne(type)) }
  }

  /// The body of a host function, with the charge for its call. (It does not retain the store, which owns the function.)
  private func metered(_ body: @escaping HostFunction.Body) -> HostFunction.Body {
    guard let cost = engine.configuration.fuel?.hostCall, cost > 0 else { return body }
    return { [unowned(unsafe) state] slots, context in
      // The host's own calls cost nothing.
      if context != nil, let code = state.charge(UInt64(cost)) { throw state.chargeError(code) }
      try body(slots, context)
    }
  }

  /// Adds a host function to the store.
  ///
  /// - Parameter body: see `HostFunction.Body`.
  func makeFunction(
    _ type: FunctionType, _ body: @escaping HostFunction.Body
  ) throws -> UnsafeMutablePointer<FunctionReference> {
    try claimed {
      let function = HostFunction(type: type, typeIndex: try hold(type), body: metered(body))
      let code = engine.interpreter.makeHostCode(function, native: engine.compiler)
      hostCodes.append(code)
      return state.makeFunction(function, code: code)
    }
  }
}
