#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif
import Synchronization
import WasmRuntime

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

  init(owning descriptor: Int32, type: FileType) {
    super.init(descriptor: descriptor, isOwned: true)
    self.type = type
  }

  init(borrowing descriptor: Int32) {
    super.init(descriptor: descriptor, isOwned: false)
  }

  /// The most bytes that a pipe accepts without blocking if it is ready for writing. (`PIPE_BUF` on Linux.)
  static let pieceCount = 4096

  var meaningfulRights: Rights {
    switch type {
    case .regularFile, .blockDevice: .regularFile
    // `/dev/null` is not a terminal, and C libraries tell by these rights.
    case .characterDevice: isatty(descriptor) == 1 ? .stream : .stream.union([.fdSeek, .fdTell])
    case .socketStream, .socketDatagram: POSIXSocket.isListening(descriptor) ? .listener : .connection
    default: .stream
    }
  }

  var readiness: Readiness {
    type == .regularFile || type == .blockDevice ? .always : .descriptor(descriptor)
  }

  var socket: (any Socket)? {
    type == .socketStream || type == .socketDatagram ? POSIXSocket(self) : nil
  }

  func read(into buffers: IOBuffers) throws(Errno) -> Int {
    if mustNotWait { try requireReady(Int16(POLLIN)) }
    return try buffers.withHostVectors { vectors, count throws(Errno) in
      try retrying {
        count == 1
          ? systemRead(descriptor, vectors.pointee.iov_base, vectors.pointee.iov_len)
          : readv(descriptor, vectors, count)
      }
    }
  }

  func write(from buffers: IOBuffers) throws(Errno) -> Int {
    guard !mustNotWait else {
      try requireReady(Int16(POLLOUT))
      return try buffers.withPiece(from: 0, limit: Self.pieceCount) { piece throws(Errno) in
        try writeWaiting(from: piece)
      }
    }
    return try writeWaiting(from: buffers)
  }

  @inline(__always)
  private func writeWaiting(from buffers: IOBuffers) throws(Errno) -> Int {
    try buffers.withHostVectors { vectors, count throws(Errno) in
      try retrying {
        count == 1
          ? systemWrite(descriptor, vectors.pointee.iov_base, vectors.pointee.iov_len)
          : writev(descriptor, vectors, count)
      }
    }
  }

  func read(into buffers: IOBuffers, at offset: UInt64) throws(Errno) -> Int {
    let offset = try Self.offset(offset)
    return try buffers.withHostVectors { vectors, count throws(Errno) in
      try retrying { preadv(descriptor, vectors, count, offset) }
    }
  }

  func write(from buffers: IOBuffers, at offset: UInt64) throws(Errno) -> Int {
    let offset = try Self.offset(offset)
    return try buffers.withHostVectors { vectors, count throws(Errno) in
      try retrying { pwritev(descriptor, vectors, count, offset) }
    }
  }

  func seek(by offset: Int64, from whence: Whence) throws(Errno) -> UInt64 {
    let origin =
      switch whence {
      case .set: SEEK_SET
      case .current: SEEK_CUR
      case .end: SEEK_END
      }
    let position = lseek(descriptor, off_t(offset), origin)
    guard position >= 0 else { throw .ofLastCall }
    return UInt64(position)
  }

  func setSize(_ size: UInt64) throws(Errno) {
    let size = try Self.offset(size, or: .fbig)
    _ = try retrying { ftruncate(descriptor, size) }
  }

  func status() throws(Errno) -> FileStatus { try .ofDescriptor(descriptor) }

  func setTimes(_ change: TimeChange) throws(Errno) {
    try change.withTimes { futimens(descriptor, $0) }
  }

  func synchronize(dataOnly: Bool) throws(Errno) {
    #if canImport(Darwin)
      _ = try retrying { fsync(descriptor) }
    #else
      _ = try retrying { dataOnly ? fdatasync(descriptor) : fsync(descriptor) }
    #endif
  }

  func allocate(at offset: UInt64, count: UInt64) throws(Errno) {
    let offset = try Self.offset(offset)
    let count = try Self.offset(count)
    guard count > 0 else { throw .inval }
    #if canImport(Darwin)
      // There is no `posix_fallocate`. Growing the file is all that a guest can observe.
      let (end, overflows) = offset.addingReportingOverflow(count)
      guard !overflows else { throw .fbig }
      if try status().size < UInt64(end) { try setSize(UInt64(end)) }
    #else
      while true {
        let code = posix_fallocate(descriptor, offset, count)
        if code == 0 { return }
        guard code == EINTR else { throw Errno(host: code) }
      }
    #endif
  }

  func advise(at offset: UInt64, count: UInt64, _ advice: Advice) throws(Errno) {
    let offset = try Self.offset(offset)
    let count = try Self.offset(count)
    #if !canImport(Darwin)
      let host =
        switch advice {
        case .normal: POSIX_FADV_NORMAL
        case .sequential: POSIX_FADV_SEQUENTIAL
        case .random: POSIX_FADV_RANDOM
        case .willNeed: POSIX_FADV_WILLNEED
        case .dontNeed: POSIX_FADV_DONTNEED
        case .noReuse: POSIX_FADV_NOREUSE
        }
      let code = posix_fadvise(descriptor, offset, count, host)
      guard code == 0 else { throw Errno(host: code) }
    #endif
  }

  func flags() throws(Errno) -> DescriptorFlags {
    let flags = DescriptorFlags(host: try retrying { fcntl(descriptor, F_GETFL) })
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
    var host = try retrying { fcntl(descriptor, F_GETFL) } & ~(O_APPEND | O_NONBLOCK)
    if flags.contains(.append) { host |= O_APPEND }
    if flags.contains(.nonblock) { host |= O_NONBLOCK }
    _ = try retrying { fcntl(descriptor, F_SETFL, host) }
  }

  /// Whether the guest has set `nonblock` on a borrowed descriptor. The descriptor remains blocking for all that share
  /// it, so that the host is polled first and given no more than it accepts at once.
  @inline(__always)
  var mustNotWait: Bool {
    DescriptorFlags(rawValue: emulatedFlags.load(ordering: .relaxed)).contains(.nonblock)
  }

  /// - Throws: `EAGAIN` if none of `events` (of `poll`) has occurred.
  func requireReady(_ events: Int16) throws(Errno) {
    var request = pollfd(fd: descriptor, events: events, revents: 0)
    guard try retrying({ poll(&request, 1, 0) }) > 0 else { throw .again }
  }

  private static func offset(_ offset: UInt64, or error: Errno = .inval) throws(Errno) -> off_t {
    guard let offset = off_t(exactly: offset) else { throw error }
    return offset
  }
}

extension IOBuffers {
  /// Calls `body` with the buffers as C's `struct iovec`, whose layout ``IOBuffer`` has.
  @inline(__always)
  func withHostVectors<R>(_ body: (UnsafePointer<iovec>, Int32) throws(Errno) -> R) throws(Errno) -> R {
    var none = iovec(iov_base: nil, iov_len: 0)
    guard let base = buffers.baseAddress, buffers.count > 0 else { return try body(&none, 1) }
    assert(MemoryLayout<IOBuffer>.size == MemoryLayout<iovec>.size)
    return try body(
      UnsafeRawPointer(base).assumingMemoryBound(to: iovec.self), Int32(truncatingIfNeeded: buffers.count))
  }
}

// C functions whose names are hidden by methods of the class.
@inline(__always)
private func systemRead(_ descriptor: Int32, _ base: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, base, count)
}

@inline(__always)
private func systemWrite(_ descriptor: Int32, _ base: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  write(descriptor, base, count)
}
