import Needletail
import Testing

/// Stores: lifetime and heap. `StoreLimitTests` and `StoreThreadTests` have the rest.
@Suite struct StoreTests {
  @Test("What is created in a store lives as long as the store, without other references")
  func lifetime() throws {
    let engine = Engine()
    let store = try Store(engine)
    #expect(store.engine === engine)
    weak var released: Instance?
    func makeFunction() throws -> Function {
      let instance = try engine.instantiate(
        "(global $g (mut i32) (i32.const 41)) (func (export \"f\") (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g))",
        in: store)
      released = instance
      return try #require(instance.function("f"))
    }
    let function = try makeFunction()
    #expect(released == nil)
    #expect(try function.call()[0].i32 == 42)
  }

  @Test("A store is released with its last item")
  func release() throws {
    weak var released: Store?
    func makeMemory() throws -> Memory {
      let store = try Store(Engine())
      released = store
      return try Memory(store, type: MemoryType(limits: Limits(minimum: 1)))
    }
    do {
      let memory = try makeMemory()
      #expect(released != nil && memory.pageCount == 1)
    }
    #expect(released == nil)
  }

  @Test("The limit on instances holds for all modules together")
  func instanceLimit() throws {
    let engine = Engine()
    let store = try Store(engine, limits: Store.Limits(instanceCount: 2))
    for _ in 0..<2 { _ = try engine.instantiate("", in: store) }
    #expect(throws: LimitExceeded.self) { try engine.instantiate("", in: store) }
  }

  @Test("Statistics count collections, and the bytes of live and of all objects")
  func statistics() throws {
    let engine = Engine()
    let store = try Store(engine)
    #expect(store.heapStatistics.collectionCount == 0 && store.heapStatistics.usedByteCount == 0)
    let bytes = try engine.defineArray(FieldType(storage: .i8, isMutable: true))
    var kept: Reference? = try store.makeArray(bytes, repeating: .i32(0), count: 10_000)
    _ = try store.makeArray(bytes, repeating: .i32(0), count: 10_000)
    #expect(store.heapStatistics.usedByteCount >= 20_000 && store.heapStatistics.allocatedByteCount >= 20_000)
    store.collectGarbage()
    let first = store.heapStatistics
    #expect(first.collectionCount == 1 && (10_000..<20_000).contains(first.liveByteCount))
    #expect(first.occupiedByteCount >= first.liveByteCount && first.totalPause >= first.longestPause)
    #expect(kept?.elementCount == 10_000)
    kept = nil
    store.collectGarbage()
    #expect(store.heapStatistics.collectionCount == 2 && store.heapStatistics.liveByteCount == 0)
    #expect(store.heapStatistics.allocatedByteCount == first.allocatedByteCount)
  }

  @Test("The heap collects when it has grown by the configured threshold")
  func threshold() throws {
    var configuration = Engine.Configuration()
    configuration.heap.collectionThreshold = 1 << 20
    let engine = Engine(configuration)
    let store = try Store(engine)
    let bytes = try engine.defineArray(FieldType(storage: .i8, isMutable: true))
    for _ in 0..<100 { _ = try store.makeArray(bytes, repeating: .i32(0), count: 100_000) }
    #expect(store.heapStatistics.collectionCount >= 4)
    #expect(store.heapStatistics.usedByteCount < 4 << 20)
  }
}
