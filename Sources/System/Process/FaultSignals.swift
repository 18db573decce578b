#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Signals that an instruction causes, such as an access to unmapped memory.
///
/// A handler can interrupt a thread anywhere. So it takes no lock, allocates nothing, and touches no Swift object: it needs only raw
/// memory that was prepared before.
package enum FaultSignals {
  /// The reason for a signal.
  package enum Reason: UInt8, Sendable {
    case illegalInstruction = 1
    /// An integer division by zero, or one whose quotient is out of range.
    case integerDivision
    /// An access to an unmapped or inaccessible page.
    case access
  }

  /// Handles a fault. The arguments are the raw value of the ``Reason``, the address for an access, and the registers of the interrupted
  /// thread (C's `mcontext_t`), which may be changed.
  ///
  /// - Returns: whether the thread continues, with the registers that are stored. Otherwise the signal is forwarded to the previous
  ///   handler, or takes its default action.
  package typealias Handler =
    @convention(c) (_ reason: UInt8, _ address: UInt, _ registers: UnsafeMutableRawPointer) -> Bool

  #if os(Linux)
    package static let areSupported = true

    // Without SIGBUS: reserved pages raise SIGSEGV.
    private static let signals = [SIGSEGV, SIGILL, SIGFPE]

    /// The state that the signal handler reads. Written before it is installed, except for `previous`.
    fileprivate struct State {
      var handler: Handler
      /// The previous actions, by signal number.
      var previous: UnsafeMutablePointer<sigaction>
      /// The offset of the machine's registers in the context of a thread.
      var registersOffset: Int
    }

    fileprivate nonisolated(unsafe) static let state = UnsafeMutablePointer<State>.allocate(capacity: 1)

    /// Installs a handler. Must be called only once per process.
    package static func install(_ handler: @escaping Handler) {
      let previous = UnsafeMutablePointer<sigaction>.allocate(capacity: 65)
      previous.initialize(repeating: sigaction(), count: 65)
      state.initialize(
        to: State(
          handler: handler, previous: previous, registersOffset: MemoryLayout<ucontext_t>.offset(of: \.uc_mcontext)!))
      for signal in signals {
        var action = sigaction()
        action.__sigaction_handler.sa_sigaction = handleFaultSignal
        // On a separate stack, since the thread's may be exhausted; system calls that are interrupted are repeated.
        action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART
        sigemptyset(&action.sa_mask)
        sigaction(signal, &action, previous + Int(signal))
      }
    }

    /// Lets the current thread receive the signals. If it blocks them, a fault ends the process.
    package static func unblock() {
      var set = sigset_t()
      sigemptyset(&set)
      for signal in signals { sigaddset(&set, signal) }
      pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }
  #else
    package static let areSupported = false

    package static func install(_ handler: @escaping Handler) {}

    package static func unblock() {}
  #endif
}

#if os(Linux)
  private func handleFaultSignal(
    _ signal: Int32, _ information: UnsafeMutablePointer<siginfo_t>?, _ context: UnsafeMutableRawPointer?
  ) {
    let state = FaultSignals.state
    // The interrupted thread may be about to read it.
    let lastError = errno
    defer { errno = lastError }
    if let context, let information, let (reason, address) = fault(signal, information) {
      if state.pointee.handler(reason, address, context + state.pointee.registersOffset) { return }
    }
    forward(signal, information, context)
  }

  /// Nil if the signal was sent, or has another reason, such as a non-canonical address.
  private func fault(
    _ signal: Int32, _ information: UnsafeMutablePointer<siginfo_t>
  ) -> (reason: UInt8, address: UInt)? {
    let code = information.pointee.si_code
    switch signal {
    case SIGILL where code > 0: return (FaultSignals.Reason.illegalInstruction.rawValue, 0)
    // FPE_INTDIV.
    case SIGFPE where code == 1: return (FaultSignals.Reason.integerDivision.rawValue, 0)
    // SEGV_MAPERR and SEGV_ACCERR. `si_addr` is at offset 16 on all 64-bit systems; C libraries differ in its name.
    case SIGSEGV where code == 1 || code == 2:
      let address = UnsafeRawPointer(information).load(fromByteOffset: 16, as: UInt.self)
      return (FaultSignals.Reason.access.rawValue, address)
    default: return nil
    }
  }

  /// Handles a signal as if no handler had been installed.
  private func forward(
    _ signal: Int32, _ information: UnsafeMutablePointer<siginfo_t>?, _ context: UnsafeMutableRawPointer?
  ) {
    let previous = FaultSignals.state.pointee.previous + Int(signal)
    let handler = unsafeBitCast(previous.pointee.__sigaction_handler, to: UInt.self)
    switch handler {
    case UInt(bitPattern: unsafeBitCast(SIG_DFL, to: Int.self)): takeDefaultAction(signal, information)
    // SIG_IGN: only possible if no instruction caused the signal; otherwise it would be raised forever.
    case 1: if !isSent(information) { takeDefaultAction(signal, information) }
    default:
      if previous.pointee.sa_flags & SA_SIGINFO != 0 {
        previous.pointee.__sigaction_handler.sa_sigaction?(signal, information, context)
      } else {
        previous.pointee.__sigaction_handler.sa_handler?(signal)
      }
    }
  }

  /// Whether the signal was sent, rather than caused by an instruction.
  private func isSent(_ information: UnsafeMutablePointer<siginfo_t>?) -> Bool {
    guard let information else { return true }
    return information.pointee.si_code <= 0
  }

  /// Restores the default action. An instruction that caused the signal causes it again when the thread continues.
  private func takeDefaultAction(_ signal: Int32, _ information: UnsafeMutablePointer<siginfo_t>?) {
    var action = sigaction()
    sigemptyset(&action.sa_mask)
    sigaction(signal, &action, nil)
    if isSent(information) { raise(signal) }
  }
#endif
