import Needletail
import Testing

/// What modules may ask for.
@Suite struct PolicyTests {
  private let engine = Engine()

  private func module(_ fields: String) throws -> Module { try Module(engine, text: "(module \(fields))") }

  /// The rules that a module breaks.
  private func broken(_ policy: Policy, _ fields: String) throws -> [PolicyViolation.Rule] {
    do {
      try policy.check(module(fields))
      return []
    } catch let violation as PolicyViolation { return violation.items.map(\.rule) }
  }

  @Test("A new policy allows everything")
  func everything() throws {
    #expect(
      try broken(
        Policy(),
        """
        (import "a" "f" (func)) (import "a" "m" (memory 1 2 shared)) (memory (export "n") 65536)
        (func (export "g") (drop (memory.grow (i32.const 1))) (i32.store (i32.const 0) (i32.load (i32.const 0))))
        """) == [])
  }

  // MARK: Imports and exports

  @Test("Imports that are not allowed, or denied, are refused")
  func imports() throws {
    var policy = Policy()
    policy.allowedImports = [Policy.ImportPattern("wasi*", "fd_*"), Policy.ImportPattern("env", "log")]
    policy.deniedImports = [Policy.ImportPattern("*", "fd_write")]
    let fields = { (module: String, name: String) in "(import \"\(module)\" \"\(name)\" (func))" }
    #expect(try broken(policy, fields("wasi_snapshot_preview1", "fd_read")) == [])
    #expect(try broken(policy, fields("env", "log")) == [])
    #expect(try broken(policy, fields("env", "fd_read")) == [.imports])
    #expect(try broken(policy, fields("wasi_unstable", "fd_write")) == [.deniedImports])
    policy.allowedImports = []
    #expect(try broken(policy, fields("env", "log")) == [.imports])
    #expect(try broken(policy, "(func)") == [])
  }

  @Test("Exports that are not allowed, or denied, are refused")
  func exports() throws {
    var policy = Policy()
    policy.allowedExports = ["run*"]
    policy.deniedExports = ["run_secret"]
    #expect(try broken(policy, #"(func (export "run") (export "run2"))"#) == [])
    #expect(
      try broken(policy, #"(func (export "run") (export "stop") (export "run_secret"))"#) == [.exports, .deniedExports])
  }

  @Test("Functions, memories and threads have rules of their own")
  func kinds() throws {
    var policy = Policy()
    policy.canCallHost = false
    #expect(try broken(policy, #"(import "a" "f" (func)) (import "a" "g" (global i32))"#) == [.hostCalls])
    // What can hold functions is a way to call them.
    #expect(
      try broken(policy, #"(import "a" "t" (table 1 funcref)) (import "a" "g" (global (mut externref)))"#) == [
        .hostCalls, .hostCalls,
      ])
    #expect(
      try broken(policy, #"(import "a" "t" (tag (param i32))) (import "a" "u" (tag (param funcref)))"#) == [.hostCalls])
    let called = #"(import "a" "t" (table 1 funcref)) (func (call_indirect (i32.const 0)))"#
    #expect(try Policy(smallestFor: module(called)).canCallHost)
    policy = Policy()
    policy.canImportMemory = false
    policy.canExportMemory = false
    #expect(
      try broken(policy, #"(import "a" "m" (memory 1)) (export "m" (memory 0))"#) == [.memoryImport, .memoryExport])
    policy = Policy()
    policy.canUseThreads = false
    #expect(try broken(policy, #"(import "a" "m" (memory 1 1 shared))"#) == [.threads])
    #expect(try broken(policy, "(memory 1 1 shared)") == [.threads])
    #expect(try broken(policy, #"(import "wasi" "thread-spawn" (func (param i32) (result i32)))"#) == [.threads])
  }

  // MARK: Code

  @Test(
    "Code that reads, writes or grows memories is found",
    arguments: [
      ("(drop (i32.load8_u (i32.const 0)))", [.memoryRead]),
      ("(f64.store (i32.const 0) (f64.const 0))", [.memoryWrite]),
      ("(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))", [.memoryRead, .memoryWrite]),
      ("(memory.fill (i32.const 0) (i32.const 0) (i32.const 0))", [.memoryWrite]),
      ("(memory.init $d (i32.const 0) (i32.const 0) (i32.const 0))", [.memoryWrite]),
      ("(drop (v128.load8_lane 0 (i32.const 0) (v128.const i64x2 0 0)))", [.memoryRead]),
      ("(drop (v128.load32_zero (i32.const 0)))", [.memoryRead]),
      ("(v128.store8_lane 0 (i32.const 0) (v128.const i64x2 0 0))", [.memoryWrite]),
      ("(drop (i32.atomic.load (i32.const 0)))", [.memoryRead]),
      ("(i32.atomic.store (i32.const 0) (i32.const 0))", [.memoryWrite]),
      ("(drop (i32.atomic.rmw.add (i32.const 0) (i32.const 0)))", [.memoryRead, .memoryWrite]),
      ("(drop (i64.atomic.rmw8.cmpxchg_u (i32.const 0) (i64.const 0) (i64.const 0)))", [.memoryRead, .memoryWrite]),
      ("(drop (memory.grow (i32.const 1)))", [.memoryGrowth]),
      ("(drop (memory.size))", []),
      ("(data.drop $d)", []),
    ] as [(String, [PolicyViolation.Rule])])
  func code(instruction: String, rules: [PolicyViolation.Rule]) throws {
    var policy = Policy()
    (policy.canReadMemory, policy.canWriteMemory, policy.canGrowMemory) = (false, false, false)
    #expect(try broken(policy, "(memory 1) (data $d \"\") (data (i32.const 0) \"x\") (func \(instruction))") == rules)
  }

  @Test("Proposals that are not allowed are named")
  func features() throws {
    var policy = Policy()
    policy.features = [.bulkMemory]
    let copy = "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))"
    #expect(try broken(policy, copy) == [])
    let vectors = #"(func (result v128) (v128.const i64x2 0 0))"#
    #expect(try broken(policy, vectors) == [.features])
    let error = #expect(throws: PolicyViolation.self) { try policy.check(module(vectors)) }
    #expect(error?.items.first?.message.contains("needs the proposal simd, which is not allowed") == true, "\(error!)")
  }

  @Test("Sizes that a module declares at least are checked against limits")
  func declaredSizes() throws {
    var policy = Policy()
    policy.limits.memoryByteCount = 2 << 16
    policy.limits.tableElementCount = 10
    policy.limits.totalByteCount = 2 << 16
    #expect(try broken(policy, "(memory 2)") == [])
    #expect(try broken(policy, "(memory 1) (memory 2)") == [.memoryLimit, .totalLimit])
    #expect(try broken(policy, "(table 10 funcref)") == [])
    #expect(try broken(policy, "(table 11 funcref)") == [.tableElementLimit])
    #expect(try broken(policy, "(memory i64 0x1000000000000)") == [.memoryLimit, .totalLimit])
    // It counts where it was defined.
    #expect(try broken(policy, #"(import "a" "m" (memory 2)) (import "a" "m" (memory 2))"#) == [])
    policy.limits.memoryByteCount = 65535
    let error = #expect(throws: PolicyViolation.self) { try policy.check(module("(memory 1)")) }
    #expect(error?.items.first?.message == "expected at most 65535 bytes, found 65536")
  }

  @Test("A violation lists at most 20 items and counts the rest")
  func manyItems() throws {
    var policy = Policy()
    policy.allowedImports = []
    let fields = (0..<1000).map { "(import \"env\" \"f\($0)\" (func))" }.joined()
    let error = #expect(throws: PolicyViolation.self) { try policy.check(module(fields)) }
    #expect(error?.items.count == 20 && error?.omittedCount == 980)
    #expect(error?.description.hasSuffix("\n  and 980 more") == true)
    #expect(error?.description.hasPrefix("refused by the policy:\n  imports: \"env\" \"f0\" is not allowed\n") == true)
  }

  @Test("Patterns without a star take no time for each name")
  func manyPatterns() throws {
    let exports = (0..<100_000).map { "(export \"function_name_\($0)\" (func 0))" }.joined()
    let module = try module("(func) \(exports)")
    let policy = try Policy(smallestFor: module)
    #expect(policy.allowedExports?.count == 100_000)
    try policy.check(module)
  }

  @Test("Names cannot look like the rest of a message")
  func quoting() throws {
    var policy = Policy()
    policy.allowedExports = []
    let error = #expect(throws: PolicyViolation.self) {
      try policy.check(module(#"(func (export "a\22 is not allowed\0aerror: \5c"))"#))
    }
    #expect(error?.items.first?.message == #""a\" is not allowed\\nerror: \\" is not allowed"#)
  }

  @Test("A union allows what each of two policies allows")
  func union() throws {
    let (one, other) = try (
      module(#"(import "a" "f" (func)) (memory 1)"#),
      module(#"(memory (export "m") 2) (func (result v128) (v128.const i64x2 0 0))"#)
    )
    var policy = try Policy(smallestFor: one)
    #expect(throws: PolicyViolation.self) { try policy.check(other) }
    try policy.formUnion(Policy(smallestFor: other))
    try policy.check(one)
    try policy.check(other)
    #expect(policy.limits.memoryByteCount == 3 << 16 && policy.features == .simd)
    #expect(!policy.canGrowMemory && !policy.canUseThreads)
    policy.formUnion(Policy())
    #expect(policy.allowedImports == nil && policy.features == nil && policy.canGrowMemory)
  }

  // MARK: Using policies

  @Test("A linker refuses modules before any of their code runs")
  func linker() throws {
    var didRun = false
    let linker = Linker(engine)
    try linker.define("env", "run") { (_: Caller) in didRun = true }
    linker.policy = Policy()
    linker.policy?.canCallHost = false
    let module = try module(#"(import "env" "run" (func $run)) (start $run)"#)
    #expect(throws: PolicyViolation.self) { try linker.instantiate(module, in: Store(engine)) }
    #expect(throws: PolicyViolation.self) { try linker.prepare(module) }
    #expect(!didRun)
    linker.policy = Policy()
    _ = try linker.instantiate(module, in: Store(engine))
    #expect(didRun)
  }

  @Test("A store has the limits of a policy", arguments: TestedEngine.all)
  func store(tested: TestedEngine) throws {
    let engine = tested.make()
    var policy = Policy()
    policy.limits.memoryByteCount = 3 << 16
    let store = try Store(engine, policy: policy, limits: Store.Limits(tableElementCount: 5))
    let module = try Module(
      engine,
      text: """
        (module (memory 1) (table 1 funcref)
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
          (func (export "extend") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))
        """)
    let instance = try Linker(engine).instantiate(module, in: store)
    #expect(try instance.function("grow")!.call([.i32(3)])[0].i32 == -1)
    #expect(try instance.function("grow")!.call([.i32(2)])[0].i32 == 1)
    #expect(try instance.function("extend")!.call([.i32(5)])[0].i32 == -1)
    policy.limits.fuel = 100
    #expect(throws: ArgumentError.self) { try Store(engine, policy: policy) }
  }

  @Test("A store has the fuel and the time of a policy")
  func fuelAndTime() throws {
    var configuration = Engine.Configuration()
    configuration.fuel = FuelCosts()
    configuration.isInterruptible = true
    let engine = Engine(configuration)
    let module = try Module(engine, text: #"(module (func (export "spin") (loop $l (br $l))))"#)
    var policy = Policy()
    policy.limits.fuel = 1000
    let store = try Store(engine, policy: policy)
    #expect(store.fuel == 1000)
    let spin = try Linker(engine).instantiate(module, in: store).function("spin")!
    #expect(#expect(throws: Trap.self) { try spin.call() }?.code == .outOfFuel)
    policy.limits.fuel = UInt64(Int64.max)
    policy.limits.time = .milliseconds(10)
    let other = try Linker(engine).instantiate(module, in: Store(engine, policy: policy)).function("spin")!
    #expect(#expect(throws: Trap.self) { try other.call() }?.code == .deadlineExceeded)
  }

  @Test("The code of an artifact is checked too")
  func artifact() throws {
    var configuration = Engine.Configuration()
    configuration.execution = .jit(.basic)
    let engine = Engine(configuration)
    let text = #"(module (memory 1) (func (export "f") (drop (memory.grow (i32.const 1)))))"#
    guard let bytes = try? Module(engine, text: text).artifact() else { return }
    let module = try Module(engine, unsafeArtifact: Artifact(bytes))
    var policy = Policy()
    policy.canGrowMemory = false
    policy.features = []
    let error = #expect(throws: PolicyViolation.self) { try policy.check(module) }
    #expect(error?.items.map(\.rule) == [.memoryGrowth])
  }

  // MARK: The smallest policy

  @Test("The smallest policy allows a module, and nothing else of what it could ask for")
  func smallest() throws {
    let module = try module(
      """
      (import "env" "a*b" (func)) (import "env" "\\\\" (global i32)) (memory (export "m") 2)
      (func (export "f") (i32.store (i32.const 0) (i32.extend8_s (i32.const 0))))
      """)
    let policy = try Policy(smallestFor: module)
    try policy.check(module)
    #expect(policy.features == .signExtension)
    #expect(policy.limits.memoryByteCount == 2 << 16)
    #expect(policy.canCallHost && policy.canWriteMemory && policy.canExportMemory)
    #expect(!policy.canReadMemory && !policy.canGrowMemory && !policy.canImportMemory && !policy.canUseThreads)
    #expect(try broken(policy, #"(import "env" "aXb" (func))"#) == [.imports])
    #expect(try broken(policy, #"(func (export "g"))"#) == [.exports])
    #expect(try Policy(json: Array(policy.json.utf8)) == policy)
  }

  @Test(
    "The proposals that a module uses are found",
    arguments: [
      ("(func)", []), ("(memory 1) (memory 1)", .multiMemory), ("(memory i64 1)", .memory64),
      ("(type (struct))", .gc), ("(memory 1 1 shared)", .threads),
      ("(func (result i32 i32) (unreachable))", .multiValue),
      (#"(import "a" "g" (global (mut i32)))"#, .mutableGlobals), ("(table 1 externref)", .referenceTypes),
      (
        "(func (result v128) (unreachable) (i8x16.swizzle) (i32.trunc_sat_f32_s (f32.const 1)) (drop))",
        [.simd, .saturatingConversions]
      ),
    ] as [(String, Features)])
  func usedFeatures(fields: String, features: Features) throws {
    let used = try module(fields).usedFeatures()
    #expect(used == features, "\(used)")
  }
}
