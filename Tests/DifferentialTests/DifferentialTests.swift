import Foundation
import ModuleGenerator
import Needletail
import Testing

/// Random modules do the same on every engine. `NEEDLETAIL_FUZZ_MODULES` says how many are tried, `NEEDLETAIL_FUZZ_SEED` which is the
/// first, `NEEDLETAIL_FUZZ_SAVE` a folder for those on which engines differ; a finding names its seed, by which it can be made again.
@Suite("Random modules")
struct DifferentialTests {
  private static func setting(_ name: String, default value: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? value
  }

  private static let engines: [(name: String, engine: Engine)] = {
    func engine(_ change: (inout Engine.Configuration) -> Void) -> Engine {
      var configuration = Engine.Configuration()
      // Which NaN an instruction makes is otherwise its own business.
      configuration.isDeterministic = true
      change(&configuration)
      return Engine(configuration)
    }
    return [
      ("threaded interpreter", engine { $0.dispatch = .threaded }),
      ("loop interpreter", engine { $0.dispatch = .loop }),
      ("compiler, no optimisation", engine { $0.engine = .jit(.none) }),
      ("compiler, basic", engine { $0.engine = .jit(.basic) }),
      ("compiler, aggressive", engine { $0.engine = .jit(.aggressive) }),
    ]
  }()

  @Test("do the same on all engines")
  func agreement() throws {
    let first = Self.setting("NEEDLETAIL_FUZZ_SEED", default: 1)
    var statistics: [String: Int] = [:]
    for seed in first..<first + Self.setting("NEEDLETAIL_FUZZ_MODULES", default: 24) {
      let module = ModuleGenerator.module(seed: seed)
      let executions = try Self.engines.map { try Execution(module, seed: seed, engine: $0.engine) }
      for call in executions[0].calls { statistics[Self.kind(of: call), default: 0] += 1 }
      for (engine, execution) in zip(Self.engines, executions).dropFirst() where execution != executions[0] {
        try Self.save(module, seed)
        Issue.record("seed \(seed): \(engine.name) differs: \(Self.difference(executions[0], execution))")
      }
    }
    // A generator that only makes modules that trap at once would test nothing.
    let total = statistics.values.reduce(0, +)
    #expect(statistics["results", default: 0] * 4 > total, "\(statistics)")
    if first != 1 || total > 10_000 { print(statistics) }
  }

  /// Writes a module that made a difference into the folder that `NEEDLETAIL_FUZZ_SAVE` names.
  private static func save(_ module: ModuleGenerator.GeneratedModule, _ seed: UInt64) throws {
    guard let folder = ProcessInfo.processInfo.environment["NEEDLETAIL_FUZZ_SAVE"] else { return }
    try Data(module.bytes).write(to: URL(fileURLWithPath: "\(folder)/\(seed).wasm"))
  }

  private static func kind(of call: Execution.Call) -> String {
    guard call.description.hasPrefix("trap") || call.description.hasPrefix("exception") else { return "results" }
    return String(call.description.prefix { $0 != "[" && !$0.isNumber })
  }

  private static func difference(_ expected: Execution, _ found: Execution) -> String {
    for (index, (x, y)) in zip(expected.calls, found.calls).enumerated() where x != y {
      return "call \(index): \(x) became \(y)"
    }
    for (index, (x, y)) in zip(expected.globals, found.globals).enumerated() where x != y {
      return "global \(index): \(x) became \(y)"
    }
    return "memory"
  }
}
