import Needletail
import Testing

/// What the collector finds in frames: everything that running code still needs, and nothing else.
@Suite("References in frames")
struct LiveReferenceTests {
  @Test("What a frame no longer needs is collected", arguments: TestedEngine.all)
  func dropped(tested: TestedEngine) throws {
    let engine = tested.make()
    var limits = Store.Limits()
    limits.heapByteCount = 1 << 20
    let instance = try engine.instantiate(
      """
      (type $node (struct (field $next (mut (ref null $node))) (field i64 i64 i64 i64 i64 i64)))
      (func $append (param $last (ref null $node)) (result (ref $node)) (local $new (ref null $node))
        (local.set $new (struct.new_default $node))
        (struct.set $node $next (local.get $last) (local.get $new))
        (ref.as_non_null (local.get $new)))
      (func (export "loop") (param $n i32) (result i32) (local $last (ref null $node)) (local $new (ref null $node))
        (local.set $last (struct.new_default $node))
        (loop $l
          (local.set $new (struct.new_default $node))
          (struct.set $node $next (local.get $last) (local.get $new))
          (local.set $last (local.get $new))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $n))
      (func (export "calls") (param $n i32) (result i32) (local $last (ref null $node))
        (local.set $last (struct.new_default $node))
        (loop $l
          (local.set $last (call $append (local.get $last)))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $n))
      """, in: Store(engine, limits: limits))
    for name in ["loop", "calls", "loop"] {
      #expect(try instance.function(name)!.call([.i32(50_000)])[0].i32 == 0, "\(name)")
    }
  }

  @Test("What frames still need is kept, at a collection for each allocation", arguments: TestedEngine.all)
  func kept(tested: TestedEngine) throws {
    let engine = tested.make {
      $0.heap.collectsAtEveryAllocation = true
      $0.heap.poisonsUnusedMemory = true
    }
    // More references than registers, needed after calls and in handlers, in frames of two shapes.
    let count = 14
    let indices = 0..<count
    let fields = """
      (type $box (struct (field i32)))
      (tag $e (param i32))
      (func $box (param i32) (result (ref $box)) (struct.new $box (local.get 0)))
      (func $sum (param \(indices.map { _ in "(ref $box)" }.joined(separator: " "))) (result i32)
        (struct.get $box 0 (local.get 0))
        \(indices.dropFirst().map { "(i32.add (struct.get $box 0 (local.get \($0))))" }.joined(separator: " ")))
      (func $many (param $n i32) (result i32)
        \(indices.map { "(local $\($0) (ref $box))" }.joined(separator: " "))
        \(indices.map { "(local.set $\($0) (call $box (i32.add (local.get $n) (i32.const \($0)))))" }.joined())
        (if (i32.eqz (local.get $n)) (then (throw $e (i32.const 1000))))
        (i32.add (call $few (i32.sub (local.get $n) (i32.const 1)))
          (call $sum \(indices.map { "(local.get $\($0))" }.joined(separator: " ")))))
      (func $few (param $n i32) (result i32) (local $a (ref $box)) (local $b (ref $box))
        (local.set $a (call $box (local.get $n)))
        (if (i32.eqz (local.get $n)) (then (throw $e (i32.const 2000))))
        (local.set $b (struct.new $box (i32.const 7)))
        (block $caught (result i32)
          (try_table (result i32) (catch $e $caught) (call $many (i32.sub (local.get $n) (i32.const 1)))))
        (drop (call $box (i32.const -1)))
        (i32.add (struct.get $box 0 (local.get $a)))
        (i32.add (struct.get $box 0 (local.get $b))))
      (func (export "run") (param i32) (result i32) (call $few (local.get 0)))
      """
    let run = try engine.instantiate(fields).function("run")!
    /// The same in Swift; nil for an exception.
    func many(_ n: Int) -> Int? { n == 0 ? nil : few(n - 1).map { $0 + indices.reduce(0) { $0 + n + $1 } } }
    func few(_ n: Int) -> Int? { n == 0 ? nil : (many(n - 1) ?? (n % 2 == 1 ? 1000 : 2000)) + n + 7 }
    for n in [5, 6, 13, 14] {
      #expect(try run.call([.i32(Int32(n))])[0].i32 == few(n).map { Int32($0) }, "\(n)")
    }
  }

  /// Moves between many locals form cycles, which pass through registers of both classes.
  @Test("References that change places are kept", arguments: TestedEngine.all, 2...20)
  func rotations(tested: TestedEngine, count: Int) throws {
    let engine = tested.make {
      $0.heap.collectsAtEveryAllocation = true
      $0.heap.poisonsUnusedMemory = true
    }
    let indices = 0..<count
    for allocation in ["(drop (struct.new $box (i32.const -1)))", "(drop (call $box))"] {
      let run = try engine.instantiate(
        """
        (type $box (struct (field i32)))
        (func $box (result (ref $box)) (local $i i32)
          (loop $l
            (drop (struct.new $box (i32.const -2)))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2))))
          (struct.new $box (i32.const -3)))
        (func (export "run") (param $n i32) (result i32) (local $sum i32) (local $t (ref null $box))
          \(indices.map { "(local $\($0) (ref null $box))" }.joined(separator: " "))
          \(indices.map { "(local.set $\($0) (struct.new $box (i32.const \(1000 + $0))))" }.joined())
          (loop $l
            \(allocation)
            (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (struct.get $box 0 (local.get $0))))
            (local.set $t (local.get $0))
            \(indices.dropLast().map { "(local.set $\($0) (local.get $\($0 + 1)))" }.joined())
            (local.set $\(count - 1) (local.get $t))
            (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
          (local.get $sum))
        """
      ).function("run")!
      let expected = (0..<50).reduce(Int32(0)) { $0 &* 31 &+ Int32(1000 + $1 % count) }
      #expect(try run.call([.i32(50)])[0].i32 == expected)
    }
  }
}
