import Needletail
import Testing
import WasmText

/// Deadlines of loading modules. No test measures time: a deadline that has passed stops loading, and one far away does not.
@Suite struct LoadingDeadlineTests {
  /// 1 MB of text.
  private static let large = """
    (module \(String(
      repeating: "(func (param i64) (result i64) (i64.add (i64.mul (local.get 0) (i64.const 3)) (local.get 0)))",
      count: 10_000)) (func (export "f") (result i32) (i32.const 7)))
    """
  private static let bytes = try! assemble(large)

  private static func engine(_ execution: Engine.Configuration.Execution) -> Engine {
    var configuration = Engine.Configuration()
    configuration.execution = execution
    return Engine(configuration)
  }

  private static func isStopped(_ load: () throws -> Module) throws -> Bool {
    do {
      _ = try load()
      return false
    } catch let trap as Trap {
      #expect(trap.code == .deadlineExceeded)
      #expect(trap.message == "deadline exceeded: the module was not loaded yet")
      return true
    }
  }

  @Test("A deadline that has passed stops loading, of a small module, too", arguments: [false, true])
  func passed(isLarge: Bool) throws {
    let text = isLarge ? Self.large : "(module)"
    let engine = Engine()
    let bytes = try assemble(text)
    for deadline in [ContinuousClock.Instant.now, .now - .seconds(5)] {
      #expect(try Self.isStopped { try Module(engine, bytes: bytes, deadline: deadline) })
      #expect(try Self.isStopped { try Module(engine, text: text, deadline: deadline) })
    }
  }

  @Test("A deadline that has not passed changes nothing", arguments: [nil, 3600, 1e15] as [Double?])
  func enough(seconds: Double?) throws {
    let deadline = seconds.map { ContinuousClock.Instant.now + .seconds($0) }
    for execution in [.interpreter, .auto, .jit(.basic)] as [Engine.Configuration.Execution] {
      let engine = Self.engine(execution)
      let text = "(module (func (export \"f\") (result i32) (i32.const 7)))"
      for module in [
        try Module(engine, bytes: assemble(text), deadline: deadline),
        try Module(engine, text: text, deadline: deadline),
      ] {
        let instance = try Linker(engine).instantiate(module, in: Store(engine))
        let f = try instance.function("f")!.typed(returning: Int32.self)
        #expect(try f() == 7)
      }
    }
  }

  @Test("A huge module stops while it is assembled, decoded or compiled")
  func huge() throws {
    // Each is far from done after the time, also in a release build. `StopCheckTests` stops each stage.
    let (interpreter, compiler) = (Self.engine(.interpreter), Self.engine(.jit(.aggressive)))
    #expect(
      try Self.isStopped { try Module(interpreter, text: Self.large, deadline: .now + .milliseconds(1)) })
    #expect(
      try Self.isStopped { try Module(interpreter, bytes: Self.bytes, deadline: .now + .microseconds(10)) })
    #expect(
      try Self.isStopped { try Module(compiler, bytes: Self.bytes, deadline: .now + .milliseconds(1)) })
  }

  @Test("An error of the module is reported as such if it comes first")
  func malformed() throws {
    #expect(throws: DecodingError.self) {
      try Module(Engine(), bytes: [0, 1, 2, 3], deadline: .now + .seconds(3600))
    }
    #expect(throws: ValidationError.self) {
      try Module(Engine(), text: "(module (func (result i32)))", deadline: .now + .seconds(3600))
    }
    #expect(throws: ParseError.self) {
      try Module(Engine(), text: "(modul", deadline: .now + .seconds(3600))
    }
  }
}
