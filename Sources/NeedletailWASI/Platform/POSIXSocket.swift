import NeedletailSystem

/// A socket of the host. The ``POSIXFile`` owns the descriptor.
final class POSIXSocket: Socket {
  private let file: POSIXFile
  private var host: SocketDescriptor { SocketDescriptor(file.descriptor) }

  init(_ file: POSIXFile) { self.file = file }

  func accept(_ flags: DescriptorFlags) throws(Errno) -> any File {
    guard flags.subtracting(.nonblock).isEmpty else { throw .notsup }
    if file.mustNotWait { try file.requireReady(for: .reading) }
    let accepted = try onHost { () throws(SystemError) in try host.accept(nonblocking: flags.contains(.nonblock)) }
    return POSIXFile(owning: accepted, type: .socketStream)
  }

  func receive(into buffers: IOBuffers, _ flags: ReceiveFlags) throws(Errno) -> (count: Int, isTruncated: Bool) {
    var hostFlags: SocketDescriptor.ReceiveFlags = []
    if flags.contains(.peek) { hostFlags.insert(.peek) }
    if flags.contains(.waitAll) { hostFlags.insert(.waitAll) }
    if file.mustNotWait { hostFlags.insert(.noWait) }
    return try buffers.onHost { vectors throws(SystemError) in try host.receive(into: vectors, hostFlags) }
  }

  func send(from buffers: IOBuffers) throws(Errno) -> Int {
    try buffers.onHost { vectors throws(SystemError) in try host.send(vectors, noWait: file.mustNotWait) }
  }

  func shutdown(_ flags: ShutdownFlags) throws(Errno) {
    let direction: SocketDescriptor.Direction =
      switch flags {
      case .read: .receiving
      case .write: .sending
      default: .both
      }
    try onHost { () throws(SystemError) in try host.shutdown(direction) }
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
    let socket = try onHost { () throws(SystemError) in try SocketDescriptor.listen(at: host, port: port) }
    return POSIXFile(owning: socket.descriptor, type: .socketStream)
  }
}
