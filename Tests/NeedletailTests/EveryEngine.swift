import Needletail
import Testing
import WasmNative
import WasmText

/// All ways to execute a module, which must produce the same results: each dispatcher of the interpreter, each level of
/// the compiler, lazily compiled code, code from an artifact, and tiers.
enum EveryEngine: String, CaseIterable, CustomTestStringConvertible, Sendable {
  case threaded, loop, none, basic, aggressive, lazy, artifact
  /// Functions are compiled at their first call, at the second iteration of a loop, or by another thread after three calls and a random delay.
  case tiersAtOnce, tiersInLoops, tiers

  var testDescription: String { rawValue }

  func engine(_ change: (inout Engine.Configuration) -> Void = { _ in }) -> Engine {
    var configuration = Engine.Configuration()
    configuration.features = .all
    configuration.maximumStackSize = 1 << 20
    switch self {
    case .threaded, .loop:
      configuration.execution = .interpreter
      configuration.dispatch = self == .loop ? .loop : .threaded
    case .tiersAtOnce: configuration.tiers = TierOptions(calls: 0)
    case .tiersInLoops: configuration.tiers = .inLoops
    case .tiers:
      configuration.tiers = TierOptions(calls: 3)
      configuration.tiers.maximumDelay = .microseconds(300)
    case .none: configuration.execution = .jit(.none)
    case .basic, .artifact: configuration.execution = .jit(.basic)
    case .aggressive: configuration.execution = .jit(.aggressive)
    case .lazy:
      configuration.execution = .jit(.basic)
      configuration.compilation = .lazy
    }
    change(&configuration)
    return Engine(configuration)
  }

  private func module(_ bytes: [UInt8], _ engine: Engine) throws -> Module {
    let module = try Module(engine, bytes: bytes)
    guard self == .artifact else { return module }
    return try Module(engine, unsafeArtifact: Artifact(module.artifact(), .whenUsed))
  }

  /// A new instance in a new store.
  func instance(_ bytes: [UInt8], _ define: (Linker, Store) throws -> Void = { _, _ in }) throws -> (Instance, Store) {
    let engine = engine()
    var limits = Store.Limits()
    limits.tableCount = 200_000
    let store = try Store(engine, limits: limits)
    let linker = Linker(engine)
    try define(linker, store)
    return (try linker.instantiate(module(bytes, engine), in: store), store)
  }
}

extension EveryEngine {
  func instance(_ text: String) throws -> (Instance, Store) { try instance(assemble(text)) }
}

extension TierOptions {
  /// Functions are only compiled when one of their loops runs a second time, and continue there.
  static var inLoops: TierOptions { TierOptions(calls: .max, iterations: 2, compilesAtOnce: true) }
}

/// The outcome of a call as comparable text.
func summary(_ body: () throws -> [Value]) -> String {
  do {
    return "\(try body())"
  } catch let trap as Trap {
    return "trap: \(trap.message)"
  } catch {
    return "\(error)"
  }
}
