import Foundation
import Needletail
import Synchronization
import Testing

/// Calls that are suspended when their fuel is used up, or each time that they have used some.
@Suite struct FuelPauseTests {
  /// Values of every kind are live where fuel is charged: in loops, calls, around bulk operations, in handlers of exceptions.
  private static let program = """
    (import "env" "pass" (func $pass)) (import "env" "add" (func $add (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (table $t 8 funcref)
    (type $bytes (array (mut i8)))
    (global $count (export "count") (mut i32) (i32.const 0))
    (tag $e (param i32))
    (func $fib (param i32) (result i32)
      (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
        (then (local.get 0))
        (else (i32.add
          (call $fib (i32.sub (local.get 0) (i32.const 1)))
          (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "numbers") (param $n i32) (result i64 f64 f32 v128 i32)
      (local $a i64) (local $b f64) (local $c f32) (local $d v128) (local $e i32) (local $bytes (ref null $bytes))
      (local.set $b (f64.const 1)) (local.set $c (f32.const 1)) (local.set $bytes (array.new_default $bytes (i32.const 9)))
      (loop $next
        (local.set $a (i64.add (i64.mul (local.get $a) (i64.const 6364136223846793005)) (i64.const 1442695040888963407)))
        (if (i64.lt_s (local.get $a) (i64.const 0))
          (then (local.set $b (f64.mul (local.get $b) (f64.const 1.25))))
          (else (local.set $c (f32.add (local.get $c) (f32.const 0.5)))))
        (local.set $d (i8x16.add (local.get $d) (i8x16.splat (local.get $e))))
        (local.set $e (i32.xor (local.get $e) (i32.wrap_i64 (local.get $a))))
        (array.set $bytes (local.get $bytes) (i32.const 3) (local.get $e))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (i64.add (local.get $a) (i64.extend_i32_u (array.get_u $bytes (local.get $bytes) (i32.const 3))))
      (local.get $b) (local.get $c) (local.get $d) (local.get $e))
    (func (export "run") (param $n i32) (result i32) (local $i i32) (local $sum i32)
      (loop $next
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (block $odd
          (br_if $odd (i32.and (local.get $i) (i32.const 1)))
          (i32.store8 (local.get $i) (local.get $sum)))
        (block $a (block $b (block $c
          (br_table $a $b $c (i32.and (local.get $i) (i32.const 3))))
          (local.set $sum (i32.xor (local.get $sum) (i32.const 5))))
          (local.set $sum (i32.rotl (local.get $sum) (i32.const 1))))
        (memory.fill (i32.const 64) (local.get $i) (i32.mul (local.get $i) (i32.const 100)))
        (local.set $sum (i32.add (local.get $sum) (array.len (array.new_default $bytes (local.get $i)))))
        (local.set $sum (i32.add (local.get $sum) (block $h (result i32)
          (try_table (catch $e $h) (throw $e (local.get $i)))
          (i32.const 0))))
        (local.set $sum (call $add (local.get $sum) (local.get $i)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
      (table.fill $t (i32.const 0) (ref.null func) (i32.const 8))
      (i32.add (local.get $sum) (call $fib (i32.const 5))))
    (func (export "divide") (param i32) (result i32)
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (i32.div_u (i32.const 1) (local.get 0)))
    (func (export "huge") (drop (array.new_default $bytes (i32.const -1))))
    (func (export "pass") (call $pass))
    (func (export "forever") (loop $l (br $l)))
    """

  private static func link(_ linker: Linker, _ store: Store) throws {
    try linker.defineAsync("env", "pass") { (_: Caller) async in await Task.yield() }
    try linker.define("env", "add") { (_: Caller, x: Int32, y: Int32) -> Int32 in x &+ y }
  }

  private static var costs: FuelCosts {
    var costs = FuelCosts()
    costs.hostCall = 30
    return costs
  }

  private func instance(_ tested: EveryEngine, _ change: (inout Engine.Configuration) -> Void = { _ in }) throws
    -> Instance
  {
    try tested.engine {
      $0.fuel = Self.costs
      $0.isInterruptible = true
      change(&$0)
    }.instantiate(Self.program, Self.link)
  }

  /// What can be seen of a call.
  private struct Outcome: Equatable {
    var result: String
    var count: Int32?
    var left: UInt64
  }

  private func outcome(
    _ instance: Instance, left: UInt64 = 0, _ body: () async throws -> [Value]
  ) async -> Outcome {
    let result: String
    do { result = "\(try await body())" } catch { result = "\(error)" }
    return Outcome(result: result, count: instance.global("count")?.value.i32, left: instance.store.fuel + left)
  }

  private static var calls: [(name: String, arguments: [Value])] {
    [("run", [.i32(5)]), ("numbers", [.i32(60)]), ("divide", [.i32(1)]), ("divide", [.i32(0)])]
  }

