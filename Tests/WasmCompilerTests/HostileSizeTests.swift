import Testing

@testable import WasmCompiler

/// Functions that only an attacker would write: the compiler's work and output grow linearly, or it refuses them.
@Suite("The compiler on hostile sizes")
struct HostileSizeTests {
  struct Shape: CustomTestStringConvertible, Sendable {
    var testDescription: String
    /// A size that a debug build compiles in a tenth of a second.
    var size: Int
    /// The function's body for a size, preceded by locals in addition to two parameters.
    var body: @Sendable (Int) -> String

    init(_ name: String, size: Int, _ body: @escaping @Sendable (Int) -> String) {
      testDescription = name
      self.size = size
      self.body = body
    }
  }

  static let shapes = [
    Shape("straight code", size: 2000) { size in
      (0..<size).map { "(local.set 0 (i32.rotl (local.get 0) (i32.xor (local.get 1) (i32.const \($0)))))" }.joined()
    },
    Shape("locals", size: 500) { size in
      "(local \(String(repeating: "i32 ", count: size)))"
        + (0..<size).map {
          "(local.set \($0 + 2) (i32.mul (local.get \($0 + 1)) (i32.add (local.get \($0 + 1)) (local.get 0))))"
        }.joined()
        + "(loop (br_if 0 (local.get 0)))"
        + (0..<size).map { "(local.set 0 (i32.xor (local.get 0) (local.get \($0 + 2))))" }.joined()
    },
    Shape("a table of branches", size: 500) { size in
      String(repeating: "block ", count: size) + "local.get 0 br_table "
        + (0..<size).map { "\($0) " }.joined()
        + (0..<size).map { "end local.get 1 i32.const \($0 + 1) i32.add local.set 1 " }.joined()
    },
    // Each branch goes to the same block, and is dominated by all earlier ones.
    Shape("branches out of one block", size: 500) { size in
      "block " + (0..<size).map { "(br_if 0 (local.tee 1 (i32.add (local.get 1) (i32.const \($0 + 1)))))" }.joined()
        + " end "
    },
    Shape("nested loops", size: 100) { size in
      String(repeating: "loop ", count: size) + "local.get 0 i32.const 1 i32.add local.set 0 "
        + (0..<size).map { "local.get 0 i32.const \($0 + 2) i32.lt_u br_if 0 end " }.joined()
    },
    Shape("blocks", size: 500) { size in
      (0..<size).map {
        "(if (i32.and (local.get 0) (i32.const \($0 + 1))) (then (local.set 1 (i32.sub (local.get 1) (i32.const \($0))))))"
      }.joined()
    },
  ]

  private func codeByteCount(_ shape: Shape, _ size: Int, _ level: OptimizationLevel) throws -> Int {
    let text = "(module (func (param i32 i32) (result i32) \(shape.body(size)) (i32.xor (local.get 0) (local.get 1))))"
    var compiler = FunctionCompiler<NativeBackend>(
      ModuleFacts(try image(try assembled(text))), CompilerOptions(level: level))
    return try compiler.compile(0).code.count
  }

  @Test("Code size is linear in the size of the function", arguments: shapes, OptimizationLevel.allCases)
  func linear(_ shape: Shape, _ level: OptimizationLevel) throws {
    let (one, two) = (
      try codeByteCount(shape, shape.size, level), try codeByteCount(shape, 2 * shape.size, level)
    )
    #expect(two > one && two < one * 5 / 2 + 256, "\(one) bytes, then \(two)")
  }

  @Test("A function that needs too much memory is refused")
  func refused() throws {
    // Liveness needs a bit per block and per local that is live across blocks.
    let (blocks, locals) = (30_000, 20_000)
    let text = """
      (module (func (param i32) (result i32) (local \(String(repeating: "i32 ", count: locals)))
        \((0..<locals).map { "(local.set \($0 + 1) (i32.mul (local.get 0) (i32.const \($0))))" }.joined())
        \(String(repeating: "(if (local.get 0) (then (local.set 0 (i32.popcnt (local.get 0)))))", count: blocks))
        \((0..<locals).map { "(local.set 0 (i32.xor (local.get 0) (local.get \($0 + 1))))" }.joined())
        (local.get 0)))
      """
    var compiler = FunctionCompiler<NativeBackend>(
      ModuleFacts(try image(try assembled(text))), CompilerOptions(level: .none))
    #expect(throws: CompilationRefusal.self) { try compiler.compile(0) }
  }

  /// The number of instructions, list entries and edges in the graph of a body.
  private func graphSize(_ text: String) throws -> Int {
    let facts = ModuleFacts(try image(try assembled(text)))
    var frontEnd = FrontEnd(facts)
    var graph = FunctionGraph()
    try frontEnd.build(function: 0, into: &graph)
    return graph.instructions.count + graph.pool.count + graph.edges.count
  }

  @Test("Unreachable catch clauses cost nothing")
  func clauses() throws {
    func size(_ clauses: String) throws -> Int {
      try graphSize(
        """
        (module (tag $a) (tag $b) (func $f (block (try_table \(clauses) (call $f)))))
        """)
    }
    let few = try size("(catch $a 0) (catch $b 0) (catch_all 0)")
    let many = String(repeating: "(catch $a 0) (catch $b 0) ", count: 1000)
    #expect(try size(many + "(catch_all 0)" + many) == few)
  }

  @Test(
    "Functions that need too much memory or time are refused early",
    arguments: [
      // Nested loops.
      String(repeating: "loop ", count: FrontEnd.maximumLoopDepth + 1) + "nop "
        + String(repeating: "end ", count: FrontEnd.maximumLoopDepth + 1),
      // Unused locals.
      "(local \(String(repeating: "v128 ", count: 20_000)))",
      // A branch to each of a million labels.
      "(block (br_table \(String(repeating: "0 ", count: 1_000_000)) (local.get 0)))",
      // A thousand values on each of many branches.
      "(block (result \(String(repeating: "i32 ", count: 1000))) \(String(repeating: "(local.get 0)", count: 1000))"
        + String(repeating: "(br_if 0 (local.get 0))", count: 20_000) + ")" + String(repeating: " drop", count: 1000),
    ])
  func refusedEarly(_ body: String) throws {
    let image = try image(try assembled("(module (func (param i32) \(body)))"))
    let facts = ModuleFacts(image)
    var frontEnd = FrontEnd(facts)
    var graph = FunctionGraph()
    #expect(throws: FrontEndError.self) { try frontEnd.build(function: 0, into: &graph) }
    let byteCount =
      MemoryLayout<Instruction>.stride * graph.instructions.count + 20 * graph.blocks.count + 12 * graph.edges.count
      + 4 * graph.pool.count
    #expect(byteCount < FrontEnd.maximumMemoryLimit(in: image))
  }
}
