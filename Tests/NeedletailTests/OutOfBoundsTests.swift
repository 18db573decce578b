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
