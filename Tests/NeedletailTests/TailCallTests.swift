import Needletail
import Testing

/// Tail calls between instances take no more stack, however many there are.
@Suite struct TailCallTests {
  /// A module of two functions that call functions of another instance, by each of the instructions that can.
  private static let text = """
    (module $name
      (type $step (func (param i32 i64) (result i64)))
      (import "env" "next" (func $next (type $step)))
      (import "env" "table" (table $t 4 funcref))
      (import "host" "done" (func $done (type $step)))
      (global $base i64 (i64.const $number))
      (memory 1)
      (data (i32.const 0) "\\$number")
      (func $direct (export "direct") (type $step)
        (if (i32.eqz (local.get 0)) (then (return_call $done (local.get 0) (call $sum (local.get 1)))))
        (return_call $next (i32.sub (local.get 0) (i32.const 1)) (call $sum (local.get 1))))
      (func $indirect (export "indirect") (type $step)
        (if (i32.eqz (local.get 0)) (then (return (call $sum (local.get 1)))))
        (return_call_indirect $t (type $step) (i32.sub (local.get 0) (i32.const 1)) (call $sum (local.get 1))
          (i32.const $other)))
      (func $reference (export "reference") (type $step)
        (if (i32.eqz (local.get 0)) (then (return (call $sum (local.get 1)))))
        (return_call_ref $step (i32.sub (local.get 0) (i32.const 1)) (call $sum (local.get 1))
          (ref.cast (ref $step) (table.get $t (i32.add (i32.const 2) (i32.const $other))))))
      ;; What an instance has of its own: a global and a memory.
      (func $sum (param i64) (result i64)
        (i64.add (local.get 0) (i64.add (global.get $base) (i64.load8_u (i32.const 0)))))
      ;; A caller's own context is the same afterwards, whatever was jumped to.
      (func (export "call") (param i32) (result i64)
        (i64.add (i64.mul (i64.const 1000000000) (call $sum (i64.const 0)))
          (i64.add (call $direct (local.get 0) (i64.const 0)) (call $sum (i64.const 0)))))
      (elem (table $t) (i32.const $own) func $indirect)
      (elem (table $t) (i32.const $ownReference) func $reference))
    """

  private static func module(_ engine: Engine, _ number: Int) throws -> Module {
    var text = text
    for (name, value) in [
      ("$name", "$m\(number)"), ("$number", "0\(number)"), ("$ownReference", "\(1 + number)"),
      ("$own", "\(number - 1)"),
      ("$other", "\(2 - number)"),
    ] {
      text.replace(name, with: value)
    }
    return try Module(engine, text: text)
  }

