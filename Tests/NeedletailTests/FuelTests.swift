import Needletail
import Testing

/// Fuel: what code costs, and what happens when there is too little.
@Suite struct FuelTests {
  private static let program = """
    (memory 1)
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
    (func $leaf (param i32) (result i32)
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (i32.mul (local.get 0) (i32.const 3)))
    (func (export "run") (param $n i32) (result i32) (local $i i32) (local $sum i32)
      (loop $next
        (local.set $sum (i32.add (local.get $sum) (call $leaf (local.get $i))))
        (block $odd
          (br_if $odd (i32.and (local.get $i) (i32.const 1)))
          (i32.store8 (local.get $i) (local.get $sum)))
        (block $a (block $b (block $c
          (br_table $a $b $c (i32.and (local.get $i) (i32.const 3))))
          (local.set $sum (i32.xor (local.get $sum) (i32.const 5))))
          (local.set $sum (i32.rotl (local.get $sum) (i32.const 1))))
        (memory.fill (i32.const 64) (local.get $i) (i32.mul (local.get $i) (i32.const 100)))
        (drop (array.len (array.new_default $bytes (local.get $i))))
        (drop (block $h (result i32)
          (try_table (catch $e $h) (throw $e (local.get $i)))
          (i32.const 0)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
      (i32.add (local.get $sum) (call $fib (i32.const 5))))
    (func (export "divide") (param i32) (result i32)
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (i32.div_u (i32.const 1) (local.get 0)))
    (func (export "grow") (result i32) (memory.grow (i32.const 2)))
    (func (export "tables") (result i32)
      (table.fill $t (i32.const 0) (ref.null func) (i32.const 8))
      (table.grow $t (ref.null func) (i32.const 100)))
    (func (export "huge") (drop (array.new_default $bytes (i32.const -1))))
    (func (export "forever") (loop $l (br $l)))
    """

  /// What can be seen of a call.
  private struct Outcome: Equatable {
    var result: String
    var count: Int32?
    var left: UInt64
  }

  private func outcome(
    _ instance: Instance, _ name: String, _ arguments: [Value] = [], fuel: UInt64
  ) -> Outcome {
    instance.store.fuel = fuel
    let result: String
    do {
      result = "\(try instance.function(name)!.call(arguments))"
    } catch let trap as Trap {
      result = "\(trap)"
    } catch {
      result = "\(error)"
    }
    return Outcome(result: result, count: instance.global("count")?.value.i32, left: instance.store.fuel)
  }

  private func instance(_ tested: TestedEngine, _ costs: FuelCosts = FuelCosts()) throws -> Instance {
    try tested.make { $0.fuel = costs }.instantiate(Self.program)
  }

  private static var reference: TestedEngine { TestedEngine.all[0] }

