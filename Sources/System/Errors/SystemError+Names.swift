#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Errors by the names that POSIX gives them, without the `E`. (POSIX.1-2024, `errno.h`.)
extension SystemError {
  package static var tooBig: SystemError { SystemError(code: E2BIG) }
  package static var acces: SystemError { SystemError(code: EACCES) }
  package static var addrinuse: SystemError { SystemError(code: EADDRINUSE) }
  package static var addrnotavail: SystemError { SystemError(code: EADDRNOTAVAIL) }
  package static var afnosupport: SystemError { SystemError(code: EAFNOSUPPORT) }
  package static var again: SystemError { SystemError(code: EAGAIN) }
  package static var already: SystemError { SystemError(code: EALREADY) }
  package static var badf: SystemError { SystemError(code: EBADF) }
  package static var badmsg: SystemError { SystemError(code: EBADMSG) }
  package static var busy: SystemError { SystemError(code: EBUSY) }
  package static var canceled: SystemError { SystemError(code: ECANCELED) }
  package static var child: SystemError { SystemError(code: ECHILD) }
  package static var connaborted: SystemError { SystemError(code: ECONNABORTED) }
  package static var connrefused: SystemError { SystemError(code: ECONNREFUSED) }
  package static var connreset: SystemError { SystemError(code: ECONNRESET) }
  package static var deadlk: SystemError { SystemError(code: EDEADLK) }
  package static var destaddrreq: SystemError { SystemError(code: EDESTADDRREQ) }
  package static var dom: SystemError { SystemError(code: EDOM) }
  package static var dquot: SystemError { SystemError(code: EDQUOT) }
  package static var exist: SystemError { SystemError(code: EEXIST) }
  package static var fault: SystemError { SystemError(code: EFAULT) }
  package static var fbig: SystemError { SystemError(code: EFBIG) }
  package static var hostunreach: SystemError { SystemError(code: EHOSTUNREACH) }
  package static var idrm: SystemError { SystemError(code: EIDRM) }
  package static var ilseq: SystemError { SystemError(code: EILSEQ) }
  package static var inprogress: SystemError { SystemError(code: EINPROGRESS) }
  package static var intr: SystemError { SystemError(code: EINTR) }
  package static var inval: SystemError { SystemError(code: EINVAL) }
  package static var io: SystemError { SystemError(code: EIO) }
  package static var isconn: SystemError { SystemError(code: EISCONN) }
  package static var isdir: SystemError { SystemError(code: EISDIR) }
  package static var loop: SystemError { SystemError(code: ELOOP) }
  package static var mfile: SystemError { SystemError(code: EMFILE) }
  package static var mlink: SystemError { SystemError(code: EMLINK) }
  package static var msgsize: SystemError { SystemError(code: EMSGSIZE) }
  package static var multihop: SystemError { SystemError(code: EMULTIHOP) }
  package static var nametoolong: SystemError { SystemError(code: ENAMETOOLONG) }
  package static var netdown: SystemError { SystemError(code: ENETDOWN) }
  package static var netreset: SystemError { SystemError(code: ENETRESET) }
  package static var netunreach: SystemError { SystemError(code: ENETUNREACH) }
  package static var nfile: SystemError { SystemError(code: ENFILE) }
  package static var nobufs: SystemError { SystemError(code: ENOBUFS) }
  package static var nodev: SystemError { SystemError(code: ENODEV) }
  package static var noent: SystemError { SystemError(code: ENOENT) }
  package static var noexec: SystemError { SystemError(code: ENOEXEC) }
  package static var nolck: SystemError { SystemError(code: ENOLCK) }
  package static var nolink: SystemError { SystemError(code: ENOLINK) }
  package static var nomem: SystemError { SystemError(code: ENOMEM) }
  package static var nomsg: SystemError { SystemError(code: ENOMSG) }
  package static var noprotoopt: SystemError { SystemError(code: ENOPROTOOPT) }
  package static var nospc: SystemError { SystemError(code: ENOSPC) }
  package static var nosys: SystemError { SystemError(code: ENOSYS) }
  package static var notconn: SystemError { SystemError(code: ENOTCONN) }
  package static var notdir: SystemError { SystemError(code: ENOTDIR) }
  package static var notempty: SystemError { SystemError(code: ENOTEMPTY) }
  package static var notrecoverable: SystemError { SystemError(code: ENOTRECOVERABLE) }
  package static var notsock: SystemError { SystemError(code: ENOTSOCK) }
  package static var notsup: SystemError { SystemError(code: ENOTSUP) }
  package static var notty: SystemError { SystemError(code: ENOTTY) }
  package static var nxio: SystemError { SystemError(code: ENXIO) }
  package static var opnotsupp: SystemError { SystemError(code: EOPNOTSUPP) }
  package static var overflow: SystemError { SystemError(code: EOVERFLOW) }
  package static var ownerdead: SystemError { SystemError(code: EOWNERDEAD) }
  package static var perm: SystemError { SystemError(code: EPERM) }
  package static var pipe: SystemError { SystemError(code: EPIPE) }
  package static var proto: SystemError { SystemError(code: EPROTO) }
  package static var protonosupport: SystemError { SystemError(code: EPROTONOSUPPORT) }
  package static var prototype: SystemError { SystemError(code: EPROTOTYPE) }
  package static var range: SystemError { SystemError(code: ERANGE) }
  package static var rofs: SystemError { SystemError(code: EROFS) }
  package static var spipe: SystemError { SystemError(code: ESPIPE) }
  package static var srch: SystemError { SystemError(code: ESRCH) }
  package static var stale: SystemError { SystemError(code: ESTALE) }
  package static var timedout: SystemError { SystemError(code: ETIMEDOUT) }
  package static var txtbsy: SystemError { SystemError(code: ETXTBSY) }
  package static var wouldblock: SystemError { SystemError(code: EWOULDBLOCK) }
  package static var xdev: SystemError { SystemError(code: EXDEV) }
}
