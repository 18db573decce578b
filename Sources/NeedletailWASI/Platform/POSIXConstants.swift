#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Constants that Swift does not import or that only some systems have.
enum POSIXConstants {
  #if os(Linux)
    /// Opens without read permission, which is enough to look up names. (`O_PATH`, the same on all architectures.)
    static let pathOnly: Int32 = 0o10000000
    /// `AT_EMPTY_PATH`.
    static let emptyPath: Int32 = 0x1000
    /// `UTIME_NOW` and `UTIME_OMIT` of `utimensat`.
    static let now = (1 << 30) - 1
    static let omit = (1 << 30) - 2
  #else
    static let pathOnly: Int32 = O_RDONLY
    static let now = -1
    static let omit = -2
  #endif

  /// `O_RSYNC`; `O_SYNC` on systems without it.
  #if os(Linux)
    static let readSync: Int32 = O_RSYNC
  #else
    static let readSync: Int32 = O_SYNC
  #endif

  /// Opens a directory for looking up names, without following a link.
  static let directoryFlags: Int32 = pathOnly | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
}

extension FileType {
  /// From `st_mode`.
  init(mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFREG: self = .regularFile
    case S_IFDIR: self = .directory
    case S_IFLNK: self = .symbolicLink
    case S_IFCHR: self = .characterDevice
    case S_IFBLK: self = .blockDevice
    case S_IFSOCK: self = .socketStream
    default: self = .unknown
    }
  }

  /// From `d_type`; nil if the file system does not report it.
  init?(entryType: UInt8) {
    switch Int(entryType) {
    case Int(DT_REG): self = .regularFile
    case Int(DT_DIR): self = .directory
    case Int(DT_LNK): self = .symbolicLink
    case Int(DT_CHR): self = .characterDevice
    case Int(DT_BLK): self = .blockDevice
    case Int(DT_SOCK): self = .socketStream
    case Int(DT_FIFO): self = .unknown
    default: return nil
    }
  }
}

extension FileStatus {
  init(_ status: stat) {
    #if canImport(Darwin)
      let times = (status.st_atimespec, status.st_mtimespec, status.st_ctimespec)
    #else
      let times = (status.st_atim, status.st_mtim, status.st_ctim)
    #endif
    self.init(
      device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(truncatingIfNeeded: status.st_ino),
      type: FileType(mode: status.st_mode), linkCount: UInt64(truncatingIfNeeded: status.st_nlink),
      size: UInt64(truncatingIfNeeded: status.st_size), accessTime: times.0.nanoseconds,
      modificationTime: times.1.nanoseconds, changeTime: times.2.nanoseconds)
  }

  /// The status of an open descriptor.
  static func ofDescriptor(_ descriptor: Int32) throws(Errno) -> FileStatus {
    var status = stat()
    _ = try retrying { fstat(descriptor, &status) }
    return FileStatus(status)
  }
}

extension timespec {
  /// Nanoseconds since 1970; 0 for earlier times.
  var nanoseconds: UInt64 {
    guard tv_sec >= 0 else { return 0 }
    return UInt64(tv_sec) &* 1_000_000_000 &+ UInt64(truncatingIfNeeded: tv_nsec)
  }

  init(nanoseconds: UInt64) {
    self.init(
      tv_sec: time_t(truncatingIfNeeded: nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
  }

  init(_ change: TimeChange.Change) {
    switch change {
    case .keep: self.init(tv_sec: 0, tv_nsec: POSIXConstants.omit)
    case .now: self.init(tv_sec: 0, tv_nsec: POSIXConstants.now)
    case .at(let time): self.init(nanoseconds: time)
    }
  }
}

extension TimeChange {
  /// Calls `body` with the argument of `utimensat` and `futimens`.
  func withTimes(_ body: (UnsafePointer<timespec>) -> Int32) throws(Errno) {
    let times = (timespec(access), timespec(modification))
    let result = withUnsafeBytes(of: times) { body($0.baseAddress!.assumingMemoryBound(to: timespec.self)) }
    guard result == 0 else { throw .ofLastCall }
  }
}

extension OpenRequest {
  /// The flags of `open`, except those for following links.
  var hostFlags: Int32 {
    var result = O_CLOEXEC | O_NOCTTY
    result |= writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY
    for (flag, host) in [
      (OpenFlags.create, O_CREAT), (.directory, O_DIRECTORY), (.exclusive, O_EXCL), (.truncate, O_TRUNC),
    ] where flags.contains(flag) { result |= host }
    for (flag, host) in DescriptorFlags.hostFlags where descriptorFlags.contains(flag) { result |= host }
    return result
  }
}

extension DescriptorFlags {
  /// Each flag with the host's bits for it.
  static let hostFlags: [(flag: DescriptorFlags, host: Int32)] = [
    (.append, O_APPEND), (.nonblock, O_NONBLOCK), (.dataSync, O_DSYNC), (.readSync, POSIXConstants.readSync),
    (.sync, O_SYNC),
  ]

  /// From the result of `F_GETFL`.
  init(host: Int32) {
    self = []
    for (flag, bits) in Self.hostFlags where host & bits == bits { insert(flag) }
    #if os(Linux)
      // On Linux O_SYNC includes O_DSYNC's bit, and O_RSYNC equals O_SYNC.
      if contains(.sync) { remove([.dataSync, .readSync]) }
    #endif
  }
}
