/// What a descriptor of the guest can refer to: a ``File`` or a ``Directory``. All functions throw the ``Errno`` that
/// the guest receives.
public protocol FileSystemObject: AnyObject {
  /// The object's `filestat`.
  func status() throws(Errno) -> FileStatus
  /// Sets the timestamps.
  func setTimes(_ change: TimeChange) throws(Errno)
  /// Waits until everything written is on the medium.
  ///
  /// - Parameter dataOnly: whether metadata may be left out (`fdatasync`).
  func synchronize(dataOnly: Bool) throws(Errno)
  /// The current flags.
  func flags() throws(Errno) -> DescriptorFlags
  /// Sets ``DescriptorFlags/append`` and ``DescriptorFlags/nonblock``. The other flags cannot change after opening.
  func setFlags(_ flags: DescriptorFlags) throws(Errno)
  /// Releases the host's resources, and reports delayed write errors. Called once, when the last descriptor is closed.
  func close() throws(Errno)
}

/// An open object that is not a directory: a regular file, a stream, a device or a socket.
///
/// Buffers point into the guest's memory. The default implementations fail as POSIX does for objects that do not
/// support the operation.
public protocol File: FileSystemObject {
  /// The type of the object; constant.
  var type: FileType { get }

  /// The rights that apply to this object. By default those of a regular file or a stream.
  var meaningfulRights: Rights { get }

  /// Reads at the file's position and advances it. Returns the number of bytes, 0 at the end.
  func read(into buffers: IOBuffers) throws(Errno) -> Int
  /// Writes at the file's position, or at the end if the file is open for appending, and advances the position. Returns
  /// the number of bytes.
  func write(from buffers: IOBuffers) throws(Errno) -> Int
  /// Reads at `offset` (in bytes from the start) without moving the position. Returns the number of bytes, 0 at the
  /// end.
  func read(into buffers: IOBuffers, at offset: UInt64) throws(Errno) -> Int
  /// Writes at `offset` (in bytes from the start) without moving the position. Returns the number of bytes.
  func write(from buffers: IOBuffers, at offset: UInt64) throws(Errno) -> Int
  /// Moves the position by `offset` bytes from `whence`. Returns the new position in bytes from the start.
  func seek(by offset: Int64, from whence: Whence) throws(Errno) -> UInt64
  /// Truncates the file, or extends it with zeros, to `size` bytes.
  func setSize(_ size: UInt64) throws(Errno)
  /// Reserves storage for `count` bytes at `offset`; extends the file if necessary.
  func allocate(at offset: UInt64, count: UInt64) throws(Errno)
  /// Tells how the guest will access `count` bytes at `offset`.
  func advise(at offset: UInt64, count: UInt64, _ advice: Advice) throws(Errno)

  /// How to find out when reading or writing does not block.
  var readiness: Readiness { get }

  /// The socket, if the object is one.
  var socket: (any Socket)? { get }
}

/// When a file can be read or written.
public enum Readiness {
  /// At any time.
  case always
  /// When `poll` reports this descriptor of the host as ready.
  case descriptor(Int32)
}

/// The operations of sockets.
public protocol Socket: AnyObject {
  /// Accepts the next connection.
  ///
  /// - Parameter flags: the flags of the new descriptor.
  func accept(_ flags: DescriptorFlags) throws(Errno) -> any File
  /// Receives into the buffers. Returns the number of bytes, and whether the message was truncated.
  func receive(into buffers: IOBuffers, _ flags: ReceiveFlags) throws(Errno) -> (count: Int, isTruncated: Bool)
  /// Sends the buffers. Returns the number of bytes.
  func send(from buffers: IOBuffers) throws(Errno) -> Int
  /// Shuts down one or both directions.
  func shutdown(_ flags: ShutdownFlags) throws(Errno)
}

extension File {
  /// By default, the rights of a regular file or of a stream, according to ``type``.
  public var meaningfulRights: Rights { type == .regularFile ? .regularFile : .stream }
  /// By default, always ready.
  public var readiness: Readiness { .always }
  /// By default, not a socket.
  public var socket: (any Socket)? { nil }

  /// By default, a status with only the type.
  public func status() throws(Errno) -> FileStatus { FileStatus(type: type) }
  /// By default, fails with `ENOTSUP`.
  public func setTimes(_ change: TimeChange) throws(Errno) { throw .notsup }
  /// By default, does nothing.
  public func synchronize(dataOnly: Bool) throws(Errno) {}
  /// By default, no flags.
  public func flags() throws(Errno) -> DescriptorFlags { [] }
  /// By default, ignores the flags.
  public func setFlags(_ flags: DescriptorFlags) throws(Errno) {}
  /// By default, does nothing.
  public func close() throws(Errno) {}

  /// By default, fails with `EBADF`.
  public func read(into buffers: IOBuffers) throws(Errno) -> Int { throw .badf }
  /// By default, fails with `EBADF`.
  public func write(from buffers: IOBuffers) throws(Errno) -> Int { throw .badf }
  /// By default, fails with `ESPIPE`.
  public func read(into buffers: IOBuffers, at offset: UInt64) throws(Errno) -> Int { throw .spipe }
  /// By default, fails with `ESPIPE`.
  public func write(from buffers: IOBuffers, at offset: UInt64) throws(Errno) -> Int { throw .spipe }
  /// By default, fails with `ESPIPE`.
  public func seek(by offset: Int64, from whence: Whence) throws(Errno) -> UInt64 { throw .spipe }
  /// By default, fails with `EINVAL`.
  public func setSize(_ size: UInt64) throws(Errno) { throw .inval }
  /// By default, fails with `ESPIPE`.
  public func allocate(at offset: UInt64, count: UInt64) throws(Errno) { throw .spipe }
  /// By default, fails with `ESPIPE`.
  public func advise(at offset: UInt64, count: UInt64, _ advice: Advice) throws(Errno) { throw .spipe }
}
