import WasmCompiler
#if os(Linux) && arch(x86_64)
  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif
#endif
import WasmRuntime
import WebAssembly

/// Turns the signals of faults in compiled code into traps. All others are forwarded to the previous handler, or take their default
/// action.
///
/// A fault is a trap only if it is entirely explained by the compiled code at that place (``FaultReason``): an address outside the
/// instance's memories and the null page means that the process is corrupted and must not continue.
///
/// A handler can interrupt a thread anywhere. So it takes no lock, allocates nothing, and touches no Swift object: it needs only raw
/// memory that was prepared before.
enum TrapSignals {
  #if os(Linux) && arch(x86_64)
    static let areSupported = true

    // Without SIGBUS: memories are not files, and reserved pages raise SIGSEGV.
    private static let signals = [SIGSEGV, SIGILL, SIGFPE]

    /// The state that handlers read. Written before they are installed, except for the installed flag.
    fileprivate struct State {
      /// The continuation of an activation that ends by a trap.
      var landing: UInt
      /// The previous handlers, by signal number.
      var previous: UnsafeMutablePointer<sigaction>
      /// The offset of the machine's registers in a handler's argument.
      var registersOffset: Int
    }

    fileprivate nonisolated(unsafe) static let state = UnsafeMutablePointer<State>.allocate(capacity: 1)

    /// Installs the handlers, once per process.
    static func install(landing: UInt) { _ = installed(landing) }

    private static func installed(_ landing: UInt) -> Bool {
      enum Once {
        nonisolated(unsafe) static var landing: UInt = 0
        static let isDone: Bool = {
          let previous = UnsafeMutablePointer<sigaction>.allocate(capacity: 65)
          previous.initialize(repeating: sigaction(), count: 65)
          TrapSignals.state.initialize(
            to: State(
              landing: TrapSignals.onceLanding, previous: previous,
              registersOffset: MemoryLayout<ucontext_t>.offset(of: \.uc_mcontext)!))
          // Initializes lazily created state.
          _ = CodeTable.region(at: 0)
          for signal in TrapSignals.signals { TrapSignals.install(signal, previous) }
          return true
        }()
      }
      onceLanding = landing
      return Once.isDone
    }

    /// The same for all engines.
    private nonisolated(unsafe) static var onceLanding: UInt = 0

    private static func install(_ signal: Int32, _ previous: UnsafeMutablePointer<sigaction>) {
      var action = sigaction()
      action.__sigaction_handler.sa_sigaction = handleTrapSignal
      // On a separate stack, since the thread's may be exhausted; system calls interrupted by other senders' signals are restarted.
      action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART
      sigemptyset(&action.sa_mask)
      sigaction(signal, &action, previous + Int(signal))
    }
  #else
    static let areSupported = false

    static func install(landing: UInt) {}
  #endif
}

