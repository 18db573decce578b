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
  /// Must come before each activation, whichever engine runs it. Sees to the limit of the machine stack if the activation is the
  /// outermost one.
  ///
  /// - Parameter address: an address of the machine stack near the activation's first frame.
  /// - Returns: whether the machine stack has room for it.
  /// - Throws: if an activation around this one is on another thread.
  package func prepareActivation(at address: UInt) throws(StoreInUse) -> Bool {
    let context = context
    let thread = ThreadRecord.current
    if context.pointee.threadIdentifier != thread.pointee.identifier
      || !NativeStack.isNear(context.pointee.nativeStackBase, address)
    {
      if context.pointee.suspension == .none, context.pointee.activation == nil {
        guard moveStackLimit(thread, address) else { return false }
      } else if context.pointee.threadIdentifier != thread.pointee.identifier {
        throw StoreInUse()
      }
    }
    return address > context.pointee.nativeStackLimit
  }

  /// Returns whether the thread can run Wasm.
  @inline(never)
  private func moveStackLimit(_ thread: UnsafeMutablePointer<ThreadRecord>, _ address: UInt) -> Bool {
    // Compiled code traps by signals, when its stack is used up, too.
    if compiledCode != nil, !thread.pointee.prepareSignalStack() { return false }
    let end = thread.pointee.stackEnd + NativeStack.reserveByteCount
    let wanted = address &- UInt(stackByteCount)
    let limit = wanted > address ? end : max(end, wanted)
    context.pointee.threadIdentifier = thread.pointee.identifier
    context.pointee.nativeStackBase = address
    context.pointee.nativeStackLimit = limit
    for instance in instances { instance.context.pointee.nativeStackLimit = limit }
    return true
  }
}

/// A function of a store was called while another thread runs one: a store belongs to one thread at a time, and to the thread that
/// entered it first as long as the host functions run that were called from there.
public struct StoreInUse: Error, Hashable, Sendable, CustomStringConvertible {
  public init() {}

  public var description: String { "the store is in use: a call on another thread has not returned" }
}
