import Needletail
import NeedletailSystem
import Testing

/// The total limit of a store.
@Suite struct StoreLimitTests {
  private func store(_ engine: Engine, total: UInt64) throws -> Store {
    var limits = Store.Limits()
    limits.totalByteCount = total
    return try Store(engine, limits: limits)
  }

  @Test("Memories, tables and objects count together", arguments: TestedEngine.all)
  func total(tested: TestedEngine) throws {
    let engine = tested.make()
    let instance = try engine.instantiate(
      """
      (type $bytes (array (mut i8)))
      (global $keep (mut (ref null $bytes)) (ref.null $bytes))
      (memory 1) (table $t 10 funcref)
      (func (export "growMemory") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "growTable") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0)))
      (func (export "array") (param i32) (global.set $keep (array.new_default $bytes (local.get 0))))
      (func (export "lose") (global.set $keep (ref.null $bytes)))
      """, in: store(engine, total: 1 << 20))
    func call(_ name: String, _ argument: Int32) throws -> Int32? {
      try instance.function(name)!.call([.i32(argument)]).first?.i32
    }
    // Each alone exceeds the limit or fits.
    #expect(try call("growMemory", 16) == -1)
    #expect(try call("growTable", 130_000) == -1)
    #expect(try call("growTable", 19_000_000) == -1)
    #expect(throws: Trap.self) { try call("array", 1_000_000_000) }
    #expect(throws: Trap.self) { try call("array", 1 << 20) }
    #expect(try call("array", 900_000) == nil)
    // Together they exceed it.
    #expect(try call("growMemory", 1) == -1)
    #expect(try call("growTable", 10_000) == -1)
    try instance.function("lose")!.call()
    instance.store.collectGarbage()
    #expect(try call("growMemory", 14) == 1)
    #expect(throws: Trap.self) { try call("array", 100_000) }
    #expect(try call("growTable", 1000) == 10)
  }

  @Test("A module that exceeds the limit from the start is refused")
  func instantiation() throws {
    let engine = Engine()
    for fields in [
      "(table 19000000 funcref)", "(memory 17)", "(memory 8) (table 100000 externref)",
      "(table i64 0xffffffffffffffff funcref)", "(table 0xffffffff funcref)",
    ] {
      #expect(throws: LimitExceeded.self, "\(fields)") {
        try engine.instantiate(fields, in: store(engine, total: 1 << 20))
      }
    }
    var limits = Store.Limits()
    limits.tableElementCount = .max
    for fields in ["(table i64 0xffffffffffffffff funcref)", "(table i64 0x1fffffffffffffff funcref)"] {
      #expect(throws: LimitExceeded.self, "\(fields)") {
        try engine.instantiate(fields, in: Store(engine, limits: limits))
      }
    }
  }

  @Test("Refusals name the property that sets the limit", arguments: TestedEngine.all)
  func messages(tested: TestedEngine) throws {
    let engine = tested.make()
    func message(_ fields: String, _ limits: Store.Limits) -> String {
      do {
        let instance = try engine.instantiate(fields, in: Store(engine, limits: limits))
        _ = try instance.function("f")?.call()
        return ""
      } catch { return "\(error)".split(separator: "\n").first.map(String.init) ?? "" }
    }
    let array = "(type $a (array (mut i8))) (func (export \"f\") (drop (array.new_default $a (i32.const 2000000))))"
    for (fields, limits, expected) in [
      (
        "(memory 2)", Store.Limits(memoryByteCount: 1 << 16),
        "128 KiB, the limit is 64 KiB (Store.Limits.memoryByteCount)"
      ),
      (
        "(memory 2)", Store.Limits(totalByteCount: 1 << 16),
        "128 KiB, the limit is 64 KiB (Store.Limits.totalByteCount)"
      ),
      (
        "(memory 2 2 shared)", Store.Limits(totalByteCount: 1 << 16),
        "128 KiB, the limit is 64 KiB (Store.Limits.totalByteCount)"
      ),
      (
        "(table 9 funcref)", Store.Limits(tableElementCount: 8),
        "9 elements, the limit is 8 (Store.Limits.tableElementCount)"
      ),
      (
        "(table 9 funcref)", Store.Limits(totalByteCount: 64),
        "72 bytes, the limit is 64 bytes (Store.Limits.totalByteCount)"
      ),
      ("(memory 0) (memory 0)", Store.Limits(memoryCount: 1), "expected at most 1, found 2 (Store.Limits.memoryCount)"),
      (array, Store.Limits(heapByteCount: 1 << 20), "the limit on objects is 1 MiB (Store.Limits.heapByteCount)"),
      (
        array, Store.Limits(totalByteCount: 1 << 20),
        "the limit on memories, tables and objects together is 1 MiB (Store.Limits.totalByteCount)"
      ),
    ] {
      let message = message(fields, limits)
      #expect(message.hasSuffix(expected), "\(fields): \(message)")
    }
  }

  @Test("A backtrace counts the frames that it leaves out", arguments: TestedEngine.all)
  func backtraces(tested: TestedEngine) throws {
    let instance = try tested.make { $0.maximumStackSize = 1 << 20 }.instantiate(
      """
      (func $endless (export "endless") (call $endless))
      (func $deep (export "deep") (param $n i32)
        (if (i32.eqz (local.get $n)) (then (unreachable)))
        (call $deep (i32.sub (local.get $n) (i32.const 1))))
      """)
    func message(_ name: String, _ arguments: [Value]) -> String {
      do {
        try instance.function(name)!.call(arguments)
        return ""
      } catch { return "\(error)" }
    }
    #expect(message("endless", []).contains(" frames left out …\n"))
    #expect(message("deep", [.i32(30)]).hasSuffix("\n  … 29 more frames of deep"))
    #expect(!message("deep", [.i32(2)]).contains("more"))
  }

  @Test("Tables keep their contents when they grow", arguments: TestedEngine.all)
  func tableContents(tested: TestedEngine) throws {
    let instance = try tested.make().instantiate(
      """
      (table $t (export "t") 3 1000000 anyref (ref.i31 (i32.const 5)))
      (func (export "grow") (param i32 i32) (result i32)
        (table.grow $t (if (result anyref) (local.get 1) (then (ref.i31 (local.get 1))) (else (ref.null any)))
          (local.get 0)))
      """)
    let table = instance.table("t")!
    var expected: [Int32] = [5, 5, 5]
    for (index, value) in [0, 7, 0, 0, 9, 0].enumerated() {
      let count = [1, 2, 3, 500, 5, 10_000][index]
      let old = try instance.function("grow")!.call([.i32(Int32(count)), .i32(Int32(value))])[0].i32
      #expect(old == Int32(expected.count))
      expected += Array(repeating: Int32(value), count: count)
    }
    let values = try (0..<table.count).map { try table.get($0).anyReference?.i31 ?? 0 }
    #expect(values == expected)
  }

  #if os(Linux)
    @Test("If the kernel refuses more mappings, the error says so")
    func mappings() async {
      await #expect(processExitsWith: .success) {
        let engine = Engine()
        // Reservations whose first page is accessible: no two neighbours are alike.
        let page = VirtualMemory.pageSize
        while let pages = VirtualMemory.reserve(2 * page), VirtualMemory.commit(pages, page) {}
        do {
          _ = try engine.instantiate("(memory 1)")
          preconditionFailure("there was room")
        } catch let error as LimitExceeded {
          precondition(error.message.contains("sysctl -w vm.max_map_count"), error.message)
        }
      }
    }
  #endif
}
