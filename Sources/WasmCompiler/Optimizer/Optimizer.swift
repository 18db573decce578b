import WebAssembly

/// The state that passes over a function's graph share. Each pass is an extension in its own file; ``Pipeline`` declares their order.
///
/// After the passes, ``flow`` is the control flow of the graph; without dominators at level `none`. One optimizer serves all functions that
/// a thread compiles, and keeps its memory between functions.
///
/// Methods are `mutating` even if they change nothing: Swift 6.3.1 copies a noncopyable structure of this size to the stack for each call
/// of a nonmutating one.
struct Optimizer: ~Copyable {
  var flow = ControlFlow()
  let integers = IntegerOperations.shared

  // For value numbering.
  var table = ValueTable()
  var memory = MemoryVersions()

  /// By value: the known bits, since the last value numbering. Later values have no entry.
  var knownBits = FlatArray<KnownBits>(minimumCapacity: 1 << 12)

  var boundsChecks = BoundsCheckTable()

  // For passes that mark values, blocks or edges.
  var marks = FlatArray<Bool>(minimumCapacity: 1 << 12)
  var worklist = FlatArray<Value>(minimumCapacity: 1 << 10)

  /// Whether branches were folded or instructions were hoisted, so that another value numbering may find more equal values.
  var hasNewEqualities = false

  init() {}

  /// Forgets the last function. Must run before the passes of another one.
  mutating func reset() {
    knownBits.removeAll()
    hasNewEqualities = false
  }
}

// MARK: Queries and edits that passes share

extension FunctionGraph {
  /// The bits of a constant scalar; nil for every other value, and for a missing operand.
  @inline(__always)
  func constant(_ value: Value) -> UInt64? {
    guard let instruction = instruction(value) else { return nil }
    return instruction.pointee.operation == .constant && instruction.pointee.type != .v128
      ? instruction.pointee.immediate : nil
  }

  /// Inserts a constant before an instruction.
  mutating func makeConstant(_ type: IRType, _ bits: UInt64, before place: Value) -> Value {
    var instruction = Instruction(operation: .constant, type: type)
    instruction.immediate = bits
    return insert(instruction, before: place)
  }

  /// Makes a value a copy of another.
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

  /// Makes a value a constant.
  mutating func replace(_ value: Value, withConstant bits: UInt64) {
    let instruction = instructions.address(of: value.index)
    instruction.pointee.operation = .constant
    instruction.pointee.a = .none
    instruction.pointee.b = .none
    instruction.pointee.c = .none
    instruction.pointee.trap = 0
    instruction.pointee.immediate = bits
  }

  /// Replaces each operand of an instruction, and each argument of its edges, by the value that it copies.
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
