/// The type of an open file or a directory entry. (`filetype`.)
public enum FileType: UInt8, Hashable, Sendable {
  /// Cannot be determined, or is none of the others: a pipe, for example.
  case unknown = 0
  /// The types of POSIX files.
  case blockDevice, characterDevice, directory, regularFile, socketDatagram, socketStream, symbolicLink
}

/// Flags of an open descriptor. (`fdflags`.)
public struct DescriptorFlags: OptionSet, Hashable, Sendable {
  /// The flags as bits, as the guest passes them.
  public let rawValue: UInt16

  /// Creates flags from bits.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Writes go to the end of the file.
  public static let append = DescriptorFlags(rawValue: 1 << 0)
  /// Writes return after the data is on the medium. (`dsync`.)
  public static let dataSync = DescriptorFlags(rawValue: 1 << 1)
  /// Operations fail with `EAGAIN` instead of blocking.
  public static let nonblock = DescriptorFlags(rawValue: 1 << 2)
  /// Reads are synchronized as writes are. (`rsync`.)
  public static let readSync = DescriptorFlags(rawValue: 1 << 3)
  /// Writes return after data and metadata are on the medium.
  public static let sync = DescriptorFlags(rawValue: 1 << 4)

  static let all: DescriptorFlags = [.append, .dataSync, .nonblock, .readSync, .sync]
}

/// How `path_open` opens. (`oflags`.)
public struct OpenFlags: OptionSet, Hashable, Sendable {
  /// The flags as bits, as the guest passes them.
  public let rawValue: UInt16

  /// Creates flags from bits.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Creates the file if it does not exist.
  public static let create = OpenFlags(rawValue: 1 << 0)
  /// Fails if it is not a directory.
  public static let directory = OpenFlags(rawValue: 1 << 1)
  /// Fails if it already exists.
  public static let exclusive = OpenFlags(rawValue: 1 << 2)
  /// Sets the size to 0.
  public static let truncate = OpenFlags(rawValue: 1 << 3)

  static let all: OpenFlags = [.create, .directory, .exclusive, .truncate]
}

/// Which timestamps to set, and whether to the current time. (`fstflags`.)
struct TimeFlags: OptionSet {
  let rawValue: UInt16

  static let access = TimeFlags(rawValue: 1 << 0)
  static let accessNow = TimeFlags(rawValue: 1 << 1)
  static let modification = TimeFlags(rawValue: 1 << 2)
  static let modificationNow = TimeFlags(rawValue: 1 << 3)

  static let all: TimeFlags = [.access, .accessNow, .modification, .modificationNow]
}

/// The origin of a file offset. (`whence`; numbered differently in `wasi_unstable`.)
public enum Whence: UInt8, Hashable, Sendable {
  /// The start of the file.
  case set = 0
  /// The current position, and the end of the file.
  case current, end
}

/// How a guest intends to access a range of a file. (`advice`.)
public enum Advice: UInt8, Hashable, Sendable {
  /// No particular pattern.
  case normal = 0
  /// In order; in no order; soon; not soon; only once.
  case sequential, random, willNeed, dontNeed, noReuse
}

/// The clocks of preview 1. (`clockid`.)
public enum ClockIdentifier: UInt32, Hashable, Sendable {
  /// The time since 1970-01-01 00:00 UTC.
  case realtime = 0
  /// A clock that is never set; the processor time of the process; the processor time of the thread.
  case monotonic, processCPUTime, threadCPUTime
}

/// Flags of `sock_recv`. (`riflags`.)
public struct ReceiveFlags: OptionSet, Hashable, Sendable {
  /// The flags as bits, as the guest passes them.
  public let rawValue: UInt16

  /// Creates flags from bits.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Leaves the data in the socket's queue.
  public static let peek = ReceiveFlags(rawValue: 1 << 0)
  /// Waits until the buffers are full.
  public static let waitAll = ReceiveFlags(rawValue: 1 << 1)

  static let all: ReceiveFlags = [.peek, .waitAll]
}

/// Which directions of a connection to shut down. (`sdflags`.)
public struct ShutdownFlags: OptionSet, Hashable, Sendable {
  /// The flags as bits, as the guest passes them.
  public let rawValue: UInt8

  /// Creates flags from bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// No more receiving.
  public static let read = ShutdownFlags(rawValue: 1 << 0)
  /// No more sending.
  public static let write = ShutdownFlags(rawValue: 1 << 1)

  static let all: ShutdownFlags = [.read, .write]
}

/// The module names under which programs import preview 1: the final version, and the snapshot before it. They differ
/// in the layouts of `filestat` and `subscription` and in the numbers of `whence`.
public enum Snapshot: String, Hashable, Sendable, CaseIterable {
  /// The final version.
  case preview1 = "wasi_snapshot_preview1"
  /// The snapshot of 2019.
  case unstable = "wasi_unstable"
}
