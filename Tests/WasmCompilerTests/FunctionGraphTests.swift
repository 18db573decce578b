import Testing

@testable import WasmCompiler

@Suite("The graph of a function")
struct FunctionGraphTests {
  @Test("Parameters and arguments can be added to any block and edge in any order")
  func lists() {
    var graph = FunctionGraph()
    let blocks = (0..<3).map { _ in graph.makeBlock() }
    let edges = blocks.map { graph.makeEdge(to: $0) }
    for round in 0..<40 {
      for (block, edge) in zip(blocks, edges) where round % (block.index + 1) == 0 {
        let parameter = graph.appendParameter(.i32, to: block)
        graph.appendArgument(parameter, to: edge)
      }
    }
    for (block, edge) in zip(blocks, edges) {
      let parameters = Array(graph.parameters(block))
      #expect(parameters.count == (39 / (block.index + 1)) + 1)
      #expect(parameters == Array(graph.arguments(edge)))
      #expect(parameters.allSatisfy { graph[$0].block == block })
    }
  }

  @Test("An instruction can be moved")
  func moving() {
    var graph = FunctionGraph()
    let first = graph.makeBlock()
    let second = graph.makeBlock()
    let constant = graph.append(Instruction(operation: .constant, type: .i32), to: first)
    graph.append(Instruction(operation: .jump, type: .none), to: first)
    let end = graph.append(Instruction(operation: .return, type: .none), to: second)
    graph.unlink(constant)
    graph.link(constant, before: end)
    #expect(graph[second].first == constant && graph[constant].next == end && graph[end].previous == constant)
    #expect(graph[first].first == graph[first].last && graph[constant].block == second)
  }
}
