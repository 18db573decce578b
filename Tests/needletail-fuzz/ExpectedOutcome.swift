import Differential
import Foundation

/// What a module did, as Scripts/fuzz-wasmtime reads it.
struct ExpectedOutcome: Encodable {
  struct Call: Encodable {
    var function: String
    var arguments: [String]
    var results: [String]?
    var trap: String?
    var exception: [String]?
    var error: String?
  }

  var calls: [Call]
  var globals: [String: String]
  var memories: [String: UInt32]

  init(_ execution: Execution) {
    calls = execution.calls.map { call in
      var result = Call(function: call.function, arguments: call.arguments.map(Execution.text))
      switch call.outcome {
      case .results(let results): result.results = results
      case .trap(let reason, _): result.trap = reason
      case .exception(let payload, _): result.exception = payload
      case .error(let message), .unfinished(let message): result.error = message
      }
      return result
    }
    globals = Dictionary(uniqueKeysWithValues: execution.globals)
    memories = Dictionary(uniqueKeysWithValues: execution.memories.map { ($0.name, $0.hash) })
  }

  var json: Data {
    get throws { try JSONEncoder().encode(self) }
  }
}
