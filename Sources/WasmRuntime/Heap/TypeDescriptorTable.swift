import NeedletailSystem
import Synchronization
import WebAssembly

/// A store's type descriptors, in raw memory that running code reads: indexed by canonical type index, at fixed addresses.
///
/// Only types that the store holds are described, so a descriptor is valid as long as the store lives: see ``StoreState/hold(_:)``.
/// The memory of a table is kept for other stores, without the descriptions.
final class TypeDescriptorTable {
  /// The first descriptor. Descriptors of types that the store does not hold are zero.
  let base: UnsafeMutablePointer<TypeDescriptor>
  /// The layouts that the host requested.
  private var layouts: [UInt32: StructureLayout] = [:]
  private let registry: TypeRegistry
  /// The described types, except those that every table describes.
  private var described: [UInt32] = []
  /// The arrays that descriptors point to.
  private var arrays: [UnsafeMutablePointer<UInt32>] = []
  /// The unused rest of the last array.
  private var freeWords: UnsafeMutablePointer<UInt32>
  private var freeWordCount = 0
  /// At least the number of pages that descriptions are or were in, since the system provided them.
  private var touchedPageCount = 0

  private static let arrayCapacity = 1 << 10

  private static let byteCount = VirtualMemory.roundedUpToPages(
    HeapObject.typeCount * MemoryLayout<TypeDescriptor>.stride)

  init(_ registry: TypeRegistry) throws(LimitExceeded) {
    self.registry = registry
    if let unused = Self.kept.withLock({ $0.unused.popLast() }) {
      base = unused.base
      freeWords = unused.words
      touchedPageCount = unused.touchedPageCount
      describeCommonTypes()
      return
    }
    let area = Self.kept.withLock { $0.areas.take(byteCount: Self.byteCount).map { UInt(bitPattern: $0) } }
    guard let area, let address = UnsafeMutableRawPointer(bitPattern: area) else {
      throw LimitExceeded(
        systemRefused: .runtimeBytes, requested: Self.byteCount,
        "no address space for the types of a store\(VirtualMemory.refusalReason)")
    }
    base = address.bindMemory(to: TypeDescriptor.self, capacity: HeapObject.typeCount)
    freeWords = .allocate(capacity: Self.arrayCapacity)
    describeCommonTypes()
  }

  /// Describes the types that every table has. The first array is empty.
  private func describeCommonTypes() {
    arrays.append(freeWords)
    freeWordCount = Self.arrayCapacity
    describe(HeapObject.externalType, TypeDescriptor.Kind.external)
    describe(HeapObject.exceptionType, TypeDescriptor.Kind.exception)
  }

  deinit {
    let isKept = !CurrentProcess.hasAddressSpaceLimit && keep()
    for array in arrays.dropFirst(isKept ? 1 : 0) { array.deallocate() }
    guard !isKept, !VirtualMemory.release(base, Self.byteCount) else { return }
    // It stays mapped, but takes no memory.
    VirtualMemory.discard(base, Self.byteCount)
  }

  // MARK: Unused tables

  /// The memory of a table that describes at most the types that every table describes. (`@unchecked Sendable`: it has no other owner.)
  private struct Unused: @unchecked Sendable {
    let base: UnsafeMutablePointer<TypeDescriptor>
    /// The first array.
    let words: UnsafeMutablePointer<UInt32>
    let touchedPageCount: Int
  }

  private struct Kept: Sendable {
    var unused: [Unused] = []
    /// Where fresh tables come from.
    var areas = NeighbouringAreas()
  }

  private static let kept = Mutex(Kept())
  private static let maximumUnusedCount = 256
  /// The largest number of pages that an unused table keeps, besides those of the types that every table describes.
  private static let maximumTouchedPageCount = 16

