import NeedletailSystem
import WasmCompiler
import WasmRuntime
import WebAssembly

// Calls of compiled functions from Swift, and their outcomes.

/// The type of an entry stub in Swift: slots, context, and the function's entry; returns a status.
private typealias EntryStub =
  @convention(c) (
    UnsafeMutablePointer<Slot>, UnsafeMutableRawPointer, UInt
  ) -> Int32

/// Runs compiled functions.
package enum CompiledActivation {
  /// See ``NativeExecutionEngine/invoke(_:in:slots:store:)``. Needs no engine: the function has its code.
  package static func run(
    _ code: UnsafeMutablePointer<FunctionCode>, in context: UnsafeMutablePointer<InstanceContext>,
    slots: UnsafeMutablePointer<Slot>, store: StoreState
  ) throws -> ActivationEnd {
    let enter = code.pointee.enter
    return try run(
      LoopCode(entry: code.pointee.nativeEntry.load(ordering: .acquiring), enter: enter), in: context, slots, store)
  }

  /// Runs code with arguments in slots, which its results replace.
  fileprivate static func run(
    _ code: LoopCode, in context: UnsafeMutablePointer<InstanceContext>, _ slots: UnsafeMutablePointer<Slot>,
    _ store: StoreState
  ) throws -> ActivationEnd {
    let enter = unsafeBitCast(code.enter, to: EntryStub.self)
    let entry = code.entry
    let status =
      store.isPrepared(at: NativeStack.currentAddress())
      ? enter(slots, context, entry) : try enterElsewhere(store) { enter(slots, context, entry) }
    if status == 0 { return .returned }
    guard status == UnwindStatus.tailCall else { throw takeError(store) }
    return .tailCall
  }

  @inline(never)
  private static func enterElsewhere(_ store: StoreState, _ enter: () -> Int32) throws -> Int32 {
    var status: Int32 = 0
    guard try store.activate({ status = enter() }) else {
      throw store.trap(.callStackExhausted, backtrace: Backtrace(in: store).described())
    }
    return status
  }

  /// The error for which compiled code stopped; afterwards the store can be used again.
  @inline(never)
  private static func takeError(_ store: StoreState) -> any Error {
    let context = store.context
    let code = TrapCode(rawValue: context.pointee.trapCode) ?? .unreachable
    context.pointee.trapCode = 0
    if code == .hostError, let error = store.pendingError {
      store.pendingError = nil
      return error
    }
    if let failure = PagedBytes.Failure(code) {
      if failure == .altered, let owner = CodeTable.region(at: context.pointee.stoppedAddresses[0])?.owner {
        Unmanaged<NativeModule>.fromOpaque(owner).takeUnretainedValue().onDamage?()
      }
      return PagedBytes.error(failure, in: "machine code or a table of it")
    }
    return store.trap(code, backtrace: stoppedBacktrace(store).described())
  }

  /// The frames that were active when a trap or exception stopped an activation.
  static func stoppedBacktrace(_ store: StoreState) -> Backtrace {
    Backtrace(in: store) { $0.append(stopped: store.context.pointee) }
  }
}

extension NativeEngine {
  package func invoke(
    _ code: UnsafeMutablePointer<FunctionCode>, in context: UnsafeMutablePointer<InstanceContext>,
    slots: UnsafeMutablePointer<Slot>, store: StoreState
  ) throws -> ActivationEnd {
    try CompiledActivation.run(code, in: context, slots: slots, store: store)
  }

  package func invoke(
    _ code: LoopCode, in context: UnsafeMutablePointer<InstanceContext>, frame: UnsafeMutablePointer<Slot>,
    slots: UnsafeMutablePointer<Slot>, store: StoreState
  ) throws -> ActivationEnd {
    slots[0] = Slot(UInt(bitPattern: frame))
    return try CompiledActivation.run(code, in: context, slots, store)
  }