  @Test("Fuel in parts is as good as all at once, for each amount", arguments: EveryEngine.allCases)
  func parts(tested: EveryEngine) async throws {
    let (expected, found) = (try instance(.threaded), try instance(tested))
    var generator = SystemRandomNumberGenerator()
    for (name, arguments) in Self.calls {
      expected.store.fuel = 1_000_000
      found.store.fuel = 1_000_000
      _ = await outcome(expected) { try expected.function(name)!.call(arguments) }
      _ = await outcome(found) { try found.function(name)!.call(arguments) }
      let used = 1_000_000 - expected.store.fuel
      for fuel in stride(from: 0, through: used + 3, by: used > 500 ? 7 : 1) {
        expected.store.fuel = fuel
        let wanted = await outcome(expected) { try expected.function(name)!.call(arguments) }
        var rest = fuel
        let part = UInt64.random(in: 1...100, using: &generator)
        found.store.fuel = min(rest, part)
        rest -= min(rest, part)
        found.store.yieldInterval = Bool.random(using: &generator) ? UInt64.random(in: 1...50, using: &generator) : nil
        let refill: Store.Refill = { request in
          if Bool.random() { await Task.yield() }
          let amount = min(rest, Bool.random() ? part : request.missing)
          rest -= amount
          return amount
        }
        let actual = await outcome(found) { try await found.function(name)!.callAsync(arguments, refill: refill) }
        found.store.fuel += rest
        #expect(actual == wanted || wanted.left > 0, "\(name) with \(fuel) of \(used)")
        #expect(found.store.fuel == wanted.left && actual.result == wanted.result, "\(name) with \(fuel) of \(used)")
        found.store.fuel = 0
      }
    }
  }

  @Test("The request says how much is missing", arguments: EveryEngine.allCases)
  func missing(tested: EveryEngine) async throws {
    let instance = try instance(tested)
    let divide = instance.function("divide")!
    instance.store.fuel = 2
    let requests = Shared<[UInt64]>([])
    instance.store.refill = { request in
      requests.withLock { $0.append(request.missing) }
      return requests.withLock { $0.count } < 3 ? 1 : request.missing + 10
    }
    // Seven instructions in one segment.
    #expect(try await divide.callAsync([.i32(1)])[0].i32 == 1)
    #expect(requests.withLock { $0 } == [5, 4, 3])
    #expect(instance.store.fuel == 10)
    // More than there can be is not asked for, and the bytes of a large array are: 2³² - 1.
    requests.withLock { $0 = [0, 0] }
    #expect("\(await outcome(instance) { try await instance.function("huge")!.callAsync() })".contains("out of memory"))
    #expect(requests.withLock { $0 }.last == UInt64(UInt32.max) - 8)
  }

  @Test("Nothing, an error or a cancelled task ends the call", arguments: EveryEngine.allCases)
  func ends(tested: EveryEngine) async throws {
    struct Refused: Error {}
    let instance = try instance(tested)
    let forever = instance.function("forever")!
    for amount in [nil, 0] as [UInt64?] {
      instance.store.refill = { _ in amount }
      instance.store.fuel = 100
      let outcome = await outcome(instance) { try await forever.callAsync() }
      #expect(outcome.result.contains("out of fuel") && outcome.left == 0)
    }
    instance.store.refill = { _ in throw Refused() }
    instance.store.fuel = 100
    await #expect(throws: Refused.self) { _ = try await forever.callAsync() }
    #expect(instance.store.fuel == 0)
    // A closure that waits is cancelled by the deadline.
    instance.store.refill = { _ in
      try await Task.sleep(for: .seconds(3600))
      return 1
    }
    instance.store.fuel = 100
    let late = await outcome(instance) { try await forever.callAsync(timeout: .milliseconds(20)) }
    #expect(late.result.contains("deadline") || late.result.contains("Cancellation"))
    let asked = Shared(0)
    instance.store.refill = { _ in
      asked.withLock { $0 += 1 }
      await Task.yield()
      return 1_000
    }
    let task = Task { [run = UncheckedFunction(forever)] in _ = try await run.function.callAsync() }
    while asked.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(1)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    instance.store.refill = nil
    instance.store.fuel = 1_000_000
    #expect(try await instance.function("divide")!.callAsync([.i32(1)])[0].i32 == 1)
  }

  private final class Shared<T: Sendable>: Sendable {
    private let value: Mutex<T>
    init(_ value: T) { self.value = Mutex(value) }
    func withLock<R: Sendable>(_ body: (inout sending T) throws -> sending R) rethrows -> R { try value.withLock(body) }
  }

  private struct UncheckedFunction: @unchecked Sendable {
    let function: Function
    init(_ function: Function) { self.function = function }
  }

