import NeedletailSystem
import TestSupport
import Testing

@testable import NeedletailWASI

/// Streams, polling and sockets.
@Suite(.serialized) struct ChannelTests {
  /// A subscription for `poll_oneoff`.
  private enum Subscription {
    case clock(UInt32, UInt64, absolute: Bool)
    case read(UInt64)
    case write(UInt64)
    case unknown
  }

  private struct Event: Equatable {
    var userData: UInt64
    var error = Errno.success
    var type: UInt8
    var byteCount: UInt64 = 0
    var hasHungUp = false
  }

  private static func poll(_ guest: Guest, _ subscriptions: [Subscription]) throws -> (Errno, [Event]) {
    let table = guest.allocate(48 * subscriptions.count)
    for (index, subscription) in subscriptions.enumerated() {
      let base = table + UInt64(48 * index)
      guest.store(UInt64(index + 100), base)
      switch subscription {
      case .clock(let clock, let timeout, let absolute):
        guest.store(UInt8(0), base + 8)
        guest.store(clock, base + 16)
        guest.store(timeout, base + 24)
        guest.store(UInt16(absolute ? 1 : 0), base + 40)
      case .read(let number), .write(let number):
        if case .read = subscription { guest.store(UInt8(1), base + 8) } else { guest.store(UInt8(2), base + 8) }
        guest.store(UInt32(number), base + 16)
      case .unknown: guest.store(UInt8(3), base + 8)
      }
    }
    let results = guest.allocate(32 * subscriptions.count)
    let count = guest.allocate(4)
    let error = try guest.call("poll_oneoff", table, results, UInt64(subscriptions.count), count)
    guard error == .success else { return (error, []) }
    return try (
      error,
      (0..<UInt64(guest.load(UInt32.self, count))).map { index in
        let base = results + 32 * index
        return Event(
          userData: guest.load(UInt64.self, base),
          error: try #require(Errno(rawValue: guest.load(UInt16.self, base + 8))),
          type: guest.load(UInt8.self, base + 10), byteCount: guest.load(UInt64.self, base + 16),
          hasHungUp: guest.load(UInt16.self, base + 24) == 1)
      }
    )
  }

  // MARK: Streams

  @Test func standardStreamsOfEachKind() throws {
    var configuration = WASI.Configuration()
    let output = OutputBuffer()
    var heard = ""
    configuration.standardInput = .text("two lines\nof text\n")
    configuration.standardOutput = .buffer(output)
    configuration.standardError = .closure { heard += String(decoding: $0, as: UTF8.self) }
    let guest = try Guest(configuration)
    #expect(try guest.read(0, 4) == (.success, "two "))
    #expect(try guest.read(0, 100) == (.success, "lines\nof text\n"))
    #expect(try guest.read(0, 100) == (.success, ""))
    #expect(try guest.write(1, "out") == (.success, 3))
    #expect(try guest.write(2, "err") == (.success, 3))
    #expect(output.text == "out")
    #expect(heard == "err")
    #expect(try guest.seek(0, 0, 0).error == .spipe)
    #expect(try guest.write(0, "x").error == .notcapable)
    #expect(try guest.read(1, 1).error == .notcapable)
    let state = guest.allocate(24)
    #expect(try guest.call("fd_fdstat_get", 1, state) == .success)
    // C libraries must not take it for a terminal: a character device that can neither seek nor tell.
    #expect(guest.load(UInt8.self, state) == FileType.unknown.rawValue)
    let rights = Rights(rawValue: guest.load(UInt64.self, state + 8))
    #expect(rights.isDisjoint(with: [.fdSeek, .fdTell, .fdRead]))
    #expect(rights.contains(.fdWrite))
  }

  @Test func aDeviceThatIsNoTerminalDoesNotLookLikeOne() throws {
    var configuration = WASI.Configuration()
    configuration.standardInput = .file("/dev/null")
    let guest = try Guest(configuration)
    let state = guest.allocate(24)
    #expect(try guest.call("fd_fdstat_get", 0, state) == .success)
    #expect(guest.load(UInt8.self, state) == FileType.characterDevice.rawValue)
    #expect(Rights(rawValue: guest.load(UInt64.self, state + 8)).isSuperset(of: [.fdSeek, .fdTell]))
  }

  @Test func nullStreamsTakeAllAndGiveNothing() throws {
    let guest = try Guest()
    #expect(try guest.read(0, 10) == (.success, ""))
    #expect(try guest.write(1, "lost") == (.success, 4))
    #expect(try guest.call("fd_close", 1) == .success)
    #expect(try guest.write(1, "x").error == .badf)
  }

