/// How much a store's modules may hold in all. Enforced here and nowhere else.
public struct StoreLimits: Hashable, Sendable {
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
    memoryCount: Int = 10_000, tableCount: Int = 10_000, heapByteCount: UInt64 = 2 << 30
  ) {
    self.memoryByteCount = memoryByteCount
    self.tableElementCount = tableElementCount
    self.heapByteCount = heapByteCount
    self.instanceCount = instanceCount
    self.memoryCount = memoryCount
    self.tableCount = tableCount
  }
}
