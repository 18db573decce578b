import Needletail
import Testing

/// A program that never ends by itself. All of them end at their deadline, in every engine.
struct HostileProgram: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// The fields of a module that exports `run`. It can import functions of `host`: see ``link(_:_:)``.
  let fields: String

  private init(_ name: String, _ fields: String) {
    testDescription = name
    self.fields = fields
  }

  /// A program that repeats instructions.
  private init(_ name: String, repeating body: String, _ fields: String = "", locals: String = "") {
    self.init(name, "\(fields) (func (export \"run\") \(locals) (loop $again \(body) (br $again)))")
  }

  static let all: [HostileProgram] = loops + calls + exceptions + bulk + objects + waits + hosts

  /// Defines the functions that programs import.
  static func link(_ linker: Linker, _ store: Store) throws {
    try linker.define("host", "nothing") { (_: Caller) in }
    try linker.define("host", "again") { (caller: Caller) in try caller.instance!.function("leaf")!.call() }
    try linker.define("host", "forever") { (caller: Caller) in
      while true { try caller.instance!.function("leaf")!.call() }
    }
    try linker.define("host", "stubborn") { (caller: Caller) in
      for _ in 0..<10 { _ = try? caller.instance!.function("leaf")!.call() }
    }
  }
}

extension HostileProgram {
  private static let loops = [
    HostileProgram("empty loop", repeating: ""),
    HostileProgram(
      "loop that counts", repeating: "(local.set 0 (i64.add (local.get 0) (i64.const 1)))", locals: "(local i64)"),
    HostileProgram(
      "loop with a condition",
      "(func (export \"run\") (local i32) (loop $l (br_if $l (i32.eqz (i32.and (local.get 0) (i32.const 1))))))"),
    HostileProgram(
      "loop with parameters",
      "(func (export \"run\") (i64.const 1) (loop $l (param i64) (i64.add (i64.const 3)) (br $l)))"),
    HostileProgram(
      "nested loops",
      repeating: """
        (local.set 0 (i32.const 0))
        (loop $inner
          (local.set 0 (i32.add (local.get 0) (i32.const 1)))
          (br_if $inner (i32.ne (local.get 0) (i32.const 10))))
        """, locals: "(local i32)"),
    HostileProgram(
      "loop by a table of branches",
      "(func (export \"run\") (local i32) (loop $l (block $b (br_table $l $l $l (local.get 0)))))"),
    HostileProgram(
      "loop over memory",
      repeating: """
        (i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (i32.const 1)))
        (local.set 0 (i32.and (i32.add (local.get 0) (i32.const 4)) (i32.const 0xFFFC)))
        """, "(memory 1)", locals: "(local i32)"),
    HostileProgram(
      "loop of floats", repeating: "(local.set 0 (f64.sqrt (f64.add (local.get 0) (f64.const 2))))",
      locals: "(local f64)"),
    HostileProgram(
      "loop of vectors", repeating: "(local.set 0 (i32x4.add (local.get 0) (v128.const i32x4 1 2 3 4)))",
      locals: "(local v128)"),
    HostileProgram(
      "loop of divisions",
      repeating: "(local.set 0 (i64.div_u (i64.const -1) (i64.or (local.get 0) (i64.const 1))))", locals: "(local i64)"),
    HostileProgram(
      "loop over a global", repeating: "(global.set 0 (i64.add (global.get 0) (i64.const 1)))",
      "(global (mut i64) (i64.const 0))"),
    HostileProgram(
      "long loop", repeating: String(repeating: "(local.set 0 (i64.mul (local.get 0) (i64.const 3)))", count: 3000),
      locals: "(local i64)"),
    HostileProgram(
      "loop in a function that is inlined", repeating: "(call $spin)", "(func $spin (loop $l (br $l)))"),
    HostileProgram(
      "loop that atomically adds", repeating: "(drop (i64.atomic.rmw.add (i32.const 8) (i64.const 1)))",
      "(memory 1 1 shared)"),
    HostileProgram(
      "loop over a table of references",
      repeating: "(table.set (i32.const 1) (table.get (i32.const 0)))", "(table 2 funcref)"),
  ]

