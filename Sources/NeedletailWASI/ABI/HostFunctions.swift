import Needletail

/// A parameter of a host function: an i32 or i64.
protocol GuestArgument {
  static var type: ValueType { get }
  init(slot: UInt64)
}

extension UInt32: GuestArgument {
  static var type: ValueType { .i32 }
  init(slot: UInt64) { self.init(truncatingIfNeeded: slot) }
}

extension UInt64: GuestArgument {
  static var type: ValueType { .i64 }
  init(slot: UInt64) { self = slot }
}

extension Int64: GuestArgument {
  static var type: ValueType { .i64 }
  init(slot: UInt64) { self.init(bitPattern: slot) }
}

/// The caller of the host function that is running. If the guest has threads, that of the last call to start.
final class CurrentCaller {
  /// Accessed by one thread at a time: by the store's owner, or under the lock if the guest has threads. A dynamic
  /// exclusivity check would cost as much as the call.
  @exclusivity(unchecked) var caller: Caller?
}

/// Defines host functions under one module name.
///
/// A function is a closure over the memory and its arguments that throws an ``Errno``. The guest receives the error's
/// number, or 0. There is one overload per parameter count, because parameter packs cost ten times as much per call (55
/// ns instead of 5, Swift 6.3.1) and need metadata at start.
///
/// Bodies must not capture it: the linker, which owns them, would never end.
struct HostFunctions {
  let linker: Linker
  let snapshot: Snapshot
  /// State shared by the guest's threads; nil if it has none.
  let sharing: ThreadSharing?
  /// Where the caller of each call is stored.
  let callers: CurrentCaller
  /// Called with the function's name after each call. Used only for the log.
  let onReturn: ((String) -> Void)?

  private typealias Slots = UnsafeMutablePointer<UInt64>

  @inline(__always)
  private func define(
    _ name: String, _ types: [ValueType], _ body: @escaping (GuestMemory, Slots) throws(Errno) -> Void
  ) throws {
    let type = FunctionType(parameters: types, results: [.i32])
    try linker.define(
      snapshot.rawValue, name, type: type,
      slots: { [sharing, callers, onReturn] (caller: Caller, slots: Slots) in
        sharing?.lock.lock()
        callers.caller = caller
        defer {
          callers.caller = nil
          onReturn?(name)
          sharing?.lock.unlock()
        }
        guard let memory = caller.exportedMemory() else {
          // Without a memory there is no valid address.
          slots[0] = Self.result(GuestMemory(UnsafeMutableRawBufferPointer(start: nil, count: 0)), slots, body)
          if slots[0] == UInt64(Errno.fault.rawValue) { throw MissingExport(name: "memory", kind: .memory) }
          return
        }
        memory.withUnsafeMutableBytes { slots[0] = Self.result(GuestMemory($0), slots, body) }
        if slots[0] == UInt64(Errno.intr.rawValue) { try Self.endIfInterrupted(caller) }
      })
  }

  /// Traps if the call ended early because the store was interrupted. Returning `EINTR` would let the guest retry
  /// forever.
  ///
  /// - Throws: the trap that tells why.
  @inline(never)
  private static func endIfInterrupted(_ caller: Caller) throws {
    if caller.store.isInterrupted { throw caller.store.interruptionTrap }
  }

  @inline(__always)
  private static func result(
    _ memory: GuestMemory, _ slots: Slots, _ body: (GuestMemory, Slots) throws(Errno) -> Void
  ) -> UInt64 {
    do throws(Errno) {
      try body(memory, slots)
      return 0
    } catch {
      return UInt64(error.rawValue)
    }
  }

  /// Defines a function with one i32 parameter that can end the guest by throwing an ``ExitStatus``.
  func defineEnding(
    _ name: String, results: [ValueType], _ body: @escaping (UInt32) throws -> Errno
  ) throws {
    let type = FunctionType(parameters: [.i32], results: results)
    try linker.define(
      snapshot.rawValue, name, type: type,
      slots: { (_: Caller, slots: Slots) in
        slots[0] = UInt64(try body(UInt32(slot: slots[0])).rawValue)
      })
  }

  func define(_ name: String, _ body: @escaping (GuestMemory) throws(Errno) -> Void) throws {
    try define(name, []) { memory, _ throws(Errno) in try body(memory) }
  }

  func define<A: GuestArgument>(
    _ name: String, _ body: @escaping (GuestMemory, A) throws(Errno) -> Void
  ) throws {
    try define(name, [A.type]) { memory, slots throws(Errno) in try body(memory, A(slot: slots[0])) }
  }

