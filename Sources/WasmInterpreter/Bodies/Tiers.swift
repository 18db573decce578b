import Synchronization
import WasmRuntime
import WebAssembly

// Counters of calls and iterations: see ``TierPolicy``.

/// A format with a counter that runs down in the code.
protocol CounterFormat: InstructionFormat {
  var count: Immediate { get }
  var function: CalleeAddress { get }
  static var countOffset: Int { get }
}

extension CallCounterFormat: CounterFormat {
  @inline(__always) static var countOffset: Int { MemoryLayout<Self>.offset(of: \.count).unsafelyUnwrapped }
}

extension LoopCounterFormat: CounterFormat {
  @inline(__always) static var countOffset: Int { MemoryLayout<Self>.offset(of: \.count).unsafelyUnwrapped }
}

/// The counter of the instruction at `pc`. Code words are not constant memory; other threads may count at the same time, and then some
/// counts are lost.
@inline(__always)
private func counter<Format: CounterFormat>(
  _ pc: UnsafeRawPointer, _: Format.Type
) -> UnsafeMutablePointer<Atomic<Int32>> {
  UnsafeMutableRawPointer(mutating: pc + Format.countOffset).assumingMemoryBound(to: Atomic<Int32>.self)
}

extension Machine {
  /// Counts down.
  ///
  /// - Returns: whether it was the last count.
  @inline(__always)
  fileprivate func countDown<Format: CounterFormat>(_: Format.Type) -> Bool {
    let counter = counter(pc, Format.self)
    let left = counter.pointee.load(ordering: .relaxed) &- 1
    counter.pointee.store(left, ordering: .relaxed)
    return left <= 0
  }
}

extension Operands {
  fileprivate func setCounter<Format: CounterFormat>(_ count: Int32, of _: Format.Type) {
    counter(pc, Format.self).pointee.store(count, ordering: .relaxed)
  }

  /// The record of the function in which the instruction is.
  @inline(__always)
  fileprivate func code<Format: CounterFormat>(of _: Format.Type) -> UnsafeMutablePointer<FunctionCode> {
    UnsafeMutablePointer(bitPattern: UInt(self[Format.self].function.bits)).unsafelyUnwrapped
  }
}

/// Counts a call of the function.
enum CountCall: Operation {
  typealias Format = CallCounterFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard machine.countDown(Format.self), isCompiled(machine.operands) else {
      machine.advance(Format.self)
      return true
    }
    return machine.enter(machine.operands.code(of: Format.self))
  }

  /// Asks how the call continues.
  @inline(never)
  private static func isCompiled(_ operands: Operands) -> Bool {
    let code = operands.code(of: Format.self)
    let functions = code.pointee.owner.unsafelyUnwrapped.takeUnretainedValue()
    switch functions.tierPolicy?.noteCall(of: Int(code.pointee.index), in: functions) {
    case .interpreted(let count): operands.setCounter(count, of: Format.self)
    case .compiled: return true
    case nil: operands.setCounter(.max, of: Format.self)
    }
    return false
  }
}

/// Counts an iteration of a loop, and continues in compiled code if there is some.
enum CountIteration: Operation {
  typealias Format = LoopCounterFormat

  private enum Outcome: UInt8 { case interpreted, returned, tailCalled, failed, interrupted }

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard machine.countDown(Format.self) else {
      machine.advance(Format.self)
      return true
    }
    switch takeOver(machine.pc, machine.frame, machine.context) {
    case .interpreted:
      machine.advance(Format.self)
      return true
    case .returned:
      machine.returnToCaller(header: machine.operands.code(of: Format.self).headerSlot)
      return true
    case .tailCalled:
      return machine.enterTailCallee(
        header: machine.operands.code(of: Format.self).headerSlot,
        arguments: slots(machine.frame, top: machine[Format.self].top))
    case .failed:
      guard
        let handler = machine.operands.unwindFromHost(header: machine.operands.code(of: Format.self).headerSlot)
      else {
        return false
      }
      machine.goOn(at: handler)
      return true
    case .interrupted:
      return machine.trap(.interrupted)
    }
  }

  /// The slots for the results of code that continues the function: after a copy of the frame's header above its operands.
  private static func slots(_ frame: UnsafeMutablePointer<Slot>, top: UInt16) -> UnsafeMutablePointer<Slot> {
    frame + Int(top) + FrameHeader.slotCount + 1
  }

  /// Asks how the loop continues; runs the rest of the function in compiled code if there is some.
  @inline(never)
  private static func takeOver(
    _ pc: UnsafeRawPointer, _ frame: UnsafeMutablePointer<Slot>, _ context: UnsafeMutablePointer<InstanceContext>
  ) -> Outcome {
    let operands = Operands(pc: pc, frame: frame, context: context)
    // The counter was not changed, so that the next iteration of another store asks, too.
    if context.isInterrupted { return .interrupted }
    let code = operands.code(of: Format.self)
    let functions = code.pointee.owner.unsafelyUnwrapped.takeUnretainedValue()
    let loop = operands[Format.self].loop
    switch functions.tierPolicy?.noteIteration(ofLoop: loop, in: Int(code.pointee.index), of: functions) {
    case .interpreted(let count): operands.setCounter(count, of: Format.self)
    case nil: operands.setCounter(1 << 12, of: Format.self)
    case .compiled(let loopCode):
      // The next loop asks at once, too.
      operands.setCounter(1, of: Format.self)
      return run(loopCode, code, operands)
    }
    return .interpreted
  }

  private static func run(
    _ loopCode: LoopCode, _ code: UnsafeMutablePointer<FunctionCode>, _ operands: Operands
  ) -> Outcome {
    let (frame, context) = (operands.frame, operands.context)
    // The header is copied above the operands, since the slot after it is a local's.
    let header = frame + Int(operands[Format.self].top)
    let resultCount = Int(code.pointee.resultSlots)
    let store = operands.store
    guard header + FrameHeader.slotCount + 1 + max(resultCount, 1) <= context.pointee.stackLimit,
      let engine = store.nativeEngine
    else { return .interpreted }
    header.update(from: frame + code.headerSlot, count: FrameHeader.slotCount)
    let slots = slots(frame, top: operands[Format.self].top)
    var end = ActivationEnd.returned
    let isFinished = leaveActivation(header, context) {
      end = try engine.invoke(loopCode, in: context, frame: frame, slots: slots, store: store)
    }
    guard isFinished else { return .failed }
    guard end == .returned else { return .tailCalled }
    frame.update(from: slots, count: resultCount)
    return .returned
  }
}