  @Test func aClosuresErrorIsTheGuests() throws {
    struct Unrelated: Error {}
    var configuration = WASI.Configuration()
    configuration.standardInput = .closure { _ in throw Errno.again }
    configuration.standardOutput = .closure { _ in throw Unrelated() }
    let guest = try Guest(configuration)
    #expect(try guest.read(0, 1).error == .again)
    #expect(try guest.write(1, "x").error == .io)
  }

  @Test func aClosedPipeIsAnErrorAndNotTheEnd() throws {
    let pipe = HostChannel.pipe()
    var configuration = WASI.Configuration()
    configuration.standardOutput = .descriptor(pipe.ends.1)
    let guest = try Guest(configuration)
    #expect(try guest.write(1, "x") == (.success, 1))
    pipe.closeFirst()
    #expect(try guest.write(1, "x").error == .pipe)
  }

  @Test func signalsDoNotEndACall() throws {
    let pipe = HostChannel.pipe()
    var configuration = WASI.Configuration()
    configuration.standardInput = .descriptor(pipe.ends.0)
    let guest = try Guest(configuration)
    let (reads, polls) = (SignalStorm(), SignalStorm())
    reads.run { [end = pipe.ends.1] in writeHostDescriptor(end, "late") }
    #expect(try guest.read(0, 10) == (.success, "late"))
    #expect(reads.finish() > 0)
    polls.run { [end = pipe.ends.1] in writeHostDescriptor(end, "later") }
    #expect(try Self.poll(guest, [.read(0)]).1 == [Event(userData: 100, type: 1, byteCount: 5)])
    #expect(polls.finish() > 0)
    // A pause also lasts as long as requested.
    let pauses = SignalStorm()
    pauses.run {}
    let start = try ClockIdentifier.monotonic.hostTime()
    #expect(try Self.poll(guest, [.clock(1, 30_000_000, absolute: false)]).1.count == 1)
    #expect(try ClockIdentifier.monotonic.hostTime() - start >= 30_000_000)
    #expect(pauses.finish() > 0)
  }

  @Test func notWaitingOnASharedDescriptorDoesNotChangeIt() throws {
    let pipe = HostChannel.pipe()
    var configuration = WASI.Configuration()
    configuration.standardInput = .descriptor(pipe.ends.0)
    let guest = try Guest(configuration)
    #expect(try guest.call("fd_fdstat_set_flags", 0, UInt64(DescriptorFlags.nonblock.rawValue)) == .success)
    #expect(try guest.read(0, 1).error == .again)
    pipe.write("x")
    #expect(try guest.read(0, 1) == (.success, "x"))
    #expect(!isHostDescriptorNonblocking(pipe.ends.0))
  }

  @Test func notWaitingWritesAsMuchAsThereIsRoomFor() throws {
    let pipe = HostChannel.pipe()
    var configuration = WASI.Configuration()
    configuration.standardOutput = .descriptor(pipe.ends.1)
    let guest = try Guest(configuration)
    #expect(try guest.call("fd_fdstat_set_flags", 1, UInt64(DescriptorFlags.nonblock.rawValue)) == .success)
    let (table, count) = guest.vectors([(0, 30_000), (0, 30_000)])
    let result = guest.allocate(4)
    var written = 0
    var error = Errno.success
    while error == .success {
      error = try guest.call("fd_write", 1, table, count, result)
      if error == .success { written += Int(guest.load(UInt32.self, result)) }
    }
    #expect(error == .again)
    #expect(written >= 4096)
  }

  // MARK: Polling

  @Test func timersGoOffInTime() throws {
    let guest = try Guest()
    let start = try ClockIdentifier.monotonic.hostTime()
    let (error, events) = try Self.poll(
      guest, [.clock(1, 5_000_000_000, absolute: false), .clock(0, 3_000_000, absolute: false)])
    #expect(error == .success)
    #expect(events == [Event(userData: 101, type: 0)])
    #expect(try ClockIdentifier.monotonic.hostTime() - start >= 3_000_000)
    // A time in the past expires at once.
    #expect(try Self.poll(guest, [.clock(1, 0, absolute: true)]).1.count == 1)
    let soon = try ClockIdentifier.monotonic.hostTime() + 2_000_000
    #expect(try Self.poll(guest, [.clock(1, soon, absolute: true)]).1.count == 1)
    #expect(try ClockIdentifier.monotonic.hostTime() >= soon)
  }

