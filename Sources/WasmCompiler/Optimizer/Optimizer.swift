import WebAssembly

/// How much work is done to make code fast.
public enum OptimizationLevel: UInt8, Hashable, Sendable, CaseIterable {
  /// Selection and allocation alone: compiles fastest.
  case none
  /// What pays for nearly all code.
  case basic
  /// More inlining than `basic`, and value numbering once more on what its passes leave.
  case aggressive
}

/// The passes over a function's graph. Each stands in its own file, as an extension; here is what they share and their order.
///
/// One optimizer serves for all functions that a thread compiles, and keeps its memory from one to the next.
///
/// Methods are `mutating` even where they change nothing: Swift 6.3.1 copies a noncopyable structure of this size to the stack for each call of
/// one that is not.
struct Optimizer: ~Copyable {
  var flow = ControlFlow()
  let integers = IntegerOperations.shared

  // For value numbering.
  var table = ValueTable()
  var memory = MemoryVersions()

  /// By value: what is known of its bits, since the last numbering of values. What came later has no place.
  var knownBits = FlatArray<KnownBits>(minimumCapacity: 1 << 12)

  var boundsChecks = BoundsCheckTable()

  // For passes that mark values, blocks or edges.
  var marks = FlatArray<Bool>(minimumCapacity: 1 << 12)
  var worklist = FlatArray<Value>(minimumCapacity: 1 << 10)

  /// Whether branches were decided, or anything was hoisted, so that more may be equal than was found.
  var hasNewEqualities = false

  init() {}

  /// Runs the passes of a level. Afterwards ``flow`` is the control flow of the graph that they leave; at level `none`, without dominators.
  ///
  /// - Parameter check: called whenever the graph is well formed, with the name of the last pass; for tests. (Value numbering and
  ///   simplified branches leave copies among blocks' parameters, which dead code elimination takes out.)
  mutating func run(
    _ graph: inout FunctionGraph, level: OptimizationLevel,
    afterEach check: (StaticString, borrowing FunctionGraph) -> Void = { _, _ in }
  ) {
    knownBits.removeAll()
    guard level != .none else { return flow.computeOrderAndLoops(graph) }
    hasNewEqualities = false
    flow.compute(graph)
    numberValues(&graph)
    simplifyBranches(&graph)
    removeDeadCode(&graph)
    check("dead code elimination", graph)
    removeBoundsChecks(&graph)
    check("bounds checks", graph)
    hoistInvariants(&graph)
    check("loop invariant code motion", graph)
    if level == .aggressive, hasNewEqualities {
      numberValues(&graph)
      removeDeadCode(&graph)
      check("second value numbering", graph)
    }
  }
}

// MARK: What passes ask and do

extension FunctionGraph {
  /// The bits of a constant scalar; nil for all else, a missing operand included.
  @inline(__always)
  func constant(_ value: Value) -> UInt64? {
    guard let instruction = instruction(value) else { return nil }
    return instruction.pointee.operation == .constant && instruction.pointee.type != .v128
      ? instruction.pointee.immediate : nil
  }

  /// Makes a constant in front of an instruction.
  mutating func makeConstant(_ type: IRType, _ bits: UInt64, before place: Value) -> Value {
    var instruction = Instruction(operation: .constant, type: type)
    instruction.immediate = bits
    return insert(instruction, before: place)
  }

  /// Lets a value be the same as another.
  mutating func replace(_ value: Value, with other: Value) {
    assert(value != other)
    let instruction = instructions.address(of: value.index)
    instruction.pointee.operation = .copy
    instruction.pointee.a = other
    instruction.pointee.b = .none
    instruction.pointee.c = .none
    instruction.pointee.listCount = 0
    instruction.pointee.trap = 0
  }

  /// Lets a value be a constant.
  mutating func replace(_ value: Value, withConstant bits: UInt64) {
    let instruction = instructions.address(of: value.index)
    instruction.pointee.operation = .constant
    instruction.pointee.a = .none
    instruction.pointee.b = .none
    instruction.pointee.c = .none
    instruction.pointee.trap = 0
    instruction.pointee.immediate = bits
  }

  /// Makes each operand of an instruction, and each argument of its edges, the value behind copies.
  mutating func resolveOperands(_ value: Value) {
    let instruction = instructions.address(of: value.index)
    instruction.pointee.a = resolve(instruction.pointee.a)
    instruction.pointee.b = resolve(instruction.pointee.b)
    instruction.pointee.c = resolve(instruction.pointee.c)
    if instruction.pointee.listCount > 0 { resolve(list(value)) }
    if instruction.pointee.edgeCount > 0 {
      for edge in edges.elements.part(Int(instruction.pointee.firstEdge), count: Int(instruction.pointee.edgeCount)) {
        if edge.argumentCount > 0 { resolve(values(edge.argumentStart, count: edge.argumentCount)) }
      }
    }
  }

  @inline(__always)
  private func resolve(_ values: FlatSlice<Value>) {
    for index in values.indices { values[index] = resolve(values[index]) }
  }
}
