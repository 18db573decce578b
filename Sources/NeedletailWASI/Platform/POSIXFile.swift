import NeedletailSystem
import Synchronization

/// A file, device, pipe or terminal of the host. Reads and writes transfer data directly between it and the guest's
/// memory.
final class POSIXFile: POSIXObject, File {
  /// The flags that the guest set on a borrowed descriptor. The host's own flags are shared with other processes and do
  /// not change.
  private let emulatedFlags = Atomic<UInt16>(0)
  /// Determined on first use.
  private(set) lazy var type: FileType = (try? FileStatus.ofDescriptor(descriptor).type) ?? .unknown

  /// Locks for the guest's threads that read or write; see ``WASI/transferring(_:writing:_:)``.
  private(set) lazy var turns = (reading: NativeLock(), writing: NativeLock())

  init(owning descriptor: FileDescriptor, type: FileType) {
    super.init(descriptor: descriptor, isOwned: true)
    self.type = type
  }

  init(borrowing descriptor: FileDescriptor) {
    super.init(descriptor: descriptor, isOwned: false)
  }

  /// The most bytes that a pipe accepts without blocking if it is ready for writing. (`PIPE_BUF` on Linux.)
  static let pieceCount = 4096

  var meaningfulRights: Rights {
    switch type {
    case .regularFile, .blockDevice: .regularFile
    // `/dev/null` is not a terminal, and C libraries tell by these rights.
    case .characterDevice: descriptor.isTerminal ? .stream : .stream.union([.fdSeek, .fdTell])
    case .socketStream, .socketDatagram: SocketDescriptor(descriptor).isListening ? .listener : .connection
    default: .stream
    }
  }

  var readiness: Readiness {
    type == .regularFile || type == .blockDevice ? .always : .descriptor(descriptor.number)
  }

  var socket: (any Socket)? {
    type == .socketStream || type == .socketDatagram ? POSIXSocket(self) : nil
  }

  func read(into buffers: IOBuffers) throws(Errno) -> Int {
    if mustNotWait { try requireReady(for: .reading) }
    return try buffers.onHost { vectors throws(SystemError) in try descriptor.read(into: vectors) }
  }

  func write(from buffers: IOBuffers) throws(Errno) -> Int {
    guard !mustNotWait else {
      try requireReady(for: .writing)
      return try buffers.withPiece(from: 0, limit: Self.pieceCount) { piece throws(Errno) in
        try writeWaiting(from: piece)
      }
    }
    return try writeWaiting(from: buffers)
  }

  @inline(__always)
  private func writeWaiting(from buffers: IOBuffers) throws(Errno) -> Int {
    try buffers.onHost { vectors throws(SystemError) in try descriptor.write(vectors) }
  }

  func read(into buffers: IOBuffers, at offset: UInt64) throws(Errno) -> Int {
    let offset = try Self.offset(offset)
    return try buffers.onHost { vectors throws(SystemError) in try descriptor.read(into: vectors, at: offset) }
  }

  func write(from buffers: IOBuffers, at offset: UInt64) throws(Errno) -> Int {
    let offset = try Self.offset(offset)
    return try buffers.onHost { vectors throws(SystemError) in try descriptor.write(vectors, at: offset) }
  }

  func seek(by offset: Int64, from whence: Whence) throws(Errno) -> UInt64 {
    let origin: FileDescriptor.SeekOrigin =
      switch whence {
      case .set: .start
      case .current: .current
      case .end: .end
      }
    return UInt64(try onHost { () throws(SystemError) in try descriptor.seek(by: offset, from: origin) })
  }

  func setSize(_ size: UInt64) throws(Errno) {
    let size = try Self.offset(size, or: .fbig)
    try onHost { () throws(SystemError) in try descriptor.setByteCount(size) }
  }

  func status() throws(Errno) -> FileStatus { try .ofDescriptor(descriptor) }

  func setTimes(_ change: TimeChange) throws(Errno) {
    try onHost { () throws(SystemError) in
      try descriptor.setTimes(access: change.access.host, modification: change.modification.host)
    }
  }

  func synchronize(dataOnly: Bool) throws(Errno) {
    try onHost { () throws(SystemError) in try descriptor.synchronize(dataOnly: dataOnly) }
  }

  func allocate(at offset: UInt64, count: UInt64) throws(Errno) {
    let offset = try Self.offset(offset)
    let count = try Self.offset(count)
    guard count > 0 else { throw .inval }
    try onHost { () throws(SystemError) in try descriptor.allocate(at: offset, byteCount: count) }
  }

  func advise(at offset: UInt64, count: UInt64, _ advice: Advice) throws(Errno) {
    let offset = try Self.offset(offset)
    let count = try Self.offset(count)
    let host: FileDescriptor.Advice =
      switch advice {
      case .normal: .normal
      case .sequential: .sequential
      case .random: .random
      case .willNeed: .willNeed
      case .dontNeed: .dontNeed
      case .noReuse: .noReuse
      }
    try onHost { () throws(SystemError) in try descriptor.advise(at: offset, byteCount: count, host) }
  }

  func flags() throws(Errno) -> DescriptorFlags {
    let flags = DescriptorFlags(host: try onHost { () throws(SystemError) in try descriptor.flags() })
    guard !isOwned else { return flags }
    let emulated = DescriptorFlags(rawValue: emulatedFlags.load(ordering: .relaxed))
    return flags.subtracting(.nonblock).union(emulated)
  }

  func setFlags(_ flags: DescriptorFlags) throws(Errno) {
    let changeable: DescriptorFlags = [.append, .nonblock]
    let present = try self.flags()
    guard flags.subtracting(changeable) == present.subtracting(changeable) else { throw .notsup }
    guard isOwned else {
      emulatedFlags.store(flags.intersection(changeable).rawValue, ordering: .relaxed)
      return
    }
    try onHost { () throws(SystemError) in
      var host = try descriptor.flags().subtracting([.append, .nonblocking])
      if flags.contains(.append) { host.insert(.append) }
      if flags.contains(.nonblock) { host.insert(.nonblocking) }
      try descriptor.setFlags(host)
    }
  }

  /// Whether the guest has set `nonblock` on a borrowed descriptor. The descriptor remains blocking for all that share
  /// it, so that the host is polled first and given no more than it accepts at once.
  @inline(__always)
  var mustNotWait: Bool {
    DescriptorFlags(rawValue: emulatedFlags.load(ordering: .relaxed)).contains(.nonblock)
  }

  /// - Throws: `EAGAIN` if the descriptor is not ready.
  func requireReady(for readiness: DescriptorPoll.Readiness) throws(Errno) {
    guard try onHost({ () throws(SystemError) in try descriptor.isReady(for: readiness) }) else { throw .again }
  }

  private static func offset(_ offset: UInt64, or error: Errno = .inval) throws(Errno) -> Int64 {
    guard let offset = Int64(exactly: offset) else { throw error }
    return offset
  }
}

extension IOBuffers {
  /// Calls `body`, which transfers bytes between the host and the buffers. (``IOBuffer`` has the layout of C's `struct iovec`.)
  @inline(__always)
  func onHost<R>(_ body: (UnsafeBufferPointer<IOVector>) throws(SystemError) -> R) throws(Errno) -> R {
    assert(MemoryLayout<IOBuffer>.size == MemoryLayout<IOVector>.size)
    let base = UnsafeRawPointer(buffers.baseAddress)?.assumingMemoryBound(to: IOVector.self)
    let vectors = UnsafeBufferPointer(start: base, count: buffers.count)
    do throws(SystemError) {
      return try body(vectors)
    } catch {
      throw Errno(error)
    }
  }
}