  static let treeOfCalls = HostileProgram(
    "tree of calls",
    """
    (func $tree (param i32)
      (if (local.get 0)
        (then
          (call $tree (i32.sub (local.get 0) (i32.const 1)))
          (call $tree (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "run") (call $tree (i32.const 100)))
    """)

  private static let calls = [
    treeOfCalls,
    HostileProgram(
      "tree of indirect calls",
      """
      (type $f (func (param i32)))
      (table funcref (elem $tree))
      (func $tree (param i32)
        (if (local.get 0)
          (then
            (call_indirect (type $f) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))
            (call_indirect (type $f) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))
      (func (export "run") (call $tree (i32.const 100)))
      """),
    HostileProgram(
      "tree of calls by reference",
      """
      (type $f (func (param i32)))
      (elem declare func $tree)
      (func $tree (type $f)
        (if (local.get 0)
          (then
            (call_ref $f (i32.sub (local.get 0) (i32.const 1)) (ref.func $tree))
            (call_ref $f (i32.sub (local.get 0) (i32.const 1)) (ref.func $tree)))))
      (func (export "run") (call $tree (i32.const 100)))
      """),
    HostileProgram("tail calls", "(func $f (export \"run\") (return_call $f))"),
    HostileProgram(
      "tail calls of two functions",
      """
      (func $a (param i64) (return_call $b (i64.add (local.get 0) (i64.const 1))))
      (func $b (param i64) (return_call $a (i64.mul (local.get 0) (i64.const 3))))
      (func (export "run") (call $a (i64.const 1)))
      """),
    HostileProgram(
      "indirect tail calls",
      """
      (type $f (func)) (table funcref (elem $f))
      (func $f (export "run") (return_call_indirect (type $f) (i32.const 0)))
      """),
    HostileProgram(
      "tail calls by reference",
      "(type $f (func)) (elem declare func $f) (func $f (export \"run\") (return_call_ref $f (ref.func $f)))"),
    HostileProgram(
      "tail calls with many arguments",
      """
      (func $f (param \(String(repeating: "i64 ", count: 20)))
        (return_call $f \((0..<20).map { "(i64.add (local.get \($0)) (i64.const 1))" }.joined())))
      (func (export "run") (call $f \(String(repeating: "(i64.const 0)", count: 20))))
      """),
    HostileProgram(
      "endless recursion, caught by nobody, again and again",
      """
      (import "host" "again" (func $again))
      (func $deep (param i32) (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "leaf") (call $deep (i32.const 100)))
      (func (export "run") (loop $l (call $again) (br $l)))
      """),
  ]

  private static let exceptions = [
    HostileProgram(
      "exceptions in a loop",
      repeating: "(block $h (try_table (catch $e $h) (throw $e)))", "(tag $e)"),
    HostileProgram(
      "exceptions through calls",
      repeating: "(block $h (try_table (catch_all $h) (call $thrower (i32.const 20))))",
      """
      (tag $e)
      (func $thrower (param i32)
        (if (i32.eqz (local.get 0)) (then (throw $e)))
        (call $thrower (i32.sub (local.get 0) (i32.const 1))))
      """),
    HostileProgram(
      "exceptions that are thrown again",
      repeating: """
        (block $h (result exnref)
          (try_table (catch_all_ref $h)
            (throw_ref (block $g (result exnref) (try_table (catch_all_ref $g) (throw $e)) (unreachable))))
          (unreachable))
        (drop)
        """, "(tag $e)"),
    HostileProgram(
      "exceptions in a tree of calls",
      """
      (tag $e)
      (func $tree (param i32)
        (if (i32.eqz (local.get 0)) (then (throw $e)))
        (block $h (try_table (catch_all $h) (call $tree (i32.sub (local.get 0) (i32.const 1)))))
        (call $tree (i32.sub (local.get 0) (i32.const 1))))
      (func (export "run") (call $tree (i32.const 100)))
      """),
  ]

