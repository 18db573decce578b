import Foundation
import Needletail
import Testing
import WasmRuntime

/// Guarantees of atomic instructions between threads, for each engine. Few rounds run by default;
/// `NEEDLETAIL_LITMUS_FACTOR` multiplies them, and `NEEDLETAIL_LITMUS_ENGINE` selects one engine: `interpreter` or
/// `jit`.
@Suite(.serialized) struct LitmusTests {
  static let factor = Environment.number("NEEDLETAIL_LITMUS_FACTOR") ?? 1
  static let engines: [Engine.Configuration.Execution] =
    switch ProcessInfo.processInfo.environment["NEEDLETAIL_LITMUS_ENGINE"] {
    case "interpreter": [.interpreter]
    case "jit": [.jit(.none), .jit(.aggressive)]
    default: [.interpreter, .jit(.none), .jit(.aggressive)]
    }

  private static func configuration(_ execution: Engine.Configuration.Execution) -> Engine.Configuration {
    var configuration = Engine.Configuration()
    configuration.execution = execution
    return configuration
  }

  @Test("Writes before an atomic store are visible after a load that reads the store", arguments: engines)
  func messagePassing(engine: Engine.Configuration.Execution) throws {
    // Each round has its own word, from 1024 on. The flag at 0 counts the words written.
    let shared = try SharedModule(
      """
      (func (export "write") (param $rounds i32) (local $i i32)
        (loop $next
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (i32.store offset=1024 (i32.shl (local.get $i) (i32.const 2)) (local.get $i))
          (i32.atomic.store (i32.const 0) (local.get $i))
          (br_if $next (i32.lt_u (local.get $i) (local.get $rounds)))))
      (func (export "read") (param $rounds i32) (result i32) (local $seen i32) (local $wrong i32)
        (loop $next
          (local.set $seen (i32.atomic.load (i32.const 0)))
          (local.set $wrong (i32.add (local.get $wrong)
            (i32.ne (local.get $seen) (i32.load offset=1024 (i32.shl (local.get $seen) (i32.const 2))))))
          (br_if $next (i32.lt_u (local.get $seen) (local.get $rounds))))
        (local.get $wrong))
      """, Self.configuration(engine))
    for _ in 0..<Self.factor {
      try parallel(2) { index in
        if index == 0 {
          try shared.call("write", 50_000)
        } else if try shared.call("read", 50_000) != 0 {
          throw TestFailure(message: "a message was not seen")
        }
      }
      shared.memory.withUnsafeMutableBytes {
        $0.initializeMemory(as: UInt8.self, repeating: 0); return
      }
    }
  }

  @Test(
    "Of two threads that each write one word and then read the other's, one at least sees the other's",
    arguments: engines)
  func storeBuffering(engine: Engine.Configuration.Execution) throws {
    let rounds: Int32 = 20_000
    // 16 bytes per round: x, y, thread 0's read of y, thread 1's read of x.
    let shared = try SharedModule(
      """
      (func (export "run") (param $index i32) (param $rounds i32) (local $place i32) (local $i i32)
        (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
        (loop $wait (br_if $wait (i32.lt_u (i32.atomic.load (i32.const 0)) (i32.const 2))))
        (local.set $place (i32.const 1024))
        (loop $next
          (i32.atomic.store (i32.add (local.get $place) (i32.shl (local.get $index) (i32.const 2))) (i32.const 1))
          (i32.store offset=8 (i32.add (local.get $place) (i32.shl (local.get $index) (i32.const 2)))
            (i32.atomic.load
              (i32.add (local.get $place) (i32.shl (i32.xor (local.get $index) (i32.const 1)) (i32.const 2)))))
          (local.set $place (i32.add (local.get $place) (i32.const 16)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $i) (local.get $rounds)))))
      """, pages: 8, Self.configuration(engine))
    for _ in 0..<Self.factor {
      try parallel(2) { index in try shared.call("run", Int32(index), rounds) }
      shared.memory.withUnsafeMutableBytes { bytes in
        for round in 0..<Int(rounds) {
          let place = 1024 + 16 * round
          let seen = (
            bytes.load(fromByteOffset: place + 8, as: Int32.self),
            bytes.load(fromByteOffset: place + 12, as: Int32.self)
          )
          if seen == (0, 0) { Issue.record("in round \(round) neither saw the other") }
        }
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
      }
    }
  }

