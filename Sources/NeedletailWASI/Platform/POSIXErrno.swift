#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Errno {
  /// Converts the host's `errno`; unknown codes become `EIO`.
  init(host code: Int32) {
    self = Self.byHostCode.first { $0.host == code }?.errno ?? .io
  }

  /// The error of the call that has just failed. Read it before any other call.
  static var ofLastCall: Errno { Errno(host: errno) }

  /// Common codes first, because the search is linear. If a system has two names for one number, the first one applies.
  private static let byHostCode: [(host: Int32, errno: Errno)] = [
    (ENOENT, .noent), (EAGAIN, .again), (EEXIST, .exist), (ENOTDIR, .notdir), (EISDIR, .isdir), (EINTR, .intr),
    (EACCES, .acces), (EPERM, .perm), (EINVAL, .inval), (ELOOP, .loop), (EBADF, .badf), (ENOTEMPTY, .notempty),
    (ESPIPE, .spipe), (EXDEV, .xdev), (ENAMETOOLONG, .nametoolong), (EPIPE, .pipe), (ENOSPC, .nospc), (EROFS, .rofs),
    (E2BIG, .tooBig), (EADDRINUSE, .addrinuse), (EADDRNOTAVAIL, .addrnotavail), (EAFNOSUPPORT, .afnosupport),
    (EWOULDBLOCK, .again), (EALREADY, .already), (EBADMSG, .badmsg), (EBUSY, .busy), (ECANCELED, .canceled),
    (ECHILD, .child), (ECONNABORTED, .connaborted), (ECONNREFUSED, .connrefused), (ECONNRESET, .connreset),
    (EDEADLK, .deadlk), (EDESTADDRREQ, .destaddrreq), (EDOM, .dom), (EDQUOT, .dquot), (EFAULT, .fault),
    (EFBIG, .fbig), (EHOSTUNREACH, .hostunreach), (EIDRM, .idrm), (EILSEQ, .ilseq), (EINPROGRESS, .inprogress),
    (EIO, .io), (EISCONN, .isconn), (EMFILE, .mfile), (EMLINK, .mlink), (EMSGSIZE, .msgsize),
    (EMULTIHOP, .multihop), (ENETDOWN, .netdown), (ENETRESET, .netreset), (ENETUNREACH, .netunreach),
    (ENFILE, .nfile), (ENOBUFS, .nobufs), (ENODEV, .nodev), (ENOEXEC, .noexec), (ENOLCK, .nolck),
    (ENOLINK, .nolink), (ENOMEM, .nomem), (ENOMSG, .nomsg), (ENOPROTOOPT, .noprotoopt), (ENOSYS, .nosys),
    (ENOTCONN, .notconn), (ENOTRECOVERABLE, .notrecoverable), (ENOTSOCK, .notsock), (ENOTSUP, .notsup),
    (EOPNOTSUPP, .notsup), (ENOTTY, .notty), (ENXIO, .nxio), (EOVERFLOW, .overflow), (EOWNERDEAD, .ownerdead),
    (EPROTO, .proto), (EPROTONOSUPPORT, .protonosupport), (EPROTOTYPE, .prototype), (ERANGE, .range),
    (ESRCH, .srch), (ESTALE, .stale), (ETIMEDOUT, .timedout), (ETXTBSY, .txtbsy),
  ]
}

/// Repeats a system call while signals interrupt it: signals concern the host, not the guest.
@inline(__always)
func retrying<T: SignedInteger>(_ call: () -> T) throws(Errno) -> T {
  while true {
    let result = call()
    if result >= 0 { return result }
    guard errno == EINTR else { throw .ofLastCall }
  }
}
