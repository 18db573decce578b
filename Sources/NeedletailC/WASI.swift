import CNeedletail
import Needletail
import NeedletailWASI

/// What a program is granted.
final class WASIConfigurationObject: Object {
  var configuration = WASI.Configuration()
  var output: OutputBuffer?
  var errors: OutputBuffer?
}

/// One program's WASI.
final class WASIObject: Object {
  let store: StoreObject
  let wasi: WASI
  let linker: Linker
  let output: OutputBuffer?
  let errors: OutputBuffer?

  init(_ store: StoreObject, _ configuration: WASIConfigurationObject) throws {
    self.store = store
    wasi = try WASI(configuration.configuration)
    linker = Linker(store.store.engine)
    output = configuration.output
    errors = configuration.errors
    try wasi.link(into: linker)
  }
}

// MARK: Configuration

/// A configuration that grants nothing.
@c @implementation
public func needletail_wasi_config_new() -> OpaquePointer? { WASIConfigurationObject().owned() }

/// Deletes a configuration.
@c @implementation
public func needletail_wasi_config_delete(_ configuration: OpaquePointer?) { configuration.release() }

private func change(_ configuration: OpaquePointer?, _ body: (WASIConfigurationObject) -> Void) {
  if let object = configuration.lent(as: WASIConfigurationObject.self) { body(object) }
}

/// The bytes of zero-terminated strings, up to the first NULL.
private func strings(_ count: Int, _ pointers: UnsafePointer<UnsafePointer<CChar>?>?) -> [[UInt8]] {
  guard let pointers, count > 0 else { return [] }
  var strings: [[UInt8]] = []
  for index in 0..<count {
    guard let pointer = pointers[index] else { break }
    var length = 0
    while pointer[length] != 0 { length += 1 }
    strings.append([UInt8](UnsafeRawBufferPointer(start: pointer, count: length)))
  }
  return strings
}

/// The arguments, the program's name first.
@c @implementation
public func needletail_wasi_config_set_argv(
  _ configuration: OpaquePointer?, _ count: Int, _ arguments: UnsafePointer<UnsafePointer<CChar>?>?
) {
  change(configuration) { $0.configuration.argumentBytes = strings(count, arguments) }
}

/// The environment variables.
@c @implementation
public func needletail_wasi_config_set_env(
  _ configuration: OpaquePointer?, _ count: Int, _ names: UnsafePointer<UnsafePointer<CChar>?>?,
  _ values: UnsafePointer<UnsafePointer<CChar>?>?
) {
  let text = { (bytes: [UInt8]) in String(decoding: bytes, as: UTF8.self) }
  change(configuration) {
    $0.configuration.environment = zip(strings(count, names), strings(count, values)).map { (text($0), text($1)) }
  }
}

/// Gives the program the standard input of this process.
@c @implementation
public func needletail_wasi_config_inherit_stdin(_ configuration: OpaquePointer?) {
  change(configuration) { $0.configuration.standardInput = .inherit }
}

/// Gives the program the standard output of this process.
@c @implementation
public func needletail_wasi_config_inherit_stdout(_ configuration: OpaquePointer?) {
  change(configuration) { $0.configuration.standardOutput = .inherit }
}

/// Gives the program the standard error of this process.
@c @implementation
public func needletail_wasi_config_inherit_stderr(_ configuration: OpaquePointer?) {
  change(configuration) { $0.configuration.standardError = .inherit }
}

/// Gives the program bytes as its standard input.
@c @implementation
public func needletail_wasi_config_set_stdin(
  _ configuration: OpaquePointer?, _ bytes: UnsafePointer<wasm_byte_vec_t>?
) {
  change(configuration) { $0.configuration.standardInput = .bytes(bytes?.pointee.bytes ?? []) }
}

