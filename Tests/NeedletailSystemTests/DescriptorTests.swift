import Testing

@testable import NeedletailSystem

/// Sockets, polls, clocks and random numbers.
@Suite struct DescriptorTests {
  @Test("A listener has an address, and nobody waits for its first connection", arguments: ["127.0.0.1", "::1"])
  func listener(host: String) throws {
    let socket: SocketDescriptor
    do throws(SystemError) {
      socket = try .listen(at: host, port: 0)
    } catch {
      // A system without IPv6.
      #expect(host == "::1" && (error == .addrnotavail || error == .afnosupport))
      return
    }
    defer { socket.descriptor.closeIgnoringErrors() }
    #expect(socket.isListening)
    #expect(try socket.descriptor.metadata().kind == .socket)
    let address = try #require(socket.address)
    #expect(address.hasPrefix(host == "::1" ? "[::1]:" : "127.0.0.1:") && !address.hasSuffix(":0"))
    let error = #expect(throws: SystemError.self) { try socket.accept(nonblocking: true) }
    #expect(error == .again)
    #expect(try socket.descriptor.flags().contains(.nonblocking))
  }

  @Test("What is no address cannot be listened at")
  func noAddress() {
    let error = #expect(throws: SystemError.self) { try SocketDescriptor.listen(at: "localhost", port: 0) }
    #expect(error == .addrnotavail)
  }

  @Test("A poll ends when a descriptor is ready, or at its limit")
  func poll() throws {
    let file = try FileDescriptor.open("/dev/null", [.readWrite, .closeOnExecution])
    defer { file.closeIgnoringErrors() }
    var poll = DescriptorPoll()
    poll.add(file, for: .writing)
    try poll.wait(timeout: nil)
    #expect(poll.isAnyReady && poll.result(0).isReady && poll.result(0).error == nil)

    let listener = try SocketDescriptor.listen(at: "127.0.0.1", port: 0)
    defer { listener.descriptor.closeIgnoringErrors() }
    var idle = DescriptorPoll()
    idle.add(listener.descriptor, for: .reading)
    let start = MonotonicClock.nanoseconds
    try idle.wait(timeout: 3_000_000)
    #expect(!idle.isAnyReady && MonotonicClock.nanoseconds - start >= 3_000_000)
    #expect(try !listener.descriptor.isReady(for: .reading))
  }

  @Test("A poll reports a descriptor that is not open")
  func closedDescriptor() throws {
    var poll = DescriptorPoll()
    poll.add(FileDescriptor(1_000_000), for: .reading)
    try poll.wait(timeout: nil)
    #expect(poll.result(0).error == .badf)
  }

  @Test("Clocks go on, and have a step", arguments: [SystemClock.realtime, .monotonic, .processTime, .threadTime])
  func clocks(clock: SystemClock) throws {
    let start = try clock.time()
    #expect(try clock.time() >= start)
    #expect(try clock.resolution() > 0)
  }

  @Test("Random bytes differ")
  func random() throws {
    var bytes = [UInt8](repeating: 0, count: 1000)
    try bytes.withUnsafeMutableBytes { try RandomBytes.fill($0) }
    #expect(Set(bytes).count > 100)
  }

  @Test("A process may use at least one processor")
  func processors() {
    #expect(Processors.availableCount >= 1 && Processors.count >= 1)
  }
}
