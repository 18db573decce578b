#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// This process.
package enum CurrentProcess {
  /// The process ID.
  package static var identifier: Int32 { getpid() }

  /// The effective user ID of the process.
  package static var effectiveUser: UInt32 { geteuid() }

  package static func exit(_ status: Int32) -> Never { endProcess(status) }

  /// The largest resident memory of the process in bytes, including its time before `exec`.
  package static var peakResidentByteCount: UInt64 {
    var usage = rusage()
    #if canImport(Darwin)
      getrusage(RUSAGE_SELF, &usage)
      return UInt64(usage.ru_maxrss)
    #else
      #if canImport(Glibc)
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      #else
        getrusage(RUSAGE_SELF, &usage)
      #endif
      return UInt64(usage.ru_maxrss) << 10
    #endif
  }

  // MARK: Limits

  /// The limit on address space, in bytes; nil if there is none.
  package static var addressSpaceLimit: UInt64? {
    var limit = rlimit()
    #if canImport(Glibc)
      let code = getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    #else
      let code = getrlimit(RLIMIT_AS, &limit)
    #endif
    return code == 0 && limit.rlim_cur < .max >> 1 ? UInt64(limit.rlim_cur) : nil
  }

  /// Whether the process's address space was limited when this was first asked.
  package static let hasAddressSpaceLimit = addressSpaceLimit != nil

  /// The limit on the size of files that the process writes, in bytes; nil if there is none.
  package static var fileSizeLimit: Int? {
    var limit = rlimit()
    #if canImport(Glibc)
      let code = getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    #else
      let code = getrlimit(RLIMIT_FSIZE, &limit)
    #endif
    return code == 0 ? Int(exactly: limit.rlim_cur) : nil
  }

  /// The limit on the main thread's stack, in bytes, which may be very large; nil if it is unknown.
  package static var stackLimit: UInt64? {
    var limit = rlimit()
    #if canImport(Glibc)
      let code = getrlimit(__rlimit_resource_t(RLIMIT_STACK.rawValue), &limit)
    #else
      let code = getrlimit(RLIMIT_STACK, &limit)
    #endif
    return code == 0 ? UInt64(limit.rlim_cur) : nil
  }

  // MARK: Signals

  /// A signal that a write can cause.
  package enum WriteSignal: Sendable, CaseIterable {
    /// The other end of a pipe is closed. If it is ignored, the write fails with `EPIPE`.
    case brokenPipe
    /// The file would exceed the process's limit. If it is ignored, the write fails with `EFBIG`.
    case fileSizeExceeded

    fileprivate var number: Int32 {
      switch self {
      case .brokenPipe: SIGPIPE
      case .fileSizeExceeded: SIGXFSZ
      }
    }
  }

  package static func ignore(_ writeSignal: WriteSignal) { _ = signal(writeSignal.number, SIG_IGN) }

  /// Whether a signal has its default action: it ends the process.
  package static func hasDefaultAction(_ writeSignal: WriteSignal) -> Bool {
    var action = sigaction()
    guard sigaction(writeSignal.number, nil, &action) == 0 else { return false }
    #if canImport(Darwin)
      let handler = action.__sigaction_u.__sa_handler
    #else
      let handler = action.__sigaction_handler.sa_handler
    #endif
    // SIG_DFL is a null pointer, which Swift imports as nil.
    return handler == nil
  }
}

// Within the type the name `exit` means its own function.
private func endProcess(_ status: Int32) -> Never { exit(status) }
