import NeedletailSystem
import WasmCompiler
import WasmRuntime
import WebAssembly

/// Turns the signals of faults in compiled code into traps. All others are forwarded to the previous handler, or take their default
/// action.
///
/// A fault is a trap only if it is entirely explained by the compiled code at that place (``FaultReason``): an address outside the
/// instance's memories and the null page means that the process is corrupted and must not continue.
///
/// The handler keeps the rules of ``FaultSignals``.
enum TrapSignals {
  static let areSupported = FaultSignals.areSupported && NativeBackend.isForThisProcessor

  /// The continuation of an activation that ends by a trap. The same for all engines.
  fileprivate nonisolated(unsafe) static let landing = UnsafeMutablePointer<UInt>.allocate(capacity: 1)

  /// Installs the handler, once per process.
  static func install(landing: UInt) { _ = installed(landing) }

  private static func installed(_ landing: UInt) -> Bool {
    enum Once {
      static let isDone: Bool = {
        TrapSignals.landing.initialize(to: TrapSignals.onceLanding)
        // Initializes lazily created state.
        _ = CodeTable.region(at: 0)
        FaultSignals.install(handleFault)
        return true
      }()
    }
    onceLanding = landing
    return Once.isDone
  }

  /// The same for all engines.
  private nonisolated(unsafe) static var onceLanding: UInt = 0
}

private func handleFault(_ reason: UInt8, _ address: UInt, _ registers: UnsafeMutableRawPointer) -> Bool {
  guard let reason = FaultReason(reason, address) else { return false }
  let registers = NativeBackend.Registers(registers)
  // Code is executed, and reads its constants and jump tables.
  if case .access(let address) = reason, !registers.isWriting, let pages = CodeTable.region(at: address)?.pages {
    guard let failure = pages.pointee.load(at: address) else { return true }
    return endActivation(registers, failure)
  }
  do throws(PagedBytes.Failure) { return try endActivation(registers, reason) } catch {
    return reason.isPossible(registers) && endActivation(registers, error)
  }
}

/// The reason for a signal, of those that compiled code can cause.
private enum FaultReason {
  /// See ``Backend/isTrapInstruction(at:)``.
  case trapInstruction
  /// A division.
  case division
  /// An access to an unmapped or inaccessible page.
  case access(address: UInt)

  init?(_ reason: UInt8, _ address: UInt) {
    switch FaultSignals.Reason(rawValue: reason) {
    case .illegalInstruction: self = .trapInstruction
    case .integerDivision: self = .division
    case .access: self = .access(address: address)
    case nil: return nil
    }
  }

  /// Whether an instruction of compiled code, whose trap site is not known, can trap for this reason.
  func isPossible(_ registers: NativeBackend.Registers) -> Bool {
    guard let context = UnsafePointer<InstanceContext>(bitPattern: registers.instanceContext) else { return false }
    return switch self {
    case .trapInstruction: NativeBackend.isTrapInstruction(at: registers.programCounter)
    case .division: true
    case .access(let address): address < nullPageByteCount || guardedOffset(address, context) != nil
    }
  }

  /// Whether an interrupted instruction, whose trap site has a code, can trap for this reason. If it is an access out of bounds, that is
  /// noted for the message.
  func fits(_ registers: NativeBackend.Registers, _ trap: UInt8, _ context: UnsafePointer<InstanceContext>) -> Bool {
    let isTrapInstruction = NativeBackend.isTrapInstruction(at: registers.programCounter)
    let (code, partOffset) = Instruction.reason(trap) ?? (.unreachable, 0)
    switch self {
    case .trapInstruction:
      if isTrapInstruction { note(code, registers, context) }
      return isTrapInstruction
    case .division: return code == .integerDivideByZero
    case .access(let address):
      if isTrapInstruction { return false }
      if code == .outOfBoundsMemoryAccess { return noteFault(address, partOffset, context) }
      // A null object pointer plus the offset of a field.
      return address < nullPageByteCount
    }
  }

  /// Notes what a check of an access has found. The code has read the container's size before.
  private func note(
    _ code: TrapCode, _ registers: NativeBackend.Registers, _ context: UnsafePointer<InstanceContext>
  ) {
    let (address, container) = (UInt64(registers.accessAddress), registers.accessContainer)
    switch code {
    case .outOfBoundsMemoryAccess: note(context, container, address)
    case .outOfBoundsTableAccess:
      guard let table = UnsafePointer<TableCell>(bitPattern: container) else { return }
      context.pointee.store.pointee.outOfBounds = OutOfBounds(.table, from: address, of: table.pointee.count)
    case .outOfBoundsArrayAccess:
      guard let array = UnsafePointer<HeapObject.Header>(bitPattern: container) else { return }
      context.pointee.store.pointee.outOfBounds = OutOfBounds(
        .array, from: address & 0xFFFF_FFFF, of: UInt64(array.pointee.length))
    default: return
    }
  }