  @Test func frozenTimersTakeNoTime() throws {
    var configuration = WASI.Configuration()
    configuration.clocks = .frozen(realtime: 0, step: 1)
    let guest = try Guest(configuration)
    let day: UInt64 = 86_400_000_000_000
    #expect(try Self.poll(guest, [.clock(1, day, absolute: false)]).1.count == 1)
    let result = guest.allocate(8)
    #expect(try guest.call("clock_time_get", 1, 0, result) == .success)
    #expect(guest.load(UInt64.self, result) == day + 1)
  }

  @Test func eachBadSubscriptionIsAnEventOfItsOwn() throws {
    let guest = try Guest()
    let (error, events) = try Self.poll(
      guest, [.read(77), .clock(9, 0, absolute: false), .clock(2, 0, absolute: false), .write(0), .read(0)])
    #expect(error == .success)
    #expect(events.map(\.error) == [.badf, .inval, .notsup, .notcapable, .success])
    #expect(events.map(\.userData) == [100, 101, 102, 103, 104])
    #expect(try Self.poll(guest, [.unknown]).0 == .inval)
    #expect(try guest.call("poll_oneoff", 0, 0, 0, 0) == .inval)
    #expect(try guest.call("poll_oneoff", 0, 0, UInt64(UInt32.max), 0) == .inval)
    #expect(try guest.call("poll_oneoff", UInt64(Guest.byteCount - 47), 0, 1, 0) == .fault)
  }

  @Test func pipesBecomeReadableAndHangUp() throws {
    let pipe = HostChannel.pipe()
    var configuration = WASI.Configuration()
    configuration.standardInput = .descriptor(pipe.ends.0)
    let guest = try Guest(configuration)
    let timer = Subscription.clock(1, 1_000_000, absolute: false)
    #expect(try Self.poll(guest, [.read(0), timer]).1.map(\.userData) == [101])
    pipe.write("12345")
    #expect(try Self.poll(guest, [.read(0), timer]).1 == [Event(userData: 100, type: 1, byteCount: 5)])
    #expect(try guest.read(0, 10) == (.success, "12345"))
    pipe.closeSecond()
    #expect(try Self.poll(guest, [.read(0)]).1 == [Event(userData: 100, type: 1, hasHungUp: true)])
  }

  @Test func aFilesReadableBytesAreThoseAhead() throws {
    var configuration = WASI.Configuration()
    configuration.preopens = [.init(InMemoryFileSystem().root, guestPath: "/")]
    let guest = try Guest(configuration)
    let file = try guest.mustOpen("f", .create)
    #expect(try guest.write(file, "12345").error == .success)
    #expect(try guest.seek(file, 2, 0).error == .success)
    #expect(try Self.poll(guest, [.read(file)]).1 == [Event(userData: 100, type: 1, byteCount: 3)])
  }

  // MARK: Sockets

  @Test func connectedSockets() throws {
    let sockets = HostChannel.sockets()
    var configuration = WASI.Configuration()
    configuration.preopens = [.hostDescriptor(sockets.ends.0)]
    let guest = try Guest(configuration)
    sockets.write("question")
    let buffer = guest.allocate(20)
    let (table, count) = guest.vectors([(buffer, 3), (buffer + 3, 17)])
    let result = guest.allocate(4)
    let flags = guest.allocate(2)
    #expect(try guest.call("sock_recv", 3, table, count, 1, result, flags) == .success)
    #expect(guest.load(UInt32.self, result) == 8)
    #expect(try guest.call("sock_recv", 3, table, count, 0, result, flags) == .success)
    #expect(guest.bytes(buffer, 8) == Array("question".utf8))
    #expect(guest.load(UInt16.self, flags) == 0)
    #expect(try guest.call("sock_recv", 3, table, count, 4, result, flags) == .inval)
    let (answer, answerCount) = guest.vectors([guest.text("ans"), guest.text("wer")])
    #expect(try guest.call("sock_send", 3, answer, answerCount, 0, result) == .success)
    #expect(sockets.read() == "answer")
    #expect(try guest.call("sock_send", 3, answer, answerCount, 1, result) == .inval)
    #expect(try guest.write(3, "more") == (.success, 4))
    #expect(sockets.read() == "more")
    #expect(try guest.call("sock_accept", 3, 0, result) == .notcapable)
    #expect(try guest.call("sock_shutdown", 3, 0) == .inval)
    #expect(try guest.call("sock_shutdown", 3, 4) == .inval)
    #expect(try guest.call("sock_shutdown", 3, 2) == .success)
    #expect(sockets.read() == "")
    #expect(try guest.call("sock_send", 3, answer, answerCount, 0, result) == .pipe)
  }

