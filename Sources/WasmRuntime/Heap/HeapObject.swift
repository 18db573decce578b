import WebAssembly

/// The raw layout of heap objects, which both engines use.
///
/// An object begins with its canonical type index, in 32 bits. An array's length follows in the next 32; a structure's
/// fields, or an array's elements, begin after 8 bytes. Objects stand at multiples of 8 bytes and never move.
package enum HeapObject {
  package static let typeOffset = 0
  package static let lengthOffset = 4
  /// Where fields and elements begin.
  package static let payloadOffset = 8
  /// Objects stand at multiples of this.
  package static let granularity = 8

  /// The type index of cells that hold a Swift object: beyond those of all types.
  package static let externalType = UInt32(CanonicalTypes.maximumCount)
  /// The type index of exceptions. What they hold is scanned as the stack is.
  package static let exceptionType = UInt32(CanonicalTypes.maximumCount) + 1
  /// How many type indices there are.
  package static let typeCount = CanonicalTypes.maximumCount + 2
}

/// What running code and the collector must know of a type; one for each canonical type index.
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
  /// A structure's size, or that of an array's element, in bytes.
  package var size: UInt32
  /// Where structures of this type hold their descriptor; 0 if they have none.
  package var descriptorOffset: UInt32
  package var kind: UInt8
  /// The size class of a structure.
  package var sizeClass: UInt8
  /// The logarithm to base 2 of an array element's size.
  package var elementSizeLog2: UInt8
  /// Whether an array's elements are references that the collector follows.
  package var hasReferenceElements: Bool
}
