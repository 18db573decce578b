import Needletail
import Testing

/// Limiters, and growth that traps.
@Suite struct ResourceLimiterTests {
  private struct Forbidden: Error, Equatable {}

  private final class Limiter: ResourceLimiter {
    var requests: [ResourceRequest] = []
    var decide: (ResourceRequest) throws -> Bool = { _ in true }

    func allows(_ request: ResourceRequest) throws -> Bool {
      requests.append(request)
      return try decide(request)
    }
  }

  private static let text = """
    (type $a (array (mut i8)))
    (memory (export "m") 1 5) (table (export "t") 2 funcref)
    (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))
    (func (export "array") (param i32) (result i32) (array.len (array.new_default $a (local.get 0))))
    """

  private func instance(_ engine: Engine, _ limiter: Limiter, _ limits: Store.Limits = .init()) throws -> Instance {
    let store = try Store(engine, limits: limits)
    store.limiter = limiter
    return try engine.instantiate(Self.text, in: store)
  }

  private func call(_ instance: Instance, _ name: String, _ argument: Int32) throws -> Int32 {
    try instance.function(name)!.call([.i32(argument)])[0].i32!
  }

  @Test("A limiter is asked before anything is created or grows", arguments: TestedEngine.all)
  func requests(tested: TestedEngine) throws {
    let limiter = Limiter()
    let instance = try instance(tested.make(), limiter)
    #expect(try call(instance, "memory", 2) == 1)
    #expect(try call(instance, "memory", 3) == -1)
    #expect(try call(instance, "table", 4) == 2)
    #expect(try call(instance, "array", 40_000) == 40_000)
    #expect(instance.memory("m")!.grow(by: 1) == 3)
    let page: UInt64 = 1 << 16
    #expect(
      limiter.requests == [
        ResourceRequest(.instances, from: 0, to: 1),
        ResourceRequest(.memoryBytes, from: 0, to: page, maximum: 5 * page),
        ResourceRequest(.tableElements, from: 0, to: 2),
        ResourceRequest(.memoryBytes, from: page, to: 3 * page, maximum: 5 * page),
        ResourceRequest(.tableElements, from: 2, to: 6),
        ResourceRequest(.heapBytes, from: 0, to: page),
        ResourceRequest(.memoryBytes, from: 3 * page, to: 4 * page, maximum: 5 * page),
      ])
  }

  @Test("What a limiter refuses fails as if a limit were reached", arguments: TestedEngine.all)
  func refusals(tested: TestedEngine) throws {
    let limiter = Limiter()
    let instance = try instance(tested.make(), limiter)
    limiter.decide = { _ in false }
    #expect(try call(instance, "memory", 1) == -1)
    #expect(try call(instance, "memory", 0) == -1)
    #expect(try call(instance, "table", 1) == -1)
    #expect(instance.memory("m")!.grow(by: 1) == nil)
    #expect(try instance.table("t")!.grow(by: 1, filling: .function(nil)) == nil)
    let trap = #expect(throws: Trap.self) { try call(instance, "array", 1) }
    #expect(trap?.code == .allocationFailure && trap?.limit?.scope == .limiter)
    #expect(
      trap?.message == "out of memory: the limiter refused objects to grow from 0 bytes to 32 KiB (Store.limiter)")
    for fields in ["(memory 1)", "(table 1 funcref)", ""] {
      let error = #expect(throws: LimitExceeded.self) {
        try instance.store.engine.instantiate(fields, in: instance.store)
      }
      #expect(error?.scope == .limiter && error?.setting == "Store.limiter")
    }
    #expect(throws: LimitExceeded.self) { try Memory(instance.store, type: MemoryType(limits: Limits(minimum: 1))) }
    limiter.decide = { _ in true }
    #expect(try call(instance, "memory", 1) == 1)
    #expect(try call(instance, "array", 1) == 1)
    instance.store.limiter = nil
    #expect(try call(instance, "memory", 1) == 2)
    #expect(instance.store.usage.memoryByteCount == 3 << 16 && instance.store.usage.memoryCount == 1)
  }

  @Test("An error of a limiter ends the call and is thrown by it", arguments: TestedEngine.all)
  func errors(tested: TestedEngine) throws {
    let limiter = Limiter()
    let instance = try instance(tested.make(), limiter)
    limiter.decide = { _ in throw Forbidden() }
    #expect(throws: Forbidden()) { try call(instance, "memory", 1) }
    #expect(throws: Forbidden()) { try call(instance, "table", 1) }
    #expect(throws: Forbidden()) { try instance.table("t")!.grow(by: 1, filling: .function(nil)) }
    #expect(instance.memory("m")!.grow(by: 1) == nil)
    let trap = #expect(throws: Trap.self) { try call(instance, "array", 1) }
    #expect(trap?.message.hasPrefix("out of memory: Forbidden()") == true)
    #expect(throws: Forbidden()) { try instance.store.engine.instantiate("", in: instance.store) }
    limiter.decide = { _ in true }
    #expect(try call(instance, "memory", 1) == 1)
    #expect(try call(instance, "table", 1) == 2)
  }

  @Test("A limiter cannot use the store", arguments: TestedEngine.all)
  func reentrance(tested: TestedEngine) throws {
    let limiter = Limiter()
    let instance = try instance(tested.make(), limiter)
    limiter.decide = { _ in
      #expect(throws: StoreInUse.self) { try call(instance, "memory", 0) }
      #expect(throws: StoreInUse.self) { try instance.store.engine.instantiate("", in: instance.store) }
      return true
    }
    #expect(try call(instance, "memory", 1) == 1)
    #expect(try call(instance, "array", 1) == 1)
    #expect(try call(instance, "table", 1) == 2)
    limiter.decide = { _ in true }
    #expect(try call(instance, "memory", 1) == 2)
  }

  @Test("Growth that fails is a trap, if the limits say so", arguments: TestedEngine.all)
  func traps(tested: TestedEngine) throws {
    let engine = tested.make()
    let limits = Store.Limits(memoryByteCount: 3 << 16, tableElementCount: 4, trapsOnGrowFailure: true)
    let limiter = Limiter()
    let instance = try instance(engine, limiter, limits)
    #expect(try call(instance, "memory", 1) == 1)
    for (name, argument, message) in [
      (
        "memory", 2,
        "memory.grow by 2 pages, from 2: the growth needs 128 KiB, the limit is 192 KiB, with 128 KiB in use (Store.Limits.memoryByteCount)"
      ),
      ("memory", -1, "memory.grow by 4294967295 pages, from 2: its type allows 5"),
      (
        "table", 3,
        "table.grow by 3 elements, from 2: the growth needs 3 elements, the limit is 4, with 2 in use (Store.Limits.tableElementCount)"
      ),
    ] as [(String, Int32, String)] {
      let trap = #expect(throws: Trap.self) { try call(instance, name, argument) }
      #expect(trap?.code == .limitExceeded && trap?.message == "limit exceeded: \(message)", "\(trap?.message ?? "")")
      #expect(trap?.limit != nil && trap?.backtrace.first?.functionName == name, "\(trap.map { "\($0)" } ?? "")")
    }
    limiter.decide = { _ in false }
    let trap = #expect(throws: Trap.self) { try call(instance, "memory", 1) }
    #expect(trap?.limit?.scope == .limiter && trap?.code == .limitExceeded)
    limiter.decide = { _ in true }
    #expect(try call(instance, "memory", 1) == 2)
    #expect(instance.memory("m")!.grow(by: 1) == nil)
  }
}
