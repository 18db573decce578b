import WasmCompiler
import WasmRuntime

/// The tables of positions in a module's code. Rows never move or change, so that signal handlers can read them; for lazily compiled
/// code, rows are added.
///
/// (`@unchecked Sendable`: nothing is written after `init`, except as ``GrowingTables`` allows.)
struct CodeTables: @unchecked Sendable {
  /// By index among the functions that the module defines.
  let functions: UnsafeBufferPointer<NativeModule.FunctionRange>
  /// The functions that were left to the interpreter at load time, with the reasons.
  let refusals: [FunctionRefusal]
  private let orderTable: TableReference
  private let loopTable: TableReference
  /// The location of ``traps``, for signal handlers.
  let trapTable: TableReference
  let callTable: TableReference
  private let inlinedPositionTable: TableReference
  let liveSiteTable: TableReference
  private let liveWordTable: TableReference
  /// Keeps the tables' memory alive.
  private let owner: AnyObject
  /// The memory of ``traps`` and the tables after it, if it is loaded when it is used. Then ``loadAll()`` must be called before all rows
  /// of these are read; others can use the functions below.
  private let pagedBytes: PagedBytes?

  /// The ranges of code that continues a function at a loop.
  var loops: UnsafeBufferPointer<NativeModule.LoopRange> { loopTable.rows(of: NativeModule.LoopRange.self) }
  /// The indices of the functions with code, in the order of their addresses; the indices of ``loops`` follow them.
  var order: UnsafeBufferPointer<UInt32> { orderTable.rows(of: UInt32.self) }
  /// In the order of their offsets, as are ``calls``.
  var traps: UnsafeBufferPointer<CompiledFunction.TrapSite> { trapTable.rows(of: CompiledFunction.TrapSite.self) }
  var calls: UnsafeBufferPointer<CompiledFunction.CallSite> { callTable.rows(of: CompiledFunction.CallSite.self) }
  /// In the order of their offsets: the calls of modules with references to heap objects.
  var liveSites: UnsafeBufferPointer<CompiledFunction.LiveSite> {
    liveSiteTable.rows(of: CompiledFunction.LiveSite.self)
  }
  /// The sets of ``liveSites``: see ``LiveLocations``.
  var liveWords: UnsafeBufferPointer<UInt64> { liveWordTable.rows(of: UInt64.self) }
  /// The table for positions of traps and calls that are not offsets in the module's binary.
  var inlinedPositions: UnsafeBufferPointer<InlinedPosition> { inlinedPositionTable.rows(of: InlinedPosition.self) }

  /// Memory that is freed with its last reference.
  final class Storage {
    let base: UnsafeMutableRawPointer
    private var filledByteCount = 0

    init(byteCount: Int) { base = .allocate(byteCount: max(byteCount, 1), alignment: 16) }

    deinit { base.deallocate() }

    /// Appends a copy of rows.
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

  /// Copies the tables of linked code.
  init(_ linked: borrowing LinkedCode) {
    typealias Size = Storage
    let storage = Storage(
      byteCount: Size.byteCount(linked.functions) + Size.byteCount(linked.order) + Size.byteCount(linked.traps)
        + Size.byteCount(linked.calls) + Size.byteCount(linked.inlinedPositions)
        + Size.byteCount(linked.liveSites) + Size.byteCount(linked.liveWords))
    self.init(
      storage, functions: storage.append(linked.functions), order: storage.append(linked.order),
      traps: storage.append(linked.traps), calls: storage.append(linked.calls),
      inlinedPositions: storage.append(linked.inlinedPositions), liveSites: storage.append(linked.liveSites),
      liveWords: storage.append(linked.liveWords), refusals: linked.refusals)
  }

  /// Uses tables in memory that `owner` keeps alive.
  ///
  /// - Parameter pagedBytes: the memory of traps, calls, positions and live locations, if it is loaded when it is used.
  init(
    _ owner: AnyObject, _ pagedBytes: PagedBytes? = nil, functions: UnsafeBufferPointer<NativeModule.FunctionRange>,
    order: UnsafeBufferPointer<UInt32>,
    traps: UnsafeBufferPointer<CompiledFunction.TrapSite>, calls: UnsafeBufferPointer<CompiledFunction.CallSite>,
    inlinedPositions: UnsafeBufferPointer<InlinedPosition>,
    liveSites: UnsafeBufferPointer<CompiledFunction.LiveSite>, liveWords: UnsafeBufferPointer<UInt64>,
    refusals: [FunctionRefusal]
  ) {
    self.owner = owner
    self.pagedBytes = pagedBytes
    self.functions = functions
    func reference<Row>(_ rows: UnsafeBufferPointer<Row>) -> TableReference {
      TableReference(fixed: rows.baseAddress, count: rows.count, in: pagedBytes?.record)
    }
    orderTable = TableReference(fixed: order.baseAddress, count: order.count)
    loopTable = TableReference(fixed: nil, count: 0)
    trapTable = reference(traps)
    callTable = reference(calls)
    inlinedPositionTable = reference(inlinedPositions)
    liveSiteTable = reference(liveSites)
    liveWordTable = reference(liveWords)
    self.refusals = refusals
  }

  /// Uses tables to which rows are added.
  init(_ growing: GrowingTables) {
    owner = growing
    pagedBytes = nil
    functions = UnsafeBufferPointer(growing.functions)
    orderTable = growing.order.reference
    loopTable = growing.loops.reference
    trapTable = growing.traps.reference
    callTable = growing.calls.reference
    inlinedPositionTable = growing.inlinedPositions.reference
    liveSiteTable = growing.liveSites.reference
    liveWordTable = growing.liveWords.reference
    refusals = []
  }
}

extension CodeTables {
  /// Loads all tables that are loaded when they are used.
  ///
  /// - Throws: if they are damaged or cannot be read.
  func loadAll() throws(ArtifactError) { try pagedBytes?.loadAll() }

  /// An inlined position; nil if it does not exist.
  func inlinedPosition(_ index: Int) throws(PagedBytes.Failure) -> InlinedPosition? {
    guard index < inlinedPositions.count else { return nil }
    try inlinedPositionTable.load(index, stride: MemoryLayout<InlinedPosition>.stride)
    return inlinedPositions[index]
  }

  /// A set of ``liveWords``: its first word, and those for slots.
  func liveSet(_ start: Int) throws(PagedBytes.Failure) -> (first: UInt64, slots: UnsafeBufferPointer<UInt64>) {
    let words = liveWords
    precondition(start < words.count, "a set outside of its table")
    try liveWordTable.load(start, stride: MemoryLayout<UInt64>.stride)
    let count = Int(words[start] >> 32)
    precondition(count < words.count - start, "a set outside of its table")
    try liveWordTable.load(start, count: count + 1, stride: MemoryLayout<UInt64>.stride)
    return (words[start], UnsafeBufferPointer(rebasing: words[start + 1..<start + 1 + count]))
  }
}
