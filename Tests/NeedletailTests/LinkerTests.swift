import Needletail
import Testing

/// Definitions by name, and instantiation.
@Suite struct LinkerTests {
  private let engine = Engine()
  private let linker: Linker
  private let store: Store

  init() throws {
    linker = Linker(engine)
    store = try Store(engine)
  }

  private func module(_ fields: String) throws -> Module { try Module(engine, text: "(module \(fields))") }

  private func message(_ fields: String) -> String {
    do {
      _ = try linker.instantiate(module(fields), in: store)
      return ""
    } catch { return "\(error)" }
  }

  // MARK: Defining

  @Test("A name can be defined once, or again if the linker allows shadowing")
  func shadowing() throws {
    try linker.define("env", "f") { (_: Caller) -> Int32 in 1 }
    #expect(linker.defines("env", "f") && !linker.defines("env", "g") && !linker.defines("f", "env"))
    let error = #expect(throws: LinkError.self) { try linker.define("env", "f") { (_: Caller) -> Int32 in 2 } }
    #expect(error?.message == "\"env\" \"f\" is defined already: it is a function of the host")
    linker.allowsShadowing = true
    try linker.define("env", "f") { (_: Caller) -> Int32 in 3 }
    let instance = try linker.instantiate(
      module("(import \"env\" \"f\" (func (result i32))) (export \"f\" (func 0))"), in: store)
    #expect(try instance.function("f")!.call()[0].i32 == 3)
  }

  @Test("Names are compared by bytes, not by canonical equivalence")
  func canonicalEquivalence() throws {
    try linker.define("env", "\u{E9}") { (_: Caller) in }
    #expect(linker.defines("env", "\u{E9}") && !linker.defines("env", "e\u{301}"))
    try linker.define("env", "e\u{301}") { (_: Caller) in }
    #expect(message("(import \"env\" \"e\\cc\\81\" (func))") == "")
  }

  @Test("A host function of known or dynamic type serves every store of the engine", arguments: TestedEngine.all)
  func hostFunctions(tested: TestedEngine) throws {
    let engine = tested.make()
    let linker = Linker(engine)
    try linker.define("env", "add") { (_: Caller, a: Int32, b: Int64) -> (Int64, Int32) in (b + Int64(a), a) }
    try linker.define(
      "env", "sum", type: FunctionType(parameters: [.i32, .i32], results: [.i32])
    ) { _, arguments in [.i32(arguments.compactMap(\.i32).reduce(0, +))] }
    let module = try Module(
      engine,
      text: """
        (module
          (import "env" "add" (func $add (param i32 i64) (result i64 i32)))
          (import "env" "sum" (func $sum (param i32 i32) (result i32)))
          (func (export "add") (result i64 i32) (call $add (i32.const 1) (i64.const 2)))
          (func (export "sum") (result i32) (call $sum (i32.const 3) (i32.const 4))))
        """)
    for _ in 0..<2 {
      let instance = try linker.instantiate(module, in: Store(engine))
      let (long, short) = try instance.function("add")!.typed(returning: Int64.self, Int32.self)()
      #expect(long == 3 && short == 1)
      #expect(try instance.function("sum")!.call()[0].i32 == 7)
    }
  }

  @Test("A host function of dynamic type must return values of its result types")
  func wrongResults() throws {
    for results in [[], [.i64(1)], [.i32(1), .i32(2)]] as [[Value]] {
      let linker = Linker(engine)
      try linker.define("env", "f", type: FunctionType(results: [.i32])) { _, _ in results }
      let instance = try linker.instantiate(
        module("(import \"env\" \"f\" (func (result i32))) (export \"f\" (func 0))"), in: store)
      #expect(throws: ArgumentError.self) { try instance.function("f")!.call() }
    }
  }

