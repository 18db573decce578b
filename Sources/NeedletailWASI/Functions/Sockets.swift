import Needletail

extension WASI {
  func defineSockets(_ functions: HostFunctions) throws {
    try defineTransfers(functions)
    try functions.define("sock_shutdown") { [self] (memory: GuestMemory, number: UInt32, how: UInt32) throws(Errno) in
      let (_, socket) = try socket(number, .sockShutdown)
      guard let rawValue = UInt8(exactly: how) else { throw .inval }
      let flags = ShutdownFlags(rawValue: rawValue)
      guard !flags.isEmpty, flags.isSubset(of: .all) else { throw .inval }
      try socket.shutdown(flags)
    }
    // `wasi_unstable` does not specify `sock_accept`; defining it there is harmless.
    try functions.define("sock_accept") {
      [self] (memory: GuestMemory, number: UInt32, flags: UInt32, result: UInt32) throws(Errno) in
      let (file, socket) = try socket(number, .sockAccept)
      let flags = try DescriptorFlags(guest: flags)
      try memory.store(UInt32.max, at: result)
      try requireRoom(number)
      let inheritingRights = try descriptors[number].inheritingRights
      let connection = try reading(file) { () throws(Errno) in try socket.accept(flags) }
      let rights = connection.meaningfulRights.intersection(inheritingRights)
      let descriptor = Descriptor(
        object: .file(connection), rights: rights, inheritingRights: [], access: .readWrite)
      try memory.store(descriptors.insert(descriptor), at: result)
    }
  }

  private func defineTransfers(_ functions: HostFunctions) throws {
    try functions.define("sock_recv") {
      [self]
      (
        memory: GuestMemory, number: UInt32, vectors: UInt32, count: UInt32, flags: UInt32, result: UInt32,
        resultFlags: UInt32
      ) throws(Errno) in
      let (file, socket) = try socket(number, .fdRead)
      guard let rawValue = UInt16(exactly: flags) else { throw .inval }
      let flags = ReceiveFlags(rawValue: rawValue)
      guard flags.isSubset(of: .all) else { throw .inval }
      _ = try memory.bytes(at: resultFlags, count: 2)
      let received = try memory.withVectors(at: vectors, count: count) { buffers throws(Errno) in
        try receive(from: file, socket, into: buffers, flags)
      }
      try memory.store(UInt32(truncatingIfNeeded: received.count), at: result)
      try memory.store(UInt16(received.isTruncated ? 1 : 0), at: resultFlags)
    }
    try functions.define("sock_send") {
      [self]
      (
        memory: GuestMemory, number: UInt32, vectors: UInt32, count: UInt32, flags: UInt32, result: UInt32
      ) throws(Errno) in
      let (file, socket) = try socket(number, .fdWrite)
      // The specification defines no flags.
      guard flags == 0 else { throw .inval }
      let sent = try memory.withVectors(at: vectors, count: count) { buffers throws(Errno) in
        try writing(file, from: buffers) { buffers throws(Errno) in try socket.send(from: buffers) }
      }
      try memory.store(UInt32(truncatingIfNeeded: sent), at: result)
    }
  }

  /// - Throws: `EBADF`; `ENOTSOCK`; `ENOTCAPABLE`.
  private func socket(_ number: UInt32, _ rights: Rights) throws(Errno) -> (any File, any Socket) {
    let descriptor = try descriptors[number]
    guard case .file(let file) = descriptor.object, let socket = file.socket else { throw .notsock }
    guard descriptor.rights.isSuperset(of: rights) else { throw missingRights(rights, descriptor, number) }
    return (file, socket)
  }

  private func receive(
    from file: any File, _ socket: any Socket, into buffers: IOBuffers, _ flags: ReceiveFlags
  ) throws(Errno) -> (count: Int, isTruncated: Bool) {
    guard canEndWaiting, flags == .waitAll, buffers.totalCount > 0 else {
      return try reading(file, count: buffers.totalCount) { () throws(Errno) in
        try socket.receive(into: buffers, flags)
      }
    }
    // With MSG_WAITALL the host would block, and the guest could not be interrupted. The data is received in parts
    // instead.
    var result = (count: 0, isTruncated: false)
    let wanted = buffers.totalCount
    repeat {
      let part = try buffers.withPiece(from: result.count, limit: wanted) { piece throws(Errno) in
        try reading(file) { () throws(Errno) in try socket.receive(into: piece, []) }
      }
      result = (result.count + part.count, part.isTruncated)
      if part.count == 0 { break }
    } while result.count < wanted
    return result
  }
}
