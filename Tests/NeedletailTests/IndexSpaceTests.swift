import Needletail
import Testing
import WasmText

/// A module whose `run` uses index `n` of an index space, or two indices, and the expected result.
struct IndexSpace: CustomTestStringConvertible, Sendable {
  var name: String
  /// The entries before index `n`.
  var filler: String
  var module: String
  var isImported = false
  var results = ["[42]"]
  /// One below, at and above what 16 bits hold.
  var indices = [65_535, 65_536, 65_537]

  var testDescription: String { name }

  func text(_ n: Int) -> String {
    var text = "(module\n"
    text.reserveCapacity(n * (filler.utf8.count + 1) + module.utf8.count + 100)
    for _ in 0..<n { text += filler + "\n" }
    return text + module + ")"
  }
}

extension IndexSpace {
  static let all: [IndexSpace] = [
    IndexSpace(
      name: "types", filler: "(type (func))",
      module: """
        (type $f (func (param i32) (result i32)))
        (type $s (struct (field i32) (field (mut i64))))
        (type $a (array (mut i64)))
        (table 1 funcref) (elem (i32.const 0) $g)
        (func $g (type $f) (i32.add (local.get 0) (i32.const 1)))
        (func $tail (param i32) (result i32) (return_call_indirect (type $f) (local.get 0) (i32.const 0)))
        (func (export "run") (result i32) (local $x anyref)
          (local.set $x (struct.new $s (i32.const 4) (i64.const 1)))
          (i32.add (call_indirect (type $f) (i32.const 30) (i32.const 0))
            (i32.add (call $tail (i32.const 3))
              (i32.add (struct.get $s 0 (ref.cast (ref $s) (local.get $x)))
                (i32.add (ref.test (ref $s) (local.get $x))
                  (i32.add (ref.test (ref $a) (array.new_default $a (i32.const 3)))
                    (block (result i32) (ref.test (ref $a) (local.get $x)))))))))
        """, results: ["[41]"]),
    IndexSpace(
      name: "imported functions", filler: #"(import "m" "f" (func))"#,
      module: """
        (import "m" "g" (func $g (param i32) (result i32)))
        (type $t (func (param i32) (result i32)))
        (func $own (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
        (func $tail (param i32) (result i32) (return_call $g (local.get 0)))
        (func $tailOwn (param i32) (result i32) (return_call $own (local.get 0)))
        (elem declare func $g $own)
        (func (export "run") (result i32)
          (call $own (call $g (call $tail (call $tailOwn
            (call_ref $t (call_ref $t (i32.const 16) (ref.func $own)) (ref.func $g)))))))
        """, isImported: true, results: ["[49]"]),
    IndexSpace(
      name: "defined functions", filler: "(func)",
      module: """
        (type $t (func (param i32) (result i32)))
        (func $f (type $t) (i32.add (local.get 0) (i32.const 1)))
        (func $g (type $t) (if (result i32) (local.get 0)
          (then (i32.add (i32.const 2) (call $g (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0))))
        (func $tail (type $t) (return_call $g (local.get 0)))
        (func $h (type $t) (i32.const 5))
        (table 2 funcref) (elem (i32.const 0) $f $g) (elem declare func $h)
        (func (export "run") (result i32)
          (call $f (call_indirect (type $t) (call $tail (call_ref $t (i32.const 0) (ref.func $h))) (i32.const 1)))
          (i32.add (call_indirect (type $t) (i32.const 20) (i32.const 0))))
        """,
      // Compiling so many takes time. The functions from `$f` on have the indices around the limit.
      indices: [65_535]),
    IndexSpace(
      name: "globals", filler: "(global (mut i32) (i32.const 7))",
      module: """
        (global $g (mut i32) (i32.const 20)) (global $v (mut v128) (v128.const i64x2 2 3))
        (func (export "run") (result i32)
          (global.set $g (i32.add (global.get $g) (i32.const 20)))
          (global.set $v (i64x2.add (global.get $v) (global.get $v)))
          (i32.add (global.get $g) (i32.sub (i32.wrap_i64 (i64x2.extract_lane 1 (global.get $v))) (i32.const 4))))
        """),
    IndexSpace(
      name: "imported globals", filler: #"(import "m" "i" (global i32))"#,
      module: """
        (import "m" "v" (global $g (mut i32))) (global $own (mut i32) (i32.const 2))
        (func (export "run") (result i32)
          (global.set $g (i32.const 40)) (i32.add (global.get $g) (global.get $own)))
        """, isImported: true),
    IndexSpace(
      name: "tags", filler: "(tag (param i64))",
      module: """
        (tag $e (param i32)) (tag $other (param i32))
        (func $throw (param i32) (throw $e (local.get 0)))
        (func (export "run") (result i32)
          (block $caught (result i32)
            (block $wrong (result i32)
              (try_table (result i32) (catch $other $wrong) (catch $e $caught)
                (call $throw (i32.const 42)) (i32.const 1)))
            (drop) (i32.const 2)))
        """),
    IndexSpace(
      name: "element segments", filler: "(elem funcref (ref.null func))",
      module: """
        (elem $e funcref (ref.func $f) (ref.func $g)) (elem $dropped funcref (ref.func $f))
        (type $t (func (result i32))) (type $a (array (mut funcref)))
        (table $table 4 funcref)
        (func $f (type $t) (i32.const 2)) (func $g (type $t) (i32.const 40))
        (func (export "run") (result i32) (local $x (ref null $a))
          (elem.drop $dropped)
          (table.init $table $e (i32.const 1) (i32.const 0) (i32.const 2))
          (local.set $x (array.new_elem $a $e (i32.const 0) (i32.const 2)))
          (array.init_elem $a $e (local.get $x) (i32.const 0) (i32.const 1) (i32.const 1))
          (i32.add (call_indirect $table (type $t) (i32.const 1))
            (call_ref $t (ref.cast (ref $t) (array.get $a (local.get $x) (i32.const 0))))))
        """),
    IndexSpace(
      name: "data segments", filler: #"(data "\ff")"#,
      module: """
        (data $d "\\02\\28") (data $dropped "\\01")
        (type $a (array (mut i8))) (memory 1)
        (func (export "run") (result i32) (local $x (ref null $a))
          (data.drop $dropped)
          (memory.init $d (i32.const 5) (i32.const 0) (i32.const 2))
          (local.set $x (array.new_data $a $d (i32.const 0) (i32.const 2)))
          (array.init_data $a $d (local.get $x) (i32.const 0) (i32.const 1) (i32.const 1))
          (i32.add (i32.load8_u (i32.const 5)) (array.get_u $a (local.get $x) (i32.const 0))))
        """),
    IndexSpace(
      name: "tables", filler: #"(import "m" "t" (table 0 externref))"#, module: tableModule, isImported: true,
      results: ["[1, 3, 4, 42, 42, 1, 7]"]),
    IndexSpace(
      name: "own tables", filler: "(table 1 anyref)", module: tableModule, results: ["[1, 3, 4, 42, 42, 1, 7]"]),
  ]

