import WasmInterpreter
import WasmRuntime
import WebAssembly

/// What modules own at run time: instances, memories, tables, globals, and a stack.
///
/// Belongs to one thread at a time: a call on another one, while a call has not returned, is refused with ``StoreInUse``, and so are operations
/// on the heap, tables, globals and memories, which end the process if they cannot throw. All that is made in a store lives as long as it does.
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
  public init(_ engine: Engine, limits: Limits = Limits()) throws {
    self.engine = engine
    state = try StoreState(
      registry: engine.types, limits: limits, stackByteCount: engine.configuration.maximumStackSize,
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

  /// Must come before an operation of the host's that cannot throw touches the heap, tables, globals or memories.
  func requireThread() {
    do { try state.checkThread() } catch { preconditionFailure("\(error)") }
  }

  /// Must be called where code of the host's may run: at the end of its operations that allocate.
  func reachSafePoint() {
    if state.context.pointee.hasDeadObjects { state.releaseDeadObjects() }
  }

  /// Keeps a function type that stands for itself; its canonical index.
  ///
  /// - Throws: `LimitExceeded` if it has too many parameters or results, or there are too many types; `ArgumentError` if it refers to a type that the engine does not know.
  func hold(_ type: FunctionType) throws -> UInt32 {
    try state.checkThread()
    try type.checkArity()
    guard let types = try engine.types.intern(type) else {
      throw engine.unknownType(in: type.parameters + type.results)
    }
    state.hold(types)
    return types.indices[0]
  }

  /// Keeps the concrete type that a type refers to, if it does.
  ///
  /// - Throws: `ArgumentError` if the engine does not know it.
  func hold(typeIn type: ValueType) throws {
    try state.checkThread()
    guard state.hold(typeIn: type) else { throw engine.unknownType(in: CollectionOfOne(type)) }
  }

  /// Makes a function of the host's known to the store.
  ///
  /// - Parameter body: see `HostFunction.Body`.
  func makeFunction(
    _ type: FunctionType, _ body: @escaping HostFunction.Body
  ) throws -> UnsafeMutablePointer<FunctionReference> {
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
