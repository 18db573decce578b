import CNeedletail
import Needletail
import WasmBinary
import WasmText
import WasmValidation
import WebAssembly

/// The bytes of an argument; nil for NULL.
private func bytes(_ vector: UnsafePointer<wasm_byte_vec_t>?) -> [UInt8]? { vector?.pointee.bytes }

/// An `own` module.
private func makeModule(_ store: OpaquePointer?, _ body: (StoreObject) throws -> Needletail.Module) -> OpaquePointer? {
  guard let store = store.store, let module = store.attempt({ try body(store) }) else { return nil }
  return Handle(.module(ModuleObject(module)), in: store).owned()
}

/// Decodes and validates a module, and compiles it if the engine does.
@c @implementation
public func wasm_module_new(_ store: OpaquePointer?, _ binary: UnsafePointer<wasm_byte_vec_t>?) -> OpaquePointer? {
  makeModule(store) { try Needletail.Module($0.store.engine, bytes: bytes(binary) ?? []) }
}

/// Whether bytes are a valid module.
@c @implementation
public func wasm_module_validate(_ store: OpaquePointer?, _ binary: UnsafePointer<wasm_byte_vec_t>?) -> Bool {
  guard let store = store.store else { return false }
  let configuration = store.store.engine.configuration
  let result: Void? = store.attempt {
    let module = try Decoder.decode(bytes(binary) ?? [], limits: configuration.moduleLimits)
    do throws(LoadingError) {
      try Validator.validate(module, features: configuration.features)
    } catch {
      throw error.underlying
    }
  }
  return result != nil
}

/// The imports of a module.
@c @implementation
public func wasm_module_imports(_ module: OpaquePointer?, _ out: UnsafeMutablePointer<wasm_importtype_vec_t>?) {
  let module = module.module?.module
  let imports = module?.imports.map { item in
    ImportTypeObject(StoredName(item.module), StoredName(item.name), .of(item.type, module!.top(of:)))
  }
  out?.initialize(to: wasm_importtype_vec_t(imports ?? []))
}

/// The exports of a module.
@c @implementation
public func wasm_module_exports(_ module: OpaquePointer?, _ out: UnsafeMutablePointer<wasm_exporttype_vec_t>?) {
  let module = module.module?.module
  let exports = module?.exports.map { ExportTypeObject(StoredName($0.name), .of($0.type, module!.top(of:))) }
  out?.initialize(to: wasm_exporttype_vec_t(exports ?? []))
}

extension Needletail.Module {
  /// The root of the hierarchy of a heap type, in the module's indices.
  fileprivate func top(of type: HeapType) -> HeapType? {
    (type.typeIndex.map { heapType($0) } ?? type).flatMap { engine.top(of: $0) }
  }
}

// MARK: Serialization

/// The module with its machine code, or the module alone if the engine interprets.
@c @implementation
public func wasm_module_serialize(_ module: OpaquePointer?, _ out: UnsafeMutablePointer<wasm_byte_vec_t>?) {
  guard let handle = module.handle, case .module(let module) = handle.content else {
    out?.initialize(to: .empty)
    return
  }
  if let artifact = try? module.module.artifact() {
    out?.initialize(to: wasm_byte_vec_t(artifact))
  } else {
    let bytes = handle.store?.attempt {
      try module.module.structure.bytes.load(0..<module.module.structure.bytes.count)
      return module.module.structure.bytes[0..<module.module.structure.bytes.count]
    }
    out?.initialize(to: bytes.map { wasm_byte_vec_t(Array($0)) } ?? .empty)
  }
}

/// A module that was serialized. Unsafe: its machine code runs outside the sandbox.
@c @implementation
public func wasm_module_deserialize(
  _ store: OpaquePointer?, _ serialized: UnsafePointer<wasm_byte_vec_t>?
) -> OpaquePointer? {
  makeModule(store) { store in
    let bytes = bytes(serialized) ?? []
    guard Artifact.isArtifact(bytes) else { return try Needletail.Module(store.store.engine, bytes: bytes) }
    return try Needletail.Module(store.store.engine, unsafeArtifact: Artifact(bytes))
  }
}

// MARK: Sharing

/// The module for other threads.
@c @implementation
public func wasm_module_share(_ module: OpaquePointer?) -> OpaquePointer? {
  module.module.map { SharedModuleObject($0.module).owned() }
}

/// A module of another thread, for a store of its engine.
@c @implementation
public func wasm_module_obtain(_ store: OpaquePointer?, _ shared: OpaquePointer?) -> OpaquePointer? {
  guard let module = shared.lent(as: SharedModuleObject.self)?.module else { return nil }
  return makeModule(store) { store in
    guard store.store.engine === module.engine else { throw UseError("the module belongs to another engine") }
    return module
  }
}

/// Ends the use of a shared module.
@c @implementation
public func wasm_shared_module_delete(_ shared: OpaquePointer?) { shared.release() }

// MARK: Text format

/// The binary of a module in the text format.
@c @implementation
public func needletail_wat2wasm(
  _ text: UnsafePointer<wasm_byte_vec_t>?, _ binary: UnsafeMutablePointer<wasm_byte_vec_t>?,
  _ error: UnsafeMutablePointer<wasm_message_t>?
) -> Bool {
  do throws(ParseError) {
    let module = try assemble(bytes(text) ?? [])
    binary?.initialize(to: wasm_byte_vec_t(module))
    return true
  } catch let reason {
    binary?.initialize(to: .empty)
    error?.initialize(to: wasm_message_t(message: "\(reason)"))
    return false
  }
}
