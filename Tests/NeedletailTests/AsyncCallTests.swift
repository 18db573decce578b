import Needletail
import NeedletailSystem
import Synchronization
import Testing
import WasmText

/// Calls that async host functions suspend.
@Suite struct AsyncCallTests {
  /// Continues its task on whichever thread is free.
  private static func pass() async {
    await Task.yield()
    await Task.yield()
  }

  /// `env.sleep` waits for an hour, or until the task is cancelled; `env.pass` waits a little; `env.add` adds after a wait.
  private static func link(_ linker: Linker, _ store: Store) throws {
    try linker.defineAsync("env", "sleep") { (_: Caller) async throws in try await Task.sleep(for: .seconds(3600)) }
    try linker.defineAsync("env", "pass") { (_: Caller) async in await pass() }
    try linker.defineAsync("env", "add") { (_: Caller, x: Int32, y: Int32) async -> Int32 in
      await pass()
      return x &+ y
    }
  }

  private static let imports = """
    (import "env" "sleep" (func $sleep)) (import "env" "pass" (func $pass))
    (import "env" "add" (func $add (param i32 i32) (result i32)))
    """

  /// Does something after some milliseconds, even if guests occupy all threads of the cooperative pool.
  private static func later(_ milliseconds: Int, _ body: @escaping @Sendable () -> Void) {
    let thread = NativeThread {
      NativeThread.sleep(for: .milliseconds(milliseconds))
      body()
    }
    thread?.detach()
  }

  /// Longer than all tests together take, which share the threads of the cooperative pool.
  private static let longTime = Duration.seconds(86_400)

  private nonisolated(nonsending) static func call(
    _ instance: Instance, _ name: String, _ arguments: Value...
  ) async throws -> Int32? {
    try await instance.function(name)!.callAsync(arguments).first?.i32
  }

  private nonisolated(nonsending) static func code(
    _ body: nonisolated(nonsending) () async throws -> Void
  ) async -> TrapCode? {
    do { try await body() } catch { return (error as? Trap)?.code }
    return nil
  }

