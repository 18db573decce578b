import Testing
import WasmRuntime
import WebAssembly

/// A store with a heap, some types, and manually held references.
final class HeapFixture {
  let registry = TypeRegistry()
  let state: StoreState
  /// A structure of an `i64` and a reference to any object.
  let node: UInt32
  /// An array of references to any object.
  let references: UInt32
  let bytes: UInt32
  let vectors: UInt32

  static let anyref = StorageType.value(.reference(nullable: true, .any))

  init(
    limit: UInt64 = 1 << 30, threshold: UInt64 = 1 << 20, isStressed: Bool = false, markStackCapacity: Int = 1 << 16,
    isPoisoned: Bool = HeapConfiguration().poisonsUnusedMemory, ledger: ResourceLedger? = nil
  ) throws {
    func mutable(_ storage: StorageType) -> FieldType { FieldType(storage: storage, isMutable: true) }
    let registry = registry
    let types = try [
      SubType(.structure([mutable(.value(.i64)), mutable(Self.anyref)])), SubType(.array(mutable(Self.anyref))),
      SubType(.array(mutable(.i8))), SubType(.array(mutable(.value(.v128)))),
    ].map { try #require(try registry.intern($0)) }
    (node, references) = (types[0].indices[0], types[1].indices[0])
    (bytes, vectors) = (types[2].indices[0], types[3].indices[0])
    var configuration = HeapConfiguration()
    configuration.collectionThreshold = threshold
    configuration.collectsAtEveryAllocation = isStressed
    configuration.markStackCapacity = markStackCapacity
    configuration.poisonsUnusedMemory = isPoisoned
    var limits = StoreLimits()
    limits.heapByteCount = limit
    state = try StoreState(
      registry: registry, ledger: ledger ?? ResourceLedger(limits, poisonsUnusedMemory: isPoisoned),
      stackByteCount: 1 << 16, heapConfiguration: configuration)
    for type in types { state.hold(type) }
  }

  var heap: Heap { state.heap }
  var statistics: HeapStatistics { heap.currentStatistics }
  private var stackTop: UnsafeMutablePointer<Slot> { state.context.pointee.stackTop }

  /// Collects garbage and releases the unreachable Swift objects.
  func collect() {
    heap.collect(stackTop: stackTop)
    state.releaseDeadObjects()
  }

  /// Collects garbage as an allocation does, without releasing Swift objects.
  func collectOnly() { heap.collect(stackTop: stackTop) }

  /// A node; nil if the heap is exhausted.
  func makeNode(_ value: UInt64, next: Slot) -> Slot? {
    guard let object = heap.makeStructure(node, stackTop: stackTop) else { return nil }
    object.storeBytes(of: value, toByteOffset: 8, as: UInt64.self)
    object.storeBytes(of: next, toByteOffset: 16, as: Slot.self)
    return Slot(UInt(bitPattern: object))
  }

  /// An array of zero elements; nil if the heap is exhausted.
  func makeArray(_ type: UInt32, _ length: UInt32) -> Slot? {
    guard let object = heap.makeArray(type, length: length, stackTop: stackTop) else { return nil }
    let byteCount = Int(heap.descriptor(of: type).pointee.size)
    HeapCell.fill(0, 0, at: object + 8, byteCount: byteCount, count: Int(length))
    return Slot(UInt(bitPattern: object))
  }

  private static func pointer(_ reference: Slot) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(bitPattern: UInt(reference))!
  }

  func value(_ node: Slot) -> UInt64 { Self.pointer(node).load(fromByteOffset: 8, as: UInt64.self) }
  func next(_ node: Slot) -> Slot { Self.pointer(node).load(fromByteOffset: 16, as: Slot.self) }
  func setNext(_ node: Slot, _ next: Slot) { Self.pointer(node).storeBytes(of: next, toByteOffset: 16, as: Slot.self) }

  func setElement(_ array: Slot, _ index: Int, _ value: Slot) {
    Self.pointer(array).storeBytes(of: value, toByteOffset: 8 + 8 * index, as: Slot.self)
  }
  func element(_ array: Slot, _ index: Int) -> Slot {
    Self.pointer(array).load(fromByteOffset: 8 + 8 * index, as: Slot.self)
  }
}
