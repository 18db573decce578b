import WebAssembly

/// A function that the host gives to Wasm.
package final class HostFunction {
  /// Reads its arguments from the slots and leaves its results there. The second parameter is the `InstanceContext` of the instance
  /// that calls, if Wasm does: without its type, so that the public API's inlinable functions can name it.
  package typealias Body = (UnsafeMutablePointer<UInt64>, UnsafeMutableRawPointer?) throws -> Void

  /// The type, in canonical indices, and its own canonical index.
  package let type: FunctionType
  package let typeIndex: UInt32
  package let body: Body

  package init(type: FunctionType, typeIndex: UInt32, body: @escaping Body) {
    self.type = type
    self.typeIndex = typeIndex
    self.body = body
  }
}