#if os(Linux) && arch(x86_64)
  private func handleTrapSignal(
    _ signal: Int32, _ information: UnsafeMutablePointer<siginfo_t>?, _ context: UnsafeMutableRawPointer?
  ) {
    let state = TrapSignals.state
    if let context, let reason = FaultReason(signal, information) {
      let registers = NativeBackend.Registers(context + state.pointee.registersOffset)
      if endActivation(registers, reason, landing: state.pointee.landing) { return }
    }
    passOn(signal, information, context)
  }

  /// The reason for a signal, of those that compiled code can cause.
  private enum FaultReason {
    /// See ``Backend/isTrapInstruction(at:)``.
    case trapInstruction
    /// A division.
    case division
    /// An access to an unmapped or inaccessible page.
    case access(address: UInt)

    /// Nil if the signal was sent, or has another reason, such as a non-canonical address.
    init?(_ signal: Int32, _ information: UnsafeMutablePointer<siginfo_t>?) {
      guard let information else { return nil }
      let code = information.pointee.si_code
      switch signal {
      case SIGILL where code > 0: self = .trapInstruction
      // FPE_INTDIV, which also means a quotient that is out of range.
      case SIGFPE where code == 1: self = .division
      // SEGV_MAPERR and SEGV_ACCERR. `si_addr` is at offset 16 on all 64-bit systems; C libraries differ in its name.
      case SIGSEGV where code == 1 || code == 2:
        self = .access(address: UnsafeRawPointer(information).load(fromByteOffset: 16, as: UInt.self))
      default: return nil
      }
    }

    /// Whether the instruction at an address, whose trap site has a code, can trap for this reason.
    func fits(_ pc: UInt, _ code: UInt8, _ context: UnsafePointer<InstanceContext>) -> Bool {
      let isTrapInstruction = NativeBackend.isTrapInstruction(at: pc)
      switch self {
      case .trapInstruction: return isTrapInstruction
      case .division: return code == UInt8(truncatingIfNeeded: TrapCode.integerDivideByZero.rawValue)
      case .access(let address):
        if isTrapInstruction { return false }
        if code == UInt8(truncatingIfNeeded: TrapCode.outOfBoundsMemoryAccess.rawValue) {
          return isGuarded(address, context)
        }
        // A null object pointer plus the offset of a field.
        return address < nullPageByteCount
      }
    }

    /// Whether an address is in the reserved range of an instance's memory.
    private func isGuarded(_ address: UInt, _ context: UnsafePointer<InstanceContext>) -> Bool {
      var index = 0
      while index < context.pointee.memoryCount {
        let cell = context.pointee.memories[index]
        if address &- UInt(bitPattern: cell.pointee.base) < UInt(cell.pointee.guardedByteCount) { return true }
        index += 1
      }
      return false
    }

    private var nullPageByteCount: UInt { 4096 }
  }

  /// Makes the thread continue after its activation, if it is in compiled code at an instruction that traps for this reason.
  private func endActivation(_ registers: NativeBackend.Registers, _ reason: FaultReason, landing: UInt) -> Bool {
    let pc = registers.programCounter
    guard let region = CodeTable.region(at: pc), let trap = region.trap(at: pc),
      let context = UnsafePointer<InstanceContext>(bitPattern: registers.instanceContext),
      reason.fits(pc, trap.code, context)
    else { return false }
    let store = context.pointee.store
    guard let activation = store.pointee.activation else { return false }
    if trap.code != Instruction.recordedTrap { store.pointee.trapCode = UInt32(trap.code) }
    // The end of the activation's frames.
    let border = UInt(bitPattern: activation) + EntryFrame.activationToFrame
    let addresses = store.pointee.stoppedAddresses
    addresses[0] = pc
    var count = 1
    var frame = registers.framePointer
    while count < Backtrace.maximumCount, frame < border, frame >= registers.stackPointer,
      let words = UnsafePointer<UInt>(bitPattern: frame)
    {
      addresses[count] = words[1]
      count += 1
      guard words[0] > frame else { break }
      frame = words[0]
    }
    store.pointee.stoppedCount = count
    registers.stackPointer = UInt(bitPattern: activation)
    registers.programCounter = landing
    return true
  }

  /// Handles a signal as the process would without these handlers.
  private func passOn(
    _ signal: Int32, _ information: UnsafeMutablePointer<siginfo_t>?, _ context: UnsafeMutableRawPointer?
  ) {
    let previous = TrapSignals.state.pointee.previous + Int(signal)
    let handler = unsafeBitCast(previous.pointee.__sigaction_handler, to: UInt.self)
    switch handler {
    case UInt(bitPattern: unsafeBitCast(SIG_DFL, to: Int.self)): dieOf(signal, information)
    case 1:
      // Ignored: only possible if no instruction caused it, otherwise it would be raised forever.
      if !isSent(information) { dieOf(signal, information) }
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

  /// Takes the signal's default action. The instruction that caused it raises it again.
  private func dieOf(_ signal: Int32, _ information: UnsafeMutablePointer<siginfo_t>?) {
    var action = sigaction()
    sigemptyset(&action.sa_mask)
    sigaction(signal, &action, nil)
    if isSent(information) { raise(signal) }
  }
#endif
