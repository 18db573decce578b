/// An indirect call of a function with another type.
package struct CallMismatch {
  /// The instance whose code calls.
  var caller: UnsafeMutablePointer<InstanceContext>
  var callee: UnsafeMutablePointer<FunctionReference>
  /// The canonical type that the call has.
  var type: UInt32
}
