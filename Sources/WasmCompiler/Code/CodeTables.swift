import WasmRuntime

/// What is known of the places in a module's code. It never moves or changes, so that handlers of signals can read it.
///
/// (Unchecked Sendable: nothing is written after `init`.)
struct CodeTables: @unchecked Sendable {
  /// By index among the functions that the module defines.
  let functions: UnsafeBufferPointer<NativeModule.FunctionRange>
  /// The numbers of the functions that have code, in the order of their addresses.
  let order: UnsafeBufferPointer<UInt32>
  /// Both in the order of their offsets.
  let traps: UnsafeBufferPointer<CompiledFunction.TrapSite>
  let calls: UnsafeBufferPointer<CompiledFunction.CallSite>
  /// What positions of traps and calls stand for that are not offsets in the module's binary.
  let inlinedPositions: UnsafeBufferPointer<InlinedPosition>
  /// The functions that are left to the interpreter, with the reasons.
  let refusals: [(function: Int, reason: String)]
  private let storage: Storage

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
    storage = Storage(
      byteCount: Size.byteCount(linked.functions) + Size.byteCount(linked.order) + Size.byteCount(linked.traps)
        + Size.byteCount(linked.calls) + Size.byteCount(linked.inlinedPositions))
    functions = storage.append(linked.functions)
    order = storage.append(linked.order)
    traps = storage.append(linked.traps)
    calls = storage.append(linked.calls)
    inlinedPositions = storage.append(linked.inlinedPositions)
    refusals = linked.refusals
  }

  /// Tables that stand in `storage` already.
  init(
    _ storage: Storage, functions: UnsafeBufferPointer<NativeModule.FunctionRange>, order: UnsafeBufferPointer<UInt32>,
    traps: UnsafeBufferPointer<CompiledFunction.TrapSite>, calls: UnsafeBufferPointer<CompiledFunction.CallSite>,
    inlinedPositions: UnsafeBufferPointer<InlinedPosition>, refusals: [(function: Int, reason: String)]
  ) {
    self.storage = storage
    self.functions = functions
    self.order = order
    self.traps = traps
    self.calls = calls
    self.inlinedPositions = inlinedPositions
    self.refusals = refusals
  }
}
