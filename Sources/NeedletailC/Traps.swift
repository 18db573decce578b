import CNeedletail
import Needletail
import WasmRuntime

/// A trap, or another error that ended a call.
final class TrapObject: InformedObject {
  let message: String
  let kind: needletail_trap_kind_enum
  let exitStatus: Int32
  var frames: [Trap.Frame]

  init(_ message: String, _ kind: needletail_trap_kind_enum, exitStatus: Int32 = 0, frames: [Trap.Frame] = []) {
    self.message = message
    self.kind = kind
    self.exitStatus = exitStatus
    self.frames = frames
  }

  /// The error that makes calls end with this trap.
  var error: any Error {
    kind == NEEDLETAIL_TRAP_EXIT ? ExitStatus(code: exitStatus) : Trap(.hostError, message: message, backtrace: frames)
  }
}

extension TrapCode {
  /// The kind of traps with this code.
  var kind: needletail_trap_kind_enum {
    switch self {
    case .hostError: NEEDLETAIL_TRAP_HOST
    case .unreachable: NEEDLETAIL_TRAP_UNREACHABLE
    case .outOfBoundsMemoryAccess: NEEDLETAIL_TRAP_OUT_OF_BOUNDS_MEMORY
    case .outOfBoundsTableAccess: NEEDLETAIL_TRAP_OUT_OF_BOUNDS_TABLE
    case .outOfBoundsArrayAccess: NEEDLETAIL_TRAP_OUT_OF_BOUNDS_ARRAY
    case .indirectCallTypeMismatch: NEEDLETAIL_TRAP_INDIRECT_CALL_TYPE
    case .undefinedElement: NEEDLETAIL_TRAP_UNDEFINED_ELEMENT
    case .uninitializedElement: NEEDLETAIL_TRAP_UNINITIALIZED_ELEMENT
    case .integerDivideByZero: NEEDLETAIL_TRAP_DIVISION_BY_ZERO
    case .integerOverflow: NEEDLETAIL_TRAP_INTEGER_OVERFLOW
    case .invalidConversionToInteger: NEEDLETAIL_TRAP_INVALID_CONVERSION
    case .callStackExhausted: NEEDLETAIL_TRAP_STACK_EXHAUSTED
    case .nullReference, .nullFunctionReference, .nullStructureReference, .nullArrayReference, .nullI31Reference,
      .nullExceptionReference, .nullDescriptor:
      NEEDLETAIL_TRAP_NULL_REFERENCE
    case .castFailure, .descriptorCastFailure: NEEDLETAIL_TRAP_CAST_FAILURE
    case .unalignedAtomic: NEEDLETAIL_TRAP_UNALIGNED_ATOMIC
    case .expectedSharedMemory: NEEDLETAIL_TRAP_EXPECTED_SHARED_MEMORY
    case .allocationFailure: NEEDLETAIL_TRAP_OUT_OF_MEMORY
    case .interrupted: NEEDLETAIL_TRAP_INTERRUPTED
    case .outOfFuel: NEEDLETAIL_TRAP_OUT_OF_FUEL
    case .deadlineExceeded: NEEDLETAIL_TRAP_TIMEOUT
    case .limitExceeded: NEEDLETAIL_TRAP_LIMIT
    case .alteredCode, .unreadableCode: NEEDLETAIL_TRAP_ERROR
    }
  }
}

extension StoreObject {
  /// The trap for an error of a call. It becomes the store's last error.
  func trap(for error: any Error) -> TrapObject {
    let pending = pendingTrap
    pendingTrap = nil
    let trap =
      switch error {
      case let error as Trap:
        if let pending, error.code == .hostError, error.message == pending.message {
          pending.completed(error.backtrace)
        } else {
          TrapObject(error.message, error.code.kind, frames: error.backtrace)
        }
      case let error as ExitStatus: TrapObject("\(error)", NEEDLETAIL_TRAP_EXIT, exitStatus: error.code)
      case let error as Exception: TrapObject(error.message, NEEDLETAIL_TRAP_EXCEPTION, frames: error.backtrace)
      default: TrapObject("\(error)", NEEDLETAIL_TRAP_ERROR)
      }
    lastError = trap.message
    return trap
  }

  /// An `own` trap for an error of a call.
  func ownedTrap(for error: any Error) -> OpaquePointer? { Handle(.trap(trap(for: error)), in: nil).owned() }
}

