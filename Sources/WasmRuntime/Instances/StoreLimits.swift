/// How much a store's modules may hold in all. Enforced here and nowhere else.
///
/// The defaults are for programs that are trusted with the memory of the process: the heap may hold 2 GB, so one array of 1 GB is
/// allowed, as a memory of 4 GB is. A host that runs strangers' code sets ``totalByteCount``, which counts all of that together.
public struct StoreLimits: Hashable, Sendable {
  /// Bytes of all linear memories, tables (8 for each element) and garbage-collected objects together; of the last, what they occupy:
  /// whole blocks of 32 KiB, even where little of one is in use.
  public var totalByteCount: UInt64
  /// Bytes of all linear memories together.
  public var memoryByteCount: UInt64
  /// Elements of all tables together.
  public var tableElementCount: UInt64
  /// Bytes of all garbage-collected objects together, exceptions among them. What they occupy may be up to twice as much.
  public var heapByteCount: UInt64
  public var instanceCount: Int
  public var memoryCount: Int
  public var tableCount: Int

  public init(
    memoryByteCount: UInt64 = .max, tableElementCount: UInt64 = 20_000_000, instanceCount: Int = 100_000,
    memoryCount: Int = 10_000, tableCount: Int = 10_000, heapByteCount: UInt64 = 2 << 30,
    totalByteCount: UInt64 = .max
  ) {
    self.memoryByteCount = memoryByteCount
    self.tableElementCount = tableElementCount
    self.heapByteCount = heapByteCount
    self.totalByteCount = totalByteCount
    self.instanceCount = instanceCount
    self.memoryCount = memoryCount
    self.tableCount = tableCount
  }
}
