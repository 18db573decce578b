import Foundation
import Needletail
import Testing
import TestSupport
import WasmNative
import WasmScript

extension TestSuite {
  /// An engine that must pass all scripts.
  struct EngineKind: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var configuration = Engine.Configuration()

    init(_ name: String, _ change: (inout Engine.Configuration) -> Void) {
      testDescription = name
      change(&configuration)
    }
  }

  static let engines: [EngineKind] = {
    let others = [
      EngineKind("loop") {
        $0.execution = .interpreter
        $0.dispatch = .loop
      },
      EngineKind("tiers") { $0.tiers = TierOptions(calls: 0) },
      EngineKind("tiers in loops") { $0.tiers = TierOptions(calls: .max, iterations: 1, compilesAtOnce: true) },
      EngineKind("none") { $0.execution = .jit(.none) },
      EngineKind("basic") { $0.execution = .jit(.basic) },
      EngineKind("aggressive") { $0.execution = .jit(.aggressive) },
      EngineKind("lazy") {
        $0.execution = .jit(.basic)
        $0.compilation = .lazy
      },
      // Every other call crosses between the engines.
      EngineKind("mixed") {
        $0.execution = .jit(.basic)
        $0.maximumCompiledFunctionSize = 12
      },
    ]
    // Without optimization the interpreter cannot use threaded dispatch, which would repeat the first engine.
    #if DEBUG
      return others
    #else
      return [EngineKind("threaded") { $0.execution = .interpreter }] + others
    #endif
  }()
}

@Suite struct SuiteTests {
  @Test("The suite is available")
  func suite() {
    #expect(TestSuite.scripts.count == 288, "\(TestSuite.Missing())")
  }

  @Test("All assertions of a file hold", arguments: TestSuite.scripts, TestSuite.engines)
  func script(path: String, engine: TestSuite.EngineKind) throws {
    let script = try TestSuite.contents(of: path)
    var configuration = engine.configuration
    configuration.features = ScriptRunner.features(forScriptAt: path)
    let report = ScriptRunner(configuration).run(script)
    for remark in report.failures { Issue.record("\(path):\(remark.location): \(remark.message)") }
    for remark in report.notRun { Issue.record("\(path):\(remark.location): not run: \(remark.message)") }
    #expect(report.passed > 0)
  }

  /// Scripts that create objects, tables or globals; the others would only repeat a run.
  private static let scriptsWithReferences = TestSuite.scripts.filter { path in
    ["array", "struct", "ref", "i31", "extern", "cast", "table", "elem", "global", "type", "try", "throw", "desc"]
      .contains { path.contains($0) }
  }

  @Test(
    "All assertions hold with a collection at every allocation", arguments: scriptsWithReferences,
    [Engine.Configuration.Execution.interpreter, .jit(.basic)])
  func stressedScript(path: String, engine: Engine.Configuration.Execution) throws {
    let script = try TestSuite.contents(of: path)
    var configuration = Engine.Configuration()
    configuration.features = ScriptRunner.features(forScriptAt: path)
    configuration.execution = engine
    configuration.heap.collectsAtEveryAllocation = true
    var runner = ScriptRunner(configuration)
    // Hardly more than the largest script needs.
    runner.limits.heapByteCount = 16 << 10
    let report = runner.run(script)
    for remark in report.failures + report.notRun { Issue.record("\(path):\(remark.location): \(remark.message)") }
  }
}
