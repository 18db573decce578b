/// When a store collects garbage.
public struct HeapConfiguration: Hashable, Sendable {
  /// The heap grows by at least as many bytes between two collections.
  public var collectionThreshold: UInt64 = 16 << 20
  /// The heap grows to as many times what survived the last collection, before the next one.
  public var growthFactor: Double = 2
  /// Collects at every allocation, which is very slow: to find references that are held where the collector does not look.
  public var collectsAtEveryAllocation = false
  /// Fills memory that holds nothing with a pattern that faults where it is used as a reference: freed and fresh cells of the heap,
  /// stacks, the spare room of tables, and dropped segments. Each collection checks all objects first, and ends the process at a
  /// reference to none. Slow: to find errors of the runtime and the compiler. Always on in builds for debugging.
  public var poisonsUnusedMemory = Self.poisonsByDefault
  /// The room for objects that wait to be followed, in words. Beyond it, collections take longer.
  package var markStackCapacity = 1 << 16

  #if DEBUG
    private static let poisonsByDefault = true
  #else
    private static let poisonsByDefault = false
  #endif

  public init() {}
}

/// What a store's heap holds, and what its collections cost.
public struct HeapStatistics: Hashable, Sendable {
  /// How many times garbage was collected.
  public var collectionCount = 0
  /// The bytes of objects that the last collection found alive.
  public var liveByteCount: UInt64 = 0
  /// The bytes of objects that live, or are garbage that no collection has found yet.
  public var usedByteCount: UInt64 = 0
  /// The bytes that have been allocated since the store was made.
  public var allocatedByteCount: UInt64 = 0
  /// The memory that objects occupy, with what is free between them.
  public var occupiedByteCount: UInt64 = 0
  /// How long the program stood still for collections: in all, for the last one, and for the longest.
  public var totalPause: Duration = .zero
  public var lastPause: Duration = .zero
  public var longestPause: Duration = .zero

  public init() {}
}
