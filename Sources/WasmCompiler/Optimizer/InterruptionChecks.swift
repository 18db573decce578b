import WebAssembly

// Removes checks for interruption from loops that end soon.

extension Optimizer {
  /// The most that all loops of a function without checks may do together, as the number of simple instructions.
  private static let largestWork = 1 << 21
  /// An access to a linear memory or a table, which may be the first to one or two pages. So 20,971 of them take some 20 milliseconds.
  private static let workOfAccess = 100
  /// The largest number of blocks of such a loop, which bounds the time that the pass takes for each loop.
  private static let largestBlockCount = 32

  /// Removes the checks of innermost loops without calls whose number of iterations is known and small, as long as all of them together do
  /// little: between two checks of the function, each may run once. Enclosing loops keep theirs.
  ///
  /// Requires that constants are folded. O(loops + instructions of the loops with a known number of iterations).
  mutating func removeInterruptionChecks(_ graph: inout FunctionGraph) {
    var rest = Self.largestWork
    for header in flow.order.elements where flow.isLoopHeader(header) {
      guard let check = interruptionCheck(in: header, graph), let edges = edges(of: header, graph),
        let iterations = iterationCount(of: header, edges, graph),
        let work = work(atMost: rest / iterations, header, from: flow.source[Int(edges.back.number)], graph)
      else { continue }
      rest -= work * iterations
      graph.unlink(check)
    }
  }

  private mutating func interruptionCheck(in header: Block, _ graph: borrowing FunctionGraph) -> Value? {
    var value = graph[header].first
    while !value.isNone {
      if graph[value].operation == .checkInterruption { return value }
      value = graph[value].next
    }
    return nil
  }

  /// The edges to a loop's header, if there are two.
  private mutating func edges(of header: Block, _ graph: borrowing FunctionGraph) -> (entry: Edge, back: Edge)? {
    let edges = flow.predecessors(header)
    guard edges.count == 2 else { return nil }
    let isFirstBack = flow.contains(header, flow.source[Int(edges[0].number)])
    let isSecondBack = flow.contains(header, flow.source[Int(edges[1].number)])
    guard isFirstBack != isSecondBack else { return nil }
    return isFirstBack ? (edges[1], edges[0]) : (edges[0], edges[1])
  }

  /// The work of an iteration of a loop without calls and inner loops; nil if it is more than a limit.
  private mutating func work(
    atMost limit: Int, _ header: Block, from latch: Block, _ graph: borrowing FunctionGraph
  ) -> Int? {
    var blocks = [header]
    if latch != header { blocks.append(latch) }
    var work = 0
    var next = 0
    while next < blocks.count {
      let block = blocks[next]
      next += 1
      guard flow.loopHeader(block) == header else { return nil }
      var value = graph[block].first
      while !value.isNone {
        guard let some = Self.work(of: graph[value]) else { return nil }
        work += some
        guard work <= limit else { return nil }
        value = graph[value].next
      }
      guard block != header else { continue }
      for edge in flow.predecessors(block) {
        let source = flow.source[Int(edge.number)]
        if blocks.contains(source) { continue }
        guard blocks.count < Self.largestBlockCount else { return nil }
        blocks.append(source)
      }
    }
    return work
  }

  /// The work of an instruction; nil for calls.
  private static func work(of instruction: Instruction) -> Int? {
    switch instruction.operation {
    case .call, .callReference, .callRuntime, .tryJump: nil
    case .load, .store: [.memory, .tables].contains(instruction.region) ? workOfAccess : 1
    case .atomic: workOfAccess
    default: 1
    }
  }

  // MARK: Numbers of iterations