  package func call(onStackWithTop top: UInt, _ body: () -> Void) {
    typealias Body = () -> Void
    typealias Callback = @convention(c) (UnsafeRawPointer) -> Void
    let stub = unsafeBitCast(
      stubs[.switchingStacks], to: (@convention(c) (Callback, UnsafeRawPointer, UInt) -> Void).self)
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { pointer in
        stub({ $0.assumingMemoryBound(to: Body.self).pointee() }, UnsafeRawPointer(pointer), top)
      }
    }
  }

  /// The functions that change stacks; nil if the system or the machine has none. Engines that only interpret can use them, too.
  package static var stackSwitch: StackSwitch? {
    guard isSupported, let stubs = CommonStubs.shared else { return nil }
    return StackSwitch(
      start: unsafeBitCast(stubs[.startingStack], to: StackSwitch.Start.self),
      change: unsafeBitCast(stubs[.changingStack], to: StackSwitch.Change.self))
  }

  package func append(_ suspension: Suspension, to backtrace: inout Backtrace) -> Suspension {
    guard let frame = suspension.compiledFrame else { return .none }
    backtrace.append(callersOf: frame)
    return outer(suspension)
  }

  package func outer(_ suspension: Suspension) -> Suspension {
    suspension.compiledFrame.map { Suspension(bits: ExitFrame.suspension(of: $0)) } ?? .none
  }
}

/// A frame of a compiled function, and the position in it.
struct CompiledFrame {
  let module: NativeModule
  /// The index among the functions that the module defines.
  let function: Int
  /// The range of its code.
  private let range: NativeModule.FunctionRange
  /// The offset in the module's code.
  let offset: UInt32
  private let isReturnAddress: Bool

  /// Nil if the address is not in a compiled function.
  init?(at address: UInt, isReturnAddress: Bool) {
    guard let region = CodeTable.region(at: address), let owner = region.owner else { return nil }
    module = Unmanaged<NativeModule>.fromOpaque(owner).takeUnretainedValue()
    offset = UInt32(address - region.start)
    // The address after a call may be the end of the function.
    guard let found = module.function(at: offset - (isReturnAddress ? 1 : 0)) else { return nil }
    function = found.index
    range = found.range
    self.isReturnAddress = isReturnAddress
  }

  /// The caller of the function with the frame at `place`; nil if it is not compiled code. Skips frames that only restore a context:
  /// `place` becomes the last of them.
  init?(callerOf place: inout UnsafeMutablePointer<UInt>) {
    Self.skipRestoringFrames(&place)
    self.init(at: place[1], isReturnAddress: true)
  }

  /// Skips frames that only restore a context: the function with the frame at `place` afterwards returns to something else.
  static func skipRestoringFrames(_ place: inout UnsafeMutablePointer<UInt>) {
    while place[1] == CommonStubs.shared?[.restoreContext], let next = UnsafeMutablePointer<UInt>(bitPattern: place[0])
    {
      place = next
    }
  }

  /// - Throws: if the table of calls is damaged or cannot be read.
  var call: CompiledFunction.CallSite? { get throws(PagedBytes.Failure) { try module.call(returningTo: offset) } }

  /// See ``NativeModule/liveLocations(returningTo:)``. Nil also if they cannot be read.
  var liveLocations: (registers: UInt32, slots: UnsafeBufferPointer<UInt64>)? {
    do throws(PagedBytes.Failure) { return try module.liveLocations(returningTo: offset) } catch { return nil }
  }

  /// The distance from the frame pointer down to the stack pointer.
  var frameByteCount: UInt { UInt(range.frameByteCount) }

  /// The position: see ``InlinedPosition``; 0 if it is unknown.
  var source: UInt32 {
    do throws(PagedBytes.Failure) {
      return try (isReturnAddress ? call?.source : module.source(ofTrapAt: offset)) ?? 0
    } catch {
      return 0
    }
  }

  /// How many functions it is the frame of: itself and those inlined at its position, as far as they can be read.
  var functionCount: UInt {
    var count: UInt = 1
    var position = source
    do throws(PagedBytes.Failure) {
      while let inlined = try module.inlinedPosition(position) {
        count += 1
        position = inlined.caller
      }
    } catch {
      return count
    }
    return count
  }
}

extension Backtrace {
  /// Appends a frame and, before it, the frames of functions inlined at its position.
  mutating func append(_ frame: CompiledFrame?) {
    guard let frame else { return }
    var position = frame.source
    do throws(PagedBytes.Failure) {
      while let inlined = try frame.module.inlinedPosition(position) {
        append(Frame(code: frame.module, function: Int(inlined.function), position: Int(inlined.offset)))
        position = inlined.caller
      }
    } catch {
      position = 0
    }
    append(Frame(code: frame.module, function: frame.function, position: Int(position)))
  }

  /// Appends the frames from the caller of the function with the given frame to the end of its activation.
  mutating func append(callersOf frame: UnsafeMutablePointer<UInt>) {
    var frame = frame
    while let caller = CompiledFrame(callerOf: &frame) {
      append(caller)
      guard let next = UnsafeMutablePointer<UInt>(bitPattern: frame[0]) else { return }
      frame = next
    }
  }
}
