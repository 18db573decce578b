import Needletail
import Testing

/// Instances of one module whose data segments are mapped, and memories that follow each other in the same address space.
@Suite struct DataImageTests {
  /// Text of a data segment's contents that has this many bytes, all different from zero.
  private static func bytes(_ count: Int) -> String {
    String(repeating: "0123456789abcdef", count: count / 16)
  }

  private static func byte(at address: Int, from start: Int = 0) -> UInt8 {
    Array("0123456789abcdef".utf8)[(address - start) % 16]
  }

  private func module(_ engine: Engine, _ fields: String) throws -> Module {
    try Module(engine, text: "(module \(fields))")
  }

  @Test("Each instance has the module's data, whatever others wrote", arguments: TestedEngine.all)
  func isolation(tested: TestedEngine) throws {
    let engine = tested.make()
    let module = try module(
      engine,
      """
      (memory (export "m") 20 40)
      (data (i32.const 1000) "\(Self.bytes(100_000))")
      (data (i32.const 50000) "overlapping")
      (data $passive "kept")
      (data (i32.const 900000) "far")
      (func (export "fill") (memory.fill (i32.const 0) (i32.const 0xEE) (i32.mul (memory.size) (i32.const 65536))))
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
      (func (export "init") (param i32 i32) (memory.init 0 (i32.const 0) (local.get 0) (local.get 1)))
      (func (export "initPassive") (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 4)))
      """)
    func check(_ instance: Instance) throws {
      let memory = instance.memory("m")!
      #expect(memory.pageCount == 20)
      try memory.withUnsafeMutableBytes { bytes in
        try #require(bytes.count == 20 << 16)
        for (address, byte) in bytes.enumerated() {
          let expected: UInt8 =
            switch address {
            case 50000..<50011: Array("overlapping".utf8)[address - 50000]
            case 1000..<101_000: Self.byte(at: address, from: 1000)
            case 900_000..<900_003: Array("far".utf8)[address - 900_000]
            default: 0
            }
          if byte != expected {
            Issue.record("address \(address): \(byte), not \(expected)")
            break
          }
        }
      }
      // An active segment is dropped, a passive one is not, and the memory ends where its type says.
      try instance.function("init")!.call([.i32(0), .i32(0)])
      #expect(throws: Trap.self) { try instance.function("init")!.call([.i32(0), .i32(1)]) }
      try instance.function("initPassive")!.call()
      #expect(throws: Trap.self) { try instance.function("load")!.call([.i32(20 << 16)]) }
      #expect(throws: Trap.self) { try instance.function("load")!.call([.i32(25 << 16)]) }
      #expect(throws: Trap.self) { try instance.function("load")!.call([.i32(-1)]) }
    }
    var live: [Instance] = []
    for round in 0..<12 {
      let instance = try Linker(engine).instantiate(module, in: Store(engine))
      try check(instance)
      #expect(try instance.function("grow")!.call([.i32(10)])[0].i32 == 20)
      try instance.function("fill")!.call()
      #expect(try instance.function("load")!.call([.i32((30 << 16) - 1)])[0].i32 == 0xEE)
      if round % 3 == 0 { live.append(instance) }
    }
    for instance in live { #expect(try instance.function("load")!.call([.i32(2000)])[0].i32 == 0xEE) }
  }

  @Test("A memory never shows what another guest wrote, nor is more of it accessible", arguments: TestedEngine.all)
  func succession(tested: TestedEngine) throws {
    let engine = tested.make()
    let functions = """
      (func (export "fill") (memory.fill (i32.const 0) (i32.const 0xEE) (i32.mul (memory.size) (i32.const 65536))))
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
      (func (export "sum") (result i32) (local $i i32) (local $sum i32)
        (loop $next
          (local.set $sum (i32.or (local.get $sum) (i32.load (local.get $i))))
          (local.set $i (i32.add (local.get $i) (i32.const 4)))
          (br_if $next (i32.lt_u (local.get $i) (i32.mul (memory.size) (i32.const 65536)))))
        (local.get $sum))
      """
    let image = try module(
      engine, "(memory 3) (data (i32.const 64) \"\(Self.bytes(64 << 10))\") \(functions)")
    let other = try module(
      engine, "(memory 5) (data (i32.const 100000) \"\(Self.bytes(64 << 10))\") \(functions)")
    let sizes = try [1, 2, 7, 300].map { ($0, try module(engine, "(memory \($0)) \(functions)")) }
    for round in 0..<4 {
      for dirty in [image, other] + sizes.map(\.1) {
        let instance = try Linker(engine).instantiate(dirty, in: Store(engine))
        _ = try instance.function("grow")!.call([.i32(round % 2 == 0 ? 400 : 0)])
        try instance.function("fill")!.call()
      }
      for (size, clean) in sizes {
        let instance = try Linker(engine).instantiate(clean, in: Store(engine))
        #expect(try instance.function("sum")!.call()[0].i32 == 0)
        for address in [size << 16, (size << 16) + 4096, 100 << 20, -1] where address != 100 << 20 || size < 1600 {
          #expect(throws: Trap.self) { try instance.function("load")!.call([.i32(Int32(truncatingIfNeeded: address))]) }
        }
        // Growth is zero as well.
        #expect(try instance.function("grow")!.call([.i32(100)])[0].i32 == Int32(size))
        #expect(try instance.function("sum")!.call()[0].i32 == 0)
      }
      let text = try Linker(engine).instantiate(other, in: Store(engine))
      #expect(try text.function("load")!.call([.i32(100_001)])[0].i32 == 0x31)
      #expect(try text.function("load")!.call([.i32(65)])[0].i32 == 0)
    }
  }

  @Test(
    "Segments before one that does not fit are written, others are not, in every instance", arguments: TestedEngine.all)
  func traps(tested: TestedEngine) throws {
    let engine = tested.make()
    for (elements, fitting, expected) in [("", true, 0x31), ("(elem (i32.const 99) func $load)", false, 0)] {
      let faulty = try module(
        engine,
        """
        (import "env" "t" (table 10 funcref))
        (memory 4)
        (func $load (param i32) (result i32) (i32.load8_u (local.get 0)))
        (elem (i32.const 0) func $load)
        \(elements)
        (data (i32.const 64) "\(Self.bytes(100_000))")
        (data (i32.const 262143) "xy")
        (data (i32.const 10) "later")
        """)
      for _ in 0..<4 {
        let store = try Store(engine)
        let table = try Table(
          store, type: TableType(element: .funcref, limits: Limits(minimum: 10)), initial: .function(nil))
        let own = Linker(engine)
        try own.define("env", "t", .table(table))
        let trap = #expect(throws: Trap.self) { try own.instantiate(faulty, in: store) }
        #expect(trap?.code == (fitting ? .outOfBoundsMemoryAccess : .outOfBoundsTableAccess))
        let load = try #require(try table.get(0).anyFunction)
        #expect(try load.call([.i32(65)])[0].i32 == Int32(expected))
        #expect(try load.call([.i32(100_000)])[0].i32 == Int32(fitting ? Int(Self.byte(at: 100_000, from: 64)) : 0))
        #expect(try load.call([.i32(10)])[0].i32 == 0)
        #expect(try load.call([.i32(262143)])[0].i32 == 0)
      }
    }
  }

  @Test("Memories of all kinds have their data in later instances, too", arguments: TestedEngine.all)
  func kinds(tested: TestedEngine) throws {
    let engine = tested.make { $0.features = .all }
    let module = try module(
      engine,
      """
      (global $offset i32 (i32.const 40))
      (memory (export "a") 2)
      (memory (export "b") i64 3)
      (memory (export "c") 2 2 shared)
      (memory (export "d") 200000 (pagesize 1))
      (memory (export "e") 2)
      (data (memory 0) (i32.const 0) "\(Self.bytes(64 << 10))")
      (data (memory 1) (i64.const 70000) "\(Self.bytes(64 << 10))")
      (data (memory 2) (i32.const 0) "\(Self.bytes(64 << 10))")
      (data (memory 3) (i32.const 134464) "\(Self.bytes(65536))")
      (data (memory 4) (i32.const 0) "small")
      (data (memory 0) (i32.add (i32.const 8) (i32.const 8)) "computed")
      (data (memory 0) (global.get $offset) "global")
      (data (memory 0) (i32.const 42) "last")
      (func (export "growB") (param i64) (result i64) (memory.grow 1 (local.get 0)))
      (func (export "loadB") (param i64) (result i32) (i32.load8_u 1 (local.get 0)))
      (func (export "growD") (param i32) (result i32) (memory.grow 3 (local.get 0)))
      (func (export "loadD") (param i32) (result i32) (i32.load8_u 3 (local.get 0)))
      """)
    for _ in 0..<4 {
      let instance = try Linker(engine).instantiate(module, in: Store(engine))
      func text(_ name: String, _ address: UInt64, _ count: UInt64) throws -> String {
        try instance.memory(name)!.readString(at: address, count: count)
      }
      #expect(try text("a", 14, 12) == "efcomputed89")
      #expect(try text("a", 38, 10) == "67gllastef")
      #expect(try text("b", 70000, 16) == "0123456789abcdef")
      #expect(try text("b", 70000 + 65535, 1) == "f")
      #expect(try text("c", 65520, 16) == "0123456789abcdef")
      #expect(try text("d", 199_984, 16) == "0123456789abcdef")
      #expect(try text("e", 0, 6) == "small\0")
      #expect(try instance.function("loadD")!.call([.i32(199_999)])[0].i32 == 0x66)
      #expect(throws: Trap.self) { try instance.function("loadD")!.call([.i32(200_000)]) }
      // These grow beyond what was reserved, and move.
      #expect(try instance.function("growB")!.call([.i64(1000)])[0].i64 == 3)
      #expect(try instance.function("growD")!.call([.i32(1_000_000)])[0].i32 == 200_000)
      #expect(try text("b", 70000, 16) == "0123456789abcdef")
      #expect(try text("d", 199_984, 17) == "0123456789abcdef\0")
      #expect(try instance.function("loadB")!.call([.i64(1003 * 65536 - 1)])[0].i32 == 0)
      #expect(try instance.function("loadD")!.call([.i32(1_199_999)])[0].i32 == 0)
      try instance.memory("b")!.write("x", at: 70000)
      try instance.memory("c")!.write("x", at: 0)
      try instance.memory("a")!.write("x", at: 0)
    }
  }

  @Test("The memory of the five-thousandth live store works as that of the first", arguments: [false, true])
  func manyStores(isCompiled: Bool) throws {
    var configuration = Engine.Configuration()
    configuration.execution = isCompiled ? .jit(.none) : .interpreter
    configuration.checksBounds = true
    configuration.heap.poisonsUnusedMemory = false
    let engine = Engine(configuration)
    let module = try module(
      engine,
      """
      (memory (export "m") 2)
      (data (i32.const 8) "\(Self.bytes(64 << 10))")
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
      (func (export "store") (param i32) (i32.store8 (local.get 0) (i32.const 0xEE)))
      """)
    let prepared = try Linker(engine).prepare(module)
    var live: [Instance] = []
    for number in 0..<5000 {
      live.append(try prepared.instantiate(in: Store(engine)))
      guard number % 499 == 0 else { continue }
      let load = live[number].function("load")!
      let store = live[number].function("store")!
      #expect(try load.call([.i32(100)])[0].i32 == Int32(Self.byte(at: 100, from: 8)))
      #expect(try load.call([.i32(131_071)])[0].i32 == 0)
      for address: Int32 in [131_072, 135_168, 1 << 30, -1] {
        #expect(throws: Trap.self) { try load.call([.i32(address)]) }
      }
      try store.call([.i32(100)])
      #expect(try live[number].function("grow")!.call([.i32(100)])[0].i32 == 2)
      #expect(try load.call([.i32(100)])[0].i32 == 0xEE)
      #expect(try load.call([.i32(101)])[0].i32 == Int32(Self.byte(at: 101, from: 8)))
      for address: Int32 in [65_544, 131_072, 102 * 65536 - 1] { #expect(try load.call([.i32(address)])[0].i32 == 0) }
      #expect(throws: Trap.self) { try load.call([.i32(102 * 65536)]) }
      try store.call([.i32(102 * 65536 - 1)])
    }
    #expect(try live[3].function("load")!.call([.i32(100)])[0].i32 == Int32(Self.byte(at: 100, from: 8)))
  }

  @Test("Memories count against limits as often as they are created")
  func ledger() throws {
    let engine = Engine()
    let module = try module(
      engine, "(memory (export \"m\") 2 3) (data (i32.const 64) \"\(Self.bytes(64 << 10))\")")
    for _ in 0..<5 {
      let store = try Store(engine, limits: Store.Limits(memoryByteCount: 5 << 16))
      let first = try Linker(engine).instantiate(module, in: store)
      #expect(first.memory("m")!.grow(by: 1) == 2)
      let second = try Linker(engine).instantiate(module, in: store)
      #expect(second.memory("m")!.grow(by: 1) == nil)
      #expect(throws: LimitExceeded.self) { try Linker(engine).instantiate(module, in: store) }
    }
  }

  @Test("Threads create and end instances of several modules at once")
  func threads() async throws {
    let engine = Engine()
    let modules = try (1...6).map { number in
      try module(
        engine,
        """
        (memory (export "m") \(number) 100)
        (data (i32.const \(number)) "\(number % 2 == 0 ? Self.bytes(60_000) : "0123")")
        """)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for thread in 0..<4 {
        group.addTask {
          for round in 0..<300 {
            let index = (round * 7 + thread) % 6
            let instance = try Linker(engine).instantiate(modules[index], in: Store(engine))
            let memory = instance.memory("m")!
            try #require(try memory.load(UInt32.self, at: UInt64(index + 1)) == 0x3332_3130)
            try #require(try memory.load(UInt8.self, at: 0) == 0)
            let end = UInt64(memory.byteCount)
            try #require(try memory.load(UInt64.self, at: end - 8) == 0 || end == 65536 && index % 2 == 1)
            memory.grow(by: UInt64(round % 50))
            try memory.store(UInt64.max, at: 0)
            try memory.store(UInt64.max, at: UInt64(memory.byteCount) - 8)
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
