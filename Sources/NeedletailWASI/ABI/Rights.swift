/// The operations that a descriptor allows. (`wasi_snapshot_preview1.witx`, `rights`.)
public struct Rights: OptionSet, Hashable, Sendable {
  /// The rights as bits, as the guest passes them.
  public let rawValue: UInt64

  /// Creates rights from bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// `fd_datasync`.
  public static let fdDatasync = Rights(rawValue: 1 << 0)
  /// `fd_read` and `sock_recv`; with ``fdSeek``, `fd_pread`.
  public static let fdRead = Rights(rawValue: 1 << 1)
  /// `fd_seek`.
  public static let fdSeek = Rights(rawValue: 1 << 2)
  /// `fd_fdstat_set_flags`.
  public static let fdFdstatSetFlags = Rights(rawValue: 1 << 3)
  /// `fd_sync`.
  public static let fdSync = Rights(rawValue: 1 << 4)
  /// `fd_tell`, and `fd_seek` if it does not move the position.
  public static let fdTell = Rights(rawValue: 1 << 5)
  /// `fd_write` and `sock_send`; with ``fdSeek``, `fd_pwrite`.
  public static let fdWrite = Rights(rawValue: 1 << 6)
  /// `fd_advise`.
  public static let fdAdvise = Rights(rawValue: 1 << 7)
  /// `fd_allocate`.
  public static let fdAllocate = Rights(rawValue: 1 << 8)
  /// `path_create_directory`.
  public static let pathCreateDirectory = Rights(rawValue: 1 << 9)
  /// `path_open` with `oflags.creat`.
  public static let pathCreateFile = Rights(rawValue: 1 << 10)
  /// `path_link`, as the directory of the existing file.
  public static let pathLinkSource = Rights(rawValue: 1 << 11)
  /// `path_link`, as the directory of the new name.
  public static let pathLinkTarget = Rights(rawValue: 1 << 12)
  /// `path_open`.
  public static let pathOpen = Rights(rawValue: 1 << 13)
  /// `fd_readdir`.
  public static let fdReaddir = Rights(rawValue: 1 << 14)
  /// `path_readlink`.
  public static let pathReadlink = Rights(rawValue: 1 << 15)
  /// `path_rename`, as the directory of the old name.
  public static let pathRenameSource = Rights(rawValue: 1 << 16)
  /// `path_rename`, as the directory of the new name.
  public static let pathRenameTarget = Rights(rawValue: 1 << 17)
  /// `path_filestat_get`.
  public static let pathFilestatGet = Rights(rawValue: 1 << 18)
  /// `path_open` with `oflags.trunc`.
  public static let pathFilestatSetSize = Rights(rawValue: 1 << 19)
  /// `path_filestat_set_times`.
  public static let pathFilestatSetTimes = Rights(rawValue: 1 << 20)
  /// `fd_filestat_get`.
  public static let fdFilestatGet = Rights(rawValue: 1 << 21)
  /// `fd_filestat_set_size`.
  public static let fdFilestatSetSize = Rights(rawValue: 1 << 22)
  /// `fd_filestat_set_times`.
  public static let fdFilestatSetTimes = Rights(rawValue: 1 << 23)
  /// `path_symlink`.
  public static let pathSymlink = Rights(rawValue: 1 << 24)
  /// `path_remove_directory`.
  public static let pathRemoveDirectory = Rights(rawValue: 1 << 25)
  /// `path_unlink_file`.
  public static let pathUnlinkFile = Rights(rawValue: 1 << 26)
  /// `poll_oneoff`, with ``fdRead`` or ``fdWrite``.
  public static let pollFdReadwrite = Rights(rawValue: 1 << 27)
  /// `sock_shutdown`.
  public static let sockShutdown = Rights(rawValue: 1 << 28)
  /// `sock_accept`.
  public static let sockAccept = Rights(rawValue: 1 << 29)

  /// All rights that the specification defines.
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

  /// The specification's names of these rights.
  var names: [String] { Self.names.enumerated().filter { contains(Rights(rawValue: 1 << $0.offset)) }.map(\.element) }

  /// The rights that apply to directories.
  public static let directory: Rights = [
    .fdFdstatSetFlags, .fdDatasync, .fdSync, .fdAdvise, .pathCreateDirectory, .pathCreateFile, .pathLinkSource,
    .pathLinkTarget, .pathOpen, .fdReaddir, .pathReadlink, .pathRenameSource, .pathRenameTarget, .pathFilestatGet,
    .pathFilestatSetSize, .pathFilestatSetTimes, .fdFilestatGet, .fdFilestatSetTimes, .pathSymlink,
    .pathRemoveDirectory, .pathUnlinkFile, .pollFdReadwrite,
  ]

  /// The rights that apply to regular files.
  public static let regularFile: Rights = [
    .fdDatasync, .fdRead, .fdSeek, .fdFdstatSetFlags, .fdSync, .fdTell, .fdWrite, .fdAdvise, .fdAllocate,
    .fdFilestatGet, .fdFilestatSetSize, .fdFilestatSetTimes, .pollFdReadwrite,
  ]

  /// The rights that apply to terminals, pipes and other streams. C libraries treat a character device without the
  /// rights to seek and tell as a terminal.
  public static let stream: Rights = [
    .fdRead, .fdFdstatSetFlags, .fdWrite, .fdFilestatGet, .pollFdReadwrite,
  ]

  /// The rights that apply to connected sockets.
  public static let connection: Rights = [
    .fdRead, .fdFdstatSetFlags, .fdWrite, .fdFilestatGet, .pollFdReadwrite, .sockShutdown,
  ]

  /// The rights that apply to listening sockets.
  public static let listener: Rights = [
    .fdFdstatSetFlags, .fdFilestatGet, .pollFdReadwrite, .sockAccept,
  ]
}
