import Needletail
import Testing

/// One module whose functions several threads call concurrently for the first time.
@Suite struct SharedCodeTests {
  private static var lazyEngine: Engine {
    var configuration = Engine.Configuration()
    configuration.execution = .jit(.basic)
    configuration.compilation = .lazy
    return Engine(configuration)
  }

  @Test("Functions lowered or compiled on one thread are called on others", arguments: [false, true])
  func lowering(isCompiled: Bool) throws {
    let count = 200
    let functions = (0..<count).map { index in
      "(func $f\(index) (param i32) (result i32) (i32.add (local.get 0) (i32.const \(index))))"
    }
    let chain = (0..<count).reduce("(i32.const 0)") { "(call $f\($1) \($0))" }
    let engine = isCompiled ? Self.lazyEngine : Engine()
    for _ in 0..<20 {
      let module = try Module(
        engine, text: "(module \(functions.joined()) (func (export \"run\") (result i32) \(chain)))")
      try parallel(4) { _ in
        let instance = try Linker(engine).instantiate(module, in: Store(engine))
        guard try instance.call("run") == Int32(count * (count - 1) / 2) else {
          throw TestFailure(message: "another sum")
        }
      }
    }
  }

  @Test("While one thread compiles, others throw through compiled code")
  func throwing() throws {
    let engine = Self.lazyEngine
    let count = 64
    let functions = (0..<count).map { index in
      """
      (func $f\(index) (param i32) (result i32) (local i32)
        (block $caught (result i32)
          (try_table (catch $e $caught) (call $throw (i32.add (local.get 0) (i32.const \(index))))) (unreachable)))
      """
    }
    let chain = (0..<count).reduce("(i32.const 0)") { "(call $f\($1) \($0))" }
    for _ in 0..<10 {
      let module = try Module(
        engine,
        text: """
          (module (tag $e (param i32)) (func $throw (param i32) (throw $e (local.get 0)))
            \(functions.joined()) (func (export "run") (result i32) \(chain)))
          """)
      try parallel(4) { _ in
        let instance = try Linker(engine).instantiate(module, in: Store(engine))
        guard try instance.call("run") == Int32(count * (count - 1) / 2) else {
          throw TestFailure(message: "another sum")
        }
      }
    }
  }
}
