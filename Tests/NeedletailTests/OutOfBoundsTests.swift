import Needletail
import Testing

/// Messages of accesses out of bounds: the first item that is not there, and how many there are. They are the same on all engines.
@Suite struct OutOfBoundsTests {
  /// An engine, with or without guard pages.
  struct Configuration: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var execution: Engine.Configuration.Execution
    var checksBounds = false
    var dispatch = Dispatch.threaded

    func engine() -> Engine {
      var configuration = Engine.Configuration()
      configuration.features = .all
      configuration.execution = execution
      configuration.checksBounds = checksBounds
      configuration.dispatch = dispatch
      configuration.tiers = .inLoops
      return Engine(configuration)
    }

    static let all: [Configuration] =
      [
        Configuration(testDescription: "threaded", execution: .interpreter),
        Configuration(testDescription: "loop", execution: .interpreter, dispatch: .loop),
        Configuration(testDescription: "tiers", execution: .auto),
      ]
      + [OptimizationLevel.none, .basic, .aggressive].flatMap { level in
        [false, true].map { checksBounds in
          Configuration(
            testDescription: "\(level)\(checksBounds ? ", checked" : "")", execution: .jit(level),
            checksBounds: checksBounds)
        }
      }
  }

  private func message(_ instance: Instance, _ arguments: [Value]) -> String? {
    do {
      _ = try instance.function("f")!.call(arguments)
      return nil
    } catch {
      return (error as? Trap)?.message
    }
  }

  private static let loads: [(fields: String, address: Int64, missing: String)] =
    ["i32.load8_u", "i32.load", "i64.load", "f64.load", "v128.load", "v128.load8_splat", "i32.load16_s", "f32.load"]
    .flatMap { load in
      [(Int64(65_536), "65536"), (70_000, "70000"), (65_535, "65536"), (-1, "4294967295")].compactMap {
        address, missing in
        if load == "i32.load8_u" || load == "v128.load8_splat", address == 65_535 { return nil }
        return (
          "(memory 1) (func (export \"f\") (param i32) (drop (\(load) (local.get 0))))", address, missing
        )
      }
    }

  @Test("Loads name the first byte that is not there", arguments: Configuration.all)
  func loads(configuration: Configuration) throws {
    let engine = configuration.engine()
    for (fields, address, missing) in Self.loads {
      let instance = try engine.instantiate(fields)
      #expect(
        message(instance, [.i32(Int32(truncatingIfNeeded: address))])
          == "out of bounds memory access: no byte at address \(missing) of a memory of 65536 bytes", "\(fields)")
    }
  }

  /// Fields with an exported function `f`, its arguments, and the message.
  private static var accesses: [(fields: String, arguments: [Value], message: String)] {
    [
      // Offsets, constants, and accesses that begin inside.
      (
        "(memory 1) (func (export \"f\") (param i32) (drop (i32.load offset=4 (local.get 0))))", [.i32(65_532)],
        "no byte at address 65536 of a memory of 65536 bytes"
      ),
      (
        "(memory 1) (func (export \"f\") (param i32) (drop (i32.load offset=4 (local.get 0))))", [.i32(-1)],
        "no byte at address 4294967299 of a memory of 65536 bytes"
      ),
      (
        "(memory 1) (func (export \"f\") (param i32) (drop (i64.load offset=0xFFFFFFF0 (local.get 0))))", [.i32(32)],
        "no byte at address 4294967312 of a memory of 65536 bytes"
      ),
      (
        "(memory 1) (func (export \"f\") (drop (i64.load (i32.const 65530))))", [],
        "no byte at address 65536 of a memory of 65536 bytes"
      ),
      (
        "(memory 1) (func (export \"f\") (drop (i64.load (i32.const 0xFFFFFFFE))))", [],
        "no byte at address 4294967294 of a memory of 65536 bytes"
      ),
      (
        "(memory 1) (func (export \"f\") (param i32) (i64.store offset=8 (local.get 0) (i64.const 1)))", [.i32(65_525)],
        "no byte at address 65536 of a memory of 65536 bytes"
      ),
      (
        "(memory 1) (func (export \"f\") (param i32) (i32.store (i32.const -1) (local.get 0)))", [.i32(0)],
        "no byte at address 4294967295 of a memory of 65536 bytes"
      ),
      // The ends of the address space.
      (
        "(memory i64 1) (func (export \"f\") (drop (i64.load (i64.const -9))))", [],
        "no byte at address 18446744073709551607 of a memory of 65536 bytes"
      ),
      (
        "(memory i64 1) (func (export \"f\") (drop (v128.load offset=18446744073709551599 (i64.const 0))))", [],
        "no byte at address 18446744073709551599 of a memory of 65536 bytes"
      ),
      (
        "(memory 0) (func (export \"f\") (drop (i32.load8_u (i32.const 0))))", [],
        "no byte at address 0 of a memory of 0 bytes"
      ),
      (
        "(memory i64 0) (func (export \"f\") (i32.store8 (i64.const 0) (i32.const 1)))", [],
        "no byte at address 0 of a memory of 0 bytes"
      ),
      // Sums and scaled indices that the interpreter fuses with the access.
      (
        "(memory 1) (func (export \"f\") (param i32 i32) (drop (i32.load (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 2))))))",
        [.i32(8), .i32(20_000)], "no byte at address 80008 of a memory of 65536 bytes"
      ),
      (
        "(memory 1) (func (export \"f\") (param i32) (drop (i32.add (local.get 0) (i32.load offset=16 (i32.add (local.get 0) (i32.const 4))))))",
        [.i32(65_536)], "no byte at address 65556 of a memory of 65536 bytes"
      ),
      (
        "(memory 1) (func (export \"f\") (param i32) (loop $l (i32.store (local.get 0) (i32.const 7)) (local.set 0 (i32.add (local.get 0) (i32.const 4))) (br $l)))",
        [.i32(65_000)], "no byte at address 65536 of a memory of 65536 bytes"
      ),
      // Lanes, extending and zero loads.
      (
        "(memory 1) (func (export \"f\") (param i32) (drop (v128.load32_lane offset=2 3 (local.get 0) (v128.const i64x2 0 0))))",
        [.i32(65_534)], "no byte at address 65536 of a memory of 65536 bytes"
      ),
      (
        "(memory 1) (func (export \"f\") (param i32) (v128.store16_lane 3 (local.get 0) (v128.const i64x2 0 0)))",
        [.i32(100_000)], "no byte at address 100000 of a memory of 65536 bytes"
      ),
      (
        "(memory 1) (func (export \"f\") (param i32) (drop (v128.load8x8_s (local.get 0))))", [.i32(65_530)],
        "no byte at address 65536 of a memory of 65536 bytes"
      ),
      (
        "(memory 1) (func (export \"f\") (param i32) (v128.store (local.get 0) (v128.const i64x2 0 0)))",
        [.i32(65_524)],
        "no byte at address 65536 of a memory of 65536 bytes"
      ),
      (
        "(memory 1) (func (export \"f\") (param i32) (drop (v128.load64_zero (local.get 0))))", [.i32(131_072)],
        "no byte at address 131072 of a memory of 65536 bytes"
      ),
      // Atomics.
      (
        "(memory 1 1 shared) (func (export \"f\") (param i32) (drop (i32.atomic.rmw.add offset=8 (local.get 0) (i32.const 1))))",
        [.i32(70_000)], "no byte at address 70008 of a memory of 65536 bytes"
      ),
      (
        "(memory 1) (func (export \"f\") (param i32) (i64.atomic.store (local.get 0) (i64.const 1)))", [.i32(65_536)],
        "no byte at address 65536 of a memory of 65536 bytes"
      ),
      (
        "(memory 1 1 shared) (func (export \"f\") (param i32) (drop (i32.load8_u (local.get 0))))", [.i32(65_537)],
        "no byte at address 65537 of a memory of 65536 bytes"
      ),
      (
        "(memory 1 1 shared) (func (export \"f\") (param i32) (drop (memory.atomic.notify offset=4 (local.get 0) (i32.const 1))))",
        [.i32(65_536)], "no byte at address 65540 of a memory of 65536 bytes"
      ),
      // Other memories, pages and addresses.
      (
        "(memory 1) (memory 2) (func (export \"f\") (param i32) (drop (i32.load 1 (local.get 0))))", [.i32(131_070)],
        "no byte at address 131072 of a memory of 131072 bytes"
      ),
      (
        "(memory 0) (func (export \"f\") (param i32) (drop (i32.load8_s (local.get 0))))", [.i32(0)],
        "no byte at address 0 of a memory of 0 bytes"
      ),
      (
        "(memory 1 (pagesize 1)) (func (export \"f\") (param i32) (drop (i32.load16_u (local.get 0))))", [.i32(0)],
        "no byte at address 1 of a memory of 1 byte"
      ),
      (
        "(memory 1 (pagesize 1)) (func (export \"f\") (drop (i32.load16_u (i32.const 5))))", [],
        "no byte at address 5 of a memory of 1 byte"
      ),
      (
        "(memory i64 1) (func (export \"f\") (param i64) (drop (i32.load offset=4 (local.get 0))))", [.i64(1 << 40)],
        "no byte at address 1099511627780 of a memory of 65536 bytes"
      ),
      (
        "(memory i64 1) (func (export \"f\") (param i64) (drop (i64.load (local.get 0))))", [.i64(65_530)],
        "no byte at address 65536 of a memory of 65536 bytes"
      ),
      (
        "(memory i64 1) (func (export \"f\") (drop (i64.load (i64.const 0x10_0000_0000))))", [],
        "no byte at address 68719476736 of a memory of 65536 bytes"
      ),
      (
        "(memory i64 1) (func (export \"f\") (drop (i64.load (i64.const 70000))))", [],
        "no byte at address 70000 of a memory of 65536 bytes"
      ),
      // The sum of address, offset and size exceeds 64 bits.
      (
        "(memory i64 1) (func (export \"f\") (param i64) (drop (i32.load offset=4 (local.get 0))))", [.i64(-2)],
        "no byte at address 18446744073709551615 of a memory of 65536 bytes"
      ),
      (
        "(memory i64 1) (func (export \"f\") (param i64) (drop (i64.load (local.get 0))))", [.i64(-2)],
        "no byte at address 18446744073709551615 of a memory of 65536 bytes"
      ),
      (
        "(memory i64 1) (func (export \"f\") (param i64) (drop (i64.load offset=0xFFFF_FFFF_FFFF_FFFF (local.get 0))))",
        [.i64(5)], "no byte at address 18446744073709551615 of a memory of 65536 bytes"
      ),
      (
        "(memory i64 1 1 shared) (func (export \"f\") (param i64) (drop (memory.atomic.notify offset=8 (local.get 0) (i32.const 1))))",
        [.i64(-4)], "no byte at address 18446744073709551615 of a memory of 65536 bytes"
      ),
      // Bulk operations. The source is checked first.
      (
        "(memory 1) (func (export \"f\") (param i32 i32) (memory.fill (local.get 0) (i32.const 1) (local.get 1)))",
        [.i32(65_000), .i32(1000)], "no byte at address 65536 of a memory of 65536 bytes"
      ),
      (
        "(memory 1) (func (export \"f\") (param i32 i32) (memory.fill (local.get 0) (i32.const 1) (local.get 1)))",
        [.i32(65_537), .i32(0)], "no byte at address 65537 of a memory of 65536 bytes"
      ),
      (
        "(memory 1) (func (export \"f\") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 1000)))",
        [.i32(70_000), .i32(80_000)], "no byte at address 80000 of a memory of 65536 bytes"
      ),
      (
        "(memory 1) (func (export \"f\") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 1000)))",
        [.i32(70_000), .i32(0)], "no byte at address 70000 of a memory of 65536 bytes"
      ),
      (
        "(memory 1) (data $d \"abc\") (func (export \"f\") (param i32 i32) (memory.init $d (local.get 0) (local.get 1) (i32.const 3)))",
        [.i32(65_534), .i32(0)], "no byte at address 65536 of a memory of 65536 bytes"
      ),
      (
        "(memory 1) (data $d \"abc\") (func (export \"f\") (param i32 i32) (memory.init $d (local.get 0) (local.get 1) (i32.const 3)))",
        [.i32(0), .i32(1)], "no byte 3 of a data segment of 3 bytes"
      ),
      (
        "(memory i64 1) (func (export \"f\") (param i64) (memory.fill (local.get 0) (i32.const 1) (i64.const 8)))",
        [.i64(-1)], "no byte at address 18446744073709551615 of a memory of 65536 bytes"
      ),
    ]
  }

  @Test("All kinds of accesses to memories", arguments: Configuration.all)
  func memories(configuration: Configuration) throws {
    let engine = configuration.engine()
    for (fields, arguments, text) in Self.accesses {
      let instance = try engine.instantiate(fields)
      #expect(message(instance, arguments) == "out of bounds memory access: \(text)", "\(fields)")
    }
  }

  @Test(
    "Fills and copies of a constant size, which the compiler expands, at every distance from the end",
    arguments: Configuration.all)
  func smallBulk(configuration: Configuration) throws {
    let engine = configuration.engine()
    for byteCount in [1, 2, 3, 5, 7, 8, 11, 16, 23, 31, 47, 63, 64] as [Int32] {
      for operation in [
        "(memory.fill (local.get 0) (i32.const 1) (i32.const \(byteCount)))",
        "(memory.copy (local.get 0) (i32.const 0) (i32.const \(byteCount)))",
        "(memory.copy (i32.const 0) (local.get 0) (i32.const \(byteCount)))",
      ] {
        let instance = try engine.instantiate("(memory 1) (func (export \"f\") (param i32) \(operation))")
        for distance in [-100, -65, -64, -63, -17, -9, -1, 0, 1, 7, 8, 16, 31, 62, 63] as [Int32] {
          let missing = max(65_536, 65_536 - distance)
          let expected: String? =
            distance >= byteCount
            ? nil : "out of bounds memory access: no byte at address \(missing) of a memory of 65536 bytes"
          #expect(message(instance, [.i32(65_536 - distance)]) == expected, "\(operation) \(distance)")
        }
      }
    }
  }

  @Test("Single elements of tables and arrays", arguments: Configuration.all)
  func elements(configuration: Configuration) throws {
    let engine = configuration.engine()
    let tables = "(table $t 5 funcref) (table $u 3 externref) (table $v i64 2 funcref) (func $g)"
    let types = "(type $b (array (mut i8))) (type $a (array (mut i64))) (type $r (array (mut funcref)))"
    let cases: [(fields: String, arguments: [Value], message: String)] = [
      (
        "\(tables) (func (export \"f\") (param i32) (drop (table.get $t (local.get 0))))", [.i32(5)],
        "table access: no element 5 of a table of 5"
      ),
      (
        "\(tables) (func (export \"f\") (param i32) (table.set $u (local.get 0) (ref.null extern)))", [.i32(-1)],
        "table access: no element 4294967295 of a table of 3"
      ),
      (
        "\(tables) (func (export \"f\") (table.set $t (i32.const 9) (ref.null func)))", [],
        "table access: no element 9 of a table of 5"
      ),
      (
        "(table 0 funcref) (func (export \"f\") (drop (table.get (i32.const 0))))", [],
        "table access: no element 0 of a table of 0"
      ),
      (
        "\(tables) (func (export \"f\") (param i64) (drop (table.get $v (local.get 0))))", [.i64(-1)],
        "table access: no element 18446744073709551615 of a table of 2"
      ),
      (
        "\(tables) (func (export \"f\") (drop (table.get $v (i64.const -1))))", [],
        "table access: no element 18446744073709551615 of a table of 2"
      ),
      (
        "\(tables) (func (export \"f\") (drop (table.get $v (i64.const 0x1_0000_0000))))", [],
        "table access: no element 4294967296 of a table of 2"
      ),
      (
        "\(types) (func (export \"f\") (param i32) (drop (array.get_u $b (array.new_default $b (i32.const 3)) (local.get 0))))",
        [.i32(3)], "array access: no element 3 of an array of 3"
      ),
      (
        "\(types) (func (export \"f\") (param i32) (drop (array.get $a (array.new_default $a (local.get 0)) (local.get 0))))",
        [.i32(1000)], "array access: no element 1000 of an array of 1000"
      ),
      (
        "\(types) (func (export \"f\") (param i32) (array.set $r (array.new_default $r (i32.const 0)) (local.get 0) (ref.null func)))",
        [.i32(0)], "array access: no element 0 of an array of 0"
      ),
      (
        "\(types) (func (export \"f\") (param i32) (array.set $a (array.new_default $a (local.get 0)) (i32.const -3) (i64.const 1)))",
        [.i32(7)], "array access: no element 4294967293 of an array of 7"
      ),
      (
        "\(types) (func (export \"f\") (param i32) (array.set $a (array.new_default $a (local.get 0)) (i32.const 0) (i64.const 1)))",
        [.i32(0)], "array access: no element 0 of an array of 0"
      ),
      // Many values are live, so that some of them are in spill slots.
      (
        """
        \(types) (func (export "f") (param i32) (local $a (ref null $a)) (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
          (local.set $a (array.new_default $a (i32.const 4)))
          \((2...14).map { "(local.set \($0) (i64.extend_i32_u (i32.xor (local.get 0) (i32.const \($0)))))" }.joined())
          (loop $l
            (array.set $a (local.get $a) (local.get 0) (i64.add (array.get $a (local.get $a) (local.get 0)) (local.get 2)))
            \((2...14).map { "(local.set \($0) (i64.mul (local.get \($0)) (local.get \($0 == 14 ? 2 : $0 + 1))))" }.joined())
            (local.set 0 (i32.add (local.get 0) (i32.const 1)))
            (br $l)))
        """, [.i32(1)], "array access: no element 4 of an array of 4"
      ),
      (
        """
        \(tables) (func (export "f") (param i32)
          (loop $l (table.set $t (local.get 0) (table.get $t (local.get 0)))
            (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br $l)))
        """, [.i32(0)], "table access: no element 5 of a table of 5"
      ),
    ]
    for (fields, arguments, text) in cases {
      let instance = try engine.instantiate(fields)
      #expect(message(instance, arguments) == "out of bounds \(text)", "\(fields)")
    }
  }

  @Test("Indirect calls", arguments: Configuration.all)
  func indirectCalls(configuration: Configuration) throws {
    let engine = configuration.engine()
    let fields = """
      (type $p (func (param i32))) (type $open (sub (func (result i64)))) (type $sub (sub $open (func (result i64))))
      (type $s (struct)) (type $other (sub (struct)))
      (type $r (func (param (ref null $s)))) (type $q (func (param (ref null $other)) (result i32)))
      (rec (type $twin (func)) (type (func)))
      (import "h" "h" (func $h))
      (table $t 9 funcref) (table $v i64 2 funcref)
      (elem (table $t) (i32.const 0) func $run $take $long $sum $h $structure $twin)
      (func $run) (func $take (param i32)) (func $long (type $open) (i64.const 1)) (func $sum (param i32 i32) (result i32) (i32.const 0))
      (func $structure (type $q) (i32.const 1)) (func $twin (type $twin))
      """
    let cases: [(call: String, index: Int64, message: String)] = [
      ("call_indirect $t", 9, "undefined element 9 of a table of 9"),
      ("call_indirect $t", -1, "undefined element 4294967295 of a table of 9"),
      ("call_indirect $t", 8, "uninitialized element 8 of a table of 9"),
      ("return_call_indirect $t", 100, "undefined element 100 of a table of 9"),
      ("return_call_indirect $t", 7, "uninitialized element 7 of a table of 9"),
      ("call_indirect $v", -1, "undefined element 18446744073709551615 of a table of 2"),
      ("call_indirect $v", 1, "uninitialized element 1 of a table of 2"),
      (
        "call_indirect $t", 1,
        "indirect call type mismatch: expected (func), found (func (param i32)) of function 'take'"
      ),
      (
        "return_call_indirect $t", 3,
        "indirect call type mismatch: expected (func), found (func (param i32 i32) (result i32)) of function 'sum'"
      ),
      (
        "call_indirect $t (type $p) (i32.const 1)", 4,
        "indirect call type mismatch: expected (func (param i32)), found (func) of a host function"
      ),
      (
        "drop (call_indirect $t (type $sub)", 2,
        "indirect call type mismatch: expected (func (result i64)), found another such type of function 'long'"
      ),
      (
        "call_indirect $t (type $r) (ref.null $s)", 5,
        "indirect call type mismatch: expected (func (param (ref null 3))), found (func (param (ref null 4)) (result i32)) of function 'structure'"
      ),
      (
        "call_indirect $t", 6,
        "indirect call type mismatch: expected (func), found another such type of function 'twin'"
      ),
    ]
    for (call, index, text) in cases {
      let is64 = call.contains("$v")
      let close = call.hasPrefix("drop") ? ")" : ""
      let store = try Store(engine)
      let linker = Linker(engine)
      try linker.define("h", "h") { (_: Caller) in }
      for argument in ["(local.get 0)", "(\(is64 ? "i64" : "i32").const \(index))"] {
        let module = try Module(
          engine, text: "\(fields) (func (export \"f\") (param \(is64 ? "i64" : "i32")) (\(call) \(argument))\(close))")
        let instance = try linker.instantiate(module, in: store)
        let value: Value = is64 ? .i64(index) : .i32(Int32(truncatingIfNeeded: index))
        #expect(message(instance, [value]) == text, "\(call) \(argument)")
      }
    }
  }

  @Test("Bulk operations of tables and arrays", arguments: Configuration.all)
  func tablesAndArrays(configuration: Configuration) throws {
    let engine = configuration.engine()
    let array =
      "(type $a (array (mut i32))) (data $d \"abcdefgh\") (type $r (array (mut funcref))) (elem $e func $g) (func $g)"
    let table = "(table $t 5 funcref) (table $u 3 funcref) (elem $e func $g $g) (func $g)"
    for (fields, text) in [
      (
        "\(table) (func (export \"f\") (table.fill $t (i32.const 4) (ref.null func) (i32.const 2)))",
        "table access: no element 5 of a table of 5"
      ),
      (
        "\(table) (func (export \"f\") (table.copy $t $u (i32.const 0) (i32.const 9) (i32.const 1)))",
        "table access: no element 9 of a table of 3"
      ),
      (
        "\(table) (func (export \"f\") (table.copy $t $u (i32.const 7) (i32.const 0) (i32.const 1)))",
        "table access: no element 7 of a table of 5"
      ),
      (
        "\(table) (func (export \"f\") (table.init $t $e (i32.const 0) (i32.const 1) (i32.const 2)))",
        "table access: no element 2 of an element segment of 2"
      ),
      (
        "\(table) (func (export \"f\") (table.init $t $e (i32.const 4) (i32.const 0) (i32.const 2)))",
        "table access: no element 5 of a table of 5"
      ),
      (
        "\(array) (func (export \"f\") (array.fill $a (array.new_default $a (i32.const 3)) (i32.const 2) (i32.const 0) (i32.const 2)))",
        "array access: no element 3 of an array of 3"
      ),
      (
        "\(array) (func (export \"f\") (array.copy $a $a (array.new_default $a (i32.const 9)) (i32.const 0) (array.new_default $a (i32.const 2)) (i32.const 5) (i32.const 1)))",
        "array access: no element 5 of an array of 2"
      ),
      (
        "\(array) (func (export \"f\") (array.init_data $a $d (array.new_default $a (i32.const 9)) (i32.const 0) (i32.const 4) (i32.const 2)))",
        "memory access: no byte 8 of a data segment of 8 bytes"
      ),
      (
        "\(array) (func (export \"f\") (drop (array.new_data $a $d (i32.const 0) (i32.const 3))))",
        "memory access: no byte 8 of a data segment of 8 bytes"
      ),
      (
        "\(array) (func (export \"f\") (drop (array.new_elem $r $e (i32.const 0) (i32.const 3))))",
        "table access: no element 1 of an element segment of 1"
      ),
    ] {
      let instance = try engine.instantiate(fields)
      #expect(message(instance, []) == "out of bounds \(text)", "\(fields)")
    }
  }

  @Test("Accesses by the host have the same messages")
  func host() throws {
    let engine = Engine()
    let store = try Store(engine)
    let instance = try engine.instantiate(
      "(memory (export \"m\") 1) (table (export \"t\") 3 funcref)", in: store)
    let memory = try #require(instance.memory("m"))
    let table = try #require(instance.table("t"))
    let array = try store.makeArray(
      engine.defineArray(FieldType(storage: .value(.i32), isMutable: true)), elements: [.i32(1), .i32(2)])
    let shared = try SharedMemory(type: MemoryType(limits: Limits(minimum: 1, maximum: 1), isShared: true))
    for (access, text) in [
      (
        { _ = try memory.readBytes(at: 65_534, count: 4) },
        "memory access: no byte at address 65536 of a memory of 65536 bytes"
      ),
      (
        { try memory.store(1 as Int64, at: 70_000) },
        "memory access: no byte at address 70000 of a memory of 65536 bytes"
      ),
      (
        { _ = try memory.readString(at: .max, count: 2) },
        "memory access: no byte at address \(UInt64.max) of a memory of 65536 bytes"
      ),
      (
        { _ = try memory.readCString(at: 65_536) }, "memory access: no byte at address 65536 of a memory of 65536 bytes"
      ),
      ({ try shared.notify(at: 65_536) }, "memory access: no byte at address 65536 of a memory of 65536 bytes"),
      ({ _ = try table.get(3) }, "table access: no element 3 of a table of 3"),
      ({ try table.set(7, .null(.function)) }, "table access: no element 7 of a table of 3"),
      ({ _ = try array.element(2) }, "array access: no element 2 of an array of 2"),
      ({ try array.setElement(-1, .i32(0)) }, "array access: no element -1 of an array of 2"),
    ] as [(() throws -> Void, String)] {
      #expect((#expect(throws: Trap.self) { try access() })?.message == "out of bounds \(text)")
    }
  }

  @Test("A memory that another thread grows has its new size in the message", arguments: Configuration.all)
  func grownByAnother(configuration: Configuration) throws {
    let engine = configuration.engine()
    let memory = try SharedMemory(type: MemoryType(limits: Limits(minimum: 1, maximum: 3), isShared: true))
    let fields = """
      (import "" "m" (memory 1 3 shared))
      (func (export "grow") (drop (memory.grow (i32.const 1))))
      (func (export "f") (param i32) (drop (i32.load (local.get 0))))
      """
    let (one, other) = try (
      engine.instantiate(fields) { linker, _ in try linker.define("", "m", memory) },
      engine.instantiate(fields) { linker, _ in try linker.define("", "m", memory) }
    )
    _ = try other.function("grow")!.call([])
    #expect(message(one, [.i32(70_000)]) == nil)
    #expect(
      message(one, [.i32(131_070)])
        == "out of bounds memory access: no byte at address 131072 of a memory of 131072 bytes")
  }

  @Test("A trap without an access has no detail of an earlier one", arguments: Configuration.all)
  func noStaleDetail(configuration: Configuration) throws {
    let instance = try configuration.engine().instantiate(
      """
      (memory 1) (table 1 funcref)
      (func (export "f") (param i32) (drop (i32.load (local.get 0))))
      (func (export "g") unreachable)
      """)
    for _ in 0..<2 {
      #expect(message(instance, [.i32(-4)])?.hasSuffix("4294967292 of a memory of 65536 bytes") == true)
      #expect((#expect(throws: Trap.self) { try instance.function("g")!.call([]) })?.message == "unreachable")
    }
  }
}
