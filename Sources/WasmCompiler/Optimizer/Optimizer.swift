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

  /// Runs the passes of a level.
  ///
  /// - Parameter check: called whenever the graph is well formed, with the name of the last pass; for tests. (Value numbering and
  ///   simplified branches leave copies among blocks' parameters, which dead code elimination takes out.)
  mutating func run(
    _ graph: inout FunctionGraph, level: OptimizationLevel,
    afterEach check: (StaticString, borrowing FunctionGraph) -> Void = { _, _ in }
  ) {
    knownBits.removeAll()
    guard level != .none else { return }
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
    guard !value.isNone else { return nil }
    return self[value].operation == .constant && self[value].type != .v128 ? self[value].immediate : nil
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
    self[value].operation = .copy
    self[value].a = other
    self[value].b = .none
    self[value].c = .none
    self[value].listCount = 0
    self[value].trap = 0
  }

  /// Lets a value be a constant.
  mutating func replace(_ value: Value, withConstant bits: UInt64) {
    self[value].operation = .constant
    self[value].a = .none
    self[value].b = .none
    self[value].c = .none
    self[value].trap = 0
    self[value].immediate = bits
  }

  /// Makes each operand of an instruction, and each argument of its edges, the value behind copies.
  mutating func resolveOperands(_ value: Value) {
    self[value].a = resolve(self[value].a)
    self[value].b = resolve(self[value].b)
    self[value].c = resolve(self[value].c)
    if self[value].listCount > 0 {
      let list = list(value)
      for index in list.indices { list[index] = resolve(list[index]) }
    }
    if self[value].edgeCount > 0 {
      let first = Int(self[value].firstEdge)
      for edge in first..<first + Int(self[value].edgeCount) {
        let arguments = arguments(Edge(edge))
        for index in arguments.indices { arguments[index] = resolve(arguments[index]) }
      }
    }
  }
}
