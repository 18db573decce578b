import CNeedletail
import Needletail
import WasmCompiler
import WasmRuntime

/// The settings of an engine.
final class ConfigurationObject: Object {
  var configuration = Engine.Configuration()
}

/// An engine.
final class EngineObject: Object {
  let engine: Engine

  init(_ engine: Engine) { self.engine = engine }
}

// MARK: Configuration

/// The default settings.
@c @implementation
public func wasm_config_new() -> OpaquePointer? { ConfigurationObject().owned() }

/// Deletes settings that no engine took over.
@c @implementation
public func wasm_config_delete(_ configuration: OpaquePointer?) { configuration.release() }

/// Changes a setting.
private func change(_ configuration: OpaquePointer?, _ body: (inout Engine.Configuration) -> Void) {
  guard let object = configuration.lent(as: ConfigurationObject.self) else { return }
  body(&object.configuration)
}

/// How code is executed.
@c @implementation
public func needletail_config_set_execution(
  _ configuration: OpaquePointer?, _ execution: needletail_execution_t, _ optimization: needletail_optimization_t
) -> Bool {
  let level: OptimizationLevel
  switch UInt32(optimization) {
  case NEEDLETAIL_OPTIMIZE_NONE.rawValue: level = .none
  case NEEDLETAIL_OPTIMIZE_BASIC.rawValue: level = .basic
  case NEEDLETAIL_OPTIMIZE_AGGRESSIVE.rawValue: level = .aggressive
  default: return false
  }
  let wanted: Engine.Configuration.Execution
  switch UInt32(execution) {
  case NEEDLETAIL_AUTO.rawValue: wanted = .auto
  case NEEDLETAIL_INTERPRETER.rawValue: wanted = .interpreter
  case NEEDLETAIL_JIT.rawValue: wanted = .jit(level)
  default: return false
  }
  change(configuration) { $0.execution = wanted }
  return true
}

/// Whether functions are compiled at their first call.
@c @implementation
public func needletail_config_set_lazy(_ configuration: OpaquePointer?, _ isLazy: Bool) {
  change(configuration) { $0.compilation = isLazy ? .lazy : .eager }
}

/// Whether stores count fuel.
@c @implementation
public func needletail_config_set_fuel(_ configuration: OpaquePointer?, _ isCounted: Bool) {
  change(configuration) { $0.fuel = isCounted ? FuelCosts() : nil }
}

/// Whether loops can be stopped.
@c @implementation
public func needletail_config_set_interruptible(_ configuration: OpaquePointer?, _ isInterruptible: Bool) {
  change(configuration) { $0.isInterruptible = isInterruptible }
}

/// Whether results are the same on every machine.
@c @implementation
public func needletail_config_set_deterministic(_ configuration: OpaquePointer?, _ isDeterministic: Bool) {
  change(configuration) { $0.isDeterministic = isDeterministic }
}

/// Whether code checks each access to a memory.
@c @implementation
public func needletail_config_set_checks_bounds(_ configuration: OpaquePointer?, _ checksBounds: Bool) {
  change(configuration) { $0.checksBounds = checksBounds }
}

/// The size of the stack of Wasm frames.
@c @implementation
public func needletail_config_set_max_stack_size(_ configuration: OpaquePointer?, _ byteCount: Int) {
  change(configuration) { $0.maximumStackSize = byteCount < 0 ? .max : byteCount }
}

// MARK: Engines

/// An engine with the default settings.
@c @implementation
public func wasm_engine_new() -> OpaquePointer? { EngineObject(Engine()).owned() }

/// An engine that takes over its settings.
@c @implementation
public func wasm_engine_new_with_config(_ configuration: OpaquePointer?) -> OpaquePointer? {
  let object = configuration.taken(as: ConfigurationObject.self)
  return EngineObject(Engine(object?.configuration ?? Engine.Configuration())).owned()
}

/// Ends the use of an engine, which exists as long as its stores.
@c @implementation
public func wasm_engine_delete(_ engine: OpaquePointer?) { engine.release() }

private let version = Engine.version.utf8CString.withUnsafeBufferPointer { text in
  let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
  for (index, character) in text.enumerated() { copy[index] = character }
  return UInt(bitPattern: copy)
}

/// The version of Needletail.
@c @implementation
public func needletail_version() -> UnsafePointer<CChar>? { UnsafePointer(bitPattern: version) }
