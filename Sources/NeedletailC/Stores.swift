import CNeedletail
import Needletail
import WasmRuntime

/// A store, with what the C API keeps for it.
final class StoreObject: Object {
  let store: Store
  /// The host info of the store's items, by their identity. They exist as long as the store.
  var infos: [UInt: HostInfo] = [:]
  /// The trap that a callback returned, while it passes through calls of Wasm.
  var pendingTrap: TrapObject?
  /// Why the last function failed.
  var lastError = ""

  init(_ store: Store) { self.store = store }

  /// Runs `body`, and keeps the reason if it fails.
  func attempt<R>(_ body: () throws -> R) -> R? {
    do {
      return try body()
    } catch {
      _ = trap(for: error)
      return nil
    }
  }
}

/// The C API was used in a way that it does not allow.
struct UseError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

extension OpaquePointer? {
  /// The store; nil for NULL.
  var store: StoreObject? { lent() }
}

extension needletail_limits_t {
  /// The limits of stores without others. Programs of the C API create and delete instances, which last as long as their store, so their
  /// number is not limited.
  static let standard: needletail_limits_t = {
    let limits = Store.Limits()
    return needletail_limits_t(
      total_bytes: limits.totalByteCount, memory_bytes: limits.memoryByteCount,
      table_elements: limits.tableElementCount, heap_bytes: limits.heapByteCount, instances: .max,
      memories: UInt64(limits.memoryCount), tables: UInt64(limits.tableCount), stack_bytes: 0)
  }()

  /// The limits for a store.
  var limits: Store.Limits {
    Store.Limits(
      memoryByteCount: memory_bytes, tableElementCount: table_elements, instanceCount: Int(clamping: instances),
      memoryCount: Int(clamping: memories), tableCount: Int(clamping: tables), heapByteCount: heap_bytes,
      totalByteCount: total_bytes, stackByteCount: stack_bytes == 0 ? nil : Int(clamping: stack_bytes))
  }
}

private func makeStore(_ engine: OpaquePointer?, _ limits: needletail_limits_t) -> OpaquePointer? {
  guard let engine = engine.lent(as: EngineObject.self)?.engine else { return nil }
  guard let store = try? Store(engine, limits: limits.limits) else { return nil }
  return StoreObject(store).owned()
}

/// A store.
@c @implementation
public func wasm_store_new(_ engine: OpaquePointer?) -> OpaquePointer? { makeStore(engine, .standard) }

/// Ends the use of a store, which exists as long as references to its objects.
@c @implementation
public func wasm_store_delete(_ store: OpaquePointer?) { store.release() }

/// Sets limits to their defaults.
@c @implementation
public func needletail_limits_init(_ limits: UnsafeMutablePointer<needletail_limits_t>?) {
  limits?.initialize(to: .standard)
}

/// A store with limits.
@c @implementation
public func needletail_store_new(
  _ engine: OpaquePointer?, _ limits: UnsafePointer<needletail_limits_t>?
) -> OpaquePointer? {
  makeStore(engine, limits?.pointee ?? .standard)
}

/// Why the last function failed.
@c @implementation
public func needletail_store_error(_ store: OpaquePointer?, _ out: UnsafeMutablePointer<wasm_message_t>?) {
  out?.initialize(to: wasm_message_t(message: store.store?.lastError ?? ""))
}

/// The fuel that is left.
@c @implementation
public func needletail_store_fuel(_ store: OpaquePointer?) -> UInt64 { store.store?.store.fuel ?? 0 }

/// Sets the fuel that is left.
@c @implementation
public func needletail_store_set_fuel(_ store: OpaquePointer?, _ fuel: UInt64) { store.store?.store.fuel = fuel }

extension ContinuousClock.Instant {
  /// A time from now; nil for a number that stands for none.
  init?(timeout nanoseconds: UInt64) {
    guard nanoseconds != .max else { return nil }
    self = .now + .nanoseconds(Int64(clamping: nanoseconds))
  }
}

/// Stops code that runs later.
@c @implementation
public func needletail_store_set_timeout(_ store: OpaquePointer?, _ nanoseconds: UInt64) {
  store.store?.store.deadline = ContinuousClock.Instant(timeout: nanoseconds)
}

/// Collects garbage now.
@c @implementation
public func needletail_store_collect_garbage(_ store: OpaquePointer?) { store.store?.store.collectGarbage() }

// MARK: Interruption

/// Stops code of a store from any thread.
final class InterruptObject: Object {
  let handle: InterruptHandle

  init(_ handle: InterruptHandle) { self.handle = handle }
}

/// A handle that stops the store's code.
@c @implementation
public func needletail_interrupt_new(_ store: OpaquePointer?) -> OpaquePointer? {
  store.store.map { InterruptObject($0.store.interruptHandle).owned() }
}

/// Ends the use of the handle.
@c @implementation
public func needletail_interrupt_delete(_ interrupt: OpaquePointer?) { interrupt.release() }

/// Stops code of the store, now and later.
@c @implementation
public func needletail_interrupt_request(_ interrupt: OpaquePointer?) {
  interrupt.lent(as: InterruptObject.self)?.handle.interrupt()
}

/// Allows code of the store to run again.
@c @implementation
public func needletail_interrupt_reset(_ interrupt: OpaquePointer?) {
  interrupt.lent(as: InterruptObject.self)?.handle.reset()
}
