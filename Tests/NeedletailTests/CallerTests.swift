import Needletail
import Testing

/// The store and instance that call a host function.
@Suite struct CallerTests {
  private let engine = Engine()

  @Test("A caller has the instance that called, its store, memories and exports", arguments: TestedEngine.all)
  func access(tested: TestedEngine) throws {
    var names: [String] = []
    let instance = try tested.make().instantiate(
      """
      (import "host" "f" (func $f)) (memory (export "memory") 1) (memory (export "second") 2)
      (global (export "limit") i32 (i32.const 7)) (func (export "run") (call $f))
      """
    ) { linker, store in
      try linker.define("host", "f") { (caller: Caller) in
        #expect(caller.store === store)
        names = try #require(caller.instance).exports.map(\.name)
        #expect(try caller.memory().pageCount == 1 && caller.memory("second").pageCount == 2)
        guard case .global(let limit)? = caller.export("limit") else { throw CancellationError() }
        #expect(limit.value.i32 == 7)
        #expect(caller.export("other") == nil)
        let error = #expect(throws: MissingExport.self) { try caller.memory("limit") }
        #expect(error?.name == "limit" && error?.kind == .memory)
      }
    }
    try instance.function("run")!.call()
    #expect(names == ["memory", "second", "limit", "run"])
  }

  @Test("If the host calls a host function, the caller has a store and no instance")
  func calledByHost() throws {
    let store = try Store(engine)
    let function = try Function(store) { (caller: Caller) -> Int32 in
      #expect(caller.store === store && caller.instance == nil && caller.export("memory") == nil)
      return 1
    }
    #expect(try function.call()[0].i32 == 1)
  }

  @Test("It is an error if the caller lacks the requested memory")
  func missingMemory() throws {
    for (export, asked) in [("", "memory"), ("(memory (export \"memory\") 1)", "other")] {
      let instance = try engine.instantiate(
        """
        (import "host" "f" (func $f)) \(export) (func (export "run") (call $f))
        """
      ) { linker, _ in
        try linker.define("host", "f") { (caller: Caller) in _ = try caller.memory(asked) }
      }
      let error = #expect(throws: MissingExport.self) { try instance.function("run")!.call() }
      #expect(error?.description == "the calling instance exports no memory \"\(asked)\"")
    }
    let host = try Function(Store(engine)) { (caller: Caller) in _ = try caller.memory() }
    #expect(throws: MissingExport.self) { try host.call() }
  }

  #if os(Linux) || os(macOS)
    @Test("Using a caller after the end of its store ends the process")
    func keptCaller() async {
      await #expect(processExitsWith: .failure) {
        var kept: Caller?
        func keep() throws {
          let store = try Store(Engine())
          try Function(store) { (caller: Caller, x: Int32) -> Int32 in
            kept = caller
            return x
          }.call([.i32(1)])
        }
        try keep()
        let other = try Store(Engine())
        print(kept!.store.engine.execution, other)
      }
    }
  #endif

  @Test("A stored caller has its store and instance as long as they exist")
  func callerAfterCall() throws {
    var kept: Caller?
    let instance = try engine.instantiate(
      "(import \"host\" \"f\" (func $f)) (memory (export \"memory\") 3) (func (export \"run\") (call $f))"
    ) { linker, _ in try linker.define("host", "f") { (caller: Caller) in kept = caller } }
    try instance.function("run")!.call()
    #expect(kept!.store === instance.store && kept!.instance === instance)
    #expect(try kept!.memory().pageCount == 3)
  }

  // MARK: The state of the host

  private final class Session {
    var count: Int32 = 0
  }

  @Test("A host function finds the state of its store", arguments: TestedEngine.all)
  func context(tested: TestedEngine) throws {
    let engine = tested.make()
    let linker = Linker(engine)
    try linker.define("env", "count") { (caller: Caller, isCounted: Bool) throws -> Int32 in
      let session = try caller.context(Session.self)
      if isCounted { session.count += 1 }
      return session.count
    }
    let module = try Module(
      engine,
      text: """
        (module (import "env" "count" (func $count (param i32) (result i32)))
          (func (export "f") (param i32) (result i32) (call $count (local.get 0))))
        """)
    func function(_ context: AnyObject?) throws -> TypedFunction<Int32, Bool> {
      let store = try Store(engine)
      store.context = context
      return try linker.instantiate(module, in: store).function("f")!.typed(Bool.self, returning: Int32.self)
    }
    let (first, second) = (try function(Session()), try function(Session()))
    #expect(try first(true) == 1 && first(false) == 1 && first(true) == 2)
    #expect(try second(true) == 1)
    for (context, found) in [(nil, "none"), (linker, "Linker")] as [(AnyObject?, String)] {
      let error = #expect(throws: ContextError.self) { try function(context)(true) }
      #expect("\(error!)" == "expected a store with a context of type Session, found \(found)")
    }
  }

  @Test("Every i32 but 0 is true, and results are 1 and 0")
  func booleans() throws {
    let instance = try Engine().instantiate(
      """
      (import "env" "not" (func $not (param i32) (result i32)))
      (func (export "f") (param i32) (result i32) (call $not (local.get 0)))
      """
    ) { linker, _ in
      try linker.define("env", "not") { (_: Caller, value: Bool) -> Bool in !value }
    }
    let f = try instance.function("f")!.typed(Int32.self, returning: Int32.self)
    #expect(try [f(0), f(1), f(2), f(.min), f(-1)] == [1, 0, 0, 0, 0])
  }

  @Test("Unknown functions can be defined as errors, for prepared modules too")
  func unknownImports() throws {
    let engine = Engine()
    let module = try Module(
      engine,
      text: """
        (module
          (type $s (struct))
          (import "env" "known" (func $known (result i32)))
          (import "env" "unknown" (func $unknown (param i32 (ref null $s)) (result i64)))
          (import "env" "table" (table 1 funcref))
          (func (export "f") (result i32) (call $known))
          (func (export "g") (drop (call $unknown (i32.const 1) (ref.null $s)))))
        """)
    let linker = Linker(engine)
    try linker.define("env", "known", inEachStore: { try Function($0) { (_: Caller) -> Int32 in 5 } })
    try linker.defineUnknownImportsAsTraps(module)
    let missing = #expect(throws: LinkError.self) { try linker.prepare(module) }
    #expect(missing?.message.contains("\"table\"") == true && missing?.message.contains("\"unknown\"") == false)
    let store = try Store(engine)
    try linker.define(
      "env", "table",
      .table(Table(store, type: TableType(element: .funcref, limits: Limits(minimum: 1)), initial: .function(nil))))
    let instance = try linker.instantiate(module, in: store)
    #expect("\(try instance.function("f")!.call([]))" == "[5]")
    let error = #expect(throws: UnknownImportCalled.self) { try instance.function("g")!.call([]) }
    #expect("\(error!)" == #"called the unknown import "env" "unknown""#)
  }
}
