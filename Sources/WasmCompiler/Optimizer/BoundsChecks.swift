import WasmRuntime
import WebAssembly

// Removes bounds checks that cannot fail, because an earlier check passed for the same address or index with at least the same reach.
// Memories and tables never shrink, so a change of size between the checks does not matter; value numbering, which compares versions,
// finds only the equal ones. An access whose check is removed is masked by the condition of the remaining check, and so often by the same
// mask as the access before it.

/// The checks seen so far.
struct BoundsCheckTable: ~Copyable {
  struct Entry: BitwiseCopyable {
    var check: BoundsCheck
    /// The condition on which it traps.
    var condition: Value
    var block: Block
    /// The previous entry for the same value, or ``none``.
    var previous: UInt32
  }

  static let none = UInt32.max
  private(set) var entries = FlatArray<Entry>(minimumCapacity: 1 << 5)
  /// By value: the last entry that checks it.
  private var last = FlatArray<UInt32>(minimumCapacity: 1 << 5)
  /// By masked value: its last mask.
  private var masks = FlatArray<Value>(minimumCapacity: 1 << 5)

  init() {}

  mutating func begin(valueCount: Int) {
    entries.removeAll()
    last.reset(Self.none, count: valueCount)
    masks.reset(.none, count: valueCount)
  }

  /// Returns the last mask of a value, and replaces it.
  mutating func exchangeMask(of value: Value, for mask: Value) -> Value {
    defer { masks[value.index] = mask }
    return masks[value.index]
  }

  mutating func add(_ check: BoundsCheck, _ condition: Value, in block: Block) {
    entries.append(
      Entry(check: check, condition: condition, block: block, previous: last[check.value.index]))
    last[check.value.index] = UInt32(entries.count - 1)
  }

  /// The most recent check of the value that satisfies a predicate, among the last few.
  func first(_ value: Value, where isWanted: (Entry) -> Bool) -> Entry? {
    var entry = last[value.index]
    // Searching further back rarely pays off.
    for _ in 0..<16 {
      guard entry != Self.none else { return nil }
      if isWanted(entries[entry]) { return entries[entry] }
      entry = entries[entry].previous
    }
    return nil
  }
}

/// The fact that holds after a `trapIf` that did not trap.
struct BoundsCheck: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    /// `value + reach` does not overflow.
    case noWrap
    /// `value + reach`, in 64 bits, is at most the size in the cell.
    case withinMemory
    /// `value` is less than the count in the cell.
    case withinTable
  }

  var kind: Kind
  var value: Value
  var reach: UInt64 = 0
  /// The cell that the size is loaded from.
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
        switch graph[value].operation {
        case .trapIf:
          let condition = graph.resolve(graph[value].a)
          guard let check = boundsCheck(condition, graph) else { break }
          if known(check, in: block, graph) != nil {
            graph.unlink(value)
          } else {
            boundsChecks.add(check, condition, in: block)
          }
        case .mask: shareMask(value, in: block, &graph)
        default: break
        }
        value = next
      }
    }
  }

  /// Masks an access by the first check that covers it, and reuses an existing mask by that check.
  private mutating func shareMask(_ value: Value, in block: Block, _ graph: inout FunctionGraph) {
    let masked = graph.resolve(graph[value].a)
    if let check = boundsCheck(graph[value].c, graph), let entry = known(check, in: block, graph) {
      graph[value].c = entry.condition
    }
    let earlier = boundsChecks.exchangeMask(of: masked, for: value)
    guard !earlier.isNone, graph.resolve(graph[earlier].c) == graph.resolve(graph[value].c),
      flow.dominates(graph[earlier].block, block)
    else { return }
    graph.replace(value, with: earlier)
    _ = boundsChecks.exchangeMask(of: masked, for: earlier)
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

  /// The earlier check that covers a check.
  private func known(
    _ check: BoundsCheck, in block: Block, _ graph: borrowing FunctionGraph
  ) -> BoundsCheckTable.Entry? {
    boundsChecks.first(check.value) { entry in
      entry.check.kind == check.kind && entry.check.cell == check.cell && entry.check.reach >= check.reach
        && flow.dominates(entry.block, block)
        && (check.kind != .withinMemory || neverWraps(entry.check, in: block, graph))
    }
  }

  /// Whether the sum that a check compared with a size did not overflow.
  private func neverWraps(_ check: BoundsCheck, in block: Block, _ graph: borrowing FunctionGraph) -> Bool {
    if graph.isExtended(check.value), check.reach < 1 << 63 { return true }
    return check.reach == 0
      || boundsChecks.first(check.value) { entry in
        entry.check.kind == .noWrap && entry.check.reach >= check.reach && flow.dominates(entry.block, block)
      } != nil
  }

  /// The fact that holds if a condition is false.
  private func boundsCheck(_ condition: Value, _ graph: borrowing FunctionGraph) -> BoundsCheck? {
    let comparison = graph[graph.resolve(condition)]
    guard comparison.operation == .wasm, !comparison.b.isNone else { return nil }
    let (left, right) = (graph.resolve(comparison.a), graph.resolve(comparison.b))
    switch comparison.opcode {
    case .i64LtU:
      guard let (value, reach) = graph.sum(left), graph.constant(right) == reach else { return nil }
      return BoundsCheck(kind: .noWrap, value: value, reach: reach)
    case .i64GtU:
      guard let cell = graph.cell(right, .memoryCells, offset: FieldOffsets.shared.memory.byteCount) else { return nil }
      let (value, reach) = graph.sum(left) ?? (left, 0)
      return BoundsCheck(kind: .withinMemory, value: value, reach: reach, cell: cell)
    case .i64GeU:
      guard let cell = graph.cell(right, .tables, offset: FieldOffsets.shared.table.count) else { return nil }
      return BoundsCheck(kind: .withinTable, value: left, cell: cell)
    default: return nil
    }
  }
}

extension FunctionGraph {
  /// The value and the constant of an addition.
  fileprivate func sum(_ value: Value) -> (Value, UInt64)? {
    guard self[value].operation == .wasm, self[value].opcode == .i64Add, let constant = constant(resolve(self[value].b))
    else { return nil }
    return (resolve(self[value].a), constant)
  }

  /// Whether a value is a zero-extended 32-bit number.
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
