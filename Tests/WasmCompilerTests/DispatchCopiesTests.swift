import Testing
import WasmText

@testable import WasmCompiler

/// The number of copies of an interpreter loop's dispatch.
@Suite("Dispatch duplication")
struct DispatchCopiesTests {
  /// A bytecode interpreter with `count` operations, which do different work and jump back to the loop header.
  private static func interpreter(_ count: Int) -> String {
    let blocks = String(repeating: "(block ", count: count)
    let targets = (0..<count).map(String.init).joined(separator: " ")
    let cases = (0..<count).map { number in
      """
      ) (local.set $sum (i32.xor (local.get $sum) (i32.const \(number + 7)))) (br $next)
      """
    }
    return """
      (module (memory 1)
        (func (param $pc i32) (result i32) (local $sum i32)
          (block $end
            (loop $next
              (local.set $pc (i32.add (local.get $pc) (i32.const 1)))
              \(blocks)
              (br_table \(targets) $end (i32.load8_u (local.get $pc)))
              \(cases.joined(separator: "\n"))))
          (local.get $sum)))
      """
  }

  /// How often the code loads the address of a jump table.
  private static func dispatchCount(_ text: String, _ level: OptimizationLevel) throws -> Int {
    var compiler = FunctionCompiler<NativeBackend>(
      ModuleFacts(try image(try assemble(text))), CompilerOptions(level: level))
    let code = try compiler.compile(0).code
    // lea r11, [rip + distance]
    return code.indices.dropLast(2).count { code[$0] == 0x4C && code[$0 + 1] == 0x8D && code[$0 + 2] == 0x1D }
  }

  @Test("Each case of an interpreter has its own dispatch", arguments: [OptimizationLevel.basic, .aggressive])
  func copies(_ level: OptimizationLevel) throws {
    #expect(try Self.dispatchCount(Self.interpreter(12), level) == 13)
  }

  @Test("Without optimization there is one dispatch")
  func noCopies() throws {
    #expect(try Self.dispatchCount(Self.interpreter(12), .none) == 1)
  }

  @Test("Two cases share one dispatch")
  func fewCases() throws {
    let text = """
      (module (memory 1)
        (func (param $pc i32)
          (loop $next
            (local.set $pc (i32.add (local.get $pc) (i32.const 1)))
            (block $a (block $b
              (br_table $a $b $a $b $a $b $a $b (i32.load8_u (local.get $pc))))
              (i32.store (i32.const 0) (local.get $pc)) (br $next))
            (i32.store (i32.const 4) (local.get $pc)) (br $next))))
      """
    #expect(try Self.dispatchCount(text, .basic) == 1)
  }

  @Test("Dispatches are not duplicated if the function would grow too much")
  func growth() throws {
    #expect(try Self.dispatchCount(Self.interpreter(1000), .basic) == 1)
  }
}