  /// Removes the descriptions, and keeps the memory for another table. Returns false if there is enough already, or the system cannot
  /// discard pages.
  private func keep() -> Bool {
    let stride = MemoryLayout<TypeDescriptor>.stride
    touchedPageCount += Set(described.map { Int($0) * stride / VirtualMemory.pageSize }).count
    if touchedPageCount <= Self.maximumTouchedPageCount {
      for index in described { NeedletailSystem.memoryFill(base + Int(index), 0, stride) }
    } else {
      guard VirtualMemory.restore(base, Self.byteCount) else { return false }
      touchedPageCount = 0
    }
    let unused = Unused(base: base, words: arrays[0], touchedPageCount: touchedPageCount)
    return Self.kept.withLock { kept in
      guard kept.unused.count < Self.maximumUnusedCount else { return false }
      kept.unused.append(unused)
      return true
    }
  }

  /// Whether a canonical index has a descriptor. O(1).
  func isDescribed(_ index: UInt32) -> Bool { Int(index) < HeapObject.typeCount && base[Int(index)].kind != 0 }

  /// The layout of a structure type that the store holds; nil if it is not a structure type.
  func layout(of index: UInt32) -> StructureLayout? {
    if let layout = layouts[index] { return layout }
    // The supertypes of a structure type are structure types.
    guard registry.typeIfKnown(index)?.composite.structure != nil else { return nil }
    var layout: StructureLayout?
    for type in registry.display(index) {
      layout = layouts[type] ?? StructureLayout(registry.type(type), extending: layout)
    }
    layouts[index] = layout
    return layout
  }

  /// Describes a type that the store holds. O(size of the type); O(1) if it is already described.
  ///
  /// - Parameter layout: the layout of a structure type, if the caller has it.
  func describe(_ index: UInt32, layout: StructureLayout? = nil) {
    guard !isDescribed(index) else { return }
    let type = registry.type(index)
    let display = registry.display(index)
    let descriptor = base + Int(index)
    described.append(index)
    descriptor.initialize(
      to: TypeDescriptor(
        display: array(display), referenceOffsets: freeWords, referenceCount: 0, depth: UInt32(display.count - 1),
        size: 0,
        descriptorOffset: 0, kind: TypeDescriptor.Kind.function, sizeClass: 0, elementSizeLog2: 0,
        hasReferenceElements: false))
    switch type.composite {
    case .function: break
    case .structure:
      guard let layout = layout ?? self.layout(of: index) else { preconditionFailure("a structure without layout") }
      descriptor.pointee.kind = TypeDescriptor.Kind.structure
      descriptor.pointee.referenceOffsets = array(layout.referenceOffsets)
      descriptor.pointee.referenceCount = UInt32(layout.referenceOffsets.count)
      descriptor.pointee.size = layout.size
      descriptor.pointee.descriptorOffset = layout.descriptorOffset
      descriptor.pointee.sizeClass = UInt8(SizeClass.of(Int(layout.size)))
    case .array(let element):
      let size = element.storage.byteCount
      descriptor.pointee.kind = TypeDescriptor.Kind.array
      descriptor.pointee.size = UInt32(size)
      descriptor.pointee.elementSizeLog2 = UInt8(size.trailingZeroBitCount)
      descriptor.pointee.hasReferenceElements = element.storage.isReference
    }
  }

  private func array(_ values: [UInt32]) -> UnsafeMutablePointer<UInt32> {
    if values.count > freeWordCount {
      freeWordCount = max(values.count, Self.arrayCapacity)
      freeWords = .allocate(capacity: freeWordCount)
      arrays.append(freeWords)
    }
    let array = freeWords
    for (index, value) in values.enumerated() { (array + index).initialize(to: value) }
    freeWords += values.count
    freeWordCount -= values.count
    return array
  }

  private func describe(_ index: UInt32, _ kind: UInt8) {
    (base + Int(index)).initialize(
      to: TypeDescriptor(
        display: array([index]), referenceOffsets: freeWords, referenceCount: 0, depth: 0, size: 16,
        descriptorOffset: 0, kind: kind, sizeClass: 0, elementSizeLog2: 0, hasReferenceElements: false))
  }
}
