/// The backend for the processor that this build runs on.
package typealias NativeBackend = X86_64Backend

extension NativeBackend {
  /// Whether this build runs on a processor of the backend's instruction set.
  package static var isForThisProcessor: Bool {
    #if arch(x86_64)
      true
    #else
      false
    #endif
  }
}
