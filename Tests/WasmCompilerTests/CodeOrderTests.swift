import Testing
import WasmText

@testable import WasmCompiler

/// Decisions made during emission, checked by disassembling the code.
@Suite("Code emission")
struct CodeOrderTests {
  /// The instructions of a module's first function.
  private static func code(of text: String, _ level: OptimizationLevel) throws -> [Disassembler.Instruction] {
    var compiler = FunctionCompiler<NativeBackend>(
      ModuleFacts(try image(try assemble(text))), CompilerOptions(level: level))
    let code = try compiler.compile(0).code
    return code.withUnsafeBytes { bytes in
      var disassembler = Disassembler(bytes)
      var instructions: [Disassembler.Instruction] = []
      while let instruction = disassembler.next() { instructions.append(instruction) }
      return instructions
    }
  }

  /// The mnemonics of the backward jumps.
  private static func jumpsBack(_ code: [Disassembler.Instruction]) -> [String] {
    code.compactMap { instruction in
      guard instruction.mnemonic.hasPrefix("j"), case .target(let target)? = instruction.operands.first else {
        return nil
      }
      return target <= instruction.offset ? instruction.mnemonic : nil
    }
  }

  private static let whileLoop = """
    (module (func (param i32) (result i32) (local i32)
      (block $end
        (loop $next
          (br_if $end (i32.ge_u (local.get 1) (local.get 0)))
          (local.set 1 (i32.add (i32.mul (local.get 1) (local.get 1)) (i32.const 3)))
          (br $next)))
      (local.get 1)))
    """

  @Test(
    "A loop that tests first is rotated to test last", arguments: [OptimizationLevel.basic, .aggressive])
  func turnedLoop(_ level: OptimizationLevel) throws {
    let jumps = Self.jumpsBack(try Self.code(of: Self.whileLoop, level))
    #expect(jumps.count == 1 && jumps[0] != "jmp", "\(jumps)")
  }

  @Test("Without optimization the loop is not rotated")
  func loop() throws {
    #expect(Self.jumpsBack(try Self.code(of: Self.whileLoop, .none)) == ["jmp"])
  }

  private static func countdown(_ step: String) -> String {
    """
    (module (memory 1) (func (param i32)
      (loop
        (local.set 0 \(step))
        (br_if 0 (local.get 0)))))
    """
  }

  @Test("The flags of a sum replace a test")
  func flags() throws {
    let code = try Self.code(of: Self.countdown("(i32.sub (local.get 0) (i32.const 1))"), .basic)
    #expect(!code.contains { $0.mnemonic == "test" })
  }

  @Test("The flags of a product do not replace a test")
  func otherFlags() throws {
    let code = try Self.code(of: Self.countdown("(i32.mul (local.get 0) (i32.const 5))"), .basic)
    #expect(code.contains { $0.mnemonic == "test" })
  }

  @Test("A call within an instance loads no context; a call that leaves it does so out of line")
  func calls() throws {
    let text =
      "(module (type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0)) (call_ref $t (local.get 0))))"
    let code = try Self.code(of: text, .basic)
    let calls = code.indices.filter { code[$0].mnemonic == "call" }
    let loads = code.indices.filter { index in
      code[index].mnemonic == "mov" && code[index].operands.first == .register(RegisterConvention.context, .qword)
    }
    #expect(calls.count == 4 && loads.count == 2)
    let end = try #require(code.firstIndex { $0.mnemonic == "ret" })
    #expect(calls.filter { $0 < end }.count == 2 && loads.allSatisfy { $0 > end })
  }
}
