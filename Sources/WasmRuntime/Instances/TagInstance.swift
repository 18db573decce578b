import WebAssembly

/// A tag of exceptions. (Core specification 3.0, 4.2.11 "Tag Instances".)
package final class TagInstance {
  /// The canonical index of its function type.
  package let type: UInt32
  /// What running code knows the tag by.
  package let cell: UnsafeMutablePointer<TagCell>

  init(type: UInt32, payloadSlots: UInt32) {
    self.type = type
    cell = .allocate(capacity: 1)
    cell.initialize(to: TagCell(type: type, payloadSlots: payloadSlots, owner: nil))
    cell.pointee.owner = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
  }

  deinit { cell.deallocate() }
}

extension UnsafeMutablePointer<TagCell> {
  /// The tag that owns this cell.
  package var instance: TagInstance {
    Unmanaged.fromOpaque(pointee.owner.unsafelyUnwrapped).takeUnretainedValue()
  }
}