  @Test("A guest waits for the host in a loop and in recursion", arguments: EveryEngine.allCases)
  func loop(tested: EveryEngine) async throws {
    let instance = try tested.engine().instantiate(
      """
      \(Self.imports)
      (func (export "sum") (param $n i32) (result i32) (local $sum i32)
        (loop $next
          (local.set $sum (call $add (local.get $sum) (local.get $n)))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
      (func $fib (export "fib") (param i32) (result i32)
        (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
          (else (call $add
            (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
      """, Self.link)
    let sum = try instance.function("sum")!.typed(Int32.self, returning: Int32.self)
    for _ in 0..<3 { #expect(try await sum.callAsync(100) == 5050) }
    #expect(try await instance.function("fib")!.callAsync([.i32(11)])[0].i32 == 89)
  }

  @Test("Arguments and results of every kind survive a wait", arguments: EveryEngine.allCases)
  func values(tested: EveryEngine) async throws {
    final class Thing {}
    let instance = try tested.engine().instantiate(
      """
      (import "env" "swap" (func $swap (param i32 i64 f32 f64 v128 externref) (result externref v128 f64 f32 i64 i32)))
      (import "env" "twice" (func $twice (param f64) (result f64)))
      (func (export "run") (param i32 i64 f32 f64 v128 externref) (result externref v128 f64 f32 i64 i32)
        (call $swap (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)))
      (func (export "twice") (param f64) (result f64) (call $twice (local.get 0)))
      """
    ) { linker, _ in
      try linker.defineAsync("env", "swap") {
        (_: Caller, a: Int32, b: Int64, c: Float, d: Double, e: SIMD16<UInt8>, f: ExternalReference?) async -> (
          ExternalReference?, SIMD16<UInt8>, Double, Float, Int64, Int32
        ) in
        await Self.pass()
        return (f, e &+ 1, d, c, b, a)
      }
      let type = FunctionType(parameters: [.f64], results: [.f64])
      try linker.defineAsync("env", "twice", type: type) { _, arguments async in
        await Self.pass()
        guard case .f64(let value) = arguments[0] else { return [] }
        return [.f64(2 * value)]
      }
    }
    let run = try instance.function("run")!.typed(
      Int32.self, Int64.self, Float.self, Double.self, SIMD16<UInt8>.self, ExternalReference?.self,
      returning: ExternalReference?.self, SIMD16<UInt8>.self, Double.self, Float.self, Int64.self, Int32.self)
    let thing = Thing()
    let (f, e, d, c, b, a) = try await run.callAsync(
      -1, .min, 1.5, -2.5, SIMD16(repeating: 7), ExternalReference(thing))
    #expect(f?.object === thing && e == SIMD16(repeating: 8) && d == -2.5 && c == 1.5 && b == .min && a == -1)
    guard case .f64(let twice)? = try await instance.function("twice")!.callAsync([.f64(1.25)]).first else {
      throw SuspensionFailure()
    }
    #expect(twice == 2.5)
  }

  private struct SuspensionFailure: Error {}

  @Test("Guests wait by the hundred while two threads serve them", arguments: EveryEngine.allCases)
  func crowd(tested: EveryEngine) async throws {
    let engine = tested.engine()
    let module = try Module(
      engine,
      text: """
        (module (import "env" "meet" (func $meet (param i32) (result i32)))
          (func (export "run") (param i32) (result i32) (i32.add (call $meet (local.get 0)) (call $meet (i32.const 1)))))
        """)
    let count = 300
    let crowd = Crowd(count)
    let total = try await withThrowingTaskGroup(of: Int32.self) { group in
      for number in 0..<Int32(count) {
        group.addTask {
          let linker = Linker(engine)
          var isFirst = true
          try linker.defineAsync("env", "meet") { (_: Caller, x: Int32) async -> Int32 in
            if isFirst { await crowd.meet() }
            isFirst = false
            return x
          }
          let run = try linker.instantiate(module, in: Store(engine)).function("run")!
          return try await run.callAsync([.i32(number)])[0].i32!
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(total == Int32(count * (count - 1) / 2 + count))
  }

  /// Lets tasks wait until all have arrived.
  private actor Crowd {
    private var missing: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []
    init(_ count: Int) { missing = count }

    func meet() async {
      missing -= 1
      if missing > 0 { return await withCheckedContinuation { waiting.append($0) } }
      for continuation in waiting { continuation.resume() }
    }
  }

  @Test(
    "A cancelled task's guest ends, waiting or running, and its store can be used again", arguments: TestedEngine.all)
  func cancellation(tested: TestedEngine) async throws {
    let engine = tested.make { $0.isInterruptible = true }
    let module = try Module(
      engine,
      text: """
        (module \(Self.imports)
          (func (export "wait") (call $sleep))
          (func (export "spin") (call $pass) (loop $l (br $l)))
          (func (export "answer") (result i32) (call $add (i32.const 40) (i32.const 2))))
        """)
    for name in ["wait", "spin"] {
      for delay in [0, 5] {
        let task = Task {
          let linker = Linker(engine)
          let store = try Store(engine)
          try Self.link(linker, store)
          let instance = try linker.instantiate(module, in: store)
          let outcome = await Result.of { try await instance.function(name)!.callAsync() }
          // This task is still cancelled.
          nonisolated(unsafe) let answer = instance.function("answer")!
          #expect(try await Task { try await answer.callAsync()[0].i32 }.value == 42)
          return try outcome.get().count
        }
        if delay == 0 { task.cancel() } else { Self.later(delay) { task.cancel() } }
        await #expect(throws: CancellationError.self) { try await task.value }
      }
    }
  }

  @Test("A deadline ends waits and code, and the store can be used again", arguments: TestedEngine.all)
  func deadline(tested: TestedEngine) async throws {
    let instance = try tested.make { $0.isInterruptible = true }.instantiate(
      """
      \(Self.imports)
      (func (export "wait") (call $sleep))
      (func (export "spin") (call $pass) (loop $l (br $l)))
      (func (export "answer") (result i32) (call $add (i32.const 40) (i32.const 2)))
      """, Self.link)
    let store = instance.store
    for name in ["wait", "spin"] {
      let function = instance.function(name)!
      #expect(await Self.code { try await function.callAsync(timeout: .milliseconds(10)) } == .deadlineExceeded)
      #expect(store.deadline == nil)
      #expect(try await instance.function("answer")!.callAsync()[0].i32 == 42)
      store.deadline = .now + .milliseconds(10)
      #expect(await Self.code { _ = try await function.callAsync() } == .deadlineExceeded)
      #expect(await Self.code { try await function.callAsync(timeout: Self.longTime) } == .deadlineExceeded)
      store.deadline = nil
      #expect(try await instance.function("answer")!.callAsync(timeout: Self.longTime)[0].i32 == 42)
      let handle = store.interruptHandle
      Self.later(5) { handle.interrupt() }
      #expect(await Self.code { _ = try await function.callAsync() } == .interrupted)
      handle.reset()
      #expect(try await instance.function("answer")!.callAsync()[0].i32 == 42)
    }
    #expect(!Task.isCancelled)
  }

  @Test("The deadline of an inner call ends only that call", arguments: EveryEngine.allCases)
  func innerDeadline(tested: EveryEngine) async throws {
    let instance = try tested.engine { $0.isInterruptible = true }.instantiate(
      """
      \(Self.imports) (import "env" "try" (func $try (result i32)))
      (func (export "wait") (call $sleep))
      (func (export "run") (result i32) (i32.add (call $try) (call $add (i32.const 40) (i32.const 2))))
      """
    ) { linker, store in
      try Self.link(linker, store)
      try linker.defineAsync("env", "try") { (caller: Caller) async throws -> Int32 in
        let wait = caller.instance!.function("wait")!
        let code = await Self.code { try await wait.callAsync(timeout: .milliseconds(10)) }
        try await Task.sleep(for: .milliseconds(1))
        return code == .deadlineExceeded && !Task.isCancelled ? 100 : 0
      }
    }
    let run = instance.function("run")!
    #expect(try await run.callAsync()[0].i32 == 142)
    #expect(try await run.callAsync(timeout: Self.longTime)[0].i32 == 142)
  }

  @Test("Synchronous calls refuse async host functions", arguments: EveryEngine.allCases)
  func synchronous(tested: EveryEngine) async throws {
    let instance = try tested.engine().instantiate(
      """
      \(Self.imports) (import "env" "back" (func $back (result i32)))
      (func (export "answer") (result i32) (call $add (i32.const 40) (i32.const 2)))
      (func (export "run") (result i32) (call $back))
      (func (export "both") (result i32) (i32.add (call $add (i32.const 1) (i32.const 2)) (call $back)))
      """
    ) { linker, store in
      try Self.link(linker, store)
      // A host function that calls back while its caller's stack has a frame of Swift.
      try linker.define("env", "back") { (caller: Caller) throws -> Int32 in
        try caller.instance!.function("answer")!.call()[0].i32!
      }
    }
    for name in ["answer", "run"] {
      let error = #expect(throws: SuspensionError.self) { try instance.function(name)!.call() }
      #expect(error?.reason == .synchronousCall)
    }
    for name in ["run", "both"] {
      let function = instance.function(name)!
      await #expect(throws: SuspensionError.self) { _ = try await function.callAsync() }
    }
    #expect(try await instance.function("answer")!.callAsync()[0].i32 == 42)
  }

  @Test("Traps, exceptions and errors pass through a stack that was suspended", arguments: EveryEngine.allCases)
  func errors(tested: EveryEngine) async throws {
    struct Refusal: Error {}
    let instance = try tested.engine().instantiate(
      """
      \(Self.imports) (import "env" "fail" (func $fail (param i32)))
      (tag $t (export "t") (param i32)) (memory 1)
      (func $load (param i32) (result i32) (call $pass) (i32.load (local.get 0)))
      (func (export "load") (param i32) (result i32) (call $pass) (call $load (local.get 0)))
      (func (export "divide") (param i32) (result i32) (call $pass) (i32.div_u (i32.const 1) (local.get 0)))
      (func $deep (export "deep") (result i32) (call $pass) (call $endless))
      (func $endless (result i32) (i32.add (call $endless) (i32.const 1)))
      (func (export "throw") (param i32) (call $pass) (throw $t (local.get 0)))
      (func (export "fail") (param i32) (call $fail (local.get 0)))
      (func (export "catch") (param i32) (result i32)
        (block $caught (result i32)
          (try_table (catch $t $caught) (call $fail (local.get 0)))
          (i32.const -1)))
      (func (export "catchAll") (param i32) (result i32)
        (block $caught (try_table (catch_all $caught) (call $fail (local.get 0))) (return (i32.const -1)))
        (call $add (i32.const 1) (i32.const 1)))
      """
    ) { linker, store in
      try Self.link(linker, store)
      try linker.defineAsync("env", "fail") { (caller: Caller, x: Int32) async throws in
        await Self.pass()
        if x < 0 { throw Refusal() }
        guard case .tag(let tag)? = caller.export("t") else { throw Refusal() }
        throw try Exception(tag, [.i32(x)])
      }
    }
    for _ in 0..<3 {
      #expect(await Self.code { _ = try await Self.call(instance, "load", .i32(65536)) } == .outOfBoundsMemoryAccess)
      #expect(await Self.code { _ = try await Self.call(instance, "divide", .i32(0)) } == .integerDivideByZero)
      #expect(await Self.code { _ = try await Self.call(instance, "deep") } == .callStackExhausted)
      #expect(try await Self.call(instance, "load", .i32(65532)) == 0)
      await #expect(throws: Exception.self) { _ = try await Self.call(instance, "throw", .i32(3)) }
      await #expect(throws: Exception.self) { _ = try await Self.call(instance, "fail", .i32(3)) }
      await #expect(throws: Refusal.self) { _ = try await Self.call(instance, "fail", .i32(-1)) }
      #expect(try await Self.call(instance, "catch", .i32(17)) == 17)
      await #expect(throws: Refusal.self) { _ = try await Self.call(instance, "catch", .i32(-1)) }
      #expect(try await Self.call(instance, "catchAll", .i32(1)) == 2)
    }
    do { _ = try await Self.call(instance, "load", .i32(70000)) } catch let trap as Trap {
      #expect(trap.backtrace.map(\.functionIndex) == [4, 5])
    }
  }

  @Test("The collector sees the frames of suspended guests", arguments: EveryEngine.allCases)
  func garbage(tested: EveryEngine) async throws {
    let instance = try tested.engine {
      $0.heap.collectsAtEveryAllocation = true
      $0.heap.poisonsUnusedMemory = true
    }.instantiate(
      """
      (import "env" "collect" (func $collect (param i32)))
      (type $cell (struct (field (mut i32)) (field (mut (ref null $cell)))))
      (func $make (param i32) (result (ref $cell)) (struct.new $cell (local.get 0) (ref.null $cell)))
      (func $walk (export "walk") (param $n i32) (result i32) (local $kept (ref $cell))
        (local.set $kept (call $make (local.get $n)))
        (call $collect (local.get $n))
        (i32.add
          (struct.get $cell 0 (local.get $kept))
          (if (result i32) (local.get $n) (then (call $walk (i32.sub (local.get $n) (i32.const 1)))) (else (i32.const 0)))))
      (func (export "waste") (local i32)
        (loop $l
          (drop (call $make (i32.const 77)))
          (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 50)))))
      """
    ) { linker, _ in
      try linker.defineAsync("env", "collect") { (caller: Caller, depth: Int32) async throws in
        await Self.pass()
        let instance = caller.instance!
        // Synchronously, on a thread's stack, and on a second stack of the store.
        try instance.function("waste")!.call()
        await Self.pass()
        try await instance.function("waste")!.callAsync()
        if depth == 2 {
          #expect(try await instance.function("walk")!.callAsync([.i32(1)])[0].i32 == 1)
        }
      }
    }
    #expect(try await instance.function("walk")!.callAsync([.i32(5)])[0].i32 == 15)
  }

  @Test("An async host function calls guests, which wait again", arguments: EveryEngine.allCases)
  func nesting(tested: EveryEngine) async throws {
    let instance = try tested.engine().instantiate(
      """
      \(Self.imports) (import "env" "down" (func $down (param i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "run") (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (call $add (local.get 0) (call $down (i32.sub (local.get 0) (i32.const 1)))))
          (else (i32.const 0))))
      (func (export "plain") (param i32) (result i32) (i32.load (local.get 0)))
      """
    ) { linker, store in
      try Self.link(linker, store)
      try linker.defineAsync("env", "down") { (caller: Caller, x: Int32) async throws -> Int32 in
        try caller.memory().store(x, at: 8)
        await Self.pass()
        let instance = caller.instance!
        #expect(try instance.function("plain")!.call([.i32(8)])[0].i32 == x)
        return try await instance.function("run")!.callAsync([.i32(x)])[0].i32!
      }
    }
    for _ in 0..<3 { #expect(try await instance.function("run")!.callAsync([.i32(10)])[0].i32 == 55) }
  }

  @Test("Recursion through async host functions ends with an error", arguments: EveryEngine.allCases)
  func recursion(tested: EveryEngine) async throws {
    let instance = try tested.engine().instantiate(
      """
      (import "env" "again" (func $again)) (func (export "run") (call $again))
      (func (export "answer") (result i32) (i32.const 42))
      """
    ) { linker, _ in
      try linker.defineAsync("env", "again") { (caller: Caller) async throws in
        _ = try await caller.instance!.function("run")!.callAsync()
      }
    }
    await #expect(throws: LimitExceeded.self) { _ = try await instance.function("run")!.callAsync() }
    #expect(try await Self.call(instance, "answer") == 42)
  }

  @Test("A limiter cannot use the store of a call that waits", arguments: TestedEngine.all)
  func limiter(tested: TestedEngine) async throws {
    final class Limiter: ResourceLimiter {
      var body: () throws -> Void = {}
      func allows(_ request: ResourceRequest) throws -> Bool {
        try body()
        return true
      }
    }
    let engine = tested.make()
    let store = try Store(engine)
    let linker = Linker(engine)
    try Self.link(linker, store)
    let module = try Module(
      engine,
      text: """
        (module \(Self.imports) (memory 1)
          (func (export "grow") (result i32) (memory.grow (i32.const 1)))
          (func (export "wait") (call $pass)))
        """)
    let instance = try linker.instantiate(module, in: store)
    let limiter = Limiter()
    var refusals = 0
    limiter.body = {
      do {
        try instance.function("wait")!.call()
        Issue.record("the store was used in the middle of an instruction")
      } catch is StoreInUse { refusals += 1 }
    }
    store.limiter = limiter
    #expect(try await instance.function("grow")!.callAsync()[0].i32 == 1)
    #expect(refusals == 1)
    limiter.body = {}
    store.limiter = nil
    #expect(try await instance.function("grow")!.callAsync()[0].i32 == 2)
  }

  @Test("A caller that is refused does not stop the guest of the one that waits", arguments: TestedEngine.all)
  func refusedCaller(tested: TestedEngine) async throws {
    actor Plugin {
      let run: Function
      let answer: Function
      let isWaiting: AsyncStream<Void>
      let goOn: AsyncStream<Void>.Continuation

      init(_ engine: Engine) throws {
        let (isWaiting, begin) = AsyncStream<Void>.makeStream()
        let (signal, goOn) = AsyncStream<Void>.makeStream()
        self.isWaiting = isWaiting
        self.goOn = goOn
        let linker = Linker(engine)
        try linker.defineAsync("env", "wait") { (_: Caller) async in
          begin.yield()
          for await _ in signal { break }
        }
        let module = try Module(
          engine,
          text: """
            (module (import "env" "wait" (func $wait))
              (func (export "run") (call $wait)) (func (export "answer") (result i32) (i32.const 42)))
            """)
        let instance = try linker.instantiate(module, in: Store(engine))
        run = instance.function("run")!
        answer = instance.function("answer")!
      }

      func call() async throws { _ = try await run.callAsync(timeout: AsyncCallTests.longTime) }
      func result() throws -> Int32? { try answer.call()[0].i32 }
    }
    let plugin = try Plugin(tested.make())
    let first = Task { try await plugin.call() }
    for await _ in plugin.isWaiting { break }
    let second = Task { try await plugin.call() }
    second.cancel()
    await #expect(throws: StoreInUse.self) { try await second.value }
    plugin.goOn.yield()
    try await first.value
    // Nothing of the cancellation is left.
    #expect(try await plugin.result() == 42)
  }

  @Test("While a guest waits, other tasks and threads cannot use its store", arguments: EveryEngine.allCases)
  func exclusion(tested: EveryEngine) async throws {
    let instance = try tested.engine().instantiate(
      """
      \(Self.imports) (import "env" "wait" (func $wait))
      (func (export "run") (result i32) (call $wait) (i32.const 1))
      (func (export "leaf") (result i32) (i32.const 1))
      """
    ) { linker, store in
      try Self.link(linker, store)
      try linker.defineAsync("env", "wait") { (caller: Caller) async in
        nonisolated(unsafe) let leaf = caller.instance!.function("leaf")!
        for isAsync in [true, false] {
          await Task.detached {
            _ = await #expect(throws: StoreInUse.self) {
              if isAsync { _ = try await leaf.callAsync() } else { _ = try leaf.call() }
            }
          }.value
        }
        #expect((try? leaf.call()[0].i32) == 1)
      }
    }
    for _ in 0..<3 { #expect(try await instance.function("run")!.callAsync()[0].i32 == 1) }
    #expect(try instance.function("leaf")!.call()[0].i32 == 1)
  }

  @Test("Guests and host functions run on the actor that calls")
  func actors() async throws {
    let result = try await Owner().run()
    #expect(result == 42)
  }

  private actor Owner {
    func run() async throws -> Int32? {
      let instance = try Engine().instantiate(
        """
        (import "env" "add" (func $add (param i32 i32) (result i32)))
        (import "env" "plain" (func $plain))
        (func (export "run") (result i32) (call $plain) (call $add (i32.const 40) (i32.const 2)) (call $plain))
        """
      ) { linker, _ in
        try linker.define("env", "plain") { (_: Caller) in self.preconditionIsolated() }
        try linker.defineAsync("env", "add") { (_: Caller, x: Int32, y: Int32) async -> Int32 in
          self.preconditionIsolated()
          await AsyncCallTests.pass()
          self.preconditionIsolated()
          return x + y
        }
      }
      let run = instance.function("run")!
      #expect(try await run.callAsync(timeout: AsyncCallTests.longTime)[0].i32 == 42)
      return try await run.callAsync()[0].i32
    }
  }

  @Test("Without executable memory, async calls throw an error before code runs")
  func withoutCodeMemory() async throws {
    let engine = EveryEngine.threaded.engine { $0.allowsExecutableMemory = false }
    let text =
      "(global $g (export \"g\") (mut i32) (i32.const 0)) (func (export \"run\") (global.set $g (i32.const 1)))"
    let instance = try engine.instantiate(text)
    let error = await #expect(throws: SuspensionError.self) { _ = try await instance.function("run")!.callAsync() }
    #expect(error?.reason == .unsupported)
    await #expect(throws: SuspensionError.self) {
      _ = try await instance.function("run")!.callAsync(timeout: Self.longTime)
    }
    let module = try Module(engine, text: "(module \(text))")
    await #expect(throws: SuspensionError.self) {
      _ = try await Linker(engine).instantiateAsync(module, in: Store(engine))
    }
    #expect(instance.global("g")!.value.i32 == 0)
    try instance.function("run")!.call()
    #expect(instance.global("g")!.value.i32 == 1)
  }

  @Test("Async calls that have not ended are limited, and their number is given back", arguments: EveryEngine.allCases)
  func callLimit(tested: EveryEngine) async throws {
    let engine = tested.engine { $0.limits.asyncCallCount = 2 }
    let instance = try engine.instantiate(
      """
      (import "env" "again" (func $again (param i32)))
      (func (export "run") (param i32) (if (local.get 0) (then (call $again (i32.sub (local.get 0) (i32.const 1))))))
      """
    ) { linker, _ in
      try linker.defineAsync("env", "again") { (caller: Caller, count: Int32) async throws in
        #expect(engine.usage.asyncCallCount > 0)
        try await caller.instance!.function("run")!.callAsync([.i32(count)])
      }
    }
    let run = instance.function("run")!
    try await run.callAsync([.i32(1)])
    let error = await #expect(throws: LimitExceeded.self) { _ = try await run.callAsync([.i32(2)]) }
    #expect(error?.resource == .asyncCalls && error?.setting == "Engine.Configuration.limits.asyncCallCount")
    #expect(engine.usage.asyncCallCount == 0)
    try await run.callAsync([.i32(1)])
  }

  /// Runs jobs on the threads of the pool, and counts them.
  private final class CountingExecutor: TaskExecutor {
    let count = Mutex(0)

    func enqueue(_ job: consuming ExecutorJob) {
      count.withLock { $0 += 1 }
      let job = UnownedJob(job)
      let thread = NativeThread { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
      thread?.detach()
    }
  }

  @Test("Guests and host functions run on the preferred executor, also with a deadline", arguments: TestedEngine.all)
  func executor(tested: TestedEngine) async throws {
    let executor = CountingExecutor()
    let engine = tested.make()
    try await withTaskExecutorPreference(executor) {
      let instance = try engine.instantiate(
        "(import \"env\" \"wait\" (func $wait (result i32))) (func (export \"run\") (result i32) (call $wait))"
      ) { linker, _ in
        try linker.defineAsync("env", "wait") { (_: Caller) async -> Int32 in
          await Task.yield()
          return withUnsafeCurrentTask { $0?.unownedTaskExecutor == executor.asUnownedTaskExecutor() } ? 1 : 0
        }
      }
      let run = instance.function("run")!
      #expect(try await run.callAsync()[0].i32 == 1)
      #expect(try await run.callAsync(timeout: Self.longTime)[0].i32 == 1)
      instance.store.deadline = .now + Self.longTime
      #expect(try await run.callAsync()[0].i32 == 1)
    }
    #expect(executor.count.withLock { $0 } >= 3)
  }

  @Test("Guests that wait for a notification hold no thread", arguments: EveryEngine.allCases)
  func notification(tested: EveryEngine) async throws {
    let engine = tested.engine { $0.isInterruptible = true }
    let module = try Module(
      engine,
      text: """
        (module (import "env" "memory" (memory 1 1 shared))
          (func (export "wait") (param i64) (result i32) (memory.atomic.wait32 (i32.const 8) (i32.const 0) (local.get 0)))
          (func (export "wait64") (param i64) (result i32) (memory.atomic.wait64 (i32.const 16) (i64.const 1) (local.get 0)))
          (func (export "notify") (result i32) (memory.atomic.notify (i32.const 8) (i32.const 1000))))
        """)
    let linker = Linker(engine)
    let memory = try SharedMemory(type: MemoryType(limits: Limits(minimum: 1, maximum: 1), isShared: true))
    try linker.define("env", "memory", memory)
    let prepared = try linker.prepare(module)
    let count: Int32 = 40
    try await withThrowingTaskGroup(of: Int32.self) { group in
      for _ in 0..<count {
        group.addTask {
          try await prepared.instantiate(in: Store(engine)).function("wait")!.callAsync([.i64(-1)])[0].i32!
        }
      }
      group.addTask {
        // Each guest is woken once.
        let notify = try prepared.instantiate(in: Store(engine)).function("notify")!
        var woken: Int32 = 0
        while woken < count {
          woken += try await notify.callAsync()[0].i32!
          await Task.yield()
        }
        return 0
      }
      for try await outcome in group { #expect(outcome == 0) }
    }
    let instance = try prepared.instantiate(in: Store(engine))
    // Another value, timeouts, a deadline, a cancelled task.
    #expect(try await instance.function("wait64")!.callAsync([.i64(-1)])[0].i32 == 1)
    #expect(try await instance.function("wait")!.callAsync([.i64(0)])[0].i32 == 2)
    #expect(try await instance.function("wait")!.callAsync([.i64(2_000_000)])[0].i32 == 2)
    let code = await Self.code {
      _ = try await instance.function("wait")!.callAsync([.i64(-1)], timeout: .milliseconds(10))
    }
    #expect(code == .deadlineExceeded)
    let task = Task { _ = try await prepared.instantiate(in: Store(engine)).function("wait")!.callAsync([.i64(-1)]) }
    Self.later(10) { task.cancel() }
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test("A store says whether it is in use")
  func isInUse() async throws {
    try await Reentered().run()
  }

  private actor Reentered {
    private var store: Store?
    private var seen: [Bool] = []

    private func look() { seen.append(store!.isInUse) }

    func run() async throws {
      let instance = try Engine().instantiate(
        "(import \"env\" \"wait\" (func $wait)) (func (export \"run\") (call $wait))"
      ) { linker, store in
        try linker.defineAsync("env", "wait") { (caller: Caller) async in
          // The call's own task may use the store.
          #expect(!caller.store.isInUse)
          await Task { self.look() }.value
        }
      }
      store = instance.store
      look()
      try await instance.function("run")!.callAsync()
      look()
      #expect(seen == [false, true, false])
    }
  }

  @Test("A start function waits for the host", arguments: EveryEngine.allCases)
  func start(tested: EveryEngine) async throws {
    let engine = tested.engine()
    let module = try Module(
      engine,
      text: """
        (module (import "env" "add" (func $add (param i32 i32) (result i32)))
          (global $sum (export "sum") (mut i32) (i32.const 0))
          (func $start (global.set $sum (call $add (i32.const 40) (i32.const 2)))) (start $start))
        """)
    let linker = Linker(engine)
    try linker.define(
      "env", "add",
      inEachStore: { store in
        try Function(asyncIn: store) { (_: Caller, x: Int32, y: Int32) async -> Int32 in
          await Self.pass()
          return x &+ y
        }
      })
    #expect(throws: SuspensionError.self) { try linker.instantiate(module, in: Store(engine)) }
    let instance = try await linker.instantiateAsync(module, in: Store(engine))
    #expect(instance.global("sum")?.value.i32 == 42)
    let prepared = try await linker.prepare(module).instantiateAsync(in: Store(engine))
    #expect(prepared.global("sum")?.value.i32 == 42)
  }

  @Test("Fuel is the same with waits", arguments: EveryEngine.allCases)
  func fuel(tested: EveryEngine) async throws {
    let instance = try tested.engine { $0.fuel = FuelCosts() }.instantiate(
      """
      \(Self.imports)
      (func (export "run") (param i32) (loop $l
        (call $pass) (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      """, Self.link)
    let run = instance.function("run")!
    instance.store.fuel = 10_000
    try await run.callAsync([.i32(100)])
    let used = 10_000 - instance.store.fuel
    #expect(used > 400)
    instance.store.fuel = used - 1
    #expect(await Self.code { try await run.callAsync([.i32(100)]) } == .outOfFuel)
    instance.store.fuel = used
    try await run.callAsync([.i32(100)])
    #expect(instance.store.fuel == 0)
  }
}

extension Result where Failure == any Error {
  fileprivate nonisolated(nonsending) static func of(
    _ body: nonisolated(nonsending) () async throws -> Success
  ) async -> Result {
    do { return .success(try await body()) } catch { return .failure(error) }
  }
}
