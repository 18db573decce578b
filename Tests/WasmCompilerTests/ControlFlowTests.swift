import Testing

@testable import WasmCompiler

@Suite("Control flow of a graph")
struct ControlFlowTests {
  /// A graph with the given successors of each block.
  private static func graph(_ successors: [[Int]]) -> FunctionGraph {
    var graph = FunctionGraph()
    for _ in successors { _ = graph.makeBlock() }
    for (block, targets) in successors.enumerated() {
      let edges = targets.map { graph.makeEdge(to: Block($0)) }
      var end = Instruction(operation: targets.isEmpty ? .return : targets.count == 1 ? .jump : .switch, type: .none)
      end.firstEdge = edges.first?.number ?? 0
      end.edgeCount = UInt32(edges.count)
      graph.append(end, to: Block(block))
    }
    return graph
  }

  /// A block by its number; -1 is none.
  private static func block(_ number: Int) -> Block { number < 0 ? .none : Block(number) }

  @Test(
    "Dominators, predecessors and loops",
    arguments: [
      // successors, dominators, loop headers (-1: none), depths
      ([[1, 2], [3], [3], []], [0, 0, 0, 0], [-1, -1, -1, -1], [0, 0, 0, 0]),
      ([[1], [2, 3], [1], []], [0, 0, 1, 1], [-1, 1, 1, -1], [0, 1, 1, 0]),
      // A nested loop with an exit from the inner loop.
      ([[1], [2, 5], [3], [2, 4], [1, 5], []], [0, 0, 1, 2, 3, 1], [-1, 1, 2, 2, 1, -1], [0, 1, 2, 2, 1, 0]),
      // Two back edges to the same header, and an unreachable block.
      ([[1], [2, 3], [1], [1, 4], [], [1]], [0, 0, 1, 1, 3, -1], [-1, 1, 1, 1, -1, -1], [0, 1, 1, 1, 0, 0]),
      // A loop of one block.
      ([[1], [1, 2], []], [0, 0, 1], [-1, 1, -1], [0, 1, 0]),
    ])
  func analysis(successors: [[Int]], dominators: [Int], headers: [Int], depths: [Int]) {
    let graph = Self.graph(successors)
    var flow = ControlFlow()
    // Twice, because results of one function must not affect the next.
    for _ in 0..<2 { flow.compute(graph) }
    for block in successors.indices {
      #expect(flow.blocks[block].dominator == Self.block(dominators[block]), "dominator of \(block)")
      #expect(flow.blocks[block].loopHeader == Self.block(headers[block]), "header of \(block)")
      #expect(flow.blocks[block].loopDepth == depths[block], "depth of \(block)")
      #expect(flow.isReachable(Block(block)) == (dominators[block] >= 0))
      let wanted = successors.indices.filter { successors[$0].contains(block) && dominators[$0] >= 0 }
      #expect(flow.predecessors(Block(block)).map { flow.source[$0.index].index }.sorted() == wanted)
    }
    #expect(flow.order[0] == .entry)
  }
}
