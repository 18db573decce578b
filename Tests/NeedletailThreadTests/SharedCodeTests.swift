import Needletail
import Testing

/// One module, whose functions several threads call for the first time at once.
@Suite struct SharedCodeTests {
  @Test("Functions that are lowered on one thread are called on others")
  func lowering() throws {
    let count = 200
    let functions = (0..<count).map { index in
      "(func $f\(index) (param i32) (result i32) (i32.add (local.get 0) (i32.const \(index))))"
    }
    let chain = (0..<count).reduce("(i32.const 0)") { "(call $f\($1) \($0))" }
    let engine = Engine()
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
}
