import WebAssembly

/// A function of the host.
package final class HostFunction {
  /// Reads its arguments from the slots and writes its results there. The second parameter is the `InstanceContext` of the calling
  /// instance, if Wasm calls; it is untyped, so that the public API's inlinable functions can name it.
  package typealias Body = (UnsafeMutablePointer<UInt64>, UnsafeMutableRawPointer?) throws -> Void

  /// The type in canonical indices, and its own canonical index.
  package let type: FunctionType
  package let typeIndex: UInt32
  package let body: Body

  package init(type: FunctionType, typeIndex: UInt32, body: @escaping Body) {
    self.type = type
    self.typeIndex = typeIndex
    self.body = body
  }
}