  @Test("The store cannot be used while the closure decides", arguments: EveryEngine.allCases)
  func refusal(tested: EveryEngine) async throws {
    let instance = try instance(tested)
    let divide = instance.function("divide")!
    let refusals = Shared(0)
    instance.store.refill = { request in
      #expect(instance.store.fuel == 0)
      #expect(throws: StoreInUse.self) { try divide.call([.i32(1)]) }
      await Task.yield()
      await #expect(throws: StoreInUse.self) { _ = try await divide.callAsync([.i32(1)]) }
      refusals.withLock { $0 += 1 }
      return request.missing
    }
    #expect(try await divide.callAsync([.i32(1)])[0].i32 == 1)
    #expect(refusals.withLock { $0 } == 1)
    #expect(instance.store.fuel == 0)
  }

  @Test("Synchronous calls trap, also within a call that can be suspended", arguments: EveryEngine.allCases)
  func synchronous(tested: EveryEngine) async throws {
    let instance = try tested.engine { $0.fuel = FuelCosts() }.instantiate(
      """
      (import "env" "inner" (func $inner))
      (func (export "inner") (nop) (i32.store (i32.const 0) (i32.const 1)))
      (memory 1)
      (func (export "outer") (call $inner))
      """
    ) { linker, _ in
      try linker.define("env", "inner") { (caller: Caller) in
        caller.store.fuel = 2
        try caller.instance!.function("inner")!.call()
      }
    }
    instance.store.refill = { $0.missing }
    instance.store.fuel = 2
    #expect("\(await outcome(instance) { try instance.function("inner")!.call() })".contains("out of fuel"))
    #expect("\(await outcome(instance) { try await instance.function("outer")!.callAsync() })".contains("out of fuel"))
    // Parts of the fuel that the store has are no reason to trap.
    instance.store.yieldInterval = 1
    instance.store.refill = nil
    instance.store.fuel = 10
    try instance.function("inner")!.call()
    #expect(instance.store.fuel == 7)
  }

  @MainActor
  @Test("Fuel that is set while a guest yields is what it has from then on", arguments: EveryEngine.allCases)
  func settingDuringYield(tested: EveryEngine) async throws {
    let engine = tested.engine { $0.fuel = FuelCosts() }
    let store = try Store(engine)
    store.fuel = .max
    store.yieldInterval = 1000
    let module = try Module(engine, text: "(module (func (export \"forever\") (loop $l (br $l))))")
    let forever = try Linker(engine).instantiate(module, in: store).function("forever")!
    let call = Task { @MainActor () -> TrapCode? in
      do { _ = try await forever.callAsync() } catch let trap as Trap { return trap.code } catch {}
      return nil
    }
    for _ in 0..<10 { await Task.yield() }
    store.fuel = 5000
    #expect(await call.value == .outOfFuel)
    #expect(store.fuel == 0)
  }

  @Test("Guests that compute without end let others run", arguments: EveryEngine.allCases)
  func fairness(tested: EveryEngine) async throws {
    let count = 2 * ProcessInfo.processInfo.activeProcessorCount
    let engine = tested.engine {
      $0.fuel = FuelCosts()
      $0.isInterruptible = true
    }
    let module = try Module(engine, text: "(module (func (export \"forever\") (loop $l (br $l))))")
    let started = Shared(0)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<count {
        group.addTask {
          do {
            let store = try Store(engine)
            store.fuel = .max
            store.yieldInterval = 50_000
            let forever = try Linker(engine).instantiate(module, in: store).function("forever")!
            started.withLock { $0 += 1 }
            try await forever.callAsync()
            return false
          } catch is CancellationError {
            return true
          } catch {
            return false
          }
        }
      }
      group.addTask {
        // Runs only when guests give their threads back.
        while started.withLock({ $0 }) < count { await Task.yield() }
        for _ in 0..<10 { await Task.yield() }
        return true
      }
      // The last one ends first.
      #expect(await group.next() == true)
      group.cancelAll()
      for await wasStopped in group { #expect(wasStopped) }
    }
  }

  @Test(
    "A host function that charges its caller does not postpone the pause", arguments: [EveryEngine.threaded, .basic])
  func chargingHost(tested: EveryEngine) async throws {
    let instance = try tested.engine { $0.fuel = FuelCosts() }.instantiate(
      """
      (import "env" "charge" (func $charge))
      (func (export "run") (param i32) (loop $l
        (call $charge) (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      """
    ) { linker, _ in
      try linker.define("env", "charge") { (caller: Caller) in caller.store.fuel -= 5 }
    }
    instance.store.fuel = 1_000_000
    instance.store.yieldInterval = 100
    let isDone = Shared(false)
    let others = Shared(0)
    let other = Task {
      while !isDone.withLock({ $0 }) {
        others.withLock { $0 += 1 }
        await Task.yield()
      }
    }
    try await instance.function("run")!.callAsync([.i32(1_000)])
    isDone.withLock { $0 = true }
    await other.value
    #expect(instance.store.fuel == 1_000_000 - 5_000 - 6_001)
    #expect(instance.store.yieldInterval == 100)
    instance.store.yieldInterval = nil
    #expect(instance.store.fuel == 1_000_000 - 5_000 - 6_001)
  }
}