  /// A listener passed by a supervisor is also non-blocking, without effect on other processes.
  @Test func listenersOfTheHostDoNotBlock() throws {
    guard let listener = try POSIXSocket.listen(at: "127.0.0.1:0") as? POSIXFile else {
      Issue.record("no listener")
      return
    }
    try listener.setFlags([])
    var configuration = WASI.Configuration()
    configuration.preopens = [.hostDescriptor(listener.descriptor.number)]
    let guest = try Guest(configuration)
    let status = guest.allocate(24)
    #expect(try guest.call("fd_fdstat_get", 3, status) == .success)
    #expect(guest.load(UInt16.self, status + 2) == DescriptorFlags.nonblock.rawValue)
    #expect(try guest.call("sock_accept", 3, 0, guest.allocate(4)) == .again)
    #expect(try listener.flags() == [])
  }

  /// A borrowed descriptor remains blocking for the host, but the guest's flag applies to the guest.
  @Test func connectionsOfTheHostDoNotBlockIfTheGuestSaysSo() throws {
    let sockets = HostChannel.sockets()
    defer { withExtendedLifetime(sockets) {} }
    var configuration = WASI.Configuration()
    configuration.preopens = [.hostDescriptor(sockets.ends.0)]
    let guest = try Guest(configuration)
    #expect(try guest.call("fd_fdstat_set_flags", 3, UInt64(DescriptorFlags.nonblock.rawValue)) == .success)
    let (table, count) = guest.vectors([(guest.allocate(8), 8)])
    let (result, flags) = (guest.allocate(4), guest.allocate(2))
    #expect(try guest.call("sock_recv", 3, table, count, 0, result, flags) == .again)
    sockets.write("x")
    #expect(try guest.call("sock_recv", 3, table, count, 0, result, flags) == .success)
    let (page, pageCount) = guest.vectors([(0, 32768)])
    var error = Errno.success
    while error == .success { error = try guest.call("sock_send", 3, page, pageCount, 0, result) }
    #expect(error == .again)
  }

  @Test func whatIsNoSocketSaysSo() throws {
    var configuration = WASI.Configuration()
    configuration.preopens = [.init(InMemoryFileSystem().root, guestPath: "/")]
    let guest = try Guest(configuration)
    let file = try guest.mustOpen("f", .create)
    for number in [0, 3, file] {
      #expect(try guest.call("sock_recv", number, 0, 0, 0, 0, 0) == .notsock)
      #expect(try guest.call("sock_send", number, 0, 0, 0, 0) == .notsock)
      #expect(try guest.call("sock_accept", number, 0, 0) == .notsock)
      #expect(try guest.call("sock_shutdown", number, 1) == .notsock)
    }
    #expect(try guest.call("sock_shutdown", 99, 1) == .badf)
  }

  @Test func listenersAcceptConnections() throws {
    var configuration = WASI.Configuration()
    configuration.preopens = [.listener(address: "127.0.0.1:0")]
    configuration.limits.descriptors = 5
    let guest = try Guest(configuration)
    guard case .file(let listener) = try guest.wasi.descriptors[3].object, let listener = listener as? POSIXFile else {
      Issue.record("no listener")
      return
    }
    let result = guest.allocate(4)
    #expect(try guest.call("sock_accept", 3, 0, result) == .again)
    let client = connect(toPort: boundPort(listener.descriptor.number))
    try #require(client >= 0)
    defer { closeHostDescriptor(client) }
    #expect(try Self.poll(guest, [.read(3)]).1.count == 1)
    #expect(try guest.call("sock_accept", 3, 64, result) == .inval)
    #expect(try guest.call("sock_accept", 3, UInt64(DescriptorFlags.nonblock.rawValue), result) == .success)
    let connection = UInt64(guest.load(UInt32.self, result))
    #expect(connection == 4)
    #expect(try guest.read(connection, 1).error == .again)
    #expect(try guest.write(connection, "hello").error == .success)
    #expect(try guest.call("sock_accept", 3, 0, result) == .mfile)
    #expect(throws: WASI.ConfigurationError.self) {
      var configuration = WASI.Configuration()
      configuration.preopens = [.listener(address: "example.org:80")]
      _ = try WASI(configuration)
    }
  }
}
