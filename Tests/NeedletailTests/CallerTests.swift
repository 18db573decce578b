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
}
