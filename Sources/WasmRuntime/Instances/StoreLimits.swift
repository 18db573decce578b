/// The limits on the resources of all modules in a store.
///
/// The defaults are for programs that are trusted with the memory of the process: the heap may hold 2 GiB, so one array of
/// 1 GiB is allowed, as is a memory of 4 GiB. A host that runs untrusted code sets ``totalByteCount``, which counts everything together.
public struct StoreLimits: Hashable, Sendable {
  /// Bytes of all linear memories, tables (8 per element) and garbage-collected objects together. Objects count with the blocks of 32 KiB
  /// that they occupy, even if little of a block is in use.
  public var totalByteCount: UInt64
  /// Bytes of all linear memories together.
  public var memoryByteCount: UInt64
  /// Elements of all tables together.
  public var tableElementCount: UInt64
  /// Bytes of all garbage-collected objects together, including exceptions. The memory that they occupy may be up to twice as much.
  public var heapByteCount: UInt64
  /// The number of module instances.
  public var instanceCount: Int
  /// The number of linear memories, including views of shared memories.
  public var memoryCount: Int
  /// The number of tables.
  public var tableCount: Int
  /// The size of the stack of Wasm frames, in bytes; nil for `Engine.Configuration.maximumStackSize`. Deeper recursion traps with "call
  /// stack exhausted".
  public var stackByteCount: Int?

  /// Whether `memory.grow` and `table.grow` trap with ``TrapCode/limitExceeded`` if they fail, in place of returning -1.
  public var trapsOnGrowFailure: Bool

  /// Creates limits; `.max` means that there is none.
  public init(
    memoryByteCount: UInt64 = .max, tableElementCount: UInt64 = 20_000_000, instanceCount: Int = 100_000,
    memoryCount: Int = 10_000, tableCount: Int = 10_000, heapByteCount: UInt64 = 2 << 30,
    totalByteCount: UInt64 = .max, stackByteCount: Int? = nil, trapsOnGrowFailure: Bool = false
  ) {
    self.memoryByteCount = memoryByteCount
    self.tableElementCount = tableElementCount
    self.heapByteCount = heapByteCount
    self.totalByteCount = totalByteCount
    self.instanceCount = instanceCount
    self.memoryCount = memoryCount
    self.tableCount = tableCount
    self.stackByteCount = stackByteCount
    self.trapsOnGrowFailure = trapsOnGrowFailure
  }
}
