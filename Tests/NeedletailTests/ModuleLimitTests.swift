import Needletail
import Testing
import WasmText

/// The limits on modules, which hold when they are loaded, in whatever form.
@Suite struct ModuleLimitTests {
  private static let text = """
    (module
      (type $f (func (param i32 i64) (result i32))) (type $s (struct (field i32) (field i64)))
      (import "a" "f" (func (type $f))) (import "a" "m" (memory 1)) (import "a" "t" (table 1 funcref))
      (memory $m 1) (table $t 1 funcref) (global i32 (i32.const 1)) (tag (param i32))
      (func $g (export "g") (type $f) (local i32 i32 i32) (i32.const 7))
      (elem (i32.const 0) func $g $g) (data (i32.const 0) "x")
      (@custom "c" "text"))
    """

  private static let cases:
    [(path: WritableKeyPath<Module.Limits, Int> & Sendable, value: Int, found: Int, resource: LimitExceeded.Resource)] =
      [
        (\.types, 2, 3, .types), (\.parameters, 1, 2, .parameters), (\.results, 0, 1, .results),
        (\.fields, 1, 2, .fields), (\.imports, 2, 3, .imports), (\.functions, 0, 1, .functions),
        (\.tables, 1, 2, .tables), (\.memories, 1, 2, .memories), (\.globals, 0, 1, .globals), (\.tags, 0, 1, .tags),
        (\.exports, 0, 1, .exports), (\.elementSegments, 0, 1, .elementSegments), (\.elements, 1, 2, .elements),
        (\.dataSegments, 0, 1, .dataSegments), (\.functionBodySize, 4, 6, .functionBodyBytes),
        (\.locals, 2, 3, .locals),
        (\.moduleSize, 100, 0, .moduleBytes), (\.customSections, 1, 2, .customSections),
      ]

  private func engine(_ path: WritableKeyPath<Module.Limits, Int>, _ value: Int) -> Engine {
    var configuration = Engine.Configuration()
    configuration.execution = .jit(.none)
    configuration.moduleLimits[keyPath: path] = value
    return Engine(configuration)
  }

  @Test("Limits can only be lowered: buffers have the sizes of the defaults")
  func capped() throws {
    let engine = engine(\.parameters, 5000)
    #expect(engine.configuration.moduleLimits == Module.Limits())
    let text = "(module (func (param \(String(repeating: "i32 ", count: 1001)))))"
    let error = #expect(throws: LimitExceeded.self) { try Module(engine, text: text) }
    #expect(error?.resource == .parameters && error?.limit == 1000)
  }

  @Test("Each limit refuses a module, as a text, a binary or an artifact, and allows it one higher")
  func all() throws {
    let bytes = try assemble(Self.text)
    let artifact = try Module(engine(\.types, 100), bytes: bytes).artifact()
    for (path, value, found, resource) in Self.cases {
      let engine = engine(path, value)
      let attempts: [() throws -> Module] = [
        { try Module(engine, bytes: bytes) }, { try Module(engine, text: Self.text) },
        { try Module(engine, unsafeArtifact: Artifact(artifact)) },
      ]
      for attempt in attempts {
        let error = #expect(throws: LimitExceeded.self, "\(resource)") { try attempt() }
        #expect(error?.resource == resource && error?.scope == .module && error?.limit == UInt64(value), "\(resource)")
        #expect(error.map { $0.requested + $0.used > UInt64(value) } == true)
        #expect(error?.setting?.hasPrefix("Engine.Configuration.moduleLimits.") == true)
        if found > 0 {
          #expect(
            error?.message.hasSuffix("found \(resource == .functionBodyBytes ? "6 bytes" : "\(found)")") == true,
            "\(error!)")
        }
      }
      let higher = self.engine(path, found > 0 ? found : bytes.count)
      _ = try Module(higher, bytes: bytes)
      _ = try Module(higher, unsafeArtifact: Artifact(artifact))
    }
  }

  @Test("Counts are refused before memory is allocated for them")
  func hostileCounts() throws {
    // A type section that claims 2^32-1 types, in a module of 16 bytes.
    let bytes: [UInt8] = [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0, 1, 6, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0]
    #expect(throws: DecodingError.self) { try Module(Engine(), bytes: bytes) }
    let engine = engine(\.elements, 1000)
    let large = try assemble("(module (func $f) (elem func \(String(repeating: "$f ", count: 1001))))")
    #expect(throws: LimitExceeded.self) { try Module(engine, bytes: large) }
  }
}
