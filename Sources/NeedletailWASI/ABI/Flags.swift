/// The kind of thing that a descriptor or directory entry stands for. (`filetype`.)
public enum FileType: UInt8, Hashable, Sendable {
  case unknown = 0
  case blockDevice, characterDevice, directory, regularFile, socketDatagram, socketStream, symbolicLink
}

/// Flags of an open descriptor. (`fdflags`.)
public struct DescriptorFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let append = DescriptorFlags(rawValue: 1 << 0)
  public static let dataSync = DescriptorFlags(rawValue: 1 << 1)
  public static let nonblock = DescriptorFlags(rawValue: 1 << 2)
  public static let readSync = DescriptorFlags(rawValue: 1 << 3)
  public static let sync = DescriptorFlags(rawValue: 1 << 4)

  static let all: DescriptorFlags = [.append, .dataSync, .nonblock, .readSync, .sync]
}

/// How `path_open` opens. (`oflags`.)
public struct OpenFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let create = OpenFlags(rawValue: 1 << 0)
  public static let directory = OpenFlags(rawValue: 1 << 1)
  public static let exclusive = OpenFlags(rawValue: 1 << 2)
  public static let truncate = OpenFlags(rawValue: 1 << 3)

  static let all: OpenFlags = [.create, .directory, .exclusive, .truncate]
}

/// Which timestamps to set, and whether to the present. (`fstflags`.)
struct TimeFlags: OptionSet {
  let rawValue: UInt16

  static let access = TimeFlags(rawValue: 1 << 0)
  static let accessNow = TimeFlags(rawValue: 1 << 1)
  static let modification = TimeFlags(rawValue: 1 << 2)
  static let modificationNow = TimeFlags(rawValue: 1 << 3)

  static let all: TimeFlags = [.access, .accessNow, .modification, .modificationNow]
}

/// From where an offset counts. (`whence`; `wasi_unstable` numbers them otherwise.)
public enum Whence: UInt8, Hashable, Sendable {
  case set = 0
  case current, end
}

/// How a guest says that it will use a part of a file. (`advice`.)
public enum Advice: UInt8, Hashable, Sendable {
  case normal = 0
  case sequential, random, willNeed, dontNeed, noReuse
}

/// The clocks of preview 1. (`clockid`.)
public enum ClockIdentifier: UInt32, Hashable, Sendable {
  case realtime = 0
  case monotonic, processCPUTime, threadCPUTime
}

/// Flags of `sock_recv`. (`riflags`.)
public struct ReceiveFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let peek = ReceiveFlags(rawValue: 1 << 0)
  public static let waitAll = ReceiveFlags(rawValue: 1 << 1)

  static let all: ReceiveFlags = [.peek, .waitAll]
}

/// Which directions of a connection to shut. (`sdflags`.)
public struct ShutdownFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let read = ShutdownFlags(rawValue: 1 << 0)
  public static let write = ShutdownFlags(rawValue: 1 << 1)

  static let all: ShutdownFlags = [.read, .write]
}

/// The two module names under which programs import preview 1: its final form, and the snapshot before it, which
/// differs in the layout of `filestat` and `subscription` and in the numbers of `whence`.
public enum Snapshot: String, Hashable, Sendable, CaseIterable {
  case preview1 = "wasi_snapshot_preview1"
  case unstable = "wasi_unstable"
}