  private func note(_ context: UnsafePointer<InstanceContext>, _ memory: UInt, _ address: UInt64) {
    guard memory < context.pointee.memoryCount else { return }
    context.pointee.store.pointee.outOfBounds = OutOfBounds(context.pointee.memories[Int(memory)], from: address)
  }

  /// Whether an address is in the reserved range of an instance's memory. If so, the access is noted.
  ///
  /// - Parameter partOffset: how far the access begins before the part that faulted. The first byte that is not there is the one at
  ///   `address`, or is nearer to the beginning of the access, but not inside.
  private func noteFault(_ address: UInt, _ partOffset: UInt64, _ context: UnsafePointer<InstanceContext>) -> Bool {
    guard let (memory, offset) = guardedOffset(address, context) else { return false }
    note(context, memory, offset - min(partOffset, offset))
    return true
  }

  /// The memory whose reserved range contains an address, and the offset in it; nil if there is none.
  private func guardedOffset(
    _ address: UInt, _ context: UnsafePointer<InstanceContext>
  ) -> (memory: UInt, offset: UInt64)? {
    var index = 0
    while index < context.pointee.memoryCount {
      let cell = context.pointee.memories[index]
      let offset = address &- UInt(bitPattern: cell.pointee.base)
      if offset < UInt(cell.pointee.guardedByteCount) { return (UInt(index), UInt64(offset)) }
      index += 1
    }
    return nil
  }

  private var nullPageByteCount: UInt { 4096 }
}

/// Makes the thread continue after its activation, if it is in compiled code at an instruction that traps for this reason.
///
/// - Throws: if the table of traps is damaged or cannot be read.
private func endActivation(
  _ registers: NativeBackend.Registers, _ reason: FaultReason
) throws(PagedBytes.Failure) -> Bool {
  let pc = registers.programCounter
  guard let region = CodeTable.region(at: pc), let trap = try region.trap(at: pc),
    let context = UnsafePointer<InstanceContext>(bitPattern: registers.instanceContext),
    reason.fits(registers, trap.code, context)
  else { return false }
  let store = context.pointee.store
  // Otherwise the code has stored it.
  let code = Instruction.reason(trap.code)?.code.rawValue ?? store.pointee.trapCode
  if code == TrapCode.outOfFuel.rawValue, trap.code == UInt8(TrapCode.outOfFuel.rawValue) {
    switch store.pointee.fuelPause {
    case FuelPause.obtain: return pauseForFuel(registers)
    case FuelPause.failed:
      store.pointee.fuelPause = FuelPause.obtain
      return endActivation(registers, store, trapCode: store.pointee.trapCode)
    default: break
    }
  }
  return endActivation(registers, store, trapCode: code)
}

/// Makes the thread continue in the stub that obtains fuel, as if the trap instruction had called it.
private func pauseForFuel(_ registers: NativeBackend.Registers) -> Bool {
  guard let stub = CommonStubs.shared?[.obtainingFuel] else { return false }
  let place = registers.stackPointer - UInt(MemoryLayout<UInt>.size)
  guard let word = UnsafeMutablePointer<UInt>(bitPattern: place) else { return false }
  word.pointee = registers.programCounter
  registers.stackPointer = place
  registers.programCounter = stub
  return true
}

/// Makes the thread continue after its activation, if it is in compiled code, which needs a part of an artifact that cannot be used.
private func endActivation(_ registers: NativeBackend.Registers, _ failure: PagedBytes.Failure) -> Bool {
  guard CodeTable.region(at: registers.programCounter)?.owner != nil,
    let context = UnsafePointer<InstanceContext>(bitPattern: registers.instanceContext)
  else { return false }
  return endActivation(registers, context.pointee.store, trapCode: failure.trapCode.rawValue)
}

/// Makes the thread continue after its activation; false if it has none.
private func endActivation(
  _ registers: NativeBackend.Registers, _ store: UnsafeMutablePointer<StoreContext>, trapCode: UInt32
) -> Bool {
  guard let activation = store.pointee.activation else { return false }
  store.pointee.trapCode = trapCode
  // The end of the activation's frames.
  let border = UInt(bitPattern: activation) + EntryFrame.activationToFrame
  var stopped = StoppedFrames(store)
  stopped.begin(at: registers.programCounter)
  var frame = registers.framePointer
  while frame < border, frame >= registers.stackPointer, let words = UnsafePointer<UInt>(bitPattern: frame) {
    stopped.recordIfCompiled(words[1])
    guard words[0] > frame else { break }
    frame = words[0]
  }
  registers.stackPointer = UInt(bitPattern: activation)
  registers.programCounter = TrapSignals.landing.pointee
  return true
}
