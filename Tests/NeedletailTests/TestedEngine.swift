import Needletail
import Testing
import WasmNative

/// The engines for tests of the runtime.
struct TestedEngine: Sendable, CustomTestStringConvertible {
  var testDescription: String
  private var execution: Engine.Configuration.Execution
  private var maximumCompiledFunctionSize = Int.max
  private var checksBounds = false

  static let all: [TestedEngine] = [
    TestedEngine(testDescription: "interpreter", execution: .interpreter),
    TestedEngine(testDescription: "none", execution: .jit(.none)),
    TestedEngine(testDescription: "aggressive", execution: .jit(.aggressive)),
    TestedEngine(testDescription: "tiers", execution: .auto),
    TestedEngine(testDescription: "checked", execution: .jit(.basic), checksBounds: true),
    TestedEngine(testDescription: "mixed", execution: .jit(.basic), maximumCompiledFunctionSize: 60),
  ]

  func make(_ change: (inout Engine.Configuration) -> Void = { _ in }) -> Engine {
    var configuration = Engine.Configuration()
    configuration.execution = execution
    configuration.maximumCompiledFunctionSize = maximumCompiledFunctionSize
    configuration.checksBounds = checksBounds
    configuration.tiers = .inLoops
    change(&configuration)
    return Engine(configuration)
  }
}

extension Engine {
  /// An instance of a module with these fields in a new store.
  func instantiate(_ fields: String, _ link: (Linker, Store) throws -> Void = { _, _ in }) throws -> Instance {
    try instantiate(fields, in: Store(self), link)
  }

  func instantiate(
    _ fields: String, in store: Store, _ link: (Linker, Store) throws -> Void = { _, _ in }
  ) throws -> Instance {
    let linker = Linker(self)
    try link(linker, store)
    return try linker.instantiate(Module(self, text: "(module \(fields))"), in: store)
  }
}

extension Value {
  var i32: Int32? { if case .i32(let value) = self { value } else { nil } }
  var i64: Int64? { if case .i64(let value) = self { value } else { nil } }
  var anyReference: Reference? { if case .reference(let value) = self { value } else { nil } }
  var anyFunction: Function? { if case .function(let value) = self { value } else { nil } }
}
