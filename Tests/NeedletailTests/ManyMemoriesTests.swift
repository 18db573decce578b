import Needletail
import Testing

/// Modules with the maximum number of memories.
@Suite struct ManyMemoriesTests {
  private static func text(count: Int) -> String {
    let last = count - 1
    return """
      (module
        \((0..<count).map { "(memory $m\($0) 1 2)" }.joined(separator: "\n"))
        (func (export "f") (result i32)
          (i32.store $m\(last) (i32.const 65532) (i32.const 40))
          (i32.store $m0 (i32.const 65532) (i32.const 1))
          (drop (memory.grow $m\(last) (i32.const 1)))
          (memory.copy $m\(last / 2) $m\(last) (i32.const 0) (i32.const 65532) (i32.const 4))
          (i32.add (i32.load $m\(last / 2) (i32.const 0)) (memory.size $m\(last))))
        (func (export "out") (result i32) (i32.load $m\(last - 1) (i32.const 65536))))
      """
  }

  @Test(
    "The last of many memories is its own", arguments: [nil, OptimizationLevel.none, .basic, .aggressive],
    [101, 255, 256, 1000])
  func many(level: OptimizationLevel?, count: Int) throws {
    var configuration = Engine.Configuration()
    if let level { configuration.execution = .jit(level) }
    let engine = Engine(configuration)
    let module = try Module(engine, text: Self.text(count: count))
    let instance = try Linker(engine).instantiate(module, in: Store(engine))
    guard case .i32(let sum)? = try instance.function("f")?.call([]).first else {
      Issue.record("no result")
      return
    }
    #expect(sum == 42)
    #expect(throws: Trap.self) { try instance.function("out")?.call([]) }
  }

  @Test("One memory more than the maximum is refused")
  func tooMany() {
    #expect(throws: (any Error).self) { try Module(Engine(), text: Self.text(count: 1001)) }
  }
}
