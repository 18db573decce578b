import WebAssembly

/// The raw layout of heap objects, which both engines use.
///
/// An object begins with its 32-bit canonical type index. An array's 32-bit length follows. A structure's fields or an array's elements
/// begin after 8 bytes. Objects are at multiples of 8 bytes and never move.
package enum HeapObject {
  /// The first bytes of an object. The interpreter reads them by this type: a constant of another module would be a call in its handlers.
  package struct Header {
    package var type: UInt32
    /// The length of an array.
    package var length: UInt32
  }

  package static let typeOffset = MemoryLayout<Header>.offset(of: \.type)!
  package static let lengthOffset = MemoryLayout<Header>.offset(of: \.length)!
  /// The offset of fields and elements.
  package static let payloadOffset = MemoryLayout<Header>.size

  /// Gives an array whose elements were not initialized no elements, since the collector may still find it.
  package static func makeEmpty(_ array: UnsafeMutableRawPointer) {
    array.storeBytes(of: 0, toByteOffset: lengthOffset, as: UInt32.self)
  }

  /// The alignment of objects in bytes.
  package static let granularity = 8

  /// The type index of cells that hold a Swift object: above those of all types.
  package static let externalType = UInt32(CanonicalTypes.maximumCount)
  /// The type index of exceptions. Their contents are scanned conservatively, as the stack is.
  package static let exceptionType = UInt32(CanonicalTypes.maximumCount) + 1
  /// The number of type indices.
  package static let typeCount = CanonicalTypes.maximumCount + 2
}

/// The facts about a type that running code and the collector need; one for each canonical type index.
package struct TypeDescriptor {
  package enum Kind {
    package static let structure: UInt8 = 1
    package static let array: UInt8 = 2
    package static let external: UInt8 = 3
    package static let function: UInt8 = 4
    package static let exception: UInt8 = 5
  }

  /// The supertypes from the root of the hierarchy down to the type itself; `depth + 1` of them.
  package var display: UnsafeMutablePointer<UInt32>
  /// The offsets of a structure's references.
  package var referenceOffsets: UnsafeMutablePointer<UInt32>
  package var referenceCount: UInt32
  package var depth: UInt32
  /// The size of a structure, or of an array's element, in bytes.
  package var size: UInt32
  /// The offset of the descriptor in structures of this type; 0 if they have none.
  package var descriptorOffset: UInt32
  package var kind: UInt8
  /// The size class of a structure.
  package var sizeClass: UInt8
  /// The base-2 logarithm of an array element's size.
  package var elementSizeLog2: UInt8
  /// Whether an array's elements are references that the collector follows.
  package var hasReferenceElements: Bool
}
