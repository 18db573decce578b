import Synchronization
import WasmCompiler

/// A table to which one thread at a time appends rows, while other threads and signal handlers read it.
///
/// Readers see the rows that were complete when they looked. A full table moves to a larger block; the old block is kept until the end,
/// since readers may still use it, which at most doubles the memory.
final class GrowingTable<Row: BitwiseCopyable>: @unchecked Sendable {
  /// The reference for readers.
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

  /// The current rows. They stay valid as long as the table lives.
  var rows: UnsafeBufferPointer<Row> { reference.rows(of: Row.self) }

  /// Appends rows, which readers see all at once. Amortised O(number of rows). One thread at a time.
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

/// The tables of positions in code that grows. `order`, `traps` and `calls` are in the order of offsets.
final class GrowingTables: @unchecked Sendable {
  /// By index among the functions that the module defines. A row is written once, before `order` contains it.
  let functions: UnsafeMutableBufferPointer<NativeModule.FunctionRange>
  let order: GrowingTable<UInt32>
  /// Written before `order` contains a row.
  let loops = GrowingTable<NativeModule.LoopRange>()
  let traps: GrowingTable<CompiledFunction.TrapSite>
  let calls: GrowingTable<CompiledFunction.CallSite>
  /// The table for positions of traps and calls; written before those.
  let inlinedPositions: GrowingTable<InlinedPosition>
  let liveSites: GrowingTable<CompiledFunction.LiveSite>
  /// Written before `liveSites` refers to them.
  let liveWords: GrowingTable<UInt64>

  init(functions: [NativeModule.FunctionRange], traps: [CompiledFunction.TrapSite]) {
    self.functions = .allocate(capacity: functions.count)
    _ = self.functions.initialize(from: functions)
    order = GrowingTable()
    self.traps = GrowingTable(traps)
    calls = GrowingTable()
    inlinedPositions = GrowingTable()
    liveSites = GrowingTable()
    liveWords = GrowingTable()
  }

  /// Copies the tables of code from the cache.
  init(_ tables: CodeTables) {
    functions = .allocate(capacity: tables.functions.count)
    _ = functions.initialize(from: tables.functions)
    order = GrowingTable(Array(tables.order))
    traps = GrowingTable(Array(tables.traps))
    calls = GrowingTable(Array(tables.calls))
    inlinedPositions = GrowingTable(Array(tables.inlinedPositions))
    liveSites = GrowingTable(Array(tables.liveSites))
    liveWords = GrowingTable(Array(tables.liveWords))
  }

  deinit { functions.deallocate() }
}
