import Foundation
import Needletail
import NeedletailSystem
import Testing
import TestSupport

@testable import NeedletailWASI

/// A thread that waits for the host in a call does not block calls of other threads of the guest, and ends with the
/// guest.
@Suite(.serialized, .timeLimit(.minutes(1))) struct BlockedCallTests {
  /// Word 0: the progress of the threads. Scratch space of the first thread from 512 on, of the other from 1024 on. A
  /// buffer of 1 MiB starts at 65536.
  private static func program(
    _ configuration: WASI.Configuration, thread: String, first: String
  ) throws -> ThreadedProgram {
    let imports = WASISignatures.all.map { name, parameters in
      let type = parameters.map { $0 == "I" ? "(param i64)" : "(param i32)" }.joined()
      return """
        (import "wasi_snapshot_preview1" "\(name)" (func $\(name) \(type)\(name == "proc_exit" ? "" : "(result i32)")))
        """
    }
    var engine = Engine.Configuration()
    engine.isInterruptible = true
    let module = try Module(
      Engine(engine),
      text: """
        (module
          (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
          \(imports.joined(separator: "\n"))
          (import "env" "memory" (memory 17 17 shared)) (export "memory" (memory 0))
          (func $reach (param $place i32)
            (i32.atomic.store (i32.const 0) (local.get $place))
            (drop (memory.atomic.notify (i32.const 0) (i32.const -1))))
          (func $await (param $place i32) (local $seen i32)
            (loop $again
              (local.set $seen (i32.atomic.load (i32.const 0)))
              (if (i32.lt_u (local.get $seen) (local.get $place))
                (then
                  (drop (memory.atomic.wait32 (i32.const 0) (local.get $seen) (i64.const -1))) (br $again)))))
          (func $pause
            (drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const 50_000_000))))
          (func $must (param $error i32)
            (if (local.get $error) (then (call $proc_exit (i32.add (i32.const 100) (local.get $error))))))
          ;; Writes or reads bytes, with the table of buffers and the count, which it gives, at $scratch.
          (func $vector (param $scratch i32) (param $address i32) (param $count i32)
            (i32.store (local.get $scratch) (local.get $address))
            (i32.store offset=4 (local.get $scratch) (local.get $count)))
          (func $write (param $scratch i32) (param $number i32) (param $address i32) (param $count i32) (result i32)
            (call $vector (local.get $scratch) (local.get $address) (local.get $count))
            (call $must (call $fd_write (local.get $number) (local.get $scratch) (i32.const 1)
              (i32.add (local.get $scratch) (i32.const 8))))
            (i32.load offset=8 (local.get $scratch)))
          (func $read (param $scratch i32) (param $number i32) (param $address i32) (param $count i32) (result i32)
            (call $vector (local.get $scratch) (local.get $address) (local.get $count))
            (call $must (call $fd_read (local.get $number) (local.get $scratch) (i32.const 1)
              (i32.add (local.get $scratch) (i32.const 8))))
            (i32.load offset=8 (local.get $scratch)))
          ;; Opens a path at 256, whose length is given.
          (func $open (param $count i32) (param $flags i32) (result i32)
            (call $must (call $path_open (i32.const 3) (i32.const 0) (i32.const 256) (local.get $count)
              (local.get $flags) (i64.const 0x800_0042) (i64.const 0) (i32.const 0) (i32.const 528)))
            (i32.load (i32.const 528)))
          (func (export "wasi_thread_start") (param i32 i32) (call $reach (i32.const 1)) \(thread))
          (func (export "_start")
            (if (i32.le_s (call $spawn (i32.const 0)) (i32.const 0)) (then (unreachable)))
            (call $await (i32.const 1)) (call $pause) \(first))
          (data (i32.const 128) "ok") (data (i32.const 256) "fifo"))
        """)
    return try ThreadedProgram(module, wasi: WASI(configuration))
  }

  /// Actions of the first thread while the other waits: reads the clock, writes elsewhere, and ends the program.
  private static let goOn = """
    (call $must (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 600)))
    (drop (call $write (i32.const 512) (i32.const 2) (i32.const 128) (i32.const 2)))
    (call $proc_exit (i32.const 42))
    """

  static let waiting: [(name: String, call: String)] = [
    (
      "writes to a full pipe",
      "(drop (call $write (i32.const 1024) (i32.const 1) (i32.const 65536) (i32.const 1048576)))"
    ),
    ("reads from an empty pipe", "(drop (call $read (i32.const 1024) (i32.const 0) (i32.const 65536) (i32.const 10)))"),
    (
      "accepts a connection",
      """
      (call $must (call $fd_fdstat_set_flags (i32.const 3) (i32.const 0)))
      (drop (call $sock_accept (i32.const 3) (i32.const 0) (i32.const 1040)))
      """
    ),
    (
      "waits for all that is to be received",
      """
      (call $vector (i32.const 1024) (i32.const 65536) (i32.const 10))
      (drop (call $sock_recv (i32.const 4) (i32.const 1024) (i32.const 1) (i32.const 2) (i32.const 1040) (i32.const 1044)))
      """
    ),
    (
      "polls",
      """
      (i32.store8 offset=8 (i32.const 1024) (i32.const 1))
      (drop (call $poll_oneoff (i32.const 1024) (i32.const 1088) (i32.const 1) (i32.const 1152)))
      """
    ),
  ]

  @Test(arguments: waiting) func othersGoOn(name: String, call: String) throws {
    let (input, output, sockets) = (HostChannel.pipe(), HostChannel.pipe(), HostChannel.sockets())
    defer { withExtendedLifetime((input, output, sockets)) {} }
    sockets.write("part")
    let error = OutputBuffer()
    var configuration = WASI.Configuration()
    configuration.standardInput = .descriptor(input.ends.0)
    configuration.standardOutput = .descriptor(output.ends.1)
    configuration.standardError = .buffer(error)
    configuration.preopens = [.listener(address: "127.0.0.1:0"), .hostDescriptor(sockets.ends.0)]
    let program = try Self.program(configuration, thread: call + "(unreachable)", first: Self.goOn)
    #expect(try program.start() == 42, "a thread that \(name)")
    #expect(error.text == "ok")
  }

  @Test func aLongWriteArrivesWhole() throws {
    let pipe = HostChannel.pipe()
    var configuration = WASI.Configuration()
    configuration.standardOutput = .descriptor(pipe.ends.1)
    let program = try Self.program(
      configuration,
      thread: """
        (i32.store (i32.const 1060) (call $write (i32.const 1024) (i32.const 1) (i32.const 65536) (i32.const 1048576)))
        (call $reach (i32.const 2))
        """,
      first: "(call $await (i32.const 2)) (call $proc_exit (i32.shr_u (i32.load (i32.const 1060)) (i32.const 20)))")
    let reader = DispatchQueue(label: "reader")
    let received = OutputBuffer()
    nonisolated(unsafe) let (source, sink) = (POSIXFile(borrowing: FileDescriptor(pipe.ends.0)), received)
    reader.async {
      while sink.bytes.count < 1 << 20, let bytes = try? source.read(count: 10_000) {
        _ = try? sink.write(bytes: bytes)
      }
    }
    #expect(try program.start() == 1)
    reader.sync {}
    #expect(received.bytes.count == 1 << 20)
  }

  /// Ways to close a descriptor while a thread uses it.
  static let closings: [(name: String, code: String)] = [
    (
      "closed, and its number given to another file",
      """
      (call $must (call $fd_close (i32.const 4)))
      (call $must (i32.ne (call $open (i32.const 3) (i32.const 1)) (i32.const 4)))
      """
    ),
    ("replaced", "(call $must (call $fd_renumber (call $open (i32.const 3) (i32.const 1)) (i32.const 4)))"),
  ]

  /// Calls that wait for descriptor 4, a named pipe, and store the received letter at 65536.
  static let uses: [(name: String, code: String)] = [
    (
      "reads",
      "(call $must (i32.ne (call $read (i32.const 1024) (i32.const 4) (i32.const 65536) (i32.const 1)) (i32.const 1)))"
    ),
    (
      "polls",
      """
      (i32.store8 offset=8 (i32.const 1024) (i32.const 1))
      (i32.store offset=16 (i32.const 1024) (i32.const 4))
      (call $must (call $poll_oneoff (i32.const 1024) (i32.const 1088) (i32.const 1) (i32.const 1152)))
      ;; One event without an error, and one byte to read.
      (if (i32.and (i32.eq (i32.load (i32.const 1152)) (i32.const 1)) (i64.eq (i64.load (i32.const 1104)) (i64.const 1)))
        (then (i32.store8 (i32.const 65536) (i32.sub (i32.const 111) (i32.load16_u (i32.const 1096))))))
      """
    ),
  ]

  @Test(arguments: closings, uses) func whatIsUsedStaysOpen(
    _ closing: (name: String, code: String), _ use: (name: String, code: String)
  ) throws {
    let scratch = TemporaryDirectory()
    #expect(mkfifo(scratch.subpath("fifo"), 0o600) == 0)
    var configuration = WASI.Configuration()
    configuration.preopens = [.init(hostPath: scratch.path, guestPath: "/")]
    let program = try Self.program(
      configuration,
      thread: """
        (call $must (i32.ne (call $open (i32.const 4) (i32.const 0)) (i32.const 4)))
        (call $reach (i32.const 2))
        \(use.code)
        (call $reach (i32.const 3))
        """,
      first: """
        (call $await (i32.const 2))
        (call $pause)
        (i32.store (i32.const 604) (call $open (i32.const 4) (i32.const 0)))
        \(closing.code)
        (drop (call $write (i32.const 512) (i32.load (i32.const 604)) (i32.const 128) (i32.const 1)))
        (call $await (i32.const 3))
        (call $proc_exit (i32.load8_u (i32.const 65536)))
        """)
    #expect(try program.start() == Int32(UInt8(ascii: "o")), "\(closing.name) while another \(use.name)")
  }

  @Test func threadsThatReadOnePipeTakeTurns() throws {
    let pipe = HostChannel.pipe()
    pipe.write("x")
    var configuration = WASI.Configuration()
    configuration.standardInput = .descriptor(pipe.ends.0)
    let read = "(drop (call $read (i32.const %) (i32.const 0) (i32.const 65536) (i32.const 1)))"
    // One of them receives the byte; the other waits until the program ends.
    let program = try Self.program(
      configuration,
      thread: read.replacing("%", with: "1024") + "(call $proc_exit (i32.const 7))",
      first: read.replacing("%", with: "512") + "(call $proc_exit (i32.const 7))")
    #expect(try program.start() == 7)
  }
}
