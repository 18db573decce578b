import WasmRuntime

/// The body of a code instruction, written once, for both dispatchers: a function from state to state.
protocol Operation {
  /// The layout of the instruction.
  associatedtype Format: InstructionFormat

  /// Executes the instruction at `machine.pc` and advances.
  ///
  /// - Returns: whether to continue; false after a trap and at the end of an activation. A constant for nearly all instructions, so that
  ///   the check costs nothing.
  static func execute(_ machine: inout Machine) -> Bool

  /// Executes the instruction and jumps to the next one's handler.
  static func executeThreaded(_ machine: Machine)
}

/// The body of an instruction that branches on a condition.
protocol ConditionalBranch: Operation where Format: BranchingFormat {
  /// Whether the branch is taken.
  static func isTaken(_ machine: inout Machine) -> Bool
}

extension ConditionalBranch {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    if isTaken(&machine) { machine.branch(machine[Format.self].target) } else { machine.advance(Format.self) }
    return true
  }

  /// Each way has a jump of its own, which nearly always has the same target. One jump for both would have two, and processors predict
  /// such jumps later.
  @inline(__always)
  static func executeThreaded(_ machine: Machine) {
    var machine = machine
    if isTaken(&machine) {
      machine.branch(machine[Format.self].target)
      machine.continueThreadedAtTarget()
    } else {
      machine.advance(Format.self)
      machine.continueThreaded()
    }
  }
}

/// The type of a handler for the threaded dispatcher. Handlers are actually Swift functions without context; their calling convention
/// passes these parameters in the same registers as C's, on every platform that Swift supports.
private typealias HandlerPointer =
  @convention(c) (
    UnsafeRawPointer, UnsafeMutablePointer<Slot>, UnsafeMutableRawPointer, UInt64, UnsafeMutableRawPointer, Slot,
    Double, Float
  ) -> Void

/// The same with a result that is not read: the optimizer does not unite the calls of handlers of two types.
private typealias TargetHandlerPointer =
  @convention(c) (
    UnsafeRawPointer, UnsafeMutablePointer<Slot>, UnsafeMutableRawPointer, UInt64, UnsafeMutableRawPointer, Slot,
    Double, Float
  ) -> UInt

typealias ThreadedHandler = (
  UnsafeRawPointer, UnsafeMutablePointer<Slot>, UnsafeMutableRawPointer, UInt64, UnsafeMutableRawPointer, Slot, Double,
  Float
) -> Void

typealias LoopHandler = (inout Machine) -> Bool

extension Operation {
  /// The handler for the threaded dispatcher: the body, then a jump to the next instruction's handler.
  ///
  /// Swift does not guarantee that the call in tail position becomes a jump. Optimized builds do so as long as nothing needs a release
  /// and no address of a local escapes; a test executes every handler and checks the stack pointer.
  @inline(__always)
  static func threaded(
    _ pc: UnsafeRawPointer, _ frame: UnsafeMutablePointer<Slot>, _ memoryBase: UnsafeMutableRawPointer,
    _ memoryByteCount: UInt64, _ context: UnsafeMutableRawPointer, _ accumulator: Slot, _ float64: Double,
    _ float32: Float
  ) {
    executeThreaded(
      Machine(
        pc: pc, frame: frame, memoryBase: memoryBase, memoryByteCount: memoryByteCount,
        context: context.assumingMemoryBound(to: InstanceContext.self), accumulator: accumulator, float64: float64,
        float32: float32))
  }

  @inline(__always)
  static func executeThreaded(_ machine: Machine) {
    var machine = machine
    guard execute(&machine) else { return }
    machine.continueThreaded()
  }
}

extension Machine {
  /// Jumps to the handler at `pc`.
  @inline(__always)
  func continueThreaded() {
    let handler = unsafeBitCast(pc.load(as: UInt.self), to: HandlerPointer.self)
    handler(pc, frame, memoryBase, memoryByteCount, UnsafeMutableRawPointer(context), accumulator, float64, float32)
  }

  /// The same after a branch that was taken.
  @inline(__always)
  fileprivate func continueThreadedAtTarget() {
    let handler = unsafeBitCast(pc.load(as: UInt.self), to: TargetHandlerPointer.self)
    _ = handler(pc, frame, memoryBase, memoryByteCount, UnsafeMutableRawPointer(context), accumulator, float64, float32)
  }
}
