import WebAssembly

/// A store's type descriptors, in raw memory that running code reads: indexed by canonical type index, they never move.
final class TypeDescriptorTable {
  /// The first descriptor. Those of types that no module of the store knows yet are zero.
  let base: UnsafeMutablePointer<TypeDescriptor>
  private(set) var layouts: [StructureLayout?] = []
  private let registry: TypeRegistry
  private var arrays: [UnsafeMutablePointer<UInt32>] = []

  private static let byteCount = VirtualMemory.roundedUpToPages(
    HeapObject.typeCount * MemoryLayout<TypeDescriptor>.stride)

  init(_ registry: TypeRegistry) throws(LimitExceeded) {
    self.registry = registry
    guard let address = VirtualMemory.reserve(Self.byteCount), VirtualMemory.commit(address, Self.byteCount) else {
      throw LimitExceeded("no address space for the types of a store\(VirtualMemory.refusalReason)")
    }
    base = address.bindMemory(to: TypeDescriptor.self, capacity: HeapObject.typeCount)
    describe(HeapObject.externalType, TypeDescriptor.Kind.external)
    describe(HeapObject.exceptionType, TypeDescriptor.Kind.exception)
  }

  deinit {
    for array in arrays { array.deallocate() }
    VirtualMemory.release(base, Self.byteCount)
  }

  /// Describes what the engine's types have become more since the last time. O(number of those types).
  func update() {
    let entries = registry.entries(from: layouts.count)
    guard !entries.isEmpty else { return }
    let first = layouts.count
    StructureLayout.append(entries.lazy.map(\.type), to: &layouts)
    for (offset, entry) in entries.enumerated() { describe(UInt32(first + offset), entry) }
  }

  private func array(_ values: [UInt32]) -> UnsafeMutablePointer<UInt32> {
    let array = UnsafeMutablePointer<UInt32>.allocate(capacity: max(values.count, 1))
    for (index, value) in values.enumerated() { (array + index).initialize(to: value) }
    arrays.append(array)
    return array
  }

  private func describe(_ index: UInt32, _ kind: UInt8) {
    (base + Int(index)).initialize(
      to: TypeDescriptor(
        display: array([index]), referenceOffsets: array([]), referenceCount: 0, depth: 0, size: 16,
        descriptorOffset: 0, kind: kind, sizeClass: 0, elementSizeLog2: 0, hasReferenceElements: false))
  }

  private func describe(_ index: UInt32, _ entry: CanonicalTypes.Entry) {
    let descriptor = base + Int(index)
    descriptor.initialize(
      to: TypeDescriptor(
        display: array(entry.display), referenceOffsets: array([]), referenceCount: 0, depth: UInt32(entry.depth),
        size: 0, descriptorOffset: 0, kind: TypeDescriptor.Kind.function, sizeClass: 0, elementSizeLog2: 0,
        hasReferenceElements: false))
    if let layout = layouts[Int(index)] {
      descriptor.pointee.kind = TypeDescriptor.Kind.structure
      descriptor.pointee.referenceOffsets = array(layout.referenceOffsets)
      descriptor.pointee.referenceCount = UInt32(layout.referenceOffsets.count)
      descriptor.pointee.size = layout.size
      descriptor.pointee.descriptorOffset = layout.descriptorOffset
      descriptor.pointee.sizeClass = UInt8(SizeClass.of(Int(layout.size)))
    } else if let element = entry.type.composite.array {
      let size = element.storage.byteCount
      descriptor.pointee.kind = TypeDescriptor.Kind.array
      descriptor.pointee.size = UInt32(size)
      descriptor.pointee.elementSizeLog2 = UInt8(size.trailingZeroBitCount)
      descriptor.pointee.hasReferenceElements = element.storage.isReference
    }
  }
}
