/// An error code of WASI preview 1, named as in its specification. The meanings are those of POSIX.
///
/// Host functions throw it. The guest receives the raw value as the function's result. (`wasi_snapshot_preview1.witx`,
/// `errno`.)
public enum Errno: UInt16, Error, Hashable, Sendable, CaseIterable {
  /// No error.
  case success = 0
  /// `2big`: argument list too long.
  case tooBig
  /// POSIX's `EACCES` to `ECONNABORTED`.
  case acces, addrinuse, addrnotavail, afnosupport, again, already, badf, badmsg, busy, canceled, child, connaborted
  /// POSIX's `ECONNREFUSED` to `EILSEQ`.
  case connrefused, connreset, deadlk, destaddrreq, dom, dquot, exist, fault, fbig, hostunreach, idrm, ilseq
  /// POSIX's `EINPROGRESS` to `ENETDOWN`.
  case inprogress, intr, inval, io, isconn, isdir, loop, mfile, mlink, msgsize, multihop, nametoolong, netdown
  /// POSIX's `ENETRESET` to `ENOSPC`.
  case netreset, netunreach, nfile, nobufs, nodev, noent, noexec, nolck, nolink, nomem, nomsg, noprotoopt, nospc
  /// POSIX's `ENOSYS` to `EPERM`.
  case nosys, notconn, notdir, notempty, notrecoverable, notsock, notsup, notty, nxio, overflow, ownerdead, perm
  /// POSIX's `EPIPE` to `EXDEV`.
  case pipe, proto, protonosupport, prototype, range, rofs, spipe, srch, stale, timedout, txtbsy, xdev
  /// Extension of WASI: the descriptor lacks a right that the operation needs.
  case notcapable
}

extension Errno {
  /// The name in C, such as `ENOENT`.
  public var symbol: String { self == .tooBig ? "E2BIG" : "E" + "\(self)".uppercased() }

  /// What the system says about the common errors, such as `No such file or directory`; the symbol for all others.
  public var explanation: String {
    switch self {
    case .nospc, .dquot: "No space left on device"
    case .pipe: "Broken pipe"
    case .fbig: "File too large"
    case .io: "Input/output error"
    case .badf: "Bad file descriptor"
    case .noent: "No such file or directory"
    case .acces, .perm: "Permission denied"
    case .notdir: "Not a directory"
    case .isdir: "Is a directory"
    case .loop: "Too many levels of symbolic links"
    case .rofs: "Read-only file system"
    case .addrinuse: "Address already in use"
    case .addrnotavail: "expected a numeric address of this machine"
    case .inval: "Invalid argument"
    default: symbol
    }
  }
}
