import Foundation
import Testing
import WasmRuntime
import WasmText
import WebAssembly

@testable import WasmCompiler

/// The standard's test suite: in `$NEEDLETAIL_TESTSUITE`, or in `shared/testsuite` beside the package.
private enum TestSuite {
  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["NEEDLETAIL_TESTSUITE"] { return URL(filePath: path) }
    var package = URL(filePath: #filePath)
    for _ in 0..<3 { package.deleteLastPathComponent() }
    return package.deletingLastPathComponent().appending(path: "shared/testsuite")
  }()

  /// Paths of all scripts, relative to ``folder``.
  static let scripts: [String] = {
    let all = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return all.filter { $0.hasSuffix(".wast") }.sorted()
  }()
}

/// Every function of every valid module of the suite has a graph, which is well formed, and stays so in each pass.
@Suite("Front end and optimiser on the standard's suite")
struct FrontEndSuiteTests {
  @Test("All functions become graphs that the verifier accepts", arguments: TestSuite.scripts)
  func script(path: String) throws {
    let commands = try ScriptParser.parse([UInt8](Data(contentsOf: TestSuite.folder.appending(path: path))))
    try check(commands, path)
  }

  private func check(_ commands: [ScriptCommand], _ path: String) throws {
    for command in commands {
      switch command.kind {
      case .module(let module), .moduleDefinition(let module), .assertUnlinkable(let module, _),
        .assertTrapOnInstantiation(let module, _):
        let image = try image(try module.bytes(options: WatOptions(features: .all)))
        check(image, "\(path):\(command.line)", FrontEndOptions())
        check(image, "\(path):\(command.line)", FrontEndOptions(isDeterministic: true, isInterruptible: true))
      case .thread(_, _, let commands): try check(commands, path)
      default: break
      }
    }
  }

  private func check(_ image: ModuleImage, _ place: String, _ options: FrontEndOptions) {
    let facts = ModuleFacts(image)
    var frontEnd = FrontEnd(facts, options)
    var verifier = Verifier(facts)
    var graph = FunctionGraph()
    var optimizer = Optimizer()
    for index in image.module.functions.indices {
      if let failure = Self.failure(of: index, &frontEnd, &verifier, &optimizer, &graph) {
        Issue.record("\(place): function \(index): \(failure)")
      }
    }
  }

  private static func failure(
    of index: Int, _ frontEnd: inout FrontEnd, _ verifier: inout Verifier, _ optimizer: inout Optimizer,
    _ graph: inout FunctionGraph
  ) -> String? {
    do {
      try frontEnd.build(function: index, into: &graph)
      try verifier.verify(graph)
      try checkText(of: graph)
      var failure: String?
      optimizer.run(&graph, level: .aggressive) { pass, graph in
        guard failure == nil else { return }
        do { try verifier.verify(graph) } catch { failure = "behind \(pass): \(error)" }
      }
      try checkText(of: graph)
      return failure
    } catch {
      return "\(error)"
    }
  }

  /// A graph says as text all that it is: what is read from the text has the same text.
  private static func checkText(of graph: borrowing FunctionGraph) throws {
    let text = graph.printed(withSources: true)
    let again = try FunctionGraph(parsing: text)
    guard again.printed(withSources: true) != text else { return }
    throw VerificationError("the text is read as something else:\n\(text)\n\(again.printed(withSources: true))")
  }
}
