import CNeedletail
import Needletail
import WasmRuntime

/// Instantiates a module with imports in its order, and runs its start function.
@c @implementation
public func wasm_instance_new(
  _ store: OpaquePointer?, _ module: OpaquePointer?, _ imports: UnsafePointer<wasm_extern_vec_t>?,
  _ trap: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
  trap?.initialize(to: nil)
  guard let store = store.store else { return nil }
  do {
    guard let module = module.module?.module else { throw UseError("expected a module, found NULL") }
    let given = wasm_extern_vec_t.elements(imports)
    let wanted = module.imports
    guard given.count == wanted.count else {
      throw LinkError("expected \(wanted.count) import\(wanted.count == 1 ? "" : "s"), found \(given.count)")
    }
    var items: [Extern] = []
    for (index, item) in given.enumerated() {
      if let external = item.external {
        items.append(external)
      } else {
        throw LinkError("unknown import: \"\(wanted[index].module)\" \"\(wanted[index].name)\" is NULL")
      }
    }
    let instance = try Instance(module, in: store.store, imports: items)
    return Handle(.instance(instance), in: store).owned()
  } catch {
    let reason = store.ownedTrap(for: error)
    if let trap { trap.pointee = reason } else { reason.release() }
    return nil
  }
}

/// The exports of an instance, in the module's order.
@c @implementation
public func wasm_instance_exports(_ instance: OpaquePointer?, _ out: UnsafeMutablePointer<wasm_extern_vec_t>?) {
  guard let store = instance.handle?.store, let instance = instance.instance else {
    out?.initialize(to: .empty)
    return
  }
  out?.initialize(to: wasm_extern_vec_t(instance.exports.map { Handle(.external($0.item), in: store) }))
}
