/// The backend for the processor that this build runs on.
package typealias NativeBackend = X86_64Backend
