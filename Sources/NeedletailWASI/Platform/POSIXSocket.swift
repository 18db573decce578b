#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A socket of the host. The ``POSIXFile`` owns the descriptor.
final class POSIXSocket: Socket {
  private let file: POSIXFile
  private var descriptor: Int32 { file.descriptor }

  init(_ file: POSIXFile) { self.file = file }

  func accept(_ flags: DescriptorFlags) throws(Errno) -> any File {
    guard flags.subtracting(.nonblock).isEmpty else { throw .notsup }
    if file.mustNotWait { try file.requireReady(Int16(POLLIN)) }
    #if os(Linux)
      // On Linux, SOCK_CLOEXEC and SOCK_NONBLOCK equal the flags of `open`.
      let hostFlags = O_CLOEXEC | (flags.contains(.nonblock) ? O_NONBLOCK : 0)
      let accepted = try retrying { LinuxSystemCalls.accept(descriptor, flags: hostFlags) }
    #else
      let accepted = try retrying { systemAccept(descriptor, nil, nil) }
      _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
      // On other systems a connection inherits the listener's flags.
      _ = fcntl(accepted, F_SETFL, flags.contains(.nonblock) ? O_NONBLOCK : 0)
    #endif
    return POSIXFile(owning: accepted, type: .socketStream)
  }

  func receive(into buffers: IOBuffers, _ flags: ReceiveFlags) throws(Errno) -> (count: Int, isTruncated: Bool) {
    var hostFlags: Int32 = 0
    if flags.contains(.peek) { hostFlags |= socketConstant(MSG_PEEK) }
    if flags.contains(.waitAll) { hostFlags |= socketConstant(MSG_WAITALL) }
    if file.mustNotWait { hostFlags |= socketConstant(MSG_DONTWAIT) }
    return try withMessage(buffers) { message throws(Errno) in
      let count = try retrying { recvmsg(descriptor, &message, hostFlags) }
      return (count, Int32(message.msg_flags) & socketConstant(MSG_TRUNC) != 0)
    }
  }

  func send(from buffers: IOBuffers) throws(Errno) -> Int {
    var hostFlags: Int32 = file.mustNotWait ? socketConstant(MSG_DONTWAIT) : 0
    #if !canImport(Darwin)
      hostFlags |= socketConstant(MSG_NOSIGNAL)
    #endif
    return try withMessage(buffers) { message throws(Errno) in
      try retrying { sendmsg(descriptor, &message, hostFlags) }
    }
  }

  func shutdown(_ flags: ShutdownFlags) throws(Errno) {
    let how =
      switch flags {
      case .read: socketConstant(SHUT_RD)
      case .write: socketConstant(SHUT_WR)
      default: socketConstant(SHUT_RDWR)
      }
    guard systemShutdown(descriptor, how) == 0 else { throw .ofLastCall }
  }

  private func withMessage<R>(
    _ buffers: IOBuffers, _ body: (inout msghdr) throws(Errno) -> R
  ) throws(Errno) -> R {
    try buffers.withHostVectors { vectors, count throws(Errno) in
      var message = msghdr()
      message.msg_iov = UnsafeMutablePointer(mutating: vectors)
      message.msg_iovlen = numericCast(count)
      return try body(&message)
    }
  }

  /// Whether the descriptor is a listening socket.
  static func isListening(_ descriptor: Int32) -> Bool {
    var value: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0
  }

  /// Opens a socket that listens at `address`, such as `127.0.0.1:8080` or `[::1]:0`.
  ///
  /// It is non-blocking, which Go and other runtimes with one thread and an event loop expect of a preopened listener:
  /// they call `sock_accept` until it fails with `EAGAIN`. (wasmtime passes its listeners in the same state.)
  static func listen(at address: String) throws(Errno) -> any File {
    guard let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...]) else {
      throw .inval
    }
    var host = String(address[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    var ipv4 = sockaddr_in()
    ipv4.sin_port = port.bigEndian
    if inet_pton(AF_INET, host, &ipv4.sin_addr) == 1 {
      ipv4.sin_family = sa_family_t(AF_INET)
      return try listen(AF_INET, &ipv4, MemoryLayout<sockaddr_in>.size)
    }
    var ipv6 = sockaddr_in6()
    ipv6.sin6_port = port.bigEndian
    guard inet_pton(AF_INET6, host, &ipv6.sin6_addr) == 1 else { throw .addrnotavail }
    ipv6.sin6_family = sa_family_t(AF_INET6)
    return try listen(AF_INET6, &ipv6, MemoryLayout<sockaddr_in6>.size)
  }

  /// The address to which an internet socket is bound, such as `127.0.0.1:8080`.
  static func address(of descriptor: Int32) -> String? {
    var ipv4 = sockaddr_in()
    if bound(descriptor, &ipv4, MemoryLayout<sockaddr_in>.size) == AF_INET {
      return text(AF_INET, &ipv4.sin_addr).map { "\($0):\(UInt16(bigEndian: ipv4.sin_port))" }
    }
    var ipv6 = sockaddr_in6()
    guard bound(descriptor, &ipv6, MemoryLayout<sockaddr_in6>.size) == AF_INET6 else { return nil }
    return text(AF_INET6, &ipv6.sin6_addr).map { "[\($0)]:\(UInt16(bigEndian: ipv6.sin6_port))" }
  }

  /// Stores the address to which a socket is bound, truncated to `count` bytes; returns the address family.
  private static func bound(_ descriptor: Int32, _ address: UnsafeMutableRawPointer, _ count: Int) -> Int32? {
    var size = socklen_t(count)
    let address = address.assumingMemoryBound(to: sockaddr.self)
    guard getsockname(descriptor, address, &size) == 0 else { return nil }
    return Int32(address.pointee.sa_family)
  }

  private static func text(_ family: Int32, _ address: UnsafeRawPointer) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
      guard inet_ntop(family, address, buffer.baseAddress!, socklen_t(buffer.count)) != nil else { return nil }
      return String(cString: buffer.baseAddress!)
    }
  }

  private static func listen(
    _ family: Int32, _ address: UnsafeRawPointer, _ count: Int
  ) throws(Errno) -> any File {
    let descriptor = try retrying { socket(family, socketConstant(SOCK_STREAM), 0) }
    let file = POSIXFile(owning: descriptor, type: .socketStream)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    guard fcntl(descriptor, F_SETFL, O_NONBLOCK) >= 0 else { throw .ofLastCall }
    var reuse: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
    guard bind(descriptor, address.assumingMemoryBound(to: sockaddr.self), socklen_t(count)) == 0,
      systemListen(descriptor, 128) == 0
    else { throw .ofLastCall }
    return file
  }
}

/// C libraries declare these constants either as integers or as enumerations.
private func socketConstant(_ value: Int32) -> Int32 { value }
private func socketConstant(_ value: Int) -> Int32 { Int32(value) }
private func socketConstant<T: RawRepresentable>(_ value: T) -> Int32 where T.RawValue == UInt32 {
  Int32(bitPattern: value.rawValue)
}

// C functions whose names are hidden by methods of the class.
#if !os(Linux)
  private let systemAccept = accept
#endif
private func systemShutdown(_ descriptor: Int32, _ how: Int32) -> Int32 { shutdown(descriptor, how) }
private func systemListen(_ descriptor: Int32, _ backlog: Int32) -> Int32 { listen(descriptor, backlog) }
