import Needletail
import Testing
import WasmNative

/// Functions that are compiled while the interpreter runs them.
@Suite("Tiers")
struct TierTests {
  private static let levels: [OptimizationLevel] = [.none, .basic, .aggressive]

  private static func engine(
    _ tiers: TierOptions, _ change: (inout Engine.Configuration) -> Void = { _ in }
  ) -> Engine {
    var configuration = Engine.Configuration()
    configuration.tiers = tiers
    configuration.features = .all
    change(&configuration)
    return Engine(configuration)
  }

  private static let interpreter = engine(TierOptions()) { $0.execution = .interpreter }

  /// Calls `run` and describes the outcome, with the frames of a trap.
  private static func outcome(_ engine: Engine, _ fields: String, _ arguments: [Value]) throws -> (String, Module) {
    let module = try Module(engine, text: "(module $m \(fields))")
    let instance = try Linker(engine).instantiate(module, in: Store(engine))
    let run = try #require(instance.function("run"))
    do {
      return ("\(try run.call(arguments))", module)
    } catch let trap as Trap {
      return ("\(trap.message) \(trap.backtrace.map { "\($0)" })", module)
    } catch {
      return ("\(error)", module)
    }
  }

  /// Checks that `run` does the same as in the interpreter if functions are continued in compiled code at the second, and at the fifth
  /// iteration of a loop.
  ///
  /// - Parameter loops: the number of loops at which a function was continued.
  private static func check(
    _ fields: String, _ arguments: [Value], loops: Int, sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws {
    let expected = try outcome(interpreter, fields, arguments).0
    for iterations: Int32 in [2, 5] {
      for level in levels {
        var tiers = TierOptions(calls: .max, iterations: iterations, compilesAtOnce: true)
        tiers.level = level
        let (found, module) = try outcome(engine(tiers), fields, arguments)
        #expect(found == expected, "\(level), \(iterations)", sourceLocation: sourceLocation)
        #expect(module.tierCounts.loops == loops, "\(level), \(iterations)", sourceLocation: sourceLocation)
      }
    }
  }

  // MARK: State at a loop

  @Test("A loop goes on in compiled code with locals of all types")
  func locals() throws {
    try Self.check(
      """
      (func (export "run") (param $n i32) (param $a i64) (param $b f32) (param $c f64)
        (result i32 i64 f32 f64 v128 i32)
        (local $v v128) (local $r i31ref) (local $i i32) (local $unused i64)
        (local.set $v (v128.const i32x4 1 2 3 4))
        (local.set $r (ref.i31 (i32.const 77)))
        (loop $l
          (local.set $a (i64.add (local.get $a) (i64.const 3)))
          (local.set $b (f32.add (local.get $b) (f32.const 0.5)))
          (local.set $c (f64.mul (local.get $c) (f64.const 1.25)))
          (local.set $v (i32x4.add (local.get $v) (local.get $v)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
        (local.get $i) (local.get $a) (local.get $b) (local.get $c) (local.get $v) (i31.get_s (local.get $r)))
      """, [.i32(20), .i64(5), .f32(1.5), .f64(2)], loops: 1)
  }

  @Test("Operands below a loop, constants among them, and a loop's parameters")
  func operands() throws {
    try Self.check(
      """
      (func (export "run") (param $n i32) (result i64 i64 f64 f32 i64) (local $i i32)
        (i64.const 1000)
        (i64.extend_i32_u (local.get $n))
        (f64.add (f64.const 2.5) (f64.convert_i32_u (local.get $n)))
        (f32.const 0.25)
        (i64.const 1)
        (loop $l (param i64) (result i64)
          (i64.add (i64.extend_i32_u (local.get $i)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
        (local.set $n (i32.const 0)))
      """, [.i32(19)], loops: 1)
  }

  @Test("Nested loops, which are entered through the outer ones", arguments: [2, 3, 7])
  func nested(count: Int32) throws {
    // The innermost loop is hot first. Operands are on the stack around each loop, and the outer loops have parameters.
    try Self.check(
      """
      (func (export "run") (param $n i32) (result i64 f64)
        (local $i i32) (local $j i32) (local $k i32) (local $s i64) (local $t f64) (local $p i64)
        (i64.const 3)
        (f64.const 0.5)
        (loop $a (param i64 f64) (result i64 f64)
          (local.set $t) (local.set $s)
          (local.set $j (i32.const 0))
          (i64.mul (local.get $s) (i64.const 3))
          (loop $b (param i64) (result i64)
            (local.set $p)
            (local.set $k (i32.const 0))
            (i64.add (local.get $p) (i64.const 1))
            (f64.add (local.get $t) (f64.const 1))
            (loop $c
              (local.set $k (i32.add (local.get $k) (i32.const 1)))
              (local.set $s (i64.add (local.get $s) (i64.extend_i32_u (local.get $k))))
              (br_if $c (i32.lt_u (local.get $k) (i32.const 4))))
            (local.set $t)
            (local.set $j (i32.add (local.get $j) (i32.const 1)))
            (br_if $b (i32.lt_u (local.get $j) (local.get $n))))
          (i64.add (local.get $s))
          (local.get $t)
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $a (i32.lt_u (local.get $i) (local.get $n)))))
      """, [.i32(count)], loops: 1)
  }

  @Test("A loop in both branches of an if, and branches out of several loops")
  func branches() throws {
    for argument: Int32 in 0..<6 {
      try Self.check(
        """
        (func (export "run") (param $n i32) (result i32) (local $i i32) (local $r i32)
          (block $out (result i32)
            (loop $outer
              (local.set $r (i32.add (local.get $r) (i32.const 100)))
              (if (i32.and (local.get $n) (i32.const 1))
                (then
                  (loop $l
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (br_if $l (i32.lt_u (local.get $i) (i32.const 30)))
                    (drop (br_if $out (i32.add (local.get $r) (i32.const 7)) (i32.eq (local.get $n) (i32.const 3))))))
                (else
                  (loop $m
                    (local.set $i (i32.add (local.get $i) (i32.const 2)))
                    (block $done (br_table $done $m $m (i32.lt_u (local.get $i) (i32.const 40)))))))
              (br_if $outer (i32.lt_u (local.get $r) (i32.const 1000))))
            (local.get $r)))
        """, [.i32(argument)], loops: 1)
    }
  }

  @Test("Ways around an inner loop keep the operands below it", arguments: [30, 31])
  func waysAround(count: Int32) throws {
    try Self.check(
      """
      (func (export "run") (param $n i32) (result i64 f64)
        (local $acc i64) (local $i i32) (local $j i32) (local $f f64)
        (loop $a
          (i64.extend_i32_u (i32.mul (local.get $j) (i32.const 1000)))
          (f64.convert_i32_u (local.get $j))
          (block $x
            (br_if $x (i32.and (local.get $j) (i32.const 1)))
            (i64.const 5)
            (if (result i64) (i32.rem_u (local.get $j) (i32.const 3))
              (then
                (local.set $i (i32.const 0))
                (i64.extend_i32_u (local.get $j))
                (loop $b
                  (local.set $i (i32.add (local.get $i) (i32.const 1)))
                  (br_if $x (i32.gt_u (local.get $i) (i32.const 29)))
                  (br_if $b (i32.lt_u (local.get $i) (local.get $n))))
                (drop)
                (i64.const 2))
              (else (i64.const 3)))
            (local.set $acc (i64.add (i64.add (local.get $acc)))))
          (local.set $f (f64.add (local.get $f)))
          (local.set $acc (i64.add (i64.mul (local.get $acc) (i64.const 3))))
          (br_if $a (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 10))))
        (local.get $acc) (local.get $f))
      """, [.i32(count)], loops: 1)
  }

  // MARK: Ways out

  @Test("Traps in a loop that was taken over have the interpreter's frames")
  func traps() throws {
    try Self.check(
      """
      (memory 1)
      (func $inner (param $n i32) (result i32) (local $i i32)
        (loop $l
          (local.set $i (i32.add (local.get $i) (i32.load (i32.mul (local.get $i) (local.get $n)))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $l))
        (unreachable))
      (func (export "run") (param $n i32) (result i32) (call $inner (local.get $n)))
      """, [.i32(5000)], loops: 1)
  }

  @Test("Exceptions in a loop that was taken over are caught inside and outside of the function")
  func exceptions() throws {
    for argument: Int32 in [12, 33, 40] {
      try Self.check(
        """
        (tag $t (param i32))
        (func $inner (param $n i32) (result i32) (local $i i32) (local $sum i32)
          (loop $l
            (block $h (result i32)
              (try_table (catch $t $h)
                (if (i32.eqz (i32.rem_u (local.get $i) (i32.const 4))) (then (throw $t (local.get $i))))
                (if (i32.eq (local.get $i) (i32.const 30)) (then (call $throws (local.get $i)))))
              (i32.const 1))
            (local.set $sum (i32.add (local.get $sum)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (if (i32.eq (local.get $i) (i32.const 35)) (then (throw $t (local.get $sum))))
            (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
          (local.get $sum))
        (func $throws (param i32) (throw $t (i32.mul (local.get 0) (i32.const 2))))
        (func (export "run") (param $n i32) (result i32)
          (block $h (result i32)
            (try_table (catch $t $h) (br 1 (call $inner (local.get $n))))
            (unreachable)))
        """, [.i32(argument)], loops: 1)
    }
  }

  @Test("Loops that were taken over and end in tail calls take no stack")
  func tailCallsAfterLoops() throws {
    let count = 700
    let functions = (0..<count).map { index in
      """
      (func $\(index) (type $f) (local $i i32)
        (loop $l
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $l (i32.lt_u (local.get $i) (i32.const 10))))
        \(index + 1 < count
          ? "(return_call $\(index + 1) (i32.add (local.get 0) (i32.const 1)) (local.get 1))" : "(local.get 0) (local.get 1)"))
      """
    }
    for stack in [32 << 10, 1 << 20] {
      let engine = Self.engine(TierOptions(calls: .max, iterations: 2, compilesAtOnce: true)) {
        $0.maximumStackSize = stack
      }
      let (outcome, module) = try Self.outcome(
        engine,
        """
        (type $f (func (param i32 i64) (result i32 i64)))
        \(functions.joined())
        (func (export "run") (param i32 i64) (result i32 i64) (return_call $0 (local.get 0) (local.get 1)))
        """, [.i32(1), .i64(9)])
      #expect(outcome == "\([Value.i32(Int32(count)), .i64(9)])")
      #expect(module.tierCounts.loops == count)
    }
  }

  @Test("Functions that call each other by tail calls without end take no stack", arguments: [0, 1, 50, 600])
  func tailCalls(calls: Int32) throws {
    // One of them also has a loop, and calls a function that is compiled.
    let (outcome, module) = try Self.outcome(
      Self.engine(TierOptions(calls: calls)),
      """
      (table funcref (elem $even $odd))
      (type $t (func (param i32) (result i32)))
      (func $small (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)))
      (func $even (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 44))))
        (return_call $odd (call $small (local.get 0))))
      (func $odd (param i32) (result i32) (local $i i32)
        (loop $l
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $l (i32.lt_u (local.get $i) (i32.const 3))))
        (if (i32.eqz (local.get 0)) (then (return (i32.const 99))))
        (return_call_indirect (type $t) (call $small (local.get 0)) (i32.const 0)))
      (func (export "run") (param i32) (result i32) (return_call $even (local.get 0)))
      """, [.i32(300_000)])
    #expect(outcome == "\([Value.i32(44)])")
    #expect(module.tierCounts.functions >= 2)
  }

  @Test("Loops in a legacy catch stay in the interpreter")
  func legacyCatch() throws {
    try Self.check(
      """
      (tag $t (param i32))
      (func (export "run") (param $n i32) (result i32) (local $i i32)
        (try (result i32)
          (do (throw $t (i32.const 5)))
          (catch $t
            (loop $l
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
            (i32.add (local.get $i)))))
      """, [.i32(30)], loops: 0)
  }

  @Test("Recursion through loops of both engines ends with the same error")
  func recursion() throws {
    try Self.check(
      """
      (func $f (export "run") (param $n i32) (result i32) (local $i i32)
        (loop $l
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $l (i32.lt_u (local.get $i) (i32.const 10))))
        (if (result i32) (local.get $n)
          (then (i32.add (local.get $i) (call $f (i32.sub (local.get $n) (i32.const 1)))))
          (else (local.get $i))))
      """, [.i32(500)], loops: 1)
  }

  // MARK: Compiling in the background

  @Test("One long loop without calls gets compiled code")
  func longLoop() throws {
    let (outcome, module) = try Self.outcome(
      Self.engine(TierOptions()),
      """
      (func (export "run") (param $n i32) (result i32) (local $x i32)
        (loop $l
          (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1664525)) (i32.const 1013904223)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br_if $l (local.get $n)))
        (local.get $n))
      """, [.i32(1_000_000_000)])
    #expect(outcome == "\([Value.i32(0)])")
    #expect(module.tierCounts.loops == 1)
  }

  @Test("Hot functions are compiled, and cold ones are not")
  func hotFunctions() throws {
    let engine = Self.engine(TierOptions(calls: 50, iterations: 1_000_000, compilesAtOnce: true))
    let (_, module) = try Self.outcome(
      engine,
      """
      (func $hot (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (func $cold (param i32) (result i32) (i32.add (local.get 0) (i32.const 2)))
      (func (export "run") (param $n i32) (result i32) (local $i i32)
        (loop $l
          (local.set $i (call $hot (local.get $i)))
          (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
        (call $cold (local.get $i)))
      """, [.i32(200)])
    #expect(module.tierCounts == (1, 0))
  }

  @Test("Without memory for code, everything is interpreted", arguments: [0, 100, 5_000, 20_000, 70_000])
  func exhaustedCodeMemory(byteCount: Int) throws {
    let function = { (number: Int) in
      """
      (func $f\(number) (param $n i32) (result i32) (local $i i32)
        (loop $l
          (local.set $i (i32.add (local.get $i) (i32.const \(number))))
          (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
        (local.get $i))
      """
    }
    let calls = (1...200).map { "(local.set $s (i32.add (local.get $s) (call $f\($0) (i32.const 1000))))" }
    let fields =
      (1...200).map(function).joined(separator: "\n")
      + "(func (export \"run\") (result i32) (local $s i32) \(calls.joined(separator: "\n")) (local.get $s))"
    let expected = try Self.outcome(Self.interpreter, fields, []).0
    let engine = Self.engine(TierOptions(calls: 1, iterations: 2, compilesAtOnce: true)) {
      $0.limits.codeByteCount = UInt64(byteCount)
    }
    let (found, module) = try Self.outcome(engine, fields, [])
    #expect(found == expected)
    #expect(module.tierCounts.functions < 200)
  }

  @Test("Threads share the counters and the code of a module", arguments: [1, 3, 20])
  func threads(calls: Int32) async throws {
    let engine = Self.engine(TierOptions(calls: calls))
    let module = try Module(
      engine,
      text: """
        (module
          (func $fib (param i32) (result i32)
            (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
              (then (local.get 0))
              (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
          (func (export "run") (param $n i32) (result i32) (local $s i32)
            (loop $l
              (local.set $s (i32.add (local.get $s) (call $fib (i32.rem_u (local.get $n) (i32.const 15)))))
              (local.set $n (i32.sub (local.get $n) (i32.const 1)))
              (br_if $l (local.get $n)))
            (local.get $s)))
        """)
    let expected = try Linker(engine).instantiate(module, in: Store(engine)).function("run")!.call([.i32(3_000)])[0].i32
    try await withThrowingTaskGroup(of: Int32?.self) { group in
      for _ in 0..<8 {
        group.addTask {
          let instance = try Linker(engine).instantiate(module, in: Store(engine))
          return try instance.function("run")!.call([.i32(3_000)])[0].i32
        }
      }
      for try await result in group { #expect(result == expected) }
    }
  }

  @Test("A module that is released while its functions wait for compilation")
  func releasedModules() throws {
    let engine = Self.engine(TierOptions(calls: 1))
    for _ in 0..<200 {
      let instance = try engine.instantiate(
        "(func $f (param i32) (result i32) (local.get 0)) (func (export \"run\") (result i32) (call $f (i32.const 4)))")
      #expect(try instance.function("run")!.call([])[0].i32 == 4)
    }
  }

  @Test("Compiled code calls functions of another module that are not compiled, and host functions")
  func crossingModules() throws {
    let engine = Self.engine(TierOptions(calls: .max, iterations: 2, compilesAtOnce: true))
    let store = try Store(engine)
    let linker = Linker(engine)
    try linker.define("host", "add") { (_: Caller, x: Int32, y: Double) -> Int32 in x + Int32(y) }
    let other = try linker.instantiate(
      Module(
        engine,
        text:
          "(module (func (export \"f\") (param i64 f32) (result f32) (f32.add (local.get 1) (f32.convert_i64_s (local.get 0)))))"
      ),
      in: store)
    try linker.define("other", "f", .function(#require(other.function("f"))))
    let module = try Module(
      engine,
      text: """
        (module
          (import "host" "add" (func $add (param i32 f64) (result i32)))
          (import "other" "f" (func $f (param i64 f32) (result f32)))
          (table funcref (elem $add $f $own))
          (type $t (func (param i64 f32) (result f32)))
          (func $own (param i64 f32) (result f32) (f32.mul (local.get 1) (f32.const 0.5)))
          (func (export "run") (param $n i32) (result i32 f32) (local $i i32) (local $x f32)
            (loop $l
              (local.set $i (call $add (local.get $i) (f64.const 1)))
              (local.set $x (call $f (i64.const 3) (local.get $x)))
              (local.set $x (call_indirect (type $t) (i64.const 1) (local.get $x) (i32.const 1)))
              (local.set $x (call_indirect (type $t) (i64.const 1) (local.get $x) (i32.const 2)))
              (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
            (local.get $i) (local.get $x)))
        """)
    let instance = try linker.instantiate(module, in: store)
    #expect("\(try instance.function("run")!.call([.i32(40)]))" == "\([Value.i32(40), .f32(4)])")
    #expect(module.tierCounts.loops == 1)
  }
}
