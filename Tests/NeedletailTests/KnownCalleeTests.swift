import Needletail
import Testing
import WasmText

/// Calls of a reference that always refers to one function of the module, of any type.
@Suite("Calls of known functions") struct KnownCalleeTests {
  struct Case: CustomTestStringConvertible, Sendable {
    /// The numbers of parameters and results of the call and of the function.
    var call: (parameters: Int, results: Int)
    var function: (parameters: Int, results: Int)
    /// Whether the function is too large to be inlined.
    var isLarge = false
    var isTail = false

    var testDescription: String {
      "call \(call), function \(function)\(isLarge ? ", large" : "")\(isTail ? ", tail" : "")"
    }
  }

  private static let cases: [Case] = {
    var cases: [Case] = []
    for call in [(0, 0), (0, 1), (1, 1), (0, 4), (2, 40), (0, 1000), (40, 0), (1000, 1)] {
      for function in [(0, 0), (0, 1), (1, 1), (2, 5), (0, 1000), (60, 2), (1000, 0)] where function != call {
        for isLarge in [false, true] { cases.append(Case(call: call, function: function, isLarge: isLarge)) }
        cases.append(Case(call: call, function: function, isTail: true))
      }
    }
    return cases
  }()

  private static func type(_ shape: (parameters: Int, results: Int)) -> String {
    "(func (param \(repeated("i32", shape.parameters))) (result \(repeated("i32", shape.results))))"
  }

  private static func repeated(_ text: String, _ count: Int) -> String {
    Array(repeating: text, count: count).joined(separator: " ")
  }

  private static func module(_ test: Case) -> String {
    let padding = test.isLarge ? repeated("(drop (i32.div_u (i32.const 7) (global.get $g)))", 400) : ""
    let call =
      "\(repeated("(i32.const 3)", test.call.parameters)) (ref.cast (ref $g) (ref.func $t)) \(test.isTail ? "return_call_ref" : "call_ref") $g"
    let run =
      test.isTail
      ? "(func $run (type $g) \(repeated("(drop (local.get 0))", min(test.call.parameters, 1))) \(call))\n(func (export \"run\") (result i32) \(repeated("(i32.const 3)", test.call.parameters)) (call $run) \(repeated("drop", test.call.results)) (i32.const 7))"
      : "(func (export \"run\") (result i32) \(call) \(repeated("drop", test.call.results)) (i32.const 7))"
    return """
      (module
        (global $g (mut i32) (i32.const 1))
        (type $f \(type(test.function))) (type $g \(type(test.call)))
        (func $t (type $f) \(padding) \(repeated("(i32.const 1)", test.function.results)))
        (elem declare func $t)
        \(run))
      """
  }

  @Test("A failing cast before the call traps for all types")
  func otherTypes() throws {
    for test in Self.cases {
      let module = try assemble(Self.module(test))
      for kind in EveryEngine.allCases {
        let found = summary { try kind.instance(module).0.function("run")!.call([]) }
        #expect(found == "trap: cast failure", "\(kind), \(test.testDescription)")
      }
    }
  }

  @Test("A function whose type has another index, or is a subtype, is called", arguments: EveryEngine.allCases)
  func sameTypes(_ kind: EveryEngine) throws {
    let (instance, _) = try kind.instance(
      """
      (module
        (type $g (sub (func (param i32) (result anyref i32))))
        (type $same (sub (func (param i32) (result anyref i32))))
        (type $below (sub $g (func (param i32) (result i31ref i32))))
        (type $lowest (sub final $below (func (param i32) (result (ref i31) i32))))
        (func $a (type $same) (ref.i31 (local.get 0)) (i32.const 1))
        (func $b (type $below) (ref.i31 (local.get 0)) (i32.const 2))
        (func $c (type $lowest) (ref.i31 (local.get 0)) (i32.const 3))
        (elem declare func $a $b $c)
        (func (export "run") (param i32) (result i32 i32 i32)
          (call_ref $g (local.get 0) (ref.func $a)) (local.set 0) (drop) (local.get 0)
          (call_ref $g (local.get 0) (ref.func $b)) (local.set 0) (drop) (local.get 0)
          (call_ref $g (local.get 0) (ref.cast (ref $g) (ref.func $c))) (local.set 0) (drop) (local.get 0)))
      """)
    #expect(summary { try instance.function("run")!.call([.i32(9)]) } == "[1, 2, 3]")
  }
}
