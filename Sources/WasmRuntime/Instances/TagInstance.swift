import WebAssembly

/// A tag of exceptions. (Core specification 3.0, 4.2.11 "Tag Instances".)
///
/// The cell that identifies it to running code is part of the object itself: a module can have a million tags.
package final class TagInstance: ManagedBuffer<TagCell, Void> {
  static func make(type: UInt32, payloadSlots: UInt32) -> TagInstance {
    let buffer = create(minimumCapacity: 0) { _ in TagCell(type: type, payloadSlots: payloadSlots, owner: nil) }
    let tag = unsafeDowncast(buffer, to: TagInstance.self)
    tag.header.owner = UnsafeRawPointer(Unmanaged.passUnretained(tag).toOpaque())
    return tag
  }

  /// The canonical index of its function type.
  package var type: UInt32 { header.type }

  /// The cell that identifies the tag to running code. Valid as long as the tag.
  package var cell: UnsafeMutablePointer<TagCell> { withUnsafeMutablePointerToHeader { $0 } }
}

extension UnsafeMutablePointer<TagCell> {
  /// The tag that owns this cell.
  package var instance: TagInstance {
    Unmanaged.fromOpaque(pointee.owner.unsafelyUnwrapped).takeUnretainedValue()
  }
}