  func define<A: GuestArgument, B: GuestArgument>(
    _ name: String, _ body: @escaping (GuestMemory, A, B) throws(Errno) -> Void
  ) throws {
    try define(name, [A.type, B.type]) { memory, slots throws(Errno) in
      try body(memory, A(slot: slots[0]), B(slot: slots[1]))
    }
  }

  func define<A: GuestArgument, B: GuestArgument, C: GuestArgument>(
    _ name: String, _ body: @escaping (GuestMemory, A, B, C) throws(Errno) -> Void
  ) throws {
    try define(name, [A.type, B.type, C.type]) { memory, slots throws(Errno) in
      try body(memory, A(slot: slots[0]), B(slot: slots[1]), C(slot: slots[2]))
    }
  }

  func define<A: GuestArgument, B: GuestArgument, C: GuestArgument, D: GuestArgument>(
    _ name: String, _ body: @escaping (GuestMemory, A, B, C, D) throws(Errno) -> Void
  ) throws {
    try define(name, [A.type, B.type, C.type, D.type]) { memory, slots throws(Errno) in
      try body(memory, A(slot: slots[0]), B(slot: slots[1]), C(slot: slots[2]), D(slot: slots[3]))
    }
  }

  func define<A: GuestArgument, B: GuestArgument, C: GuestArgument, D: GuestArgument, E: GuestArgument>(
    _ name: String, _ body: @escaping (GuestMemory, A, B, C, D, E) throws(Errno) -> Void
  ) throws {
    try define(name, [A.type, B.type, C.type, D.type, E.type]) { memory, slots throws(Errno) in
      try body(memory, A(slot: slots[0]), B(slot: slots[1]), C(slot: slots[2]), D(slot: slots[3]), E(slot: slots[4]))
    }
  }

  func define<
    A: GuestArgument, B: GuestArgument, C: GuestArgument, D: GuestArgument, E: GuestArgument, F: GuestArgument
  >(
    _ name: String, _ body: @escaping (GuestMemory, A, B, C, D, E, F) throws(Errno) -> Void
  ) throws {
    try define(name, [A.type, B.type, C.type, D.type, E.type, F.type]) { memory, slots throws(Errno) in
      try body(
        memory, A(slot: slots[0]), B(slot: slots[1]), C(slot: slots[2]), D(slot: slots[3]), E(slot: slots[4]),
        F(slot: slots[5]))
    }
  }

  func define<
    A: GuestArgument, B: GuestArgument, C: GuestArgument, D: GuestArgument, E: GuestArgument, F: GuestArgument,
    G: GuestArgument
  >(
    _ name: String, _ body: @escaping (GuestMemory, A, B, C, D, E, F, G) throws(Errno) -> Void
  ) throws {
    try define(name, [A.type, B.type, C.type, D.type, E.type, F.type, G.type]) { memory, slots throws(Errno) in
      try body(
        memory, A(slot: slots[0]), B(slot: slots[1]), C(slot: slots[2]), D(slot: slots[3]), E(slot: slots[4]),
        F(slot: slots[5]), G(slot: slots[6]))
    }
  }

  func define<
    A: GuestArgument, B: GuestArgument, C: GuestArgument, D: GuestArgument, E: GuestArgument, F: GuestArgument,
    G: GuestArgument, H: GuestArgument
  >(
    _ name: String, _ body: @escaping (GuestMemory, A, B, C, D, E, F, G, H) throws(Errno) -> Void
  ) throws {
    try define(name, [A.type, B.type, C.type, D.type, E.type, F.type, G.type, H.type]) { memory, slots throws(Errno) in
      try body(
        memory, A(slot: slots[0]), B(slot: slots[1]), C(slot: slots[2]), D(slot: slots[3]), E(slot: slots[4]),
        F(slot: slots[5]), G(slot: slots[6]), H(slot: slots[7]))
    }
  }

  func define<
    A: GuestArgument, B: GuestArgument, C: GuestArgument, D: GuestArgument, E: GuestArgument, F: GuestArgument,
    G: GuestArgument, H: GuestArgument, I: GuestArgument
  >(
    _ name: String, _ body: @escaping (GuestMemory, A, B, C, D, E, F, G, H, I) throws(Errno) -> Void
  ) throws {
    try define(name, [A.type, B.type, C.type, D.type, E.type, F.type, G.type, H.type, I.type]) {
      memory, slots throws(Errno) in
      try body(
        memory, A(slot: slots[0]), B(slot: slots[1]), C(slot: slots[2]), D(slot: slots[3]), E(slot: slots[4]),
        F(slot: slots[5]), G(slot: slots[6]), H(slot: slots[7]), I(slot: slots[8]))
    }
  }
}
