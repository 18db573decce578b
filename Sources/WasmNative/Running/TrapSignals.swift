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
/// A fault is a trap only if all of it is what compiled code can cause where it stands (``FaultReason``): an address outside of the
/// instance's memories and the null page is the sign that something is wrong in this process, which must not go on then.
///
/// A handler may interrupt a thread anywhere. So it takes no lock, allocates nothing, and touches no Swift object: what it needs is raw
/// memory that was made before.
enum TrapSignals {
  #if os(Linux) && arch(x86_64)
    static let areSupported = true

    // SIGBUS is none of them: memories are no files, and reserved pages raise SIGSEGV.
    private static let signals = [SIGSEGV, SIGILL, SIGFPE]

    /// What handlers read. Written before they are installed, but for what is installed.
    fileprivate struct State {
      /// Where an activation goes on that a trap ends.
      var landing: UInt
      /// Who handled the signals before, by number.
      var previous: UnsafeMutablePointer<sigaction>
      /// Where the machine's registers stand in what a handler is given.
      var registersOffset: Int
    }

    fileprivate nonisolated(unsafe) static let state = UnsafeMutablePointer<State>.allocate(capacity: 1)

    /// Installs the handlers, once in a process.
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
          // Makes what is made when it is first used.
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
      // On a stack of its own, since the thread's may be used up; system calls that others' signals interrupt go on.
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

  /// Why the processor raised a signal, as far as compiled code may cause it.
  private enum FaultReason {
    /// See ``Backend/isTrapInstruction(at:)``.
    case trapInstruction
    /// A division.
    case division
    /// An access to a page that is not there, or not accessible.
    case access(address: UInt)

    /// Nil if the signal was sent, or the processor raised it for another reason: an address that is not canonical, say.
    init?(_ signal: Int32, _ information: UnsafeMutablePointer<siginfo_t>?) {
      guard let information else { return nil }
      let code = information.pointee.si_code
      switch signal {
      case SIGILL where code > 0: self = .trapInstruction
      // FPE_INTDIV, which stands for a quotient that is too large as well.
      case SIGFPE where code == 1: self = .division
      // SEGV_MAPERR and SEGV_ACCERR. `si_addr` stands at 16 on all 64-bit systems; C libraries call it by different names.
      case SIGSEGV where code == 1 || code == 2:
        self = .access(address: UnsafeRawPointer(information).load(fromByteOffset: 16, as: UInt.self))
      default: return nil
      }
    }

    /// Whether the instruction at an address, which may trap as a code says, traps for this reason.
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
        // Null, as a pointer to an object, with the offset of a field.
        return address < nullPageByteCount
      }
    }

    /// Whether an address is in what is reserved for a memory of an instance.
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

  /// Lets the thread go on behind its activation if it is in compiled code, at an instruction that traps for this reason.
  private func endActivation(_ registers: NativeBackend.Registers, _ reason: FaultReason, landing: UInt) -> Bool {
    let pc = registers.programCounter
    guard let region = CodeTable.region(at: pc), let trap = region.trap(at: pc),
      let context = UnsafePointer<InstanceContext>(bitPattern: registers.instanceContext),
      reason.fits(pc, trap.code, context)
    else { return false }
    let store = context.pointee.store
    guard let activation = store.pointee.activation else { return false }
    if trap.code != Instruction.recordedTrap { store.pointee.trapCode = UInt32(trap.code) }
    // Where the frames of the activation end.
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

  /// Does with a signal what would have been done without us.
  private func passOn(
    _ signal: Int32, _ information: UnsafeMutablePointer<siginfo_t>?, _ context: UnsafeMutableRawPointer?
  ) {
    let previous = TrapSignals.state.pointee.previous + Int(signal)
    let handler = unsafeBitCast(previous.pointee.__sigaction_handler, to: UInt.self)
    switch handler {
    case UInt(bitPattern: unsafeBitCast(SIG_DFL, to: Int.self)): dieOf(signal, information)
    case 1:
      // Ignored: only possible if no instruction caused it, or it comes again and again.
      if !isSent(information) { dieOf(signal, information) }
    default:
      if previous.pointee.sa_flags & SA_SIGINFO != 0 {
        previous.pointee.__sigaction_handler.sa_sigaction?(signal, information, context)
      } else {
        previous.pointee.__sigaction_handler.sa_handler?(signal)
      }
    }
  }

  /// Whether somebody sent the signal, rather than an instruction causing it.
  private func isSent(_ information: UnsafeMutablePointer<siginfo_t>?) -> Bool {
    guard let information else { return true }
    return information.pointee.si_code <= 0
  }

  /// Lets the signal do what it does by default. An instruction that caused it does so again when it is executed again.
  private func dieOf(_ signal: Int32, _ information: UnsafeMutablePointer<siginfo_t>?) {
    var action = sigaction()
    sigemptyset(&action.sa_mask)
    sigaction(signal, &action, nil)
    if isSent(information) { raise(signal) }
  }
#endif
