/// What a guest can hold a descriptor of: a ``File`` or a ``Directory``.
public protocol FileSystemObject: AnyObject {
  /// The object's `filestat`.
  func status() throws(Errno) -> FileStatus
  func setTimes(_ change: TimeChange) throws(Errno)
  /// Waits until all that was written is on its medium, with or without metadata.
  func synchronize(dataOnly: Bool) throws(Errno)
  /// Flags as they now are.
  func flags() throws(Errno) -> DescriptorFlags
  /// Sets ``DescriptorFlags/append`` and ``DescriptorFlags/nonblock``; the others cannot change once opened.
  func setFlags(_ flags: DescriptorFlags) throws(Errno)
  /// Gives the host's resources back, and reports a write that fails only now. Called once, when no descriptor is left.
  func close() throws(Errno)
}

/// Something opened that is not a directory: a regular file, a stream, a device, a socket.
///
/// Buffers point into the guest's memory. A function that is not overridden answers as POSIX does for an object that
/// cannot do it.
public protocol File: FileSystemObject {
  /// What sort of thing it is; does not change.
  var type: FileType { get }

  /// The rights that make sense for this object. By default those of a regular file, or of a stream.
  var meaningfulRights: Rights { get }

  /// Reads at the file's position and moves it. Returns the number of bytes, 0 at the end.
  func read(into buffers: IOBuffers) throws(Errno) -> Int
  /// Writes at the file's position, or at the end if it is open for appending, and moves it.
  func write(from buffers: IOBuffers) throws(Errno) -> Int
  func read(into buffers: IOBuffers, at offset: UInt64) throws(Errno) -> Int
  func write(from buffers: IOBuffers, at offset: UInt64) throws(Errno) -> Int
  /// Moves the position; returns the new one, from the start.
  func seek(by offset: Int64, from whence: Whence) throws(Errno) -> UInt64
  func setSize(_ size: UInt64) throws(Errno)
  /// Makes sure that the range has room, growing the file if need be.
  func allocate(at offset: UInt64, count: UInt64) throws(Errno)
  func advise(at offset: UInt64, count: UInt64, _ advice: Advice) throws(Errno)

  /// How to find out when reading or writing would not block.
  var readiness: Readiness { get }

  /// The socket, if it is one.
  var socket: (any Socket)? { get }
}

/// When a file can be read or written.
public enum Readiness {
  /// At any time.
  case always
  /// When `poll` says so of this descriptor of the host.
  case descriptor(Int32)
}

/// What only sockets can do.
public protocol Socket: AnyObject {
  /// Takes the next connection; the flags are those of the new descriptor.
  func accept(_ flags: DescriptorFlags) throws(Errno) -> any File
  /// Returns the number of bytes and whether the message was cut.
  func receive(into buffers: IOBuffers, _ flags: ReceiveFlags) throws(Errno) -> (count: Int, isTruncated: Bool)
  func send(from buffers: IOBuffers) throws(Errno) -> Int
  func shutdown(_ flags: ShutdownFlags) throws(Errno)
}

extension File {
  public var meaningfulRights: Rights { type == .regularFile ? .regularFile : .stream }
  public var readiness: Readiness { .always }
  public var socket: (any Socket)? { nil }

  public func status() throws(Errno) -> FileStatus { FileStatus(type: type) }
  public func setTimes(_ change: TimeChange) throws(Errno) { throw .notsup }
  public func synchronize(dataOnly: Bool) throws(Errno) {}
  public func flags() throws(Errno) -> DescriptorFlags { [] }
  public func setFlags(_ flags: DescriptorFlags) throws(Errno) {}
  public func close() throws(Errno) {}

  public func read(into buffers: IOBuffers) throws(Errno) -> Int { throw .badf }
  public func write(from buffers: IOBuffers) throws(Errno) -> Int { throw .badf }
  public func read(into buffers: IOBuffers, at offset: UInt64) throws(Errno) -> Int { throw .spipe }
  public func write(from buffers: IOBuffers, at offset: UInt64) throws(Errno) -> Int { throw .spipe }
  public func seek(by offset: Int64, from whence: Whence) throws(Errno) -> UInt64 { throw .spipe }
  public func setSize(_ size: UInt64) throws(Errno) { throw .inval }
  public func allocate(at offset: UInt64, count: UInt64) throws(Errno) { throw .spipe }
  public func advise(at offset: UInt64, count: UInt64, _ advice: Advice) throws(Errno) { throw .spipe }
}