  @Test("Every engine uses as much fuel as the interpreter", arguments: TestedEngine.all.dropFirst())
  func equalUse(tested: TestedEngine) throws {
    var costs = FuelCosts()
    for (index, instructionClass) in InstructionClass.allCases.enumerated() { costs[instructionClass] = UInt16(index) }
    for costs in [FuelCosts(), costs] {
      let (expected, found) = (try instance(Self.reference, costs), try instance(tested, costs))
      for (name, arguments) in [
        ("run", [Value.i32(300)]), ("run", [.i32(300)]), ("divide", [.i32(1)]), ("divide", [.i32(0)]), ("grow", []),
        ("tables", []), ("huge", []),
      ] {
        #expect(
          outcome(found, name, arguments, fuel: 10_000_000) == outcome(expected, name, arguments, fuel: 10_000_000),
          "\(name)")
      }
    }
  }

  @Test("Every engine stops at the same place for each amount of fuel", arguments: TestedEngine.all.dropFirst())
  func equalEnds(tested: TestedEngine) throws {
    let (expected, found) = (try instance(Self.reference), try instance(tested))
    let used = 10_000_000 - outcome(expected, "run", [.i32(4)], fuel: 10_000_000).left
    _ = outcome(found, "run", [.i32(4)], fuel: 10_000_000)
    for fuel in 0...used {
      let (wanted, actual) = (
        outcome(expected, "run", [.i32(4)], fuel: fuel), outcome(found, "run", [.i32(4)], fuel: fuel)
      )
      #expect(actual == wanted, "\(fuel) of \(used)")
      #expect(wanted.result.contains("out of fuel") == (fuel < used))
      #expect(wanted.left == 0)
    }
  }

  @Test("Code without an end stops", arguments: TestedEngine.all)
  func endless(tested: TestedEngine) throws {
    let instance = try instance(tested)
    let outcome = outcome(instance, "forever", fuel: 100_000)
    #expect(outcome.result.contains("out of fuel"))
    #expect(outcome.left == 0)
  }

  @Test("Units are charged before the instruction runs", arguments: TestedEngine.all)
  func units(tested: TestedEngine) throws {
    var costs = FuelCosts()
    costs.page = 1000
    costs.element = 7
    let instance = try instance(tested, costs)
    // The constant, the instruction and two pages.
    #expect(outcome(instance, "grow", fuel: 2001).result.contains("out of fuel"))
    let grown = outcome(instance, "grow", fuel: 2002)
    #expect(grown.result == "[1]" && grown.left == 0)
    // Eight constants and instructions, 8 and 100 elements.
    #expect(outcome(instance, "tables", fuel: 10_000).left == 10_000 - 7 - 108 * 7)
    // 2³² - 1 elements: the heap is not asked.
    #expect(outcome(instance, "huge", fuel: 1 << 32).result.contains("out of fuel"))
    #expect(outcome(instance, "huge", fuel: 1 << 40).result.contains("out of memory"))
  }

  @Test("Host functions cost what the embedder says, and can refill", arguments: TestedEngine.all)
  func hostFunctions(tested: TestedEngine) throws {
    var costs = FuelCosts()
    costs.hostCall = 100
    let engine = tested.make { $0.fuel = costs }
    let instance = try engine.instantiate(
      """
      (import "host" "refill" (func $refill (param i32)))
      (func (export "run") (param i32) (call $refill (local.get 0)) (call $refill (local.get 0)))
      """
    ) { linker, store in
      try linker.define("host", "refill") { (caller: Caller, amount: Int32) in
        caller.store.fuel += UInt64(amount)
      }
    }
    // Four instructions and two calls.
    #expect(outcome(instance, "run", [.i32(0)], fuel: 204).left == 0)
    #expect(outcome(instance, "run", [.i32(0)], fuel: 203).result.contains("out of fuel"))
    #expect(outcome(instance, "run", [.i32(1000)], fuel: 102).left == 1898)
  }

  @Test("A store begins without fuel, and the largest amount is 2⁶³ - 1", arguments: TestedEngine.all)
  func amounts(tested: TestedEngine) throws {
    let instance = try instance(tested)
    #expect(instance.store.fuel == 0)
    #expect(throws: Trap.self) { try instance.function("grow")!.call() }
    instance.store.fuel = .max
    #expect(instance.store.fuel == UInt64(Int64.max))
    _ = try instance.function("run")!.call([.i32(10)])
    #expect(instance.store.fuel < UInt64(Int64.max))
    // Calls after the fuel is used up trap again, however often.
    for _ in 0..<3 { #expect(outcome(instance, "run", [.i32(1)], fuel: 1).left == 0) }
  }

  @Test("Without costs, fuel has no effect")
  func unmetered() throws {
    let instance = try Engine().instantiate(Self.program)
    let outcome = outcome(instance, "run", [.i32(10)], fuel: 5)
    #expect(outcome.left == 5 && !outcome.result.contains("fuel"))
  }

  @Test("Artifacts charge the costs that they were compiled with")
  func artifacts() throws {
    func engine(_ costs: FuelCosts?) -> Engine {
      var configuration = Engine.Configuration()
      configuration.execution = .jit(.basic)
      configuration.fuel = costs
      return Engine(configuration)
    }
    var other = FuelCosts()
    other[.integer] = 2
    let metered = try Module(engine(FuelCosts()), text: "(module \(Self.program))").artifact()
    let unmetered = try Module(engine(nil), text: "(module \(Self.program))").artifact()
    _ = try Module(engine(FuelCosts()), unsafeArtifact: Artifact(metered))
    for (artifact, costs, error) in [
      (metered, nil, ArtifactError.otherFuelCosts(isMetered: true, isExpected: false)),
      (metered, other, .otherFuelCosts(isMetered: true, isExpected: true)),
      (unmetered, other, .otherFuelCosts(isMetered: false, isExpected: true)),
    ] {
      #expect(throws: error) { try Module(engine(costs), unsafeArtifact: Artifact(artifact)) }
    }
  }
}
