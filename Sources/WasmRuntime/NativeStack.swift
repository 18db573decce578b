/// The machine stack of the running thread, on which host functions and activations of an engine nest.
///
/// Systems do not tell portably how much of it is left, so what is bounded is how far activations may nest below the
/// outermost one.
package enum NativeStack {
  /// How many bytes nested activations may use. A quarter of the smallest stack that threads commonly get (1 MiB; Darwin's
  /// secondary threads have 512 KiB), so that a host function in the innermost one still has room.
  package static let nestingByteCount: UInt = 256 << 10

  /// An address in the caller's frame, near enough.
  @inline(never)
  package static func currentAddress() -> UInt {
    withUnsafeTemporaryAllocation(byteCount: 16, alignment: 16) { UInt(bitPattern: $0.baseAddress) }
  }
}
