import NeedletailSystem

extension Errno {
  /// Converts an error of the host; unknown ones become `EIO`.
  init(_ error: SystemError) {
    self = Self.byHostError.first { $0.host == error }?.errno ?? .io
  }

  /// Common codes first, because the search is linear. If a system has two names for one number, the first one applies.
  private static let byHostError: [(host: SystemError, errno: Errno)] = [
    (.noent, .noent), (.again, .again), (.exist, .exist), (.notdir, .notdir), (.isdir, .isdir), (.intr, .intr),
    (.acces, .acces), (.perm, .perm), (.inval, .inval), (.loop, .loop), (.badf, .badf), (.notempty, .notempty),
    (.spipe, .spipe), (.xdev, .xdev), (.nametoolong, .nametoolong), (.pipe, .pipe), (.nospc, .nospc), (.rofs, .rofs),
    (.tooBig, .tooBig), (.addrinuse, .addrinuse), (.addrnotavail, .addrnotavail), (.afnosupport, .afnosupport),
    (.wouldblock, .again), (.already, .already), (.badmsg, .badmsg), (.busy, .busy), (.canceled, .canceled),
    (.child, .child), (.connaborted, .connaborted), (.connrefused, .connrefused), (.connreset, .connreset),
    (.deadlk, .deadlk), (.destaddrreq, .destaddrreq), (.dom, .dom), (.dquot, .dquot), (.fault, .fault),
    (.fbig, .fbig), (.hostunreach, .hostunreach), (.idrm, .idrm), (.ilseq, .ilseq), (.inprogress, .inprogress),
    (.io, .io), (.isconn, .isconn), (.mfile, .mfile), (.mlink, .mlink), (.msgsize, .msgsize),
    (.multihop, .multihop), (.netdown, .netdown), (.netreset, .netreset), (.netunreach, .netunreach),
    (.nfile, .nfile), (.nobufs, .nobufs), (.nodev, .nodev), (.noexec, .noexec), (.nolck, .nolck),
    (.nolink, .nolink), (.nomem, .nomem), (.nomsg, .nomsg), (.noprotoopt, .noprotoopt), (.nosys, .nosys),
    (.notconn, .notconn), (.notrecoverable, .notrecoverable), (.notsock, .notsock), (.notsup, .notsup),
    (.opnotsupp, .notsup), (.notty, .notty), (.nxio, .nxio), (.overflow, .overflow), (.ownerdead, .ownerdead),
    (.proto, .proto), (.protonosupport, .protonosupport), (.prototype, .prototype), (.range, .range),
    (.srch, .srch), (.stale, .stale), (.timedout, .timedout), (.txtbsy, .txtbsy),
  ]
}

/// Makes calls of the host, whose errors become the guest's.
@inline(__always)
func onHost<R>(_ body: () throws(SystemError) -> R) throws(Errno) -> R {
  do throws(SystemError) {
    return try body()
  } catch {
    throw Errno(error)
  }
}
