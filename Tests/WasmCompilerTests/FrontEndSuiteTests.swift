import Foundation
import Testing
import TestSupport
import WasmRuntime
import WasmText
import WebAssembly

@testable import WasmCompiler

/// Every function of every valid module of the suite has a well-formed graph, which every pass preserves.
@Suite("Front end and optimizer on the standard's suite")
struct FrontEndSuiteTests {
  @Test("The verifier accepts the graphs of all functions", arguments: TestSuite.scripts)
  func script(path: String) throws {
    let commands = try ScriptParser.parse(TestSuite.contents(of: path))
    try check(commands, path)
  }

  private func check(_ commands: [ScriptCommand], _ path: String) throws {
    for command in commands {
      switch command.kind {
      case .module(let module), .moduleDefinition(let module), .assertUnlinkable(let module, _),
        .assertTrapOnInstantiation(let module, _):
        let image = try image(try module.bytes(options: WatOptions(features: .all)))
        check(image, "\(path):\(command.location)", FrontEndOptions())
        check(image, "\(path):\(command.location)", FrontEndOptions(isDeterministic: true, isInterruptible: true))
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

  /// The text of a graph is complete: parsing it produces a graph with the same text.
  private static func checkText(of graph: borrowing FunctionGraph) throws {
    let text = graph.printed(withSources: true)
    let again = try FunctionGraph(parsing: text)
    guard again.printed(withSources: true) != text else { return }
    throw VerificationError("the text is read as something else:\n\(text)\n\(again.printed(withSources: true))")
  }
}