  /// The largest number of iterations of a loop whose back edge is taken while a comparison of a counter with a constant holds.
  private mutating func iterationCount(
    of header: Block, _ edges: (entry: Edge, back: Edge), _ graph: borrowing FunctionGraph
  ) -> Int? {
    let branch = graph[graph[flow.source[Int(edges.back.number)]].last]
    guard branch.operation == .branch else { return nil }
    let isTakenIfTrue = Int(branch.firstEdge) == Int(edges.back.number)
    guard let condition = condition(graph.resolve(branch.a), isTrue: isTakenIfTrue, graph) else { return nil }
    // The counter is compared before or after the step.
    let compared = graph[condition.left]
    let parameter: Value
    if compared.operation == .parameter {
      parameter = condition.left
    } else if let sum = sum(condition.left, graph) {
      parameter = sum.value
    } else {
      return nil
    }
    guard graph[parameter].operation == .parameter, graph[parameter].block == header else { return nil }
    let position = Int(graph[parameter].index)
    let next = graph.resolve(graph.arguments(edges.back)[position])
    guard let step = sum(next, graph), step.value == parameter, step.isWide == condition.isWide,
      condition.left == parameter || condition.left == next,
      let start = graph.constant(graph.resolve(graph.arguments(edges.entry)[position]))
    else { return nil }
    let first = condition.left == parameter ? start : start &+ UInt64(bitPattern: step.constant)
    return condition.isWide
      ? Self.count(
        condition.operation, from: Int64(bitPattern: first), step.constant, Int64(bitPattern: condition.bound))
      : Self.count(
        condition.operation, from: Int32(truncatingIfNeeded: first), Int32(truncatingIfNeeded: step.constant),
        Int32(truncatingIfNeeded: condition.bound))
  }

  private struct LoopCondition {
    var operation: IntegerOperation
    var left: Value
    var bound: UInt64
    var isWide: Bool
  }

  /// The comparison with a constant that holds if a condition is true, or false.
  private mutating func condition(_ value: Value, isTrue: Bool, _ graph: borrowing FunctionGraph) -> LoopCondition? {
    let instruction = graph[value]
    var condition: LoopCondition
    if instruction.operation == .wasm, let (operation, isWide) = integers.operation(instruction.opcode),
      operation.isComparison
    {
      let left = graph.resolve(instruction.a)
      if operation == .eqz {
        condition = LoopCondition(operation: .eq, left: left, bound: 0, isWide: isWide)
      } else if let bound = graph.constant(graph.resolve(instruction.b)) {
        condition = LoopCondition(operation: operation, left: left, bound: bound, isWide: isWide)
      } else if let bound = graph.constant(left), let mirrored = operation.mirrored {
        condition = LoopCondition(operation: mirrored, left: graph.resolve(instruction.b), bound: bound, isWide: isWide)
      } else {
        return nil
      }
    } else {
      condition = LoopCondition(operation: .ne, left: value, bound: 0, isWide: false)
    }
    if !isTrue {
      guard let negated = condition.operation.negated else { return nil }
      condition.operation = negated
    }
    return condition
  }

  /// A value that is the sum of another and a constant.
  private mutating func sum(
    _ value: Value, _ graph: borrowing FunctionGraph
  ) -> (value: Value, constant: Int64, isWide: Bool)? {
    let instruction = graph[value]
    guard instruction.operation == .wasm, let (operation, isWide) = integers.operation(instruction.opcode),
      operation == .add || operation == .sub, let bits = graph.constant(graph.resolve(instruction.b))
    else { return nil }
    let constant = isWide ? Int64(bitPattern: bits) : Int64(Int32(truncatingIfNeeded: bits))
    return (graph.resolve(instruction.a), operation == .add ? constant : 0 &- constant, isWide)
  }

  /// The number of iterations of a loop that goes on while a comparison with `bound` holds, first with `first`, which then grows by
  /// `step`; nil if it is unknown or large.
  private static func count<T: FixedWidthInteger & SignedInteger>(
    _ comparison: IntegerOperation, from first: T, _ step: T, _ bound: T
  ) -> Int? {
    let (distance, overflow) = bound.subtractingReportingOverflow(first)
    guard !overflow, step != 0, distance.magnitude <= largestWork, step.magnitude <= largestWork else { return nil }
    switch comparison {
    case .ne: return distance % step == 0 && distance / step >= 0 ? Int(distance / step) + 1 : nil
    // The counter passes the bound before it wraps around.
    case .ltS, .leS:
      guard step > 0, bound <= .max - step else { return nil }
    case .gtS, .geS:
      guard step < 0, bound >= .min - step else { return nil }
    // Unsigned numbers that are not negative as signed ones have the same order.
    case .ltU, .leU:
      guard step > 0, first >= 0, bound >= 0, bound <= .max - step else { return nil }
    case .gtU, .geU:
      guard step < 0, first >= 0, bound >= 0 - step else { return nil }
    default: return nil
    }
    return Swift.max(Int(distance / step), 0) + 2
  }
}
