import Needletail
import NeedletailSystem
import Synchronization
import Testing
import WasmRuntime

/// Runs `body` concurrently on `count` threads with the numbers from 0; rethrows the first error.
func parallel(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
  let failure = Mutex<(any Error & Sendable)?>(nil)
  let threads = try (0..<count).map { index in
    try #require(
      NativeThread {
        do {
          try body(index)
        } catch {
          let text = TestFailure(message: "thread \(index): \(error)")
          failure.withLock { $0 = $0 ?? text }
        }
      })
  }
  for thread in threads { thread.join() }
  if let error = failure.withLock({ $0 }) { throw error }
}

struct TestFailure: Error { var message: String }

/// A module with a shared memory `env.memory`, to be instantiated by several threads.
struct SharedModule: Sendable {
  let module: Module
  let memory: SharedMemory

  init(_ fields: String, pages: UInt64 = 4, maximum: UInt64 = 16, _ configuration: Engine.Configuration = .init())
    throws
  {
    module = try Module(
      Engine(configuration), text: "(module (import \"env\" \"memory\" (memory \(pages) \(maximum) shared)) \(fields))")
    memory = try SharedMemory(
      type: MemoryType(limits: Limits(minimum: pages, maximum: maximum), isShared: true))
  }

  /// An instance in a new store.
  func instantiate() throws -> Instance {
    let linker = Linker(module.engine)
    try linker.define("env", "memory", memory)
    return try linker.instantiate(module, in: Store(module.engine))
  }

  /// Calls a function with i32 parameters and result in a new instance.
  @discardableResult
  func call(_ name: String, _ arguments: Int32...) throws -> Int32 { try instantiate().call(name, arguments) }
}

extension Instance {
  /// Calls a function with i32 parameters; returns its i32 result, or 0 if it has none.
  @discardableResult
  func call(_ name: String, _ arguments: [Int32] = []) throws -> Int32 {
    let results = try function(name)!.call(arguments.map { .i32($0) })
    if case .i32(let result)? = results.first { return result }
    return 0
  }
}
