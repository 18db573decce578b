import Testing
import WasmText
import WebAssembly

@Suite struct ScriptTests {
  private func only(_ script: String) throws -> ScriptCommand {
    let commands = try ScriptParser.parse(script)
    #expect(commands.count == 1)
    return try #require(commands.first)
  }

  @Test func commandsKnowTheirLines() throws {
    let commands = try ScriptParser.parse("(module)\r\n(register \"a\" $b)\n;;\n(invoke \"f\")")
    #expect(commands.map(\.location.line) == [1, 2, 4])
  }

  @Test func aScriptMayBeTheFieldsOfOneModule() throws {
    guard case .module(let module) = try only("(func) (memory 0)").kind else {
      Issue.record("not a module")
      return
    }
    #expect(try module.bytes() == assemble("(func) (memory 0)"))
  }

  @Test func modulesAreReadOnlyWhenTheyAreNeeded() throws {
    guard case .assertMalformed(let module, "m") = try only("(assert_malformed (module $x (bad \")\")) \"m\")").kind
    else {
      Issue.record("not the assertion")
      return
    }
    #expect(module.name == "x")
    #expect(throws: ParseError.self) { try module.bytes() }
  }

  @Test func definitionsAndInstancesAreToldApart() throws {
    guard case .moduleDefinition(let module) = try only("(module definition $m (func))").kind,
      case .moduleInstance("i", "m") = try only("(module instance $i $m)").kind,
      case .moduleInstance(nil, nil) = try only("(module instance)").kind,
      case .moduleDefinition(let binary) = try only("(module definition $b binary \"\\00asm\\01\\00\\00\\00\")").kind
    else {
      Issue.record("not what the script says")
      return
    }
    #expect(module.name == "m")
    #expect(try module.bytes() == assemble("(module (func))"))
    #expect(try binary.bytes().count == 8)
  }

  @Test func resultsArePatterns() throws {
    let script = """
      (assert_return (invoke $m "f" (i32.const -1) (f64.const -0x1p0) (ref.extern 7) (ref.null func))
        (f32.const nan:canonical) (v128.const f64x2 nan:arithmetic 1) (v128.const i8x16 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0)
        (either (i32.const 1) (ref.i31)) (ref.func) (ref.null) (ref.extern) (ref.struct))
      """
    guard case .assertReturn(let action, let results) = try only(script).kind, case .invoke(let arguments) = action.kind
    else {
      Issue.record("not an assertion")
      return
    }
    #expect(action.instance == "m" && action.name == "f")
    #expect(
      arguments == [.i32(.max), .f64((-1.0).bitPattern), .refExtern(7), .refNull(.function)])
    #expect(
      results == [
        .f32(.canonicalNaN), .f64x2([.arithmeticNaN, .bits(1.0.bitPattern)]), .v128(1, 2),
        .either([.i32(1), .refI31]), .refFunc(nil), .refNull(nil), .refExtern(nil), .refStruct,
      ])
  }

  @Test func threadsHoldCommands() throws {
    let script = "(thread $T (shared (module $M)) (register \"m\" $M) (assert_return (invoke \"f\"))) (wait $T)"
    let commands = try ScriptParser.parse(script)
    guard case .thread("T", let shared, let inner) = commands[0].kind, case .wait("T") = commands[1].kind else {
      Issue.record("not a thread")
      return
    }
    #expect(shared.map(\.name) == ["M"] && inner.count == 2)
  }

  @Test(arguments: [
    "(foo)", "(assert_return)", "(module", "(invoke)", "(assert_trap (invoke \"f\"))", ")", "(module) x",
  ])
  func malformedScriptsAreErrors(_ script: String) {
    #expect(throws: ParseError.self) { try ScriptParser.parse(script) }
  }

  @Test func nansMatchByTheirPayload() {
    #expect(FloatPattern<UInt32>.canonicalNaN.matches(0xFFC0_0000))
    #expect(!FloatPattern<UInt32>.canonicalNaN.matches(0x7FC0_0001))
    #expect(FloatPattern<UInt64>.arithmeticNaN.matches(0x7FF8_0000_0000_0001))
    #expect(!FloatPattern<UInt64>.arithmeticNaN.matches(0x7FF4_0000_0000_0000))
  }
}
