import Needletail
import Testing
import WasmText

@testable import WasmNative

@Suite struct FunctionOrderTests {
  @Test("Exports come first, then what they call, then what is called through tables, the smallest first")
  func order() throws {
    let bytes = try assemble(
      """
      (module
        (table funcref (elem $large $small))
        (func $callee)
        (func (export "a"))
        (func (export "b") (call $callee))
        (func $large (call $other) (call $other))
        (func $small)
        (func $other))
      """)
    var configuration = Engine.Configuration()
    configuration.execution = .jit(.none)
    let module = try Module(Engine(configuration), bytes: bytes)
    #expect(module.compiled.map { Array($0.order) } == [1, 2, 0, 4, 3, 5])
  }
}
