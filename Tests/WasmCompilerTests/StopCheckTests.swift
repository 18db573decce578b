import Needletail
import Synchronization
import Testing
import WasmBinary
import WasmText
import WasmValidation
import WebAssembly

/// The stages of loading end early if they are told to.
@Suite struct StopCheckTests {
  /// 1 MB of text.
  private static let large =
    "(module \(String(repeating: "(func (param i64) (result i64) (i64.add (i64.mul (local.get 0) (i64.const 3)) (local.get 0)))", count: 10_000)))"
  private static let bytes = try! assemble(large)

  private static func engine(_ level: OptimizationLevel) -> Engine {
    var configuration = Engine.Configuration()
    configuration.execution = .jit(level)
    return Engine(configuration)
  }

  /// Counts the checks of a stage, and stops it at one of them.
  private final class Checks: Sendable {
    private let made = Atomic(0)
    private let limit: Int

    init(stoppingAt limit: Int = .max) { self.limit = limit }

    var count: Int { made.load(ordering: .relaxed) }
    var stops: StopCheck { { [self] in made.add(1, ordering: .relaxed).oldValue >= limit } }
  }

  /// Runs a stage, which makes at least `least` checks, and stops it at the first, a middle and the last check.
  private static func check(least: Int, _ stage: (@escaping StopCheck) throws -> Void) throws {
    let all = Checks()
    try stage(all.stops)
    #expect(all.count >= least)
    for stop in Set([0, all.count / 2, all.count - 1]) {
      let checks = Checks(stoppingAt: stop)
      #expect(throws: (any Error).self) { try stage(checks.stops) }
      #expect(checks.count <= all.count)
    }
  }

  @Test("Each stage stops at each of its checks")
  func stages() throws {
    let text = Array(Self.large.utf8)
    try Self.check(least: 20) { _ = try assembleModule(text, options: WatOptions(), stops: $0) }
    try Self.check(least: 2) { _ = try Decoder.decode(ModuleBytes(Self.bytes), stops: $0) }
    let module = try Decoder.decode(Self.bytes)
    for threadCount in [1, 4] {
      try Self.check(least: 2) {
        try Validator.validate(module, features: .standard, threadCount: threadCount, functions: nil, stops: $0)
      }
    }
    try Self.check(least: 35) {
      try Validator.validate(
        module, features: .standard, threadCount: 1, functions: Array(module.functions.indices), stops: $0)
    }
  }

  @Test("Compilation stops between functions")
  func compilation() throws {
    let functions = String(repeating: "(func (param i64) (result i64) (local.get 0))", count: 300)
    let module = try Decoder.decode(assemble("(module \(functions))"))
    let engine = Self.engine(.aggressive)
    try Self.check(least: 300) { _ = try Needletail.Module(engine, decoded: module, stops: $0) }
  }

  @Test("A large function stops between passes")
  func largeFunction() throws {
    let body = String(
      repeating: "(local.set 0 (i64.add (i64.mul (local.get 0) (i64.const 3)) (local.get 0)))", count: 5000)
    let module = try Decoder.decode(assemble("(module (func (param i64) (result i64) \(body) (local.get 0)))"))
    let engine = Self.engine(.basic)
    try Self.check(least: 10) { _ = try Needletail.Module(engine, decoded: module, stops: $0) }
  }

  @Test("Fields of a module stop, too")
  func fields() throws {
    let elements = String(repeating: "(ref.func $f)", count: 10_000)
    let globals = String(repeating: "(global i32 (i32.const 1))", count: 10_000)
    let module = try Decoder.decode(assemble("(module (func $f) (elem funcref \(elements)) \(globals))"))
    try Self.check(least: 4) {
      try Validator.validate(module, features: .standard, threadCount: 1, functions: nil, stops: $0)
    }
  }
}
