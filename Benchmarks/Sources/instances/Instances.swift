import Glibc
import Needletail

/// Measures instantiation: the processor time, the memory of live instances, and how many stores fit in a process. Each instance has
/// a store of its own.
@main
struct Instances {
  private static let usage = """
    usage: instances [--engine auto|interpreter|jit|lazy|checked] [--sequence COUNT] [--live COUNT] [--touch]

      --engine    how code runs (auto); checked is compiled code that needs no guard regions
      --sequence  the number of instances that are created and freed one after another (1000000)
      --live      the number of stores that are kept alive (10000)
      --touch     calls a function of each live instance that writes one byte of its memory
    """

  static func main() throws {
    var execution = Engine.Configuration.Execution.auto
    var compilation = Engine.Configuration.Compilation.eager
    var checksBounds = false
    var sequenceCount = 1_000_000
    var liveCount = 10_000
    var touches = false
    var arguments = CommandLine.arguments.dropFirst()
    while let option = arguments.popFirst() {
      switch (option, option == "--touch" ? "" : arguments.popFirst()) {
      case ("--engine", "auto"): execution = .auto
      case ("--engine", "interpreter"): execution = .interpreter
      case ("--engine", "jit"): execution = .jit(.aggressive)
      case ("--engine", "checked"):
        execution = .jit(.aggressive)
        checksBounds = true
      case ("--engine", "lazy"):
        execution = .jit(.basic)
        compilation = .lazy
      case ("--sequence", let text?): sequenceCount = Int(text) ?? 0
      case ("--live", let text?): liveCount = Int(text) ?? 0
      case ("--touch", _): touches = true
      default:
        print(usage)
        exit(2)
      }
    }
    var configuration = Engine.Configuration()
    configuration.execution = execution
    configuration.compilation = compilation
    configuration.checksBounds = checksBounds
    let engine = Engine(configuration)
    print("module              instance     with a call  live resident  live mapped")
    for (name, text, isPrepared) in Workload.all {
      let workload = try Workload(engine, text, isPrepared: isPrepared)
      let instance = try workload.microseconds(count: 20_000, calls: false)
      let write = try workload.microseconds(count: 20_000, calls: true)
      let live = try workload.memory(count: 1000, calls: touches)
      print(
        pad(name, 20) + pad("\(instance) µs", 13) + pad("\(write) µs", 13) + pad("\(live.resident / 1024) KiB", 15)
          + "\(live.virtual >> 20) MiB")
    }
    let workload = try Workload(engine, Workload.data, isPrepared: true)
    if sequenceCount > 0 {
      _ = try workload.microseconds(count: min(sequenceCount, 10_000), calls: true)
      let before = Process.memory
      let time = try workload.microseconds(count: sequenceCount, calls: true)
      print(
        "\(sequenceCount) instances with 1 MB of data in sequence: \(time) µs each, growth \((Process.memory.resident - before.resident) / 1024) KiB"
      )
    }
    if liveCount > 0 { try workload.fill(liveCount, calls: touches) }
  }
}

/// A module and what its instances import.
private struct Workload {
  private static let small = """
    (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (memory (export "memory") 1)
    (func (export "write") (i32.store8 (i32.const 70) (i32.const 1)))
    """
  static let data = """
    (import "host" "f" (func $f (param i32) (result i32)))
    (memory (export "memory") 17)
    (table 1000 funcref)
    (elem (i32.const 0) func \(String(repeating: "$f $g ", count: 450)))
    (func $g (param i32) (result i32) (call $f (local.get 0)))
    (func (export "write") (i32.store8 (i32.const 70) (i32.const 1)))
    (data (i32.const 1024) "\(String(repeating: "0123456789abcdef", count: 1 << 16))")
    """
  static let all = [
    ("small", small, false), ("small, prepared", small, true), ("1 MB of data", data, false),
    ("the same, prepared", data, true),
  ]

  private let engine: Engine
  private let linker: Linker
  private let module: Module
  private let prepared: PreparedModule?

  init(_ engine: Engine, _ text: String, isPrepared: Bool) throws {
    self.engine = engine
    linker = Linker(engine)
    try linker.define("host", "f", inEachStore: { try Function($0) { (_: Caller, x: Int32) -> Int32 in x } })
    module = try Module(engine, text: "(module \(text))")
    prepared = isPrepared ? try linker.prepare(module) : nil
  }

  private func instantiate(calls: Bool) throws -> Instance {
    let store = try Store(engine)
    let instance = try prepared?.instantiate(in: store) ?? linker.instantiate(module, in: store)
    if calls { try instance.function("write")!.call() }
    return instance
  }

  /// The processor time of one instance with its store, in user and system mode together.
  func microseconds(count: Int, calls: Bool) throws -> Double {
    for _ in 0..<100 { _ = try instantiate(calls: calls) }
    let start = Process.nanoseconds
    for _ in 0..<count { _ = try instantiate(calls: calls) }
    return (Double(Process.nanoseconds - start) / Double(count) / 10).rounded() / 100
  }

  /// The memory of one live instance, in bytes.
  func memory(count: Int, calls: Bool) throws -> (resident: Int, virtual: Int) {
    var instances: [Instance] = []
    instances.reserveCapacity(count)
    let before = Process.memory
    for _ in 0..<count { instances.append(try instantiate(calls: calls)) }
    let after = Process.memory
    return ((after.resident - before.resident) / count, (after.virtual - before.virtual) / count)
  }

  /// Keeps instances alive until the system refuses one.
  func fill(_ count: Int, calls: Bool) throws {
    var instances: [Instance] = []
    let before = Process.memory
    let start = Process.nanoseconds
    var failure = ""
    do {
      for _ in 0..<count { instances.append(try instantiate(calls: calls)) }
    } catch {
      failure = "; the next: \(error)"
    }
    let time = Double(Process.nanoseconds - start) / 1000 / Double(max(instances.count, 1))
    let resident = (Process.memory.resident - before.resident) >> 20
    print(
      "\(instances.count) live stores with 1 MB of data: \(resident) MiB resident, \(Process.pageTables >> 20) MiB of page tables, \(Process.mappingCount) mappings, \((time * 100).rounded() / 100) µs each\(failure)"
    )
  }
}

private enum Process {
  /// The processor time, in user and system mode.
  static var nanoseconds: Int {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  static var memory: (resident: Int, virtual: Int) {
    let words = text(of: "/proc/self/statm").split(separator: " ")
    return (Int(words[1])! * 4096, Int(words[0])! * 4096)
  }

  static var mappingCount: Int {
    var count = 0
    read("/proc/self/maps") { for byte in $0 where byte == UInt8(ascii: "\n") { count += 1 } }
    return count
  }

  /// The size of the page tables, in bytes.
  static var pageTables: Int {
    let line = text(of: "/proc/self/status").split(separator: "\n").first { $0.hasPrefix("VmPTE:") }
    return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1024
  }

  private static func text(of path: String) -> String {
    var text = ""
    read(path) { text += String(decoding: $0, as: UTF8.self) }
    return text
  }

  /// Passes the bytes of a file on, some at a time, without allocating: the system may have no room.
  private static func read(_ path: String, _ body: (UnsafeRawBufferPointer) -> Void) {
    let file = open(path, O_RDONLY)
    guard file >= 0 else { return }
    defer { close(file) }
    withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { buffer in
      while true {
        let count = Glibc.read(file, buffer.baseAddress!, buffer.count)
        guard count > 0 else { break }
        body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    }
  }
}

private func pad(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(width - text.count, 1))
}
