/// The settings of a store's garbage collection.
public struct HeapConfiguration: Hashable, Sendable {
  /// The smallest growth of the heap between two collections, in bytes.
  public var collectionThreshold: UInt64 = 16 << 20
  /// The growth of the heap before the next collection, as a multiple of the bytes that survived the last one.
  public var growthFactor: Double = 2
  /// Whether every allocation collects garbage, which is very slow: finds references that the collector does not see.
  public var collectsAtEveryAllocation = false
  /// Whether unused memory is filled with a pattern that faults when it is used as a reference: free cells of the heap, stacks, the spare
  /// room of tables, and dropped segments. Each collection first checks all objects, and ends the process at an invalid reference. Slow:
  /// finds errors of the runtime and the compiler. Debug builds always do this.
  public var poisonsUnusedMemory = Self.poisonsByDefault
  /// The size of the mark stack in words. If it overflows, collections take longer.
  package var markStackCapacity = 1 << 16

  #if DEBUG
    private static let poisonsByDefault = true
  #else
    private static let poisonsByDefault = false
  #endif

  /// Creates the default settings.
  public init() {}
}

/// The contents of a store's heap, and the cost of its collections.
public struct HeapStatistics: Hashable, Sendable {
  /// The number of collections.
  public var collectionCount = 0
  /// The bytes of objects that survived the last collection.
  public var liveByteCount: UInt64 = 0
  /// The bytes of all objects, including garbage that no collection has found yet.
  public var usedByteCount: UInt64 = 0
  /// The bytes allocated since the store was created.
  public var allocatedByteCount: UInt64 = 0
  /// The memory that objects occupy, including the free space between them, in bytes.
  public var occupiedByteCount: UInt64 = 0
  /// The total time that the program was paused for collections.
  public var totalPause: Duration = .zero
  /// The duration of the last collection.
  public var lastPause: Duration = .zero
  /// The duration of the longest collection.
  public var longestPause: Duration = .zero

  /// Creates statistics of an empty heap.
  public init() {}
}
