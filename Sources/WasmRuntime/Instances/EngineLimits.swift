/// Limits on the resources of all stores of an engine, or of all engines of the process, together. By default there are none.
public struct EngineLimits: Hashable, Sendable {
  /// Bytes of all linear memories, tables (8 per element) and garbage-collected objects together. Objects count with the blocks of 32 KiB
  /// that they occupy.
  public var totalByteCount: UInt64 = .max
  /// Bytes of all linear memories.
  public var memoryByteCount: UInt64 = .max
  /// Elements of all tables.
  public var tableElementCount: UInt64 = .max
  /// Bytes of the blocks of 32 KiB that garbage-collected objects occupy.
  public var heapByteCount: UInt64 = .max
  /// The number of module instances.
  public var instanceCount: Int = .max
  /// The number of linear memories, including views of shared memories.
  public var memoryCount: Int = .max
  /// The number of tables.
  public var tableCount: Int = .max
  /// The number of stores. Each has a stack, whose address space is reserved: see ``StoreLimits/stackByteCount``.
  public var storeCount: Int = .max
  /// Bytes of machine code of all modules that are loaded. With `Engine.Configuration.Execution.auto`, functions over the limit are
  /// interpreted.
  public var codeByteCount: UInt64 = .max
  /// Threads of programs, without the first of each: see `ThreadedProgram`.
  public var threadCount: Int = .max
  /// Calls by `callAsync` that have not ended. Each has a machine stack, whose address space is reserved and which takes memory as the guest
  /// uses it: at most ``StoreLimits/stackByteCount`` and 256 KiB.
  public var asyncCallCount: Int = .max
  /// Open descriptors of programs that use WASI, the standard streams included. Only the process has this limit, since programs may use
  /// WASI in several engines.
  public var descriptorCount: Int = .max

  /// Creates limits that allow everything.
  public init() {}
}

/// The resources that a store, an engine or the process has in use.
public struct ResourceUsage: Hashable, Sendable {
  /// Bytes of linear memories, tables (8 per element) and blocks of the heap together.
  public var totalByteCount: UInt64 = 0
  /// Bytes of linear memories.
  public var memoryByteCount: UInt64 = 0
  /// Elements of tables.
  public var tableElementCount: UInt64 = 0
  /// Of a store, bytes of objects that are live or not yet found dead; of an engine or the process, bytes of the blocks that they occupy.
  public var heapByteCount: UInt64 = 0
  /// Module instances.
  public var instanceCount = 0
  /// Linear memories.
  public var memoryCount = 0
  /// Tables.
  public var tableCount = 0
  /// Stores. Those of a program with threads share limits and usage; otherwise a store's own usage has 1.
  public var storeCount = 0
  /// Bytes of machine code; 0 for a store, whose modules belong to the engine.
  public var codeByteCount: UInt64 = 0
  /// Threads of programs, without the first of each; 0 for a store.
  public var threadCount = 0
  /// Calls by `callAsync` that have not ended.
  public var asyncCallCount = 0
  /// Open descriptors of programs that use WASI; 0 except for the process.
  public var descriptorCount = 0

  /// Creates a usage.
  public init(
    totalByteCount: UInt64 = 0, memoryByteCount: UInt64 = 0, tableElementCount: UInt64 = 0, heapByteCount: UInt64 = 0,
    instanceCount: Int = 0, memoryCount: Int = 0, tableCount: Int = 0, storeCount: Int = 0, codeByteCount: UInt64 = 0,
    threadCount: Int = 0, descriptorCount: Int = 0, asyncCallCount: Int = 0
  ) {
    self.totalByteCount = totalByteCount
    self.memoryByteCount = memoryByteCount
    self.tableElementCount = tableElementCount
    self.heapByteCount = heapByteCount
    self.instanceCount = instanceCount
    self.memoryCount = memoryCount
    self.tableCount = tableCount
    self.storeCount = storeCount
    self.codeByteCount = codeByteCount
    self.threadCount = threadCount
    self.descriptorCount = descriptorCount
    self.asyncCallCount = asyncCallCount
  }
}
