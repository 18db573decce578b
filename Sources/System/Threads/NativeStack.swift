/// The machine stack of the current thread.
package enum NativeStack {
  /// An address in the caller's frame, approximately.
  @inline(never)
  package static func currentAddress() -> UInt {
    withUnsafeTemporaryAllocation(byteCount: 16, alignment: 16) { UInt(bitPattern: $0.baseAddress) }
  }
}