extension TrapObject {
  /// The same trap with the frames through which it passed, unless it has some.
  fileprivate func completed(_ frames: [Trap.Frame]) -> TrapObject {
    if self.frames.isEmpty { self.frames = frames }
    return self
  }
}

/// A frame of a trap's backtrace.
final class FrameObject: Object {
  let frame: Trap.Frame

  init(_ frame: Trap.Frame) { self.frame = frame }
}

extension OpaquePointer? {
  fileprivate var frame: Trap.Frame? { lent(as: FrameObject.self)?.frame }
}

// MARK: Traps

/// A trap of the host.
@c @implementation
public func wasm_trap_new(_ store: OpaquePointer?, _ message: UnsafePointer<wasm_message_t>?) -> OpaquePointer? {
  Handle(.trap(TrapObject(message?.pointee.message ?? "", NEEDLETAIL_TRAP_HOST)), in: nil).owned()
}

/// The message, which is zero-terminated.
@c @implementation
public func wasm_trap_message(_ trap: OpaquePointer?, _ out: UnsafeMutablePointer<wasm_message_t>?) {
  out?.initialize(to: wasm_message_t(message: trap.trap?.message ?? ""))
}

/// The innermost frame; NULL if no Wasm was active.
@c @implementation
public func wasm_trap_origin(_ trap: OpaquePointer?) -> OpaquePointer? {
  trap.trap?.frames.first.map { FrameObject($0).owned() }
}

/// The frames, innermost first.
@c @implementation
public func wasm_trap_trace(_ trap: OpaquePointer?, _ out: UnsafeMutablePointer<wasm_frame_vec_t>?) {
  out?.initialize(to: wasm_frame_vec_t(trap.trap?.frames.map(FrameObject.init) ?? []))
}

/// The reason.
@c @implementation
public func needletail_trap_kind(_ trap: OpaquePointer?) -> needletail_trap_kind_t {
  needletail_trap_kind_t((trap.trap?.kind ?? NEEDLETAIL_TRAP_ERROR).rawValue)
}

/// The exit status, if the trap is an exit.
@c @implementation
public func needletail_trap_exit_status(_ trap: OpaquePointer?, _ status: UnsafeMutablePointer<Int32>?) -> Bool {
  guard let trap = trap.trap, trap.kind == NEEDLETAIL_TRAP_EXIT else { return false }
  status?.pointee = trap.exitStatus
  return true
}

/// An exit of the program.
@c @implementation
public func needletail_trap_new_exit(_ status: Int32) -> OpaquePointer? {
  let message = "\(ExitStatus(code: status))"
  return Handle(.trap(TrapObject(message, NEEDLETAIL_TRAP_EXIT, exitStatus: status)), in: nil).owned()
}

// MARK: Frames

/// Ends the use of a frame.
@c @implementation
public func wasm_frame_delete(_ frame: OpaquePointer?) { frame.release() }

/// The same frame.
@c @implementation
public func wasm_frame_copy(_ frame: OpaquePointer?) -> OpaquePointer? { frame.retained() }

/// Always NULL: backtraces do not keep instances.
@c @implementation
public func wasm_frame_instance(_ frame: OpaquePointer?) -> OpaquePointer? { nil }

/// The index of the function.
@c @implementation
public func wasm_frame_func_index(_ frame: OpaquePointer?) -> UInt32 { frame.frame?.functionIndex ?? 0 }

/// The offset of the instruction in the function's body.
@c @implementation
public func wasm_frame_func_offset(_ frame: OpaquePointer?) -> Int {
  guard let frame = frame.frame, let offset = frame.offset, let start = frame.functionOffset else { return 0 }
  return offset - start
}

/// The offset of the instruction in the module.
@c @implementation
public func wasm_frame_module_offset(_ frame: OpaquePointer?) -> Int { frame.frame?.offset ?? 0 }

/// The name of the function.
@c @implementation
public func needletail_frame_func_name(_ frame: OpaquePointer?, _ out: UnsafeMutablePointer<wasm_name_t>?) {
  out?.initialize(to: wasm_name_t(frame.frame?.functionName ?? ""))
}

/// The name of the module.
@c @implementation
public func needletail_frame_module_name(_ frame: OpaquePointer?, _ out: UnsafeMutablePointer<wasm_name_t>?) {
  out?.initialize(to: wasm_name_t(frame.frame?.moduleName ?? ""))
}