  private static let bulk = [
    HostileProgram(
      "memory.fill", repeating: "(memory.fill (i32.const 0) (i32.const 7) (i32.const 0x400_0000))", "(memory 1024)"),
    HostileProgram(
      "memory.copy", repeating: "(memory.copy (i32.const 3) (i32.const 0) (i32.const 0x3FF_0000))", "(memory 1024)"),
    HostileProgram(
      "memory.init", repeating: "(memory.init 0 (i32.const 0) (i32.const 0) (i32.const 100))",
      "(memory 1) (data \"\(String(repeating: "x", count: 100))\")"),
    HostileProgram("memory.grow", repeating: "(drop (memory.grow (i32.const 1)))", "(memory 1 100)"),
    HostileProgram(
      "table.fill", repeating: "(table.fill (i32.const 0) (ref.func $f) (i32.const 1000000))",
      "(table 1000000 funcref) (elem declare func $f) (func $f)"),
    HostileProgram(
      "table.copy", repeating: "(table.copy (i32.const 0) (i32.const 1) (i32.const 99999))", "(table 100000 funcref)"),
    HostileProgram(
      "table.grow", repeating: "(drop (table.grow (ref.null func) (i32.const 1000)))", "(table 0 1000000 funcref)"),
  ]

  private static let types = "(type $bytes (array (mut i8))) (type $node (struct (field (ref null $node)) (field i32)))"

  private static let objects = [
    HostileProgram(
      "large arrays", repeating: "(drop (array.new $bytes (i32.const 3) (i32.const 1000000)))", types),
    HostileProgram("arrays of zero", repeating: "(drop (array.new_default $bytes (i32.const 300000)))", types),
    HostileProgram(
      "array.fill",
      """
      \(types)
      (func (export "run") (local (ref null $bytes))
        (local.set 0 (array.new_default $bytes (i32.const 1000000)))
        (loop $l (array.fill $bytes (local.get 0) (i32.const 0) (i32.const 1) (i32.const 1000000)) (br $l)))
      """),
    HostileProgram(
      "array.copy",
      """
      \(types)
      (func (export "run") (local (ref null $bytes))
        (local.set 0 (array.new_default $bytes (i32.const 1000000)))
        (loop $l
          (array.copy $bytes $bytes (local.get 0) (i32.const 1) (local.get 0) (i32.const 0) (i32.const 999999))
          (br $l)))
      """),
    HostileProgram("small objects", repeating: "(drop (struct.new $node (ref.null $node) (i32.const 1)))", types),
    HostileProgram(
      "a growing list that is dropped now and then",
      repeating: """
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (if (i32.eqz (i32.and (local.get 1) (i32.const 0xF_FFFF))) (then (local.set 0 (ref.null $node))))
        (local.set 0 (struct.new $node (local.get 0) (local.get 1)))
        """, types, locals: "(local (ref null $node) i32)"),
    HostileProgram(
      "casts", repeating: "(drop (ref.cast (ref $node) (local.get 0)))",
      "\(types) (func (export \"leaf\"))", locals: "(local anyref) (local.set 0 (struct.new_default $node))"),
  ]

  private static let waits = [
    HostileProgram(
      "a wait without end",
      """
      (memory 1 1 shared)
      (func (export "run") (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
      """),
    HostileProgram(
      "short waits",
      repeating: "(drop (memory.atomic.wait64 (i32.const 0) (i64.const 0) (i64.const 100000)))", "(memory 1 1 shared)"),
    HostileProgram(
      "waits that do not wait",
      repeating: "(drop (memory.atomic.wait32 (i32.const 0) (i32.const 1) (i64.const -1)))", "(memory 1 1 shared)"),
  ]

  private static let hosts = [
    HostileProgram(
      "host calls", repeating: "(call $nothing)", "(import \"host\" \"nothing\" (func $nothing))"),
    HostileProgram(
      "tail calls of the host",
      "(import \"host\" \"again\" (func $again)) (func $run (export \"run\") (call $again) (return_call $run)) (func (export \"leaf\"))"
    ),
    HostileProgram(
      "a host function that calls a short function for ever",
      """
      (import "host" "forever" (func $forever))
      (func (export "leaf"))
      (func (export "run") (call $forever))
      """),
    HostileProgram(
      "a host function that goes on after traps",
      """
      (import "host" "stubborn" (func $stubborn))
      (func (export "leaf") (loop $l (br $l)))
      (func (export "run") (loop $l (call $stubborn) (br $l)))
      """),
  ]
}
