import WasmInterpreter
import WasmRuntime
import WebAssembly

/// What modules own at run time: instances, memories, tables, globals, and a stack.
///
/// Belongs to one thread at a time: a call on another one, while a call has not returned, is refused with ``StoreInUse``, and so are operations
/// on the heap, tables, globals, memories and tags, which end the process if they cannot throw. All that is made in a store lives as long as it does.
public final class Store {
  public typealias Limits = StoreLimits

  public let engine: Engine
  let state: StoreState
  /// What callers know the store by: see ``Caller``.
  @usableFromInline let life: StoreLife
  private var hostCodes: [UnsafeMutablePointer<FunctionCode>] = []
  /// The public faces of module instances, and their modules.
  var instances: [ObjectIdentifier: WeakInstance] = [:]
  var modules: [ObjectIdentifier: Module] = [:]

  /// - Parameters:
  ///   - engine: the engine whose modules the store will hold.
  ///   - limits: how much they may hold in all.
  /// - Throws: `LimitExceeded` if there is no address space for the stack.
  public convenience init(_ engine: Engine, limits: Limits = Limits()) throws {
    let poisons = engine.configuration.heap.poisonsUnusedMemory
    try self.init(engine, ledger: ResourceLedger(limits, poisonsUnusedMemory: poisons))
  }

  /// Makes a store whose modules may hold, together with those of other stores, what a ledger admits.
  package init(_ engine: Engine, ledger: ResourceLedger) throws {
    self.engine = engine
    state = try StoreState(
      registry: engine.types, ledger: ledger, stackByteCount: engine.configuration.maximumStackSize,
      heapConfiguration: engine.configuration.heap)
    life = StoreLife.begin()
    state.interpretedFrames = InterpretedFrames()
    state.compiledCode = engine.compiler
    life.cell.pointee.store = Unmanaged.passUnretained(self)
    state.interpret = { [unowned state, interpreter = engine.interpreter] function in
      try interpreter.invoke(function, in: state)
    }
  }

  deinit {
    life.end()
    for code in hostCodes { Interpreter.releaseHostCode(code) }
  }

  /// Does something with the store, or with what is in it, while no other thread can.
  ///
  /// - Throws: `StoreInUse` if another thread uses the store; what `body` throws.
  @inline(__always)
  func claimed<R>(_ body: () throws -> R) throws -> R {
    let claim = try state.takeClaim()
    defer { state.giveUpClaim(claim) }
    return try body()
  }

  /// The same, for operations that cannot throw `StoreInUse`: if another thread uses the store, the process ends.
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

  /// Must be called where code of the host's may run: at the end of its operations that allocate.
  func reachSafePoint() {
    if state.context.pointee.hasDeadObjects { state.releaseDeadObjects() }
  }

  /// Keeps a function type that stands for itself; its canonical index. The caller holds the store's claim.
  ///
  /// - Throws: `LimitExceeded` if it has too many parameters or results, or there are too many types; `ArgumentError` if it refers to a type that the engine does not know.
  func hold(_ type: FunctionType) throws -> UInt32 {
    try type.checkArity()
    guard let types = try engine.types.intern(type) else {
      throw engine.unknownType(in: type.parameters + type.results)
    }
    state.hold(types)
    return types.indices[0]
  }

  /// Keeps the concrete type that a type refers to, if it does. The caller holds the store's claim.
  ///
  /// - Throws: `ArgumentError` if the engine does not know it.
  func hold(typeIn type: ValueType) throws {
    guard state.hold(typeIn: type) else { throw engine.unknownType(in: CollectionOfOne(type)) }
  }

  /// Makes a function of the host's known to the store.
  ///
  /// - Parameter body: see `HostFunction.Body`.
  func makeFunction(
    _ type: FunctionType, _ body: @escaping HostFunction.Body
  ) throws -> UnsafeMutablePointer<FunctionReference> {
    try claimed {
      let function = HostFunction(type: type, typeIndex: try hold(type), body: body)
      let code = engine.interpreter.makeHostCode(function)
      hostCodes.append(code)
      do {
        try engine.compiler?.publish(function, in: code)
      } catch {
        throw LimitExceeded("\(error)")
      }
      return state.makeFunction(function, code: code)
    }
  }
}
