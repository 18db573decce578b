import NeedletailSystem
import WebAssembly

/// Host functions, interpreter activations and frames of compiled code nest on the machine stack.
extension NativeStack {
  /// The bytes at the stack's end that activations leave free, so that a host function called from the innermost one still has room. Half
  /// of the smallest common thread stack (Darwin's secondary threads have 512 KiB).
  package static let reserveByteCount: UInt = 256 << 10

  /// How far the stack pointer of outermost activations may vary before the limit is recomputed: at most by an eighth of the guest's stack.
  fileprivate static func tolerance(_ stackByteCount: Int) -> UInt { min(64 << 10, UInt(stackByteCount) / 8) }
}

extension StoreState {
  /// Runs an activation of either engine on a stack with enough room: the current one, or, if that ends too soon for ``stackByteCount``
  /// and compiled code may run, a stack that belongs to the store.
  ///
  /// - Parameter body: runs the activation, possibly on another stack of the same thread.
  /// - Returns: false if there is no room; then `body` did not run.
  /// - Throws: `Trap` if the store is interrupted; `StoreInUse` if an enclosing activation is on another thread; `LimitExceeded` if there
  ///   is no memory for a separate stack; the errors of `body`.
  @inline(never)
  package func activate(_ body: () throws -> Void) throws -> Bool {
    let address = NativeStack.currentAddress()
    if interruption.isRequested { throw trap(.interrupted, backtrace: Backtrace(in: self).described()) }
    guard !isPrepared(at: address) else {
      try body()
      return true
    }
    return try activateElsewhere(address, body)
  }

  private var isEntered: Bool {
    context.pointee.suspension != .none || context.pointee.activation != nil || suspendableCall != nil
  }

  /// Whether an activation at an address of the current stack needs no ``activate(_:)``, because the limit that compiled code checks
  /// applies to it and leaves it room. That is nearly always so, unless the store is interrupted.
  package func isPrepared(at address: UInt) -> Bool {
    let context = context
    let base = context.pointee.nativeStackBase
    let thread = ThreadRecord.current
    return context.pointee.threadIdentifier == thread.pointee.identifier && stackSegment.end == thread.pointee.stackEnd
      && address > context.pointee.nativeStackLimit
      // The limit that was computed for an outermost activation at `base` also applies to one near it.
      && (base &- address <= stackSegment.tolerance || base >= address && isEntered)
  }

  // MARK: Other stacks

  /// Finds a stack and a limit for an activation to which the current ones do not apply. Those of the enclosing activation are restored
  /// afterwards.
  private func activateElsewhere(_ address: UInt, _ body: () throws -> Void) throws -> Bool {
    let thread = ThreadRecord.current
    let isInner = isEntered
    // Zero while a suspendable call is suspended: its host function may call from any thread.
    let owner = context.pointee.threadIdentifier
    if isInner {
      guard owner == thread.pointee.identifier || owner == 0 else { throw StoreInUse() }
      // It is the same stack, so the cause is lack of room.
      if stackSegment.end == thread.pointee.stackEnd { return false }
    }
    // Compiled code traps by signals, even when its stack overflows.
    if nativeEngine != nil, !thread.pointee.prepareSignalStack() { return false }
    let saved = stackSegment
    defer { if isInner { moveStackLimit(to: saved, owner) } }
    let end = thread.pointee.stackEnd
    let room = address > end &+ NativeStack.reserveByteCount ? address - end - NativeStack.reserveByteCount : 0
    // If a little less than requested is left, the thread's stack is used; it usually has 8 MiB.
    if let nativeEngine, room < UInt(stackByteCount) / 2, let stack = try takeGuestStack() {
      defer {
        stack.isInUse = false
        thread.pointee.stackEnd = end
        if !isInner { moveStackLimit(to: StackSegment(), thread.pointee.identifier) }
      }
      stack.isInUse = true
      thread.pointee.stackEnd = stack.end
      moveStackLimit(to: segment(from: stack.top, byteCount: .max, end: stack.end), thread.pointee.identifier)
      var result = Result<Void, any Error>.success(())
      nativeEngine.call(onStackWithTop: stack.top) { result = Result { try body() } }
      try result.get()
      return true
    }
    guard room > 0 else { return false }
    // Activations that begin like this one ask whether they are prepared in frames a little above.
    let base = address + NativeStack.tolerance(stackByteCount) / 8
    moveStackLimit(to: segment(from: base, byteCount: base - address + room, end: end), thread.pointee.identifier)
    try body()
    return true
  }

  /// The part of a machine stack below an address that guests may use: as much as ``stackByteCount``, whose limit they have in all engines, and at most
  /// `byteCount`.
  func segment(from base: UInt, byteCount: UInt, end: UInt) -> StackSegment {
    StackSegment(
      base: base, limit: base - min(byteCount, UInt(stackByteCount)), end: end,
      tolerance: NativeStack.tolerance(stackByteCount))
  }

  /// The store's separate stack, unless it is in use.
  private func takeGuestStack() throws(LimitExceeded) -> GuestStack? {
    if let guestStack { return guestStack.isInUse ? nil : guestStack }
    let stack = try makeGuestStack()
    guestStack = stack
    return stack
  }

  /// A stack with as much room for guests as they may use.
  func makeGuestStack() throws(LimitExceeded) -> GuestStack {
    try GuestStack(byteCount: stackByteCount + Int(NativeStack.reserveByteCount))
  }

  /// - Parameter thread: the identifier of the thread that is on the stack; 0 if none is.
  func moveStackLimit(to segment: StackSegment, _ thread: UInt64) {
    stackSegment = segment
    context.pointee.threadIdentifier = thread
    context.pointee.nativeStackBase = segment.base
    interruption.setNativeStackLimit(segment.limit)
  }
}

/// The part of a machine stack that a store's activations may use: from the outermost one, or the stack's top, down to a limit.
struct StackSegment {
  var base: UInt = 0
  var limit: UInt = 0
  /// The lowest address of the stack, which identifies it.
  var end: UInt = 0
  /// See ``NativeStack/tolerance(_:)``.
  var tolerance: UInt = 0
}
