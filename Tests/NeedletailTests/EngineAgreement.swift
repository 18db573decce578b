import Needletail
import Testing
import WasmNative

/// A module whose `run` must have the same outcome on all engines: results, or an error with its frames.
///
/// `run` takes and returns an `i32`. The module may import `host.trap`, which throws a Swift error for 3;
/// `host.exception`, which throws an exception with the tag `host.tag` for even numbers; and `host.frames`, which calls
/// the module's export `nested`.
struct EngineAgreement: CustomTestStringConvertible, Sendable {
  var name: String
  var module: String

  init(_ name: String, _ module: String) {
    self.name = name
    self.module = module
  }

  var testDescription: String { name }

  func check() throws {
    let expected = try Self.outcomes(Self.engine { $0.execution = .interpreter }, "(module $m \(module))")
    for (name, engine) in Self.compilers {
      #expect(try Self.outcomes(engine, "(module $m \(module))") == expected, "\(name)")
    }
  }

  // MARK: Engines

  private static func engine(_ change: (inout Engine.Configuration) -> Void) -> Engine {
    var configuration = Engine.Configuration()
    configuration.maximumStackSize = 1 << 20
    configuration.features.insert(.legacyExceptions)
    change(&configuration)
    return Engine(configuration)
  }

  private static let compilers: [(name: String, engine: Engine)] = [
    ("none", engine { $0.execution = .jit(.none) }), ("basic", engine { $0.execution = .jit(.basic) }),
    ("aggressive", engine { $0.execution = .jit(.aggressive) }),
    ("tiers at once", engine { $0.tiers = TierOptions(calls: 0) }),
    ("tiers in loops", engine { $0.tiers = .inLoops }),
    ("tiers", engine { $0.tiers = TierOptions(calls: 2) }),
    (
      "lazy",
      engine {
        $0.execution = .jit(.aggressive)
        $0.compilation = .lazy
      }
    ),
    (
      "mixed",
      engine {
        $0.execution = .jit(.aggressive)
        $0.maximumCompiledFunctionSize = 24
      }
    ),
  ]

  // MARK: Running

  private struct HostFailure: Error {}

  /// The outcome of `run` for each argument: results, or the message and frames of an error.
  private static func outcomes(_ engine: Engine, _ text: String) throws -> [String] {
    let store = try Store(engine)
    let linker = Linker(engine)
    try linker.define("host", "trap") { (_: Caller, x: Int32) throws -> Int32 in
      if x == 3 { throw HostFailure() }
      return x
    }
    let tag = try Needletail.Tag(store, type: FunctionType(parameters: [.i32]))
    try linker.define("host", "tag", .tag(tag))
    try linker.define("host", "exception") { (_: Caller, x: Int32) throws -> Int32 in
      if x & 1 == 0 { throw try Exception(tag, [.i32(x)]) }
      return x
    }
    try linker.define("host", "frames") { (caller: Caller, x: Int32) throws -> Int32 in
      // The frames that a trap in a nested activation reports.
      guard case .function(let nested)? = caller.export("nested") else { return -1 }
      return try nested.typed(Int32.self, returning: Int32.self)(x)
    }
    let instance = try linker.instantiate(Module(engine, text: text), in: store)
    let run = instance.function("run")!
    return try (-1...5 as ClosedRange<Int32>).map { argument in
      do {
        return "\(try run.call([.i32(argument)]))"
      } catch let trap as Trap {
        return "\(trap.message) in \(trap.backtrace.map { "\($0)" })"
      } catch let exception as Exception {
        return "exception \(try exception.payload(in: store)) in \(exception.backtrace.map { "\($0)" })"
      } catch {
        return "\(error)"
      }
    }
  }
}
