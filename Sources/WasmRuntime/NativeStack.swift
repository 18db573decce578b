import WebAssembly

/// The machine stack of the running thread, on which host functions, activations of the interpreter and frames of compiled code nest.
package enum NativeStack {
  /// How many bytes activations leave alone at the stack's end, so that a host function in the innermost one still has room. Half
  /// of the smallest stack that threads commonly get (Darwin's secondary threads have 512 KiB).
  package static let reserveByteCount: UInt = 256 << 10

  /// How much the place of outermost activations may differ before the limit is worked out again.
  private static let tolerance: UInt = 64 << 10

  /// An address in the caller's frame, near enough.
  @inline(never)
  package static func currentAddress() -> UInt {
    withUnsafeTemporaryAllocation(byteCount: 16, alignment: 16) { UInt(bitPattern: $0.baseAddress) }
  }

  /// Whether what is known of the stack of a store's outermost activation, when it was at `base`, holds for one at `address`.
  static func isNear(_ base: UInt, _ address: UInt) -> Bool { base &- address <= tolerance }
}

extension StoreState {
  /// Runs an activation, whichever engine's it is, where the machine stack has room for it: on the stack at hand, or, if that ends too
  /// soon for ``stackByteCount`` and compiled code is to run, on a stack of the store's own.
  ///
  /// - Parameter body: what runs. It may be on another stack of the same thread.
  /// - Returns: false if there is no room; then nothing was run.
  /// - Throws: `StoreInUse` if an activation around this one is on another thread, `LimitExceeded` if there is no memory for a stack of
  ///   the store's own; what `body` throws.
  @inline(never)
  package func activate(_ body: () throws -> Void) throws -> Bool {
    let address = NativeStack.currentAddress()
    guard !isPrepared(at: address) else {
      try body()
      return true
    }
    return try activateElsewhere(address, body)
  }

  private var isEntered: Bool { context.pointee.suspension != .none || context.pointee.activation != nil }

  /// Whether an activation at an address of the stack at hand needs no ``activate(_:)``: the limit that compiled code checks is right for
  /// it, and leaves it room. So it is nearly always.
  package func isPrepared(at address: UInt) -> Bool {
    let context = context
    let base = context.pointee.nativeStackBase
    let thread = ThreadRecord.current
    return context.pointee.threadIdentifier == thread.pointee.identifier && stackSegment.end == thread.pointee.stackEnd
      && address > context.pointee.nativeStackLimit
      && (NativeStack.isNear(base, address) || base >= address && isEntered)
  }

  // MARK: Other stacks

  /// Finds the stack and the limit for an activation for which they are not right. What was right for the activation around it is put back
  /// afterwards.
  private func activateElsewhere(_ address: UInt, _ body: () throws -> Void) throws -> Bool {
    let thread = ThreadRecord.current
    let isInner = isEntered
    if isInner {
      guard context.pointee.threadIdentifier == thread.pointee.identifier else { throw StoreInUse() }
      // On the same stack it is the room that is wanting.
      if stackSegment.end == thread.pointee.stackEnd { return false }
    }
    // Compiled code traps by signals, when its stack is used up, too.
    if compiledCode != nil, !thread.pointee.prepareSignalStack() { return false }
    let saved = stackSegment
    defer { if isInner { moveStackLimit(to: saved, thread) } }
    let end = thread.pointee.stackEnd
    let room = address > end &+ NativeStack.reserveByteCount ? address - end - NativeStack.reserveByteCount : 0
    // A little less than was asked for is no reason to leave the thread's stack, which has 8 MiB as a rule.
    if let compiledCode, room < UInt(stackByteCount) / 2, let stack = try takeGuestStack() {
      defer {
        stack.isInUse = false
        thread.pointee.stackEnd = end
        if !isInner { moveStackLimit(to: StackSegment(), thread) }
      }
      stack.isInUse = true
      thread.pointee.stackEnd = stack.end
      moveStackLimit(
        to: StackSegment(base: stack.top, limit: stack.end + NativeStack.reserveByteCount, end: stack.end), thread)
      var result = Result<Void, any Error>.success(())
      compiledCode.call(onStackWithTop: stack.top) { result = Result { try body() } }
      try result.get()
      return true
    }
    guard room > 0 else { return false }
    moveStackLimit(
      to: StackSegment(base: address, limit: address - min(room, UInt(stackByteCount)), end: end), thread)
    try body()
    return true
  }

  /// The store's own stack, unless it is in use.
  private func takeGuestStack() throws(LimitExceeded) -> GuestStack? {
    if let guestStack { return guestStack.isInUse ? nil : guestStack }
    let stack = try GuestStack(byteCount: stackByteCount + Int(NativeStack.reserveByteCount))
    guestStack = stack
    return stack
  }

  private func moveStackLimit(to segment: StackSegment, _ thread: UnsafeMutablePointer<ThreadRecord>) {
    stackSegment = segment
    context.pointee.threadIdentifier = thread.pointee.identifier
    context.pointee.nativeStackBase = segment.base
    context.pointee.nativeStackLimit = segment.limit
    for instance in instances { instance.context.pointee.nativeStackLimit = segment.limit }
  }
}

/// The part of a machine stack that a store's activations may use: from the place of the outermost one, or the stack's top, down to a limit.
struct StackSegment {
  var base: UInt = 0
  var limit: UInt = 0
  /// The lowest address of the stack: which stack it is.
  var end: UInt = 0
}

/// A machine stack of a store's own, for guests that may nest deeper than their threads' stacks allow. Its pages take memory once they are
/// used.
final class GuestStack {
  /// The lowest address that may be used; below it is a page that cannot be accessed.
  let end: UInt
  /// The address behind the highest.
  let top: UInt
  fileprivate var isInUse = false
  private let memory: UnsafeMutableRawPointer
  private let byteCount: Int

  init(byteCount wanted: Int) throws(LimitExceeded) {
    let guardByteCount = 16 * VirtualMemory.pageSize
    let (sum, overflow) = wanted.addingReportingOverflow(guardByteCount + VirtualMemory.pageSize)
    guard !overflow, let memory = VirtualMemory.reserve(VirtualMemory.roundedUpToPages(sum)) else {
      throw LimitExceeded("no memory for a machine stack of \(wanted) bytes\(VirtualMemory.refusalReason)")
    }
    byteCount = VirtualMemory.roundedUpToPages(sum)
    self.memory = memory
    end = UInt(bitPattern: memory + guardByteCount)
    top = UInt(bitPattern: memory + byteCount)
    guard VirtualMemory.commit(memory + guardByteCount, byteCount - guardByteCount) else {
      VirtualMemory.release(memory, byteCount)
      throw LimitExceeded("no memory for a machine stack of \(wanted) bytes\(VirtualMemory.refusalReason)")
    }
  }

  deinit { VirtualMemory.release(memory, byteCount) }
}
