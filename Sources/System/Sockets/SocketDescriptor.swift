#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A socket: a descriptor of one end of a connection, or one that listens for connections.
package struct SocketDescriptor: Hashable, Sendable {
  package let descriptor: FileDescriptor

  package init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

  // MARK: Connections

  /// Accepts a connection. A program that the process starts does not inherit its descriptor.
  package func accept(nonblocking: Bool) throws(SystemError) -> FileDescriptor {
    #if os(Linux)
      // On Linux, SOCK_CLOEXEC and SOCK_NONBLOCK equal the flags of `open`.
      let flags = O_CLOEXEC | (nonblocking ? O_NONBLOCK : 0)
      let accepted = try retrying {
        systemCall(LinuxCallNumbers.present.accept4, Int(descriptor.number), 0, 0, Int(flags))
      }
      return FileDescriptor(Int32(truncatingIfNeeded: accepted))
    #else
      let accepted = try retrying { libcAccept(descriptor.number, nil, nil) }
      _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
      // On other systems a connection inherits the listener's flags.
      _ = fcntl(accepted, F_SETFL, nonblocking ? O_NONBLOCK : 0)
      return FileDescriptor(accepted)
    #endif
  }

  /// How bytes are received.
  package struct ReceiveFlags: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Leaves the bytes in the queue.
    package static let peek = ReceiveFlags(rawValue: 1)
    /// Waits until the vectors are full.
    package static let waitAll = ReceiveFlags(rawValue: 2)
    /// Fails with `EAGAIN` instead of waiting.
    package static let noWait = ReceiveFlags(rawValue: 4)
  }

  /// - Returns: the number of bytes, and whether a message was longer than the vectors.
  package func receive(
    into vectors: UnsafeBufferPointer<IOVector>, _ flags: ReceiveFlags
  ) throws(SystemError) -> (count: Int, isTruncated: Bool) {
    var hostFlags: Int32 = 0
    if flags.contains(.peek) { hostFlags |= socketConstant(MSG_PEEK) }
    if flags.contains(.waitAll) { hostFlags |= socketConstant(MSG_WAITALL) }
    if flags.contains(.noWait) { hostFlags |= socketConstant(MSG_DONTWAIT) }
    return try withMessage(vectors) { message throws(SystemError) in
      let count = try retrying { recvmsg(descriptor.number, &message, hostFlags) }
      return (count, Int32(message.msg_flags) & socketConstant(MSG_TRUNC) != 0)
    }
  }

  /// Sends bytes; returns their number. A closed connection is an error, not a signal (except on Darwin).
  ///
  /// - Parameter noWait: whether it fails with `EAGAIN` instead of waiting.
  package func send(_ vectors: UnsafeBufferPointer<IOVector>, noWait: Bool) throws(SystemError) -> Int {
    var hostFlags: Int32 = noWait ? socketConstant(MSG_DONTWAIT) : 0
    #if !canImport(Darwin)
      hostFlags |= socketConstant(MSG_NOSIGNAL)
    #endif
    return try withMessage(vectors) { message throws(SystemError) in
      try retrying { sendmsg(descriptor.number, &message, hostFlags) }
    }
  }

  /// A direction of a connection, or both.
  package enum Direction: Sendable { case receiving, sending, both }

  package func shutdown(_ direction: Direction) throws(SystemError) {
    let how =
      switch direction {
      case .receiving: socketConstant(SHUT_RD)
      case .sending: socketConstant(SHUT_WR)
      case .both: socketConstant(SHUT_RDWR)
      }
    guard libcShutdown(descriptor.number, how) == 0 else { throw .last }
  }

  private func withMessage<R>(
    _ vectors: UnsafeBufferPointer<IOVector>, _ body: (inout msghdr) throws(SystemError) -> R
  ) throws(SystemError) -> R {
    try withHostVectors(vectors) { vectors, count throws(SystemError) in
      var message = msghdr()
      message.msg_iov = UnsafeMutablePointer(mutating: vectors)
      message.msg_iovlen = numericCast(count)
      return try body(&message)
    }
  }

  // MARK: Listening

  package var isListening: Bool {
    var value: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor.number, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0
  }

  /// Opens a non-blocking socket that listens at a numeric address of this computer. A program that the process starts does not inherit it.
  ///
  /// - Parameters:
  ///   - host: an IPv4 address, or an IPv6 address without brackets.
  ///   - port: the port; with 0 the system chooses one.
  /// - Throws: `EADDRNOTAVAIL` if `host` is not an address; otherwise the system's error.
  package static func listen(at host: String, port: UInt16) throws(SystemError) -> SocketDescriptor {
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

  private static func listen(
    _ family: Int32, _ address: UnsafeRawPointer, _ count: Int
  ) throws(SystemError) -> SocketDescriptor {
    let descriptor = FileDescriptor(try retrying { socket(family, socketConstant(SOCK_STREAM), 0) })
    do throws(SystemError) {
      _ = fcntl(descriptor.number, F_SETFD, FD_CLOEXEC)
      guard fcntl(descriptor.number, F_SETFL, O_NONBLOCK) >= 0 else { throw .last }
      var reuse: Int32 = 1
      setsockopt(descriptor.number, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
      guard bind(descriptor.number, address.assumingMemoryBound(to: sockaddr.self), socklen_t(count)) == 0,
        libcListen(descriptor.number, 128) == 0
      else { throw .last }
    } catch {
      descriptor.closeIgnoringErrors()
      throw error
    }
    return SocketDescriptor(descriptor)
  }

  /// The address to which an internet socket is bound, such as `127.0.0.1:8080` or `[::1]:8080`.
  package var address: String? {
    var ipv4 = sockaddr_in()
    if bound(&ipv4, MemoryLayout<sockaddr_in>.size) == AF_INET {
      return text(AF_INET, &ipv4.sin_addr).map { "\($0):\(UInt16(bigEndian: ipv4.sin_port))" }
    }
    var ipv6 = sockaddr_in6()
    guard bound(&ipv6, MemoryLayout<sockaddr_in6>.size) == AF_INET6 else { return nil }
    return text(AF_INET6, &ipv6.sin6_addr).map { "[\($0)]:\(UInt16(bigEndian: ipv6.sin6_port))" }
  }

  /// Stores the address to which the socket is bound, truncated to `count` bytes; returns the address family.
  private func bound(_ address: UnsafeMutableRawPointer, _ count: Int) -> Int32? {
    var size = socklen_t(count)
    let address = address.assumingMemoryBound(to: sockaddr.self)
    guard getsockname(descriptor.number, address, &size) == 0 else { return nil }
    return Int32(address.pointee.sa_family)
  }

  private func text(_ family: Int32, _ address: UnsafeRawPointer) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
      guard inet_ntop(family, address, buffer.baseAddress!, socklen_t(buffer.count)) != nil else { return nil }
      return String(cString: buffer.baseAddress!)
    }
  }
}

/// C libraries declare these constants either as integers or as enumerations.
private func socketConstant(_ value: Int32) -> Int32 { value }
private func socketConstant(_ value: Int) -> Int32 { Int32(value) }
private func socketConstant<T: RawRepresentable>(_ value: T) -> Int32 where T.RawValue == UInt32 {
  Int32(bitPattern: value.rawValue)
}

// C functions whose names are hidden by methods of the type.
#if !os(Linux)
  private let libcAccept = accept
#endif
private func libcShutdown(_ descriptor: Int32, _ how: Int32) -> Int32 { shutdown(descriptor, how) }
private func libcListen(_ descriptor: Int32, _ backlog: Int32) -> Int32 { listen(descriptor, backlog) }
