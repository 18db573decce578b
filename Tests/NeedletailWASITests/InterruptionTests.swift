import Foundation
import Needletail
import Testing
import TestSupport

@testable import NeedletailWASI

/// A guest that waits in a call ends shortly after it is interrupted.
@Suite(.serialized, .timeLimit(.minutes(1))) struct InterruptionTests {
  /// Runs a call in a store that another thread interrupts after 50 ms; returns the elapsed time.
  ///
  /// - Parameter call: instructions that call functions of preview 1 and leave no values.
  private static func run(
    _ call: String, isInterruptible: Bool = true, byDeadline: Bool = false,
    _ configuration: WASI.Configuration = .init()
  ) throws -> Duration {
    let imports = WASISignatures.all.map { name, parameters in
      let type = parameters.map { $0 == "I" ? "(param i64)" : "(param i32)" }.joined()
      return """
        (import "wasi_snapshot_preview1" "\(name)" (func $\(name) \(type)\(name == "proc_exit" ? "" : "(result i32)")))
        """
    }
    var engineConfiguration = Engine.Configuration()
    engineConfiguration.isInterruptible = isInterruptible
    let engine = Engine(engineConfiguration)
    let module = try Module(
      engine,
      text: """
        (module
          \(imports.joined(separator: "\n"))
          (memory (export "memory") 1024)
          (func (export "_start") \(call) (unreachable)))
        """)
    let linker = Linker(engine)
    try WASI(configuration).link(into: linker)
    let store = try Store(engine)
    let instance = try linker.instantiate(module, in: store)
    let function = try #require(instance.function("_start"))
    let clock = ContinuousClock()
    let start = clock.now
    if byDeadline {
      store.deadline = start + .milliseconds(50)
    } else {
      let handle = store.interruptHandle
      let thread = Thread {
        usleep(50_000)
        handle.interrupt()
      }
      thread.start()
    }
    let error = #expect(throws: Trap.self) { _ = try function.call([]) }
    #expect(error?.code == (byDeadline ? .deadlineExceeded : .interrupted))
    return clock.now - start
  }

  /// Reads from descriptor 0.
  private static let reading = """
    (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 8))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    """
  /// Writes pieces of 1 MiB to descriptor 1.
  private static let writing = """
    (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 0x10_0000))
    (loop $again (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (br $again))
    """
  /// Sleeps for an hour.
  private static let sleeping = """
    (i64.store offset=24 (i32.const 1024) (i64.const 3_600_000_000_000))
    (i32.store offset=16 (i32.const 1024) (i32.const 1))
    (drop (call $poll_oneoff (i32.const 1024) (i32.const 1088) (i32.const 1) (i32.const 1152)))
    """
  /// Waits for input.
  private static let polling = """
    (i32.store8 offset=8 (i32.const 1024) (i32.const 1))
    (drop (call $poll_oneoff (i32.const 1024) (i32.const 1088) (i32.const 1) (i32.const 1152)))
    """

  @Test(arguments: [(true, false), (false, false), (true, true), (false, true)], [sleeping, polling])
  func waitingEnds(how: (isInterruptible: Bool, byDeadline: Bool), call: String) throws {
    let input = HostChannel.pipe()
    defer { withExtendedLifetime(input) {} }
    var configuration = WASI.Configuration()
    configuration.standardInput = .descriptor(input.ends.0)
    let duration = try Self.run(
      call, isInterruptible: how.isInterruptible, byDeadline: how.byDeadline, configuration)
    #expect(duration < .seconds(5))
  }

  @Test(arguments: [true, false], [reading, writing]) func transfersEnd(byDeadline: Bool, call: String) throws {
    let (input, output) = (HostChannel.pipe(), HostChannel.pipe())
    defer { withExtendedLifetime((input, output)) {} }
    var configuration = WASI.Configuration()
    configuration.standardInput = .descriptor(input.ends.0)
    configuration.standardOutput = .descriptor(output.ends.1)
    #expect(try Self.run(call, byDeadline: byDeadline, configuration) < .seconds(5))
  }

  /// The request by itself would take longer than the test waits.
  @Test(arguments: [true, false]) func randomNumbersEnd(byDeadline: Bool) throws {
    var configuration = WASI.Configuration()
    configuration.limits.randomBytes = .max
    let call = """
      (drop (call $random_get (i32.const 0) (i32.const 0x400_0000)))
      (drop (call $random_get (i32.const 0) (i32.const 0x400_0000)))
      (loop $again (drop (call $random_get (i32.const 0) (i32.const 0x400_0000))) (br $again))
      """
    #expect(try Self.run(call, byDeadline: byDeadline, configuration) < .seconds(5))
  }

  @Test func piecesOfASeededStreamJoin() throws {
    func bytes(_ counts: [Int]) throws(Errno) -> [UInt8] {
      var random = GuestRandom(.seeded(7))
      var all: [UInt8] = []
      for count in counts {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 8)
        defer { buffer.deallocate() }
        try random.fill(buffer)
        all += Array(buffer)
      }
      return all
    }
    let piece = GuestRandom.pieceCount
    #expect(try bytes([piece, piece, 5]) == bytes([2 * piece + 5]))
  }
}
