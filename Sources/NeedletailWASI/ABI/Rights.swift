/// What a guest may do through a descriptor. (`wasi_snapshot_preview1.witx`, `rights`.)
public struct Rights: OptionSet, Hashable, Sendable {
  public let rawValue: UInt64

  public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fdDatasync = Rights(rawValue: 1 << 0)
  public static let fdRead = Rights(rawValue: 1 << 1)
  public static let fdSeek = Rights(rawValue: 1 << 2)
  public static let fdFdstatSetFlags = Rights(rawValue: 1 << 3)
  public static let fdSync = Rights(rawValue: 1 << 4)
  public static let fdTell = Rights(rawValue: 1 << 5)
  public static let fdWrite = Rights(rawValue: 1 << 6)
  public static let fdAdvise = Rights(rawValue: 1 << 7)
  public static let fdAllocate = Rights(rawValue: 1 << 8)
  public static let pathCreateDirectory = Rights(rawValue: 1 << 9)
  public static let pathCreateFile = Rights(rawValue: 1 << 10)
  public static let pathLinkSource = Rights(rawValue: 1 << 11)
  public static let pathLinkTarget = Rights(rawValue: 1 << 12)
  public static let pathOpen = Rights(rawValue: 1 << 13)
  public static let fdReaddir = Rights(rawValue: 1 << 14)
  public static let pathReadlink = Rights(rawValue: 1 << 15)
  public static let pathRenameSource = Rights(rawValue: 1 << 16)
  public static let pathRenameTarget = Rights(rawValue: 1 << 17)
  public static let pathFilestatGet = Rights(rawValue: 1 << 18)
  public static let pathFilestatSetSize = Rights(rawValue: 1 << 19)
  public static let pathFilestatSetTimes = Rights(rawValue: 1 << 20)
  public static let fdFilestatGet = Rights(rawValue: 1 << 21)
  public static let fdFilestatSetSize = Rights(rawValue: 1 << 22)
  public static let fdFilestatSetTimes = Rights(rawValue: 1 << 23)
  public static let pathSymlink = Rights(rawValue: 1 << 24)
  public static let pathRemoveDirectory = Rights(rawValue: 1 << 25)
  public static let pathUnlinkFile = Rights(rawValue: 1 << 26)
  public static let pollFdReadwrite = Rights(rawValue: 1 << 27)
  public static let sockShutdown = Rights(rawValue: 1 << 28)
  public static let sockAccept = Rights(rawValue: 1 << 29)

  /// Every right that the specification names.
  public static let all = Rights(rawValue: 1 << 30 - 1)

  /// The specification's names, in the order of the bits.
  private static let names = [
    "fd_datasync", "fd_read", "fd_seek", "fd_fdstat_set_flags", "fd_sync", "fd_tell", "fd_write", "fd_advise",
    "fd_allocate", "path_create_directory", "path_create_file", "path_link_source", "path_link_target", "path_open",
    "fd_readdir", "path_readlink", "path_rename_source", "path_rename_target", "path_filestat_get",
    "path_filestat_set_size", "path_filestat_set_times", "fd_filestat_get", "fd_filestat_set_size",
    "fd_filestat_set_times", "path_symlink", "path_remove_directory", "path_unlink_file", "poll_fd_readwrite",
    "sock_shutdown", "sock_accept",
  ]

  /// The names of these rights.
  var names: [String] { Self.names.enumerated().filter { contains(Rights(rawValue: 1 << $0.offset)) }.map(\.element) }

  /// The rights that make sense for a directory.
  public static let directory: Rights = [
    .fdFdstatSetFlags, .fdDatasync, .fdSync, .fdAdvise, .pathCreateDirectory, .pathCreateFile, .pathLinkSource,
    .pathLinkTarget, .pathOpen, .fdReaddir, .pathReadlink, .pathRenameSource, .pathRenameTarget, .pathFilestatGet,
    .pathFilestatSetSize, .pathFilestatSetTimes, .fdFilestatGet, .fdFilestatSetTimes, .pathSymlink,
    .pathRemoveDirectory, .pathUnlinkFile, .pollFdReadwrite,
  ]

  /// The rights that make sense for a regular file.
  public static let regularFile: Rights = [
    .fdDatasync, .fdRead, .fdSeek, .fdFdstatSetFlags, .fdSync, .fdTell, .fdWrite, .fdAdvise, .fdAllocate,
    .fdFilestatGet, .fdFilestatSetSize, .fdFilestatSetTimes, .pollFdReadwrite,
  ]

  /// The rights that make sense for a terminal, pipe or other stream. C libraries take a character device without
  /// the rights to seek and tell for a terminal.
  public static let stream: Rights = [
    .fdRead, .fdFdstatSetFlags, .fdWrite, .fdFilestatGet, .pollFdReadwrite,
  ]

  /// The rights that make sense for a connected socket.
  public static let connection: Rights = [
    .fdRead, .fdFdstatSetFlags, .fdWrite, .fdFilestatGet, .pollFdReadwrite, .sockShutdown,
  ]

  /// The rights that make sense for a socket that waits for connections.
  public static let listener: Rights = [
    .fdFdstatSetFlags, .fdFilestatGet, .pollFdReadwrite, .sockAccept,
  ]
}
