import WasmCompiler
import WasmRuntime

/// What is known of the places in a module's code. Rows never move or change, so that handlers of signals can read them; of code to
/// which functions are added, there come more.
///
/// (Unchecked Sendable: nothing is written after `init`, but for what ``GrowingTables`` guards.)
struct CodeTables: @unchecked Sendable {
  /// By index among the functions that the module defines.
  let functions: UnsafeBufferPointer<NativeModule.FunctionRange>
  /// The functions that were left to the interpreter when the module was loaded, with the reasons.
  let refusals: [(function: Int, reason: String)]
  private let orderTable: TableReference
  /// Where ``traps`` are, for handlers of signals.
  let trapTable: TableReference
  private let callTable: TableReference
  private let inlinedPositionTable: TableReference
  /// What the tables' memory belongs to.
  private let owner: AnyObject

  /// The numbers of the functions that have code, in the order of their addresses.
  var order: UnsafeBufferPointer<UInt32> { orderTable.rows(of: UInt32.self) }
  /// In the order of their offsets, as ``calls``.
  var traps: UnsafeBufferPointer<CompiledFunction.TrapSite> { trapTable.rows(of: CompiledFunction.TrapSite.self) }
  var calls: UnsafeBufferPointer<CompiledFunction.CallSite> { callTable.rows(of: CompiledFunction.CallSite.self) }
  /// What positions of traps and calls stand for that are not offsets in the module's binary.
  var inlinedPositions: UnsafeBufferPointer<InlinedPosition> { inlinedPositionTable.rows(of: InlinedPosition.self) }

  /// Memory that is given back when nobody refers to it any more.
  final class Storage {
    let base: UnsafeMutableRawPointer
    private var filledByteCount = 0

    init(byteCount: Int) { base = .allocate(byteCount: max(byteCount, 1), alignment: 16) }

    deinit { base.deallocate() }

    /// Copies rows behind those before.
    fileprivate func append<Row: BitwiseCopyable>(_ rows: [Row]) -> UnsafeBufferPointer<Row> {
      let start = (base + filledByteCount).bindMemory(to: Row.self, capacity: rows.count)
      start.initialize(from: rows, count: rows.count)
      filledByteCount += Self.byteCount(rows)
      return UnsafeBufferPointer(start: start, count: rows.count)
    }

    fileprivate static func byteCount<Row>(_ rows: [Row]) -> Int {
      (rows.count * MemoryLayout<Row>.stride + 15) & ~15
    }
  }

  /// Copies the tables of code that was linked.
  init(_ linked: borrowing LinkedCode) {
    typealias Size = Storage
    let storage = Storage(
      byteCount: Size.byteCount(linked.functions) + Size.byteCount(linked.order) + Size.byteCount(linked.traps)
        + Size.byteCount(linked.calls) + Size.byteCount(linked.inlinedPositions))
    self.init(
      storage, functions: storage.append(linked.functions), order: storage.append(linked.order),
      traps: storage.append(linked.traps), calls: storage.append(linked.calls),
      inlinedPositions: storage.append(linked.inlinedPositions), refusals: linked.refusals)
  }

  /// Tables that stand in `storage` already.
  init(
    _ storage: Storage, functions: UnsafeBufferPointer<NativeModule.FunctionRange>, order: UnsafeBufferPointer<UInt32>,
    traps: UnsafeBufferPointer<CompiledFunction.TrapSite>, calls: UnsafeBufferPointer<CompiledFunction.CallSite>,
    inlinedPositions: UnsafeBufferPointer<InlinedPosition>, refusals: [(function: Int, reason: String)]
  ) {
    owner = storage
    self.functions = functions
    orderTable = TableReference(fixed: order.baseAddress, count: order.count)
    trapTable = TableReference(fixed: traps.baseAddress, count: traps.count)
    callTable = TableReference(fixed: calls.baseAddress, count: calls.count)
    inlinedPositionTable = TableReference(fixed: inlinedPositions.baseAddress, count: inlinedPositions.count)
    self.refusals = refusals
  }

  /// Tables to which rows are added.
  init(_ growing: GrowingTables) {
    owner = growing
    functions = UnsafeBufferPointer(growing.functions)
    orderTable = growing.order.reference
    trapTable = growing.traps.reference
    callTable = growing.calls.reference
    inlinedPositionTable = growing.inlinedPositions.reference
    refusals = []
  }
}