  static let increments: [(name: String, body: String)] = [
    ("i32.atomic.rmw.add", "(drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))"),
    ("i64.atomic.rmw.add", "(drop (i64.atomic.rmw.add (i32.const 8) (i64.const 1)))"),
    ("i64.atomic.rmw.sub", "(drop (i64.atomic.rmw.sub (i32.const 8) (i64.const -1)))"),
    ("i64.atomic.rmw32.add_u", "(drop (i64.atomic.rmw32.add_u (i32.const 8) (i64.const 1)))"),
    (
      "i32.atomic.rmw.cmpxchg",
      """
      (loop $again
        (local.set $old (i32.atomic.load (i32.const 8)))
        (br_if $again (i32.ne (local.get $old)
          (i32.atomic.rmw.cmpxchg (i32.const 8) (local.get $old) (i32.add (local.get $old) (i32.const 1))))))
      """
    ),
    (
      // A lock of one byte: 1 while it is held.
      "a lock of i32.atomic.rmw8.xchg_u",
      """
      (loop $again (br_if $again (i32.atomic.rmw8.xchg_u (i32.const 4) (i32.const 1))))
      (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
      (i32.atomic.store8 (i32.const 4) (i32.const 0))
      """
    ),
    (
      // Drepper, "Futexes Are Tricky": 0 free, 1 locked, 2 locked with waiters.
      "a lock that waits",
      """
      (if (i32.atomic.rmw.cmpxchg (i32.const 4) (i32.const 0) (i32.const 1))
        (then (loop $again
          (if (i32.atomic.rmw.xchg (i32.const 4) (i32.const 2))
            (then (drop (memory.atomic.wait32 (i32.const 4) (i32.const 2) (i64.const -1))) (br $again))))))
      (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
      (if (i32.ne (i32.atomic.rmw.xchg (i32.const 4) (i32.const 0)) (i32.const 1))
        (then (drop (memory.atomic.notify (i32.const 4) (i32.const 1)))))
      """
    ),
  ]

  @Test("Four threads lose none of 100,000 increments", arguments: increments, engines)
  func contendedIncrements(_ increment: (name: String, body: String), engine: Engine.Configuration.Execution) throws {
    let (name, body) = increment
    let shared = try SharedModule(
      """
      (func (export "run") (param $count i32) (local $old i32)
        (loop $next
          \(body)
          (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
      """, Self.configuration(engine))
    for _ in 0..<Self.factor {
      try parallel(4) { _ in try shared.call("run", 25_000) }
      let count = shared.memory.withUnsafeMutableBytes { $0.load(fromByteOffset: 8, as: UInt32.self) }
      #expect(count == 100_000, "\(name)")
      shared.memory.withUnsafeMutableBytes { $0.storeBytes(of: 0, toByteOffset: 8, as: UInt64.self) }
    }
  }

  @Test("Two threads that wait for each other alternately are always woken", arguments: [32, 64], engines)
  func pingPong(width: Int, engine: Engine.Configuration.Execution) throws {
    // The word holds the number of the thread whose turn it is. A wait that times out after 20 seconds is a lost
    // wake-up.
    let shared = try SharedModule(
      """
      (func (export "run") (param $index i32) (param $rounds i32) (result i32)
        (loop $next
          (block $mine
            (loop $wait
              (br_if $mine (i32.eq (i32.atomic.load (i32.const 0)) (local.get $index)))
              (if (i32.eq (i32.const 2) (memory.atomic.wait\(width) (i32.const 0)
                    (i\(width == 32 ? "32.xor (local.get $index) (i32.const 1)" : "64.extend_i32_u (i32.xor (local.get $index) (i32.const 1))"))
                    (i64.const 20_000_000_000)))
                (then (return (i32.const 1))))
              (br $wait)))
          (i32.atomic.store (i32.const 0) (i32.xor (local.get $index) (i32.const 1)))
          (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (i32.const 0))
      """, Self.configuration(engine))
    for _ in 0..<Self.factor {
      try parallel(2) { index in
        if try shared.call("run", Int32(index), 2_000) != 0 { throw TestFailure(message: "a wake-up was lost") }
      }
    }
  }
}

enum Environment {
  static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }
}
