import WasmCompiler
import Synchronization

/// A table to which one thread at a time adds rows behind the last, while other threads, and handlers of signals, read it.
///
/// Readers see rows that were complete when they looked. A table that is full moves to a larger place; the old one stays until the end,
/// since somebody may still read it, which costs as much memory again at most.
final class GrowingTable<Row: BitwiseCopyable>: @unchecked Sendable {
  /// For readers.
  let reference: TableReference
  private let cell: UnsafeMutablePointer<Atomic<UInt>>
  private var blocks: [UnsafeMutableRawPointer] = []
  private var capacity: Int

  init(_ rows: [Row] = []) {
    cell = .allocate(capacity: 1)
    cell.initialize(to: Atomic(0))
    reference = TableReference(growing: cell)
    capacity = max(rows.count, 1)
    publish(makeBlock(), rows: rows, behind: 0)
  }

  deinit {
    for block in blocks { block.deallocate() }
    cell.deallocate()
  }

  /// The rows that there are now. They stay where they are as long as the table lives.
  var rows: UnsafeBufferPointer<Row> { reference.rows(of: Row.self) }

  /// Adds rows; readers see all of them at once. Amortised O(number of rows). One thread at a time.
  func append(_ added: [Row]) {
    let present = rows
    if present.count + added.count <= capacity { return publish(blocks.last!, rows: added, behind: present.count) }
    capacity = max(2 * capacity, present.count + added.count)
    let block = makeBlock()
    let copies = (block + TableReference.headerByteCount).assumingMemoryBound(to: Row.self)
    copies.update(from: present.baseAddress!, count: present.count)
    publish(block, rows: added, behind: present.count)
  }

  private func makeBlock() -> UnsafeMutableRawPointer {
    let block = UnsafeMutableRawPointer.allocate(
      byteCount: TableReference.headerByteCount + capacity * MemoryLayout<Row>.stride, alignment: 16)
    block.initializeMemory(as: Atomic<Int>.self, to: 0)
    (block + TableReference.headerByteCount).bindMemory(to: Row.self, capacity: capacity)
    blocks.append(block)
    return block
  }

  private func publish(_ block: UnsafeMutableRawPointer, rows: [Row], behind count: Int) {
    let target = (block + TableReference.headerByteCount).assumingMemoryBound(to: Row.self) + count
    for (index, row) in rows.enumerated() { target[index] = row }
    block.assumingMemoryBound(to: Atomic<Int>.self).pointee.store(count + rows.count, ordering: .releasing)
    cell.pointee.store(UInt(bitPattern: block), ordering: .releasing)
  }
}

extension UnsafeMutableRawPointer {
  fileprivate func initializeMemory(as type: Atomic<Int>.Type, to value: Int) {
    bindMemory(to: type, capacity: 1).initialize(to: Atomic(value))
  }
}

/// What is known of the places in the code of a module to which functions are added. `order`, `traps` and `calls` are in the order of offsets.
final class GrowingTables: @unchecked Sendable {
  /// By index among the functions that the module defines. A row is written before `order` names it, and never again.
  let functions: UnsafeMutableBufferPointer<NativeModule.FunctionRange>
  let order = GrowingTable<UInt32>()
  let traps: GrowingTable<CompiledFunction.TrapSite>
  let calls = GrowingTable<CompiledFunction.CallSite>()
  /// What positions of traps and calls stand for; written before those.
  let inlinedPositions = GrowingTable<InlinedPosition>()

  init(functions: [NativeModule.FunctionRange], traps: [CompiledFunction.TrapSite]) {
    self.functions = .allocate(capacity: functions.count)
    _ = self.functions.initialize(from: functions)
    self.traps = GrowingTable(traps)
  }

  deinit { functions.deallocate() }
}
