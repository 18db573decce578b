import CNeedletail
import Needletail
import WasmRuntime
import WebAssembly

/// A reference of the C API: a `wasm_ref_t`, and each of the types that can be viewed as one.
///
/// Several handles can be about the same object. Copies are the same handle.
final class Handle: Object {
  /// Keeps the store; nil for objects that exist apart from stores.
  let store: StoreObject?
  let content: Content

  enum Content {
    case external(Extern)
    case instance(Instance)
    case module(ModuleObject)
    case trap(TrapObject)
    case foreign(ForeignObject)
    /// A structure, array, `i31` or exception.
    case reference(Reference)
  }

  init(_ content: Content, in store: StoreObject?) {
    self.content = content
    self.store = store
  }

  /// The object of which the host info is, if it holds it itself.
  private var informed: InformedObject? {
    switch content {
    case .module(let module): module
    case .trap(let trap): trap
    case .foreign(let foreign): foreign
    default: nil
    }
  }

  /// The address of an object of the store.
  private var identity: UInt? {
    switch content {
    case .external(let item): item.identity
    case .instance(let instance): instance.identity
    default: nil
    }
  }

  var info: HostInfo? {
    get { informed?.info ?? identity.flatMap { store?.infos[$0] } }
    set {
      // The old one's finalizer may use the object, and its store.
      let old = info
      if let informed {
        informed.info = newValue
      } else if let identity {
        store?.infos[identity] = newValue
      }
      withExtendedLifetime(old) {}
    }
  }

  /// Whether both are the same object.
  func isSame(as other: Handle) -> Bool {
    switch (content, other.content) {
    case (.module(let a), .module(let b)): return a.module === b.module
    case (.trap(let a), .trap(let b)): return a === b
    case (.foreign(let a), .foreign(let b)): return a === b
    case (.reference(let a), .reference(let b)): return a.isIdentical(to: b)
    default:
      guard let identity, store === other.store else { return false }
      return identity == other.identity
    }
  }
}

/// An object of the host, which Wasm holds as an `externref`. It does not keep the store, whose heap keeps it.
final class ForeignObject: InformedObject {}

/// A module, as one call of `wasm_module_new` or `wasm_module_obtain` returned it.
final class ModuleObject: InformedObject {
  let module: Needletail.Module

  init(_ module: Needletail.Module) { self.module = module }
}

/// A module that can be passed to other threads.
final class SharedModuleObject: Object {
  let module: Needletail.Module

  init(_ module: Needletail.Module) { self.module = module }
}

extension Optional where Wrapped == OpaquePointer {
  /// The handle of a reference.
  var handle: Handle? { lent(as: Handle.self) }

  var external: Extern? { if case .external(let item)? = handle?.content { item } else { nil } }
  var function: Function? { if case .function(let function)? = external { function } else { nil } }
  var global: Global? { if case .global(let global)? = external { global } else { nil } }
  var table: Table? { if case .table(let table)? = external { table } else { nil } }
  var memory: Memory? { if case .memory(let memory)? = external { memory } else { nil } }
  var instance: Instance? { if case .instance(let instance)? = handle?.content { instance } else { nil } }
  var module: ModuleObject? { if case .module(let module)? = handle?.content { module } else { nil } }
  var trap: TrapObject? { if case .trap(let trap)? = handle?.content { trap } else { nil } }
  var foreign: ForeignObject? { if case .foreign(let foreign)? = handle?.content { foreign } else { nil } }
}
