import Glibc
import Needletail

/// Measures calls that async host functions suspend: the time of a suspension, and the memory of guests that wait.
@main
struct Suspension {
  private static let usage = """
    usage: suspension [--calls COUNT] [--live COUNT]

      --calls  the number of calls of an async host function on each engine (1000000)
      --live   the number of guests that wait at the same time (10000)
    """

  private static let text = """
    (module
      (import "host" "add" (func $add (param i32 i32) (result i32)))
      (import "host" "pass" (func $pass))
      (import "host" "meet" (func $meet))
      (memory (export "memory") 1)
      (func (export "add") (param $count i32) (result i32) (local $sum i32)
        (loop $next
          (local.set $sum (call $add (local.get $sum) (local.get $count)))
          (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
        (local.get $sum))
      (func (export "pass") (param $count i32)
        (loop $next
          (call $pass)
          (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))
      (func (export "nothing"))
      (func (export "meet") (i32.store (i32.const 70) (i32.const 1)) (call $meet)))
    """

  static func main() async throws {
    var callCount: Int32 = 1_000_000
    var liveCount = 10_000
    var arguments = CommandLine.arguments.dropFirst()
    while let option = arguments.popFirst() {
      switch (option, arguments.popFirst()) {
      case ("--calls", let text?): callCount = Int32(text) ?? 0
      case ("--live", let text?): liveCount = Int(text) ?? 0
      default:
        print(usage)
        exit(2)
      }
    }
    print("\(callCount) calls of async host functions, nanoseconds for each")
    print("engine          returns at once  yields its task  with a deadline  callAsync of nothing")
    for (name, execution) in engines where callCount > 0 { try await measure(name, execution, callCount) }
    for (name, execution) in engines where liveCount > 0 { try await wait(name, execution, liveCount) }
  }

  private static let engines: [(String, Engine.Configuration.Execution)] = [
    ("interpreter", .interpreter), ("jit", .jit(.aggressive)), ("auto", .auto),
  ]

  private static func engine(_ execution: Engine.Configuration.Execution) -> Engine {
    var configuration = Engine.Configuration()
    configuration.execution = execution
    return Engine(configuration)
  }

  private static func instance(_ module: Module, _ crowd: Crowd? = nil) throws -> Instance {
    let linker = Linker(module.engine)
    try linker.defineAsync("host", "add") { (_: Caller, x: Int32, y: Int32) async -> Int32 in x &+ y }
    try linker.defineAsync("host", "pass") { (_: Caller) async in await Task.yield() }
    try linker.defineAsync("host", "meet") { (_: Caller) async in await crowd?.meet() }
    return try linker.instantiate(module, in: Store(module.engine))
  }

  private static func measure(
    _ name: String, _ execution: Engine.Configuration.Execution, _ count: Int32
  ) async throws {
    let instance = try instance(Module(engine(execution), text: text))
    let add = try instance.function("add")!.typed(Int32.self, returning: Int32.self)
    let pass = try instance.function("pass")!.typed(Int32.self)
    let nothing = try instance.function("nothing")!.typed()
    let calls = try await nanoseconds(count) { _ = try await add.callAsync(count) }
    let yields = try await nanoseconds(count) { try await pass.callAsync(count) }
    let whole = try await nanoseconds(count) { for _ in 0..<count { try await nothing.callAsync() } }
    instance.store.deadline = .now + .seconds(3600)
    let limited = try await nanoseconds(count) { _ = try await add.callAsync(count) }
    print(pad(name, 16) + pad("\(calls)", 17) + pad("\(yields)", 17) + pad("\(limited)", 17) + "\(whole)")
  }

  private static func wait(_ name: String, _ execution: Engine.Configuration.Execution, _ count: Int) async throws {
    let module = try Module(engine(execution), text: text)
    let crowd = Crowd(count)
    let before = Process.residentByteCount
    let start = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<count { group.addTask { try await instance(module, crowd).function("meet")!.callAsync() } }
      try await group.waitForAll()
    }
    let time = (ContinuousClock.now - start) / .milliseconds(1)
    let resident = await (crowd.residentByteCount - before) >> 20
    print(
      "\(name): \(count) guests waited at once: \(resident) MiB resident, \(await crowd.mappingCount) mappings, \(Int(time)) ms in all"
    )
  }

  /// The shortest of three times, for each of `count`.
  private static func nanoseconds(
    _ count: Int32, _ body: nonisolated(nonsending) () async throws -> Void
  ) async rethrows -> Int {
    var best = Double.infinity
    for _ in 0..<3 {
      let start = ContinuousClock.now
      try await body()
      best = min(best, (ContinuousClock.now - start) / .nanoseconds(1))
    }
    return Int(best / Double(count))
  }
}

/// Lets tasks wait until all have arrived, and measures then.
private actor Crowd {
  private var missing: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private(set) var residentByteCount = 0
  private(set) var mappingCount = 0

  init(_ count: Int) { missing = count }

  func meet() async {
    missing -= 1
    if missing > 0 { return await withCheckedContinuation { waiting.append($0) } }
    residentByteCount = Process.residentByteCount
    mappingCount = Process.mappingCount
    for continuation in waiting { continuation.resume() }
  }
}

private enum Process {
  static var residentByteCount: Int { Int(text(of: "/proc/self/statm").split(separator: " ")[1])! * 4096 }

  static var mappingCount: Int { text(of: "/proc/self/maps").utf8.count { $0 == UInt8(ascii: "\n") } }

  private static func text(of path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { text += buffer[..<count] }
    return String(decoding: text, as: UTF8.self)
  }
}

private func pad(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(width - text.count, 1))
}
