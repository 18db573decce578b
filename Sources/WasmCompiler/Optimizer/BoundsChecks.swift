import WebAssembly

// Takes out checks of bounds that cannot fail, since an earlier one has passed for the same address or index, and at least as far
// behind it. Neither memories nor tables ever shrink: so it does not matter what happened to the size in between, which is why value
// numbering finds the equal ones only.

/// The checks that were seen.
struct BoundsCheckTable: ~Copyable {
  struct Entry: BitwiseCopyable {
    var check: BoundsCheck
    var block: Block
    /// The entry before it of the same value, or ``none``.
    var previous: UInt32
  }

  static let none = UInt32.max
  private(set) var entries = FlatArray<Entry>(minimumCapacity: 1 << 5)
  /// By value: the last entry that checks it.
  private var last = FlatArray<UInt32>(minimumCapacity: 1 << 5)

  init() {}

  mutating func begin(valueCount: Int) {
    entries.removeAll()
    last.reset(Self.none, count: valueCount)
  }

  mutating func add(_ check: BoundsCheck, in block: Block) {
    entries.append(Entry(check: check, block: block, previous: last[check.value.index]))
    last[check.value.index] = UInt32(entries.count - 1)
  }

  /// Whether one of the last checks of the value satisfies a condition.
  func contains(_ value: Value, where isWanted: (Entry) -> Bool) -> Bool {
    var entry = last[value.index]
    // Further back it hardly pays to look.
    for _ in 0..<16 {
      guard entry != Self.none else { return false }
      if isWanted(entries[entry]) { return true }
      entry = entries[entry].previous
    }
    return false
  }
}

/// What a `trapIf` makes sure of, if it does not trap.
struct BoundsCheck: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    /// `value + reach` does not wrap around.
    case noWrap
    /// `value + reach`, as 64 bits, is at most the size in the cell.
    case withinMemory
    /// `value` is less than the count in the cell.
    case withinTable
  }

  var kind: Kind
  var value: Value
  var reach: UInt64 = 0
  /// Where the size is loaded from.
  var cell = Value.none
}

extension Optimizer {
  mutating func removeBoundsChecks(_ graph: inout FunctionGraph) {
    guard hasBoundsChecks(graph) else { return }
    boundsChecks.begin(valueCount: graph.instructions.count)
    for block in flow.order.elements {
      var value = graph[block].first
      while !value.isNone {
        let next = graph[value].next
        if graph[value].operation == .trapIf, let check = boundsCheck(graph[value].a, graph) {
          if isKnown(check, in: block, graph) {
            graph.unlink(value)
          } else {
            boundsChecks.add(check, in: block)
          }
        }
        value = next
      }
    }
  }

  private func hasBoundsChecks(_ graph: borrowing FunctionGraph) -> Bool {
    for instruction in graph.instructions.elements
    where instruction.operation == .load && !instruction.block.isNone
      && (instruction.region == .memoryCells || instruction.region == .tables)
    {
      return true
    }
    return false
  }

  private func isKnown(_ check: BoundsCheck, in block: Block, _ graph: borrowing FunctionGraph) -> Bool {
    boundsChecks.contains(check.value) { entry in
      entry.check.kind == check.kind && entry.check.cell == check.cell && entry.check.reach >= check.reach
        && flow.dominates(entry.block, block)
        && (check.kind != .withinMemory || neverWraps(entry.check, in: block, graph))
    }
  }

  /// Whether the sum that a check compared with a size was the true one.
  private func neverWraps(_ check: BoundsCheck, in block: Block, _ graph: borrowing FunctionGraph) -> Bool {
    if graph.isExtended(check.value), check.reach < 1 << 63 { return true }
    return check.reach == 0
      || boundsChecks.contains(check.value) { entry in
        entry.check.kind == .noWrap && entry.check.reach >= check.reach && flow.dominates(entry.block, block)
      }
  }

  /// What it means that a condition is false.
  private func boundsCheck(_ condition: Value, _ graph: borrowing FunctionGraph) -> BoundsCheck? {
    let comparison = graph[graph.resolve(condition)]
    guard comparison.operation == .wasm, !comparison.b.isNone else { return nil }
    let (left, right) = (graph.resolve(comparison.a), graph.resolve(comparison.b))
    switch comparison.opcode {
    case .i64LtU:
      guard let (value, reach) = graph.sum(left), graph.constant(right) == reach else { return nil }
      return BoundsCheck(kind: .noWrap, value: value, reach: reach)
    case .i64GtU:
      guard let cell = graph.cell(right, .memoryCells, offset: Layouts.memoryByteCount) else { return nil }
      let (value, reach) = graph.sum(left) ?? (left, 0)
      return BoundsCheck(kind: .withinMemory, value: value, reach: reach, cell: cell)
    case .i64GeU:
      guard let cell = graph.cell(right, .tables, offset: Layouts.tableCount) else { return nil }
      return BoundsCheck(kind: .withinTable, value: left, cell: cell)
    default: return nil
    }
  }
}

extension FunctionGraph {
  /// A value and the constant that is added to it.
  fileprivate func sum(_ value: Value) -> (Value, UInt64)? {
    guard self[value].operation == .wasm, self[value].opcode == .i64Add, let constant = constant(resolve(self[value].b))
    else { return nil }
    return (resolve(self[value].a), constant)
  }

  /// Whether a value was an unsigned one of 32 bits.
  fileprivate func isExtended(_ value: Value) -> Bool {
    self[value].operation == .wasm && self[value].opcode == .i64ExtendI32U
  }

  /// The cell that a size is loaded from.
  fileprivate func cell(_ value: Value, _ region: Region, offset: Int) -> Value? {
    let load = self[value]
    guard load.operation == .load, load.opcode == .i64Load, load.region == region, load.b.isNone,
      load.immediate == UInt64(offset)
    else { return nil }
    return resolve(load.a)
  }
}
