import Differential
import Foundation

/// The outcome of a module, as read by Scripts/fuzz-wasmtime and Scripts/fuzz-foreign.
struct ExpectedOutcome: Encodable {
  struct Call: Encodable {
    var function: String
    var arguments: [String]
    var results: [String]?
    var trap: String?
    var exception: [String]?
    var error: String?
    /// Why the call was ended early. Later results are not compared.
    var unfinished: String?
  }

  var calls: [Call] = []
  var globals: [String: String] = [:]
  var memories: [String: UInt32] = [:]
  /// The calls of host functions.
  var log: [String] = []
  /// Why the module could not be instantiated, if so.
  var failure: String?
  /// The difference between engines, if there is one.
  var difference: String?

  /// For a module that cannot be loaded.
  init(failure: String) { self.failure = failure }

  init(_ execution: Execution) {
    if let first = execution.calls.first, first.function == Execution.instantiation {
      failure = "\(first.outcome)"
      return
    }
    calls = execution.calls.map { call in
      var result = Call(function: call.function, arguments: call.arguments.map(Execution.text))
      switch call.outcome {
      case .results(let results): result.results = results
      case .trap(let reason, _): result.trap = reason
      case .exception(let payload, _): result.exception = payload
      case .error(let message): result.error = message
      case .unfinished(let message): result.unfinished = message
      }
      return result
    }
    globals = Dictionary(uniqueKeysWithValues: execution.globals)
    log = execution.log
    memories = Dictionary(uniqueKeysWithValues: execution.memories.map { ($0.name, $0.hash) })
  }

  var json: Data {
    get throws { try JSONEncoder().encode(self) }
  }
}
