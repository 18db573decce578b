#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The type of a file. (POSIX.1-2024, `sys/stat.h`.)
package enum FileKind: Hashable, Sendable {
  case regular, directory, symbolicLink, characterDevice, blockDevice, socket, pipe, other

  init(mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFREG: self = .regular
    case S_IFDIR: self = .directory
    case S_IFLNK: self = .symbolicLink
    case S_IFCHR: self = .characterDevice
    case S_IFBLK: self = .blockDevice
    case S_IFSOCK: self = .socket
    case S_IFIFO: self = .pipe
    default: self = .other
    }
  }

  /// From `d_type`; nil if the file system does not report it.
  init?(entryType: UInt8) {
    switch Int(entryType) {
    case Int(DT_REG): self = .regular
    case Int(DT_DIR): self = .directory
    case Int(DT_LNK): self = .symbolicLink
    case Int(DT_CHR): self = .characterDevice
    case Int(DT_BLK): self = .blockDevice
    case Int(DT_SOCK): self = .socket
    case Int(DT_FIFO): self = .pipe
    default: return nil
    }
  }
}

/// The metadata of a file: the result of `stat`.
package struct FileMetadata: Sendable {
  package let device: UInt64
  package let inode: UInt64
  package let kind: FileKind
  /// The permission bits, including the special bits (`0o7777`).
  package let permissions: UInt16
  /// The user ID of the owner.
  package let owner: UInt32
  package let linkCount: UInt64
  package let byteCount: Int64
  package let accessTime: FileTime
  package let modificationTime: FileTime
  package let changeTime: FileTime

  init(_ status: stat) {
    #if canImport(Darwin)
      let times = (status.st_atimespec, status.st_mtimespec, status.st_ctimespec)
    #else
      let times = (status.st_atim, status.st_mtim, status.st_ctim)
    #endif
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(truncatingIfNeeded: status.st_ino)
    kind = FileKind(mode: status.st_mode)
    permissions = UInt16(truncatingIfNeeded: status.st_mode & 0o7777)
    owner = status.st_uid
    linkCount = UInt64(truncatingIfNeeded: status.st_nlink)
    byteCount = Int64(status.st_size)
    accessTime = FileTime(times.0)
    modificationTime = FileTime(times.1)
    changeTime = FileTime(times.2)
  }

  /// The metadata of the running program's file; nil if it is unknown.
  package static var executable: FileMetadata? { try? FileDescriptor.currentDirectory.metadata(of: "/proc/self/exe") }

  /// Whether both belong to the same file.
  package func isSameFile(as other: FileMetadata) -> Bool { device == other.device && inode == other.inode }

  /// Whether only the owner of an entry can rename or remove it, although others can write to the directory, as in `/tmp`.
  package var isSticky: Bool { permissions & UInt16(S_ISVTX) != 0 }

  package var isWritableByOthers: Bool { permissions & 0o022 != 0 }
}

/// A time since 1970.
package struct FileTime: Hashable, Sendable {
  package let seconds: Int
  /// Below 1,000,000,000.
  package let nanoseconds: Int

  init(_ time: timespec) {
    seconds = Int(time.tv_sec)
    nanoseconds = Int(time.tv_nsec)
  }

  /// Nanoseconds since 1970; 0 for earlier times.
  package var nanosecondsSinceEpoch: UInt64 {
    guard seconds >= 0 else { return 0 }
    return UInt64(seconds) &* 1_000_000_000 &+ UInt64(truncatingIfNeeded: nanoseconds)
  }
}

/// A change of one of a file's timestamps.
package enum FileTimeChange: Sendable {
  case keep
  case now
  /// Nanoseconds since 1970.
  case at(UInt64)

  var time: timespec {
    #if os(Linux)
      let (now, omit) = ((1 << 30) - 1, (1 << 30) - 2)
    #else
      let (now, omit) = (-1, -2)
    #endif
    return switch self {
    case .keep: timespec(tv_sec: 0, tv_nsec: omit)
    case .now: timespec(tv_sec: 0, tv_nsec: now)
    case .at(let nanoseconds): timespec(nanoseconds: nanoseconds)
    }
  }
}

extension timespec {
  init(nanoseconds: UInt64) {
    self.init(
      tv_sec: time_t(truncatingIfNeeded: nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
  }

  /// Nanoseconds since the clock's origin; 0 for earlier times.
  var nanoseconds: UInt64 {
    guard tv_sec >= 0 else { return 0 }
    return UInt64(tv_sec) &* 1_000_000_000 &+ UInt64(truncatingIfNeeded: tv_nsec)
  }
}