  /// All table instructions on the tables at `n` and after it.
  private static let tableModule = """
    (table $t 3 10 funcref) (table $u 4 10 funcref)
    (type $f (func (result i32)))
    (elem $e funcref (ref.func $g) (ref.func $h))
    (func $g (type $f) (i32.const 42)) (func $h (type $f) (i32.const 43))
    (func $tail (type $f) (return_call_indirect $t (type $f) (i32.const 2)))
    (func (export "run") (result i32 i32 i32 i32 i32 i32 i32)
      (table.set $t (i32.const 0) (ref.func $h))
      (table.fill $t (i32.const 1) (ref.func $h) (i32.const 1))
      (table.init $u $e (i32.const 1) (i32.const 0) (i32.const 2))
      (table.copy $t $u (i32.const 2) (i32.const 1) (i32.const 1))
      (i32.and (i32.eqz (ref.is_null (table.get $t (i32.const 1)))) (ref.is_null (table.get $u (i32.const 3))))
      (table.grow $t (ref.null func) (i32.const 4))
      (table.size $u)
      (call_indirect $t (type $f) (i32.const 2))
      (call $tail)
      (ref.is_null (table.get $t (i32.const 6)))
      (table.size $t))
    """
}

/// Indices below, at and above 2^16 in each index space. Every engine must use the correct entry, not one with the same
/// low bits, or report its limit.
@Suite("Index spaces") struct IndexSpaceTests {
  private static func run(_ kind: EveryEngine, _ bytes: [UInt8], _ argument: [Value] = []) -> String {
    summary {
      let (instance, _) = try kind.instance(bytes) { linker, store in
        try linker.define("m", "f") { (_: Caller) in }
        try linker.define("m", "g") { (_: Caller, x: Int32) -> Int32 in x + 10 }
        let table = TableType(element: ReferenceType(isNullable: true, heapType: .external), limits: Limits(minimum: 0))
        try linker.define("m", "t", .table(Table(store, type: table, initial: .external(nil))))
        try linker.define(
          "m", "i", .global(Global(store, type: GlobalType(value: .i32, isMutable: false), value: .i32(7))))
        try linker.define(
          "m", "v", .global(Global(store, type: GlobalType(value: .i32, isMutable: true), value: .i32(1))))
      }
      return try instance.function("run")!.call(argument)
    }
  }

  @Test("Every engine handles indices beyond 16 bits in each index space", arguments: IndexSpace.all)
  func spaces(_ space: IndexSpace) throws {
    for n in space.indices {
      let module = try assemble(space.text(n - 1))
      for kind in EveryEngine.allCases {
        #expect(space.results.contains(Self.run(kind, module)), "\(kind), \(n)")
      }
    }
  }
}
