import WebAssembly

/// The offsets of a structure type's fields.
///
/// A subtype's layout begins with its supertype's, so that code for the supertype works on both. Fields are in order, each at a multiple
/// of its size (vectors at a multiple of 8). A reference to the structure's descriptor, if it has one, precedes the fields of the type
/// that introduces it.
package struct StructureLayout: Sendable {
  package private(set) var fieldOffsets: [UInt32] = []
  /// The offsets of the references that the collector follows, including the descriptor.
  package private(set) var referenceOffsets: [UInt32] = []
  /// The offset of the reference to the descriptor; 0 if there is none.
  package private(set) var descriptorOffset: UInt32 = 0
  private var end = UInt32(HeapObject.payloadOffset)

  /// No field is aligned to more bytes, vectors included.
  package static let maximumAlignment = 8

  /// The size of a structure, in bytes.
  package var size: UInt32 { (end + 7) & ~7 }

  /// - Parameters:
  ///   - type: a structure type.
  ///   - supertype: the layout of its supertype, if it has one.
  package init?(_ type: SubType, extending supertype: StructureLayout?) {
    guard let fields = type.composite.structure else { return nil }
    if let supertype { self = supertype }
    if type.descriptor != nil, descriptorOffset == 0 {
      descriptorOffset = place(byteCount: 8)
      referenceOffsets.append(descriptorOffset)
    }
    for field in fields.dropFirst(fieldOffsets.count) {
      let offset = place(byteCount: UInt32(field.storage.byteCount))
      fieldOffsets.append(offset)
      if field.storage.isReference { referenceOffsets.append(offset) }
    }
    // If all fields are references, one array serves both.
    if referenceOffsets == fieldOffsets { referenceOffsets = fieldOffsets }
  }

  private mutating func place(byteCount: UInt32) -> UInt32 {
    let alignment = min(byteCount, UInt32(Self.maximumAlignment))
    let offset = (end + alignment - 1) & ~(alignment - 1)
    end = offset + byteCount
    return offset
  }

  /// The layouts of a module's types; equal types share their arrays.
  ///
  /// - Parameter canonical: the canonical index of each type.
  package static func layouts(of types: [SubType], canonical: [UInt32]) -> [StructureLayout?] {
    var layouts: [StructureLayout?] = []
    layouts.reserveCapacity(types.count)
    // The first position of each canonical type.
    var places: [UInt32: Int] = [:]
    for (place, type) in types.enumerated() {
      guard type.composite.structure != nil else {
        layouts.append(nil)
        continue
      }
      let first = places[canonical[place], default: place]
      if first == place {
        places[canonical[place]] = place
        layouts.append(StructureLayout(type, extending: type.supertypes.first.flatMap { layouts[Int($0)] }))
      } else {
        layouts.append(layouts[first])
      }
    }
    return layouts
  }
}

extension StorageType {
  /// The size of a field or element in bytes.
  package var byteCount: Int {
    switch self {
    case .i8: 1
    case .i16: 2
    case .value(.i32), .value(.f32): 4
    case .value(.v128): 16
    case .value: 8
    }
  }

  package var isReference: Bool {
    if case .value(let type) = self { type.isReference } else { false }
  }
}
