import Foundation
import Needletail
import Testing
import WasmScript

/// The standard's test suite, in `$NEEDLETAIL_TESTSUITE`, in `.cache/testsuite` or beside the checkout. `Scripts/testsuite`
/// gets it.
enum TestSuite {
  static let folder: URL? = {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let candidates = [
      ProcessInfo.processInfo.environment["NEEDLETAIL_TESTSUITE"].map { URL(filePath: $0) },
      package.deletingLastPathComponent().appending(path: "shared/testsuite"),
      package.appending(path: ".cache/testsuite"),
    ]
    return candidates.compactMap { $0 }.first { FileManager.default.fileExists(atPath: $0.path) }
  }()

  /// Paths of all scripts, relative to ``folder``.
  static let scripts: [String] = {
    guard let folder, let all = FileManager.default.enumerator(atPath: folder.path) else { return [] }
    return all.compactMap { $0 as? String }.filter { $0.hasSuffix(".wast") }.sorted()
  }()

  static let dispatchers: [Dispatch] = {
    // Without optimisation the interpreter cannot thread, and the second run would only repeat the first.
    #if DEBUG
      [.loop]
    #else
      [.threaded, .loop]
    #endif
  }()
}

@Suite struct SuiteTests {
  @Test("The suite is there")
  func suite() {
    #expect(TestSuite.scripts.count == 288, "run Scripts/testsuite, or set NEEDLETAIL_TESTSUITE")
  }

  @Test("All assertions of a file hold", arguments: TestSuite.scripts, TestSuite.dispatchers)
  func script(path: String, dispatch: Dispatch) throws {
    let script = [UInt8](try Data(contentsOf: TestSuite.folder!.appending(path: path)))
    var configuration = Engine.Configuration()
    configuration.dispatch = dispatch
    configuration.features = ScriptRunner.features(forScriptAt: path)
    let report = ScriptRunner(configuration).run(script)
    for remark in report.failures { Issue.record("\(path):\(remark.line): \(remark.message)") }
    for remark in report.notRun { Issue.record("\(path):\(remark.line): not run: \(remark.message)") }
    #expect(report.passed > 0)
  }
}
