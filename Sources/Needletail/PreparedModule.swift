import WasmRuntime
import WebAssembly

/// A module whose imports are resolved, for many instances: what other runtimes call `InstancePre`.
///
/// Names and types of imports are looked up once, by ``Linker/prepare(_:)``. Data segments of some size become an image, whose pages
/// instances share until they write to them. A prepared module can be used on several threads at once, each with stores of its own.
///
/// ```swift
/// let linker = Linker(engine)
/// try linker.define("env", "log", inEachStore: { store in
///   try Function(store) { (_: Caller, x: Int32) in print(x) }
/// })
/// let prepared = try linker.prepare(Module(engine, bytes: bytes))
/// for request: Int32 in 1...3 {
///   let instance = try prepared.instantiate(in: Store(engine))
///   try instance.function("handle")!.call([.i32(request)])
/// }
/// ```
public struct PreparedModule: Sendable {
  /// The module.
  public let module: Module
  private let imports: [Import]

  enum Import: Sendable {
    case function(@Sendable (Store) throws -> Function)
    case sharedMemory(SharedMemory)
  }

  init(_ module: Module, imports: [Import]) {
    self.module = module
    self.imports = imports
  }

  /// Creates an instance and runs the module's start function.
  ///
  /// - Parameter store: the store that will own the instance.
  /// - Throws: `LinkError` if the store belongs to another engine, or a function is created with another type than before; `StoreInUse` if
  ///   a call on another thread has not returned; `LimitExceeded`; `Trap` if a segment does not fit or the start function traps; the errors
  ///   of the closures that create functions.
  public func instantiate(in store: Store) throws -> Instance {
    guard store.engine === module.engine else {
      throw LinkError("the store belongs to another engine than the prepared module")
    }
    return try store.claimed {
      try Instance(of: module, in: store) { try imports.enumerated().map { try make($1, at: $0, in: store) } }
    }
  }

  private func make(_ item: Import, at index: Int, in store: Store) throws -> ExternalValue {
    switch item {
    case .function(let make):
      let function = try make(store)
      guard function.store === store else {
        throw LinkError("\(module.structure.imports[index].quotedName) belongs to another store")
      }
      return .function(function.reference)
    case .sharedMemory(let memory): return .memory(try Memory(store, shared: memory).instance)
    }
  }
}