/// Keeps what the program writes to its standard output.
@c @implementation
public func needletail_wasi_config_capture_stdout(_ configuration: OpaquePointer?, _ limit: Int) {
  change(configuration) {
    let buffer = OutputBuffer(limit: limit < 0 ? .max : limit)
    $0.output = buffer
    $0.configuration.standardOutput = .buffer(buffer)
  }
}

/// Keeps what the program writes to its standard error.
@c @implementation
public func needletail_wasi_config_capture_stderr(_ configuration: OpaquePointer?, _ limit: Int) {
  change(configuration) {
    let buffer = OutputBuffer(limit: limit < 0 ? .max : limit)
    $0.errors = buffer
    $0.configuration.standardError = .buffer(buffer)
  }
}

/// Grants a directory.
@c @implementation
public func needletail_wasi_config_preopen_dir(
  _ configuration: OpaquePointer?, _ hostPath: UnsafePointer<CChar>?, _ guestPath: UnsafePointer<CChar>?,
  _ isReadOnly: Bool
) {
  guard let hostPath, let guestPath else { return }
  let preopen = WASI.Preopen(
    hostPath: String(cString: hostPath), guestPath: String(cString: guestPath),
    access: isReadOnly ? .readOnly : .readWrite)
  change(configuration) { $0.configuration.preopens.append(preopen) }
}

// MARK: Programs

/// WASI for one program.
@c @implementation
public func needletail_wasi_new(_ store: OpaquePointer?, _ configuration: OpaquePointer?) -> OpaquePointer? {
  let configuration = configuration.taken(as: WASIConfigurationObject.self) ?? WASIConfigurationObject()
  guard let store = store.store else { return nil }
  return store.attempt { try WASIObject(store, configuration).owned() }
}

/// Ends the use of WASI by the host; instances that import it keep it.
@c @implementation
public func needletail_wasi_delete(_ wasi: OpaquePointer?) { wasi.release() }

/// The imports of a module that WASI defines.
@c @implementation
public func needletail_wasi_imports(
  _ wasi: OpaquePointer?, _ module: OpaquePointer?, _ out: UnsafeMutablePointer<wasm_extern_vec_t>?
) {
  guard let wasi = wasi.lent(as: WASIObject.self), let module = module.module?.module else {
    out?.initialize(to: .empty)
    return
  }
  let items = module.imports.map { item -> OpaquePointer? in
    let definition = wasi.store.attempt { try wasi.linker.definition(item.module, item.name, in: wasi.store.store) }
    return (definition ?? nil).map { Handle(.external($0), in: wasi.store).owned() }
  }
  out?.initialize(to: wasm_extern_vec_t(owning: items))
}

/// Runs a program.
@c @implementation
public func needletail_wasi_start(
  _ wasi: OpaquePointer?, _ instance: OpaquePointer?, _ status: UnsafeMutablePointer<Int32>?
) -> OpaquePointer? {
  guard let wasi = wasi.lent(as: WASIObject.self) else {
    return Handle(.trap(TrapObject("expected WASI, found NULL", NEEDLETAIL_TRAP_ERROR)), in: nil).owned()
  }
  do {
    guard let instance = instance.instance else { throw UseError("expected an instance, found NULL") }
    let code = try wasi.wasi.start(instance)
    wasi.store.pendingTrap = nil
    status?.pointee = code
    return nil
  } catch {
    return wasi.store.ownedTrap(for: error)
  }
}

/// What the program has written to its standard output.
@c @implementation
public func needletail_wasi_stdout(_ wasi: OpaquePointer?, _ out: UnsafeMutablePointer<wasm_byte_vec_t>?) {
  out?.initialize(to: wasm_byte_vec_t(wasi.lent(as: WASIObject.self)?.output?.bytes ?? []))
}

/// What the program has written to its standard error.
@c @implementation
public func needletail_wasi_stderr(_ wasi: OpaquePointer?, _ out: UnsafeMutablePointer<wasm_byte_vec_t>?) {
  out?.initialize(to: wasm_byte_vec_t(wasi.lent(as: WASIObject.self)?.errors?.bytes ?? []))
}
