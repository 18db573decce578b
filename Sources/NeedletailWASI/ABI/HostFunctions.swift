import Needletail

/// A parameter of a host function: an i32 or i64 of the guest's.
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

/// Who calls a function, during the call; of a guest with threads, the one that called last.
final class CurrentCaller {
  /// Belongs to whoever may call, so that two accesses never overlap; checking that would cost as much as a call.
  @exclusivity(unchecked) var caller: Caller?
}

/// Where the functions of one snapshot are defined.
///
/// A function is a closure from memory and arguments that throws an ``Errno``; the guest gets its number, or 0. There is one
/// form for each count of parameters because parameter packs would cost ten times as much per call (55 ns against 5,
/// Swift 6.3.1) and metadata at start.
struct HostFunctions {
  let linker: Linker
  let snapshot: Snapshot
  /// What the threads of the guest share, if it has any.
  let sharing: ThreadSharing?
  /// Who calls at present.
  let callers: CurrentCaller
  /// Called with a function's name when it has done its work; only the log needs it.
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
          // A guest without memory has no valid address.
          slots[0] = Self.result(GuestMemory(UnsafeMutableRawBufferPointer(start: nil, count: 0)), slots, body)
          return
        }
        memory.withUnsafeMutableBytes { slots[0] = Self.result(GuestMemory($0), slots, body) }
        if slots[0] == UInt64(Errno.intr.rawValue) { try Self.endIfInterrupted(caller) }
      })
  }

  /// - Throws: the trap "interrupted", if that is why a call did not wait any longer. The guest could try again for ever.
  @inline(never)
  private static func endIfInterrupted(_ caller: Caller) throws {
    if caller.store.interruptHandle.isInterrupted { throw Trap(.interrupted) }
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

  /// Defines a function of one i32 that can end the guest, by an ``ExitStatus``.
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