  /// Two instances, each of which calls the other.
  private static func instances(_ engine: Engine) throws -> [Instance] {
    let store = try Store(engine)
    let linker = Linker(engine)
    linker.allowsShadowing = true
    let table = try Table(
      store, type: TableType(element: .funcref, limits: Limits(minimum: 4)), initial: .function(nil))
    try linker.define("env", "table", .table(table))
    try linker.define("host", "done") { (caller: Caller, count: Int32, sum: Int64) -> Int64 in sum }
    // What the first one imports is a function of a third that calls what it finds in a table.
    let hub = try linker.instantiate(
      Module(
        engine,
        text: """
          (module (type $step (func (param i32 i64) (result i64))) (table $t (export "own") 1 funcref)
            (func (export "jump") (type $step)
              (return_call_indirect $t (type $step) (local.get 0) (local.get 1) (i32.const 0))))
          """), in: store)
    try linker.define("env", "next", .function(#require(hub.function("jump"))))
    let first = try linker.instantiate(module(engine, 1), in: store)
    try linker.define("env", "next", .function(#require(first.function("direct"))))
    let second = try linker.instantiate(module(engine, 2), in: store)
    try #require(hub.table("own")).set(0, .function(second.function("direct")))
    return [first, second]
  }

  @Test(
    "Two instances that call each other in tail position go on for ever", arguments: TestedEngine.all,
    ["direct", "indirect", "reference"])
  func constantStack(tested: TestedEngine, name: String) throws {
    let instances = try Self.instances(tested.make { $0.maximumStackSize = 1 << 18 })
    for instance in instances {
      let function = try #require(instance.function(name))
      // Each step adds 2 in the first instance, 4 in the second.
      #expect(try function.call([.i32(299_999), .i64(0)])[0].i64 == 900_000)
    }
  }

  @Test("A caller has its own globals and memory after tail calls to other instances", arguments: TestedEngine.all)
  func callersContext(tested: TestedEngine) throws {
    let instances = try Self.instances(tested.make())
    #expect(try instances[0].function("call")!.call([.i32(99)])[0].i64 == 2_000_000_302)
    #expect(try instances[1].function("call")!.call([.i32(99)])[0].i64 == 4_000_000_304)
  }

  @Test("Exceptions and traps go through tail calls to other instances", arguments: TestedEngine.all)
  func unwinding(tested: TestedEngine) throws {
    let engine = tested.make { $0.heap.collectsAtEveryAllocation = true }
    let store = try Store(engine)
    let linker = Linker(engine)
    let thrower = try linker.instantiate(
      Module(
        engine,
        text: """
          (module $thrower (tag $e (export "e") (param i32)) (type $s (struct (field i32)))
            (func $throw (export "throw") (param i32) (result i32)
              (drop (struct.new $s (i32.const 1)))
              (if (i32.eqz (local.get 0)) (then (unreachable)))
              (throw $e (local.get 0))))
          """), in: store)
    try linker.define(instance: thrower, as: "thrower")
    let middle = try linker.instantiate(
      Module(
        engine,
        text: """
          (module $middle (import "thrower" "throw" (func $throw (param i32) (result i32)))
            (func (export "jump") (param i32) (result i32) (return_call $throw (local.get 0))))
          """), in: store)
    try linker.define(instance: middle, as: "middle")
    let catcher = try linker.instantiate(
      Module(
        engine,
        text: """
          (module $catcher (import "thrower" "e" (tag $e (param i32))) (type $s (struct (field i32)))
            (import "middle" "jump" (func $jump (param i32) (result i32)))
            (global $g i32 (i32.const 1000))
            (func $catch (export "catch") (param i32) (result i32) (local $kept (ref null $s))
              (local.set $kept (struct.new $s (i32.const 10000)))
              (block $caught (result i32)
                (try_table (catch $e $caught) (drop (call $jump (local.get 0))))
                (i32.const 0))
              (i32.add (i32.add (global.get $g) (struct.get $s 0 (local.get $kept))))
              )
            (func (export "uncaught") (param i32) (result i32) (i32.add (call $jump (local.get 0)) (global.get $g))))
          """), in: store)
    #expect(try catcher.function("catch")!.call([.i32(7)])[0].i32 == 11007)
    let uncaught = try #require(catcher.function("uncaught"))
    let exception = try #require(throws: Exception.self) { try uncaught.call([.i32(7)]) }
    #expect(exception.backtrace.map(\.functionName) == ["throw", "uncaught"])
    let trap = try #require(throws: Trap.self) { try uncaught.call([.i32(0)]) }
    #expect(trap.backtrace.map(\.functionName) == ["throw", "uncaught"])
    #expect(try catcher.function("catch")!.call([.i32(8)])[0].i32 == 11008)
  }

  /// Two functions that call each other in tail position, the second too large for the engine `mixed` to compile. With many parameters
  /// of all types; and a host function at the end.
  private static let alternating: String = {
    let numbers = (0..<9).map { "(param $p\($0) \(["i64", "f64", "v128"][$0 % 3]))" }.joined(separator: " ")
    let arguments = (0..<9).map { ["(i64.const \($0))", "(f64.const \($0))", "(v128.const i64x2 \($0) 1)"][$0 % 3] }
      .joined(separator: " ")
    let results = "(result i64 f64)"
    let rotated = (0..<9).map { "(local.get $p\(($0 + 3) % 9))" }.joined(separator: " ")
    let large = (0..<40).map { "(local.set $x (i32.add (local.get $x) (i32.const \($0))))" }.joined()
    return """
      (import "host" "end" (func $end (param i64 f64) \(results)))
      (type $f (func (param $n i32) \(numbers) \(results)))
      (table funcref (elem $large))
      (tag $e (param i64))
      (func $small (type $f) (param $n i32) \(numbers) \(results)
        (return_call_indirect (type $f) (i32.sub (local.get $n) (i32.const 1)) \(rotated) (i32.const 0)))
      (func $large (type $f) (param $n i32) \(numbers) \(results) (local $x i32)
        \(large)
        (if (i32.eqz (local.get $n)) (then (return_call $end (local.get $p0) (local.get $p1))))
        (if (i32.eq (local.get $n) (i32.const -2)) (then (throw $e (local.get $p3))))
        (if (i32.eq (local.get $n) (i32.const -4)) (then (unreachable)))
        (return_call $small (i32.sub (local.get $n) (i32.const 1)) \(rotated)))
      (func (export "run") (param $n i32) \(results)
        (call $small (local.get $n)
          \(arguments)))
      (func (export "tail") (param $n i32) \(results)
        (return_call $small (local.get $n)
          \(arguments)))
      (func (export "caught") (param $n i32) (result i64)
        (block $h (result i64)
          (try_table (catch $e $h)
            (call $small (local.get $n)
              \(arguments))
            (drop) (drop))
          (i64.const -1)))
      """
  }()

  @Test("Functions of both engines call each other in tail position for ever", arguments: TestedEngine.all)
  func alternating(tested: TestedEngine) throws {
    let engine = tested.make { $0.maximumStackSize = 1 << 18 }
    let instance = try engine.instantiate(Self.alternating) { linker, _ in
      try linker.define("host", "end") { (caller: Caller, a: Int64, b: Double) -> (Int64, Double) in (a + 100, b + 0.5)
      }
    }
    for name in ["run", "tail", "run"] {
      // After each three calls the parameters are in their places again.
      for (count, first) in [(299_999, 6), (300_001, 3), (1, 3)] as [(Int32, Int)] {
        let results = try instance.function(name)!.call([.i32(count)])
        #expect("\(results)" == "\([Value.i64(Int64(first + 100)), .f64(Double(first + 1) + 0.5)])", "\(name) \(count)")
      }
    }
    #expect(try instance.function("caught")!.call([.i32(-1)])[0].i64 == 6)
    let trap = try #require(throws: Trap.self) { try instance.function("run")!.call([.i32(-3)]) }
    #expect(trap.backtrace.map(\.functionIndex) == [2, 3])
  }

  @Test("The same across instances", arguments: TestedEngine.all)
  func alternatingInstances(tested: TestedEngine) throws {
    let engine = tested.make { $0.maximumStackSize = 1 << 18 }
    let store = try Store(engine)
    let linker = Linker(engine)
    let large = (0..<40).map { "(local.set $x (i32.add (local.get $x) (i32.const \($0))))" }.joined()
    let other = try linker.instantiate(
      Module(
        engine,
        text: """
          (module (type $f (func (param i32) (result i32))) (table (export "t") 1 funcref)
            (func (export "small") (type $f) (return_call_indirect (type $f) (local.get 0) (i32.const 0)))
            (func (export "large") (type $f) (local $x i32) \(large)
              (return_call_indirect (type $f) (local.get 0) (i32.const 0))))
          """), in: store)
    try linker.define(instance: other, as: "other")
    let instance = try linker.instantiate(
      Module(
        engine,
        text: """
          (module (type $f (func (param i32) (result i32)))
            (import "other" "small" (func $small (type $f))) (import "other" "large" (func $large (type $f)))
            (import "other" "t" (table 1 funcref)) (elem (i32.const 0) $back)
            (func $cold (type $f) (local $x i32) \(large) (return_call $small (local.get 0)))
            (func $back (export "run") (type $f)
              (if (i32.eqz (local.get 0)) (then (return (i32.const 77))))
              (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
              (if (i32.eq (i32.rem_u (local.get 0) (i32.const 3)) (i32.const 0)) (then (return_call $large (local.get 0))))
              (if (i32.eq (i32.rem_u (local.get 0) (i32.const 3)) (i32.const 1)) (then (return_call $cold (local.get 0))))
              (return_call $small (local.get 0))))
          """), in: store)
    #expect(try instance.function("run")!.call([.i32(300_001)])[0].i32 == 77)
  }
}
