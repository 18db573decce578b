import CNeedletail

/// What an opaque pointer of the C API refers to. Each `own` pointer holds a reference count.
///
/// All kinds have this class in common, so that a pointer to an object of the wrong kind is noticed.
class Object {}

extension Optional where Wrapped == OpaquePointer {
  /// The object, which the caller of the C API keeps; nil for NULL and for an object of another kind.
  func lent<T: Object>(as type: T.Type = T.self) -> T? {
    guard let self else { return nil }
    return Unmanaged<Object>.fromOpaque(UnsafeRawPointer(self)).takeUnretainedValue() as? T
  }

  /// The object, which the caller of the C API gives away; nil for NULL and for an object of another kind.
  func taken<T: Object>(as type: T.Type = T.self) -> T? {
    guard let self else { return nil }
    return Unmanaged<Object>.fromOpaque(UnsafeRawPointer(self)).takeRetainedValue() as? T
  }

  /// Deletes an `own` pointer.
  func release() {
    guard let self else { return }
    Unmanaged<Object>.fromOpaque(UnsafeRawPointer(self)).release()
  }

  /// Another `own` pointer to the same object.
  func retained() -> OpaquePointer? {
    guard let self else { return nil }
    return OpaquePointer(Unmanaged<Object>.fromOpaque(UnsafeRawPointer(self)).retain().toOpaque())
  }
}

extension Object {
  /// An `own` pointer to the object.
  func owned() -> OpaquePointer { OpaquePointer(Unmanaged<Object>.passRetained(self).toOpaque()) }

  /// A pointer that is valid as long as something else keeps the object.
  var pointer: OpaquePointer { OpaquePointer(Unmanaged<Object>.passUnretained(self).toOpaque()) }
}

/// A pointer of the embedder that is attached to an object, and what is called at its end.
final class HostInfo {
  let pointer: UnsafeMutableRawPointer?
  private let finalizer: Finalizer?

  typealias Finalizer = @convention(c) (UnsafeMutableRawPointer?) -> Void

  init(_ pointer: UnsafeMutableRawPointer?, _ finalizer: Finalizer?) {
    self.pointer = pointer
    self.finalizer = finalizer
  }

  deinit { finalizer?(pointer) }
}

/// An object that exists apart from stores, and has host info.
class InformedObject: Object {
  var info: HostInfo?
}