  @Test("All exports of an instance are defined under their own names")
  func instances() throws {
    let library = try linker.instantiate(
      module("(memory (export \"m\") 2) (global (export \"g\") i32 (i32.const 9)) (func (export \"f\"))"), in: store)
    try linker.define(instance: library, as: "library")
    #expect(["m", "g", "f"].allSatisfy { linker.defines("library", $0) })
    let user = try linker.instantiate(
      module(
        "(import \"library\" \"m\" (memory 1)) (import \"library\" \"g\" (global i32)) (export \"m\" (memory 0))"),
      in: store)
    #expect(user.memory("m")?.pageCount == 2)
    let error = #expect(throws: LinkError.self) { try linker.define(instance: library, as: "library") }
    #expect(
      error?.message.split(separator: "\n") == [
        "\"library\" \"m\" is defined already: it is (memory 2)",
        "\"library\" \"g\" is defined already: it is (global i32)",
        "\"library\" \"f\" is defined already: it is (func)",
      ])
  }

  // MARK: Instantiating

  @Test("All missing and mismatched imports are listed, with their types")
  func listing() throws {
    try linker.define("env", "f") { (_: Caller) in }
    #expect(
      message("(import \"env\" \"f\" (func (param i32)))")
        == "incompatible import type: \"env\" \"f\": expected (func (param i32)), found (func)")
    let missing = message("(import \"env\" \"f\" (func (param i32))) (import \"a\" \"b\" (memory 1))")
    #expect(missing.hasPrefix("unknown import: \"a\" \"b\" (memory 1) is not defined"))
    #expect(missing.contains("\nincompatible import type: \"env\" \"f\": expected (func (param i32)), found (func)"))
    let many = (0..<50).map { "(import \"a\" \"\($0)\" (func))" }.joined()
    #expect(message(many).hasSuffix("\n  and 30 more"))
  }

  @Test("The error suggests the module or name that may have been meant")
  func suggestions() throws {
    try linker.define("environment", "print_line") { (_: Caller) in }
    #expect(message("(import \"env\" \"print_line\" (func))").hasSuffix("it is defined in \"environment\""))
    #expect(message("(import \"environment\" \"print_lime\" (func))").contains("print_line"))
    #expect(message("(import \"enviroment\" \"other\" (func))").contains("environment"))
  }

  @Test("An item can be imported if its type matches: a memory and table by limits, a global exactly")
  func matching() throws {
    try linker.define("env", "m", .memory(Memory(store, type: MemoryType(limits: Limits(minimum: 2, maximum: 4)))))
    try linker.define(
      "env", "g", .global(Global(store, type: GlobalType(value: .i32, isMutable: true), value: .i32(0))))
    for (item, fits) in [
      ("\"m\" (memory 1)", true), ("\"m\" (memory 2 5)", true), ("\"m\" (memory 3)", false),
      ("\"m\" (memory 2 3)", false), ("\"m\" (memory i64 2)", false), ("\"g\" (global (mut i32))", true),
      ("\"g\" (global i32)", false), ("\"g\" (global (mut i64))", false), ("\"g\" (memory 1)", false),
    ] {
      let message = message("(import \"env\" \(item))")
      #expect(
        message.hasPrefix(fits ? "" : "incompatible import type") && message.isEmpty == fits, "\(item): \(message)")
    }
  }

  @Test("A trap in the start function or a segment ends the instantiation; earlier segments stay written")
  func traps() throws {
    let memory = try Memory(store, type: MemoryType(limits: Limits(minimum: 1)))
    try linker.define("env", "m", .memory(memory))
    #expect(
      (#expect(throws: Trap.self) {
        try linker.instantiate(
          module("(import \"env\" \"m\" (memory 1)) (data (i32.const 0) \"a\") (data (i32.const 65536) \"b\")"),
          in: store)
      })?.code == .outOfBoundsMemoryAccess)
    #expect(try memory.readString(at: 0, count: 1) == "a")
    #expect(
      (#expect(throws: Trap.self) {
        try linker.instantiate(module("(func $f unreachable) (start $f)"), in: store)
      })?.code == .unreachable)
  }
}
