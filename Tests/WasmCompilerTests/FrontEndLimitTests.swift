import Testing

@testable import WasmCompiler

/// Bodies that only an attacker would write.
@Suite("The front end on hostile bodies")
struct FrontEndLimitTests {
  private func count(_ text: String) throws -> Int {
    let facts = ModuleFacts(try image(try assembled(text)))
    var frontEnd = FrontEnd(facts)
    var graph = FunctionGraph()
    try frontEnd.build(function: 0, into: &graph)
    var verifier = Verifier(facts)
    try verifier.verify(graph)
    return graph.instructions.count
  }

  @Test("The graphs of deep nesting and long chains of branches have linear size")
  func linear() throws {
    let depth = 5_000
    let nested = String(repeating: "block ", count: depth) + String(repeating: "end ", count: depth)
    #expect(try count("(module (func \(nested)))") < 10)
    let branches = String(repeating: "local.get 0 br_if 0 ", count: depth)
    #expect(try count("(module (func (param i32) block \(branches) end))") < 2 * depth)
    let loops = String(repeating: "loop local.get 0 local.set 1 local.get 1 br_if 0 end ", count: depth)
    #expect(try count("(module (func (param i32) (local i32) \(loops)))") < 4 * depth)
  }

  @Test("A body whose locals need too many parameters is refused")
  func tooLarge() throws {
    let count = 1_000
    let locals = String(repeating: "i32 ", count: count)
    let loops = String(repeating: "loop ", count: count)
    let rotation = (0..<count).map { "local.get \($0 + 1) local.set \($0 * 7 % count + 1) " }.joined()
    let text = """
      (module (func (param i32) (local \(locals))
        \(loops) \(rotation) local.get 0 br_if 0 \(String(repeating: "end ", count: count))))
      """
    #expect(throws: FrontEndError.self) { try self.count(text) }
  }
}
