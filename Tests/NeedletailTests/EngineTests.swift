import Needletail
import Synchronization
import Testing

/// The settings of engines.
@Suite struct EngineTests {
  @Test("The default engine compiles what runs often, with the standard's features")
  func defaults() {
    let engine = Engine()
    #expect(engine.execution == .auto && engine.configuration.features == .standard)
    #expect(engine.isInterruptible && !engine.configuration.isDeterministic)
    #expect(Engine.version.split(separator: ".").count == 3)
    #expect(!Engine.compilationTarget.isEmpty)
  }

  @Test("An engine that may not make memory executable says that it interprets")
  func execution() {
    var configuration = Engine.Configuration()
    configuration.execution = .jit(.basic)
    let lines = Lines()
    configuration.log = { lines.append($0) }
    #if os(Linux) && arch(x86_64)
      #expect(Engine(configuration).execution == .jit(.basic))
      #expect(lines.all.isEmpty)
    #endif
    configuration.allowsExecutableMemory = false
    #expect(Engine(configuration).execution == .interpreter)
    #expect(lines.all.count == 1 && lines.all[0].contains("interpreted"))
  }

  @Test(
    "A text that needs a disabled proposal is refused at its place, also if the binary format has another form with it",
    arguments: [
      (
        "(module\n  (func (export \"f\"))\n  (tag))", Features.wasm1,
        "3:4: a tag needs the proposal exceptions or legacy-exceptions, which is off"
      ),
      (
        "(module\n  (memory 1)\n  (data $d \"x\")\n  (func (data.drop $d)))", .wasm1,
        "3:4: a data count section needs the proposal bulk-memory, which is off"
      ),
      (
        "(module\n  (type (func))\n  (rec (type (func)) (type (func))))", .wasm1,
        "3:9: a type with sub or rec needs the proposal gc, which is off"
      ),
      (
        "(module\n  (memory 1 (pagesize 1)))", .wasm3,
        "2:4: a page size needs the proposal custom-page-sizes, which is off"
      ),
      (
        "(module\n  (memory 1)\n  (memory 1))", .wasm1,
        "3:4: multiple memories: a second memory needs the proposal multi-memory, which is off"
      ),
      (
        "(module (memory 1) (memory $m 1)\n  (func (drop (memory.size $m))))", .standard.subtracting(.multiMemory),
        "1:21: multiple memories: a second memory needs the proposal multi-memory, which is off"
      ),
    ])
  func featuresOfForms(text: String, features: Features, message: String) {
    var configuration = Engine.Configuration()
    configuration.features = features
    let error = #expect(throws: ValidationError.self) { try Module(Engine(configuration), text: text) }
    #expect(error.map { "\($0)" } == message)
  }

  @Test("A module that needs a disabled proposal is refused by its name")
  func features() throws {
    var configuration = Engine.Configuration()
    let text = "(module (func (result v128) (v128.const i32x4 0 0 0 0)))"
    #expect(throws: Never.self) { try Module(Engine(configuration), text: text) }
    configuration.features.remove(.simd)
    let error = #expect(throws: ValidationError.self) { try Module(Engine(configuration), text: text) }
    #expect(error?.message.contains("needs the proposal simd, which is off") == true)
  }

  @Test("Recursion deeper than the configured stack traps", arguments: TestedEngine.all)
  func stackSize(tested: TestedEngine) throws {
    func depth(_ byteCount: Int) throws -> Int32 {
      let engine = tested.make { $0.maximumStackSize = byteCount }
      let instance = try engine.instantiate(
        """
        (global $depth (export "depth") (mut i32) (i32.const 0))
        (func $f (export "f") (global.set $depth (i32.add (global.get $depth) (i32.const 1))) (call $f) (call $f))
        """)
      #expect((#expect(throws: Trap.self) { try instance.function("f")!.call() })?.code == .callStackExhausted)
      return try #require(instance.global("depth")?.value.i32)
    }
    for size in [16 << 10, 20_000, 64 << 10, 200_000, 1 << 20] {
      let depth = try Int(depth(size))
      // A frame takes 16 bytes or more, and of this function 100 or less. With tiers, both engines have a stack; one level is inlined.
      #expect(depth > size / 100 && depth <= size / 4, "\(size) bytes: \(depth) calls")
    }
  }

  @Test("Lazy compilation has the results of eager compilation")
  func compilation() throws {
    for compilation in Engine.Configuration.Compilation.allCases {
      for processor in Engine.Configuration.Processor.allCases {
        var configuration = Engine.Configuration()
        configuration.execution = .jit(.basic)
        configuration.compilation = compilation
        configuration.processor = processor
        let instance = try Engine(configuration).instantiate(
          "(func (export \"f\") (param i32) (result i32) (i32.popcnt (local.get 0)))")
        #expect(try instance.function("f")!.call([.i32(0xFF)])[0].i32 == 8, "\(compilation) \(processor)")
      }
    }
  }

  @Test("Equal structure types are one type")
  func definedTypes() throws {
    let engine = Engine()
    let field = FieldType(storage: .value(.i32), isMutable: true)
    #expect(try engine.defineStructure([field]) == engine.defineStructure([field]))
    #expect(try engine.defineStructure([field]) != engine.defineStructure([field, field]))
    #expect(try engine.defineArray(field) == engine.defineArray(field))
    #expect(try engine.defineArray(field) != engine.defineArray(FieldType(storage: .i8, isMutable: true)))
  }

  private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func append(_ line: String) { lines.withLock { $0.append(line) } }
  }
}
