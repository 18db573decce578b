#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Two connected descriptors of the host. A test holds one end.
final class HostChannel {
  let ends: (Int32, Int32)
  private var isOpen = [true, true]

  /// A pipe: the first end for reading, the second for writing.
  static func pipe() -> HostChannel {
    var ends: [Int32] = [0, 0]
    precondition(systemPipe(&ends) == 0)
    return HostChannel(ends)
  }

  /// Two connected sockets.
  static func sockets() -> HostChannel {
    var ends: [Int32] = [0, 0]
    #if canImport(Darwin)
      let type = SOCK_STREAM
    #else
      let type = Int32(SOCK_STREAM.rawValue)
    #endif
    precondition(socketpair(AF_UNIX, type, 0, &ends) == 0)
    return HostChannel(ends)
  }

  private init(_ ends: [Int32]) { self.ends = (ends[0], ends[1]) }

  deinit {
    closeFirst()
    closeSecond()
  }

  func closeFirst() {
    if isOpen[0] { close(ends.0) }
    isOpen[0] = false
  }

  func closeSecond() {
    if isOpen[1] { close(ends.1) }
    isOpen[1] = false
  }

  func write(_ text: String) { writeHostDescriptor(ends.1, text) }

  func read() -> String {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = systemRead(ends.1, &bytes)
    return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
  }
}

/// The port to which a socket is bound.
func boundPort(_ descriptor: Int32) -> UInt16 {
  var address = sockaddr_in()
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let result = withUnsafeMutableBytes(of: &address) {
    getsockname(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size)
  }
  precondition(result == 0)
  return UInt16(bigEndian: address.sin_port)
}

func writeHostDescriptor(_ descriptor: Int32, _ text: String) {
  let bytes = Array(text.utf8)
  precondition(systemWrite(descriptor, bytes) == bytes.count)
}

func closeHostDescriptor(_ descriptor: Int32) { close(descriptor) }

private func systemPipe(_ ends: inout [Int32]) -> Int32 { pipe(&ends) }
private func systemWrite(_ descriptor: Int32, _ bytes: [UInt8]) -> Int { write(descriptor, bytes, bytes.count) }
private func systemRead(_ descriptor: Int32, _ bytes: inout [UInt8]) -> Int { read(descriptor, &bytes, bytes.count) }

func isHostDescriptorNonblocking(_ descriptor: Int32) -> Bool { fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0 }

/// The number of operations per random sequence: few by default, `NEEDLETAIL_SEQUENCE_LENGTH` for long runs.
var sequenceLength: Int { getenv("NEEDLETAIL_SEQUENCE_LENGTH").flatMap { Int(String(cString: $0)) } ?? 1500 }
