import WasmCompiler
import WasmRuntime
import WebAssembly

/// A module's compiled code: one area of executable memory, with tables of positions in it.
package final class NativeModule: @unchecked Sendable {
  package let image: ModuleImage
  /// The address of the code.
  let start: UInt
  let tables: CodeTables
  /// Adds functions; nil if all code exists from the beginning.
  let growingCode: GrowingCode?
  /// Compiles functions at their first call; nil if they are compiled before, or when they run often.
  let lazyCompiler: LazyCompiler?
  /// Owns the code's memory.
  private let memory: AnyObject
  /// The size of the code in bytes, including stubs.
  private let byteCount: Int

  /// The range of a function's code. Offsets are relative to the beginning of the module's code.
  struct FunctionRange: BitwiseCopyable {
    var start: UInt32
    /// The offset after its last byte; equal to `start` if there is only a stub.
    var end: UInt32
    var frameByteCount: UInt32
    var isCompiled: Bool
    // Artifacts store rows with their layout in memory, so no byte is left uninitialized.
    private let padding: (UInt8, UInt8, UInt8) = (0, 0, 0)
    /// The stub for functions of this shape: from Swift to compiled code; or, if the function is interpreted, from compiled code to the
    /// interpreter.
    var stub: UInt32 = 0
  }

  /// The range of code that continues a function at a loop.
  struct LoopRange: BitwiseCopyable {
    /// The index among the functions that the module defines.
    var function: UInt32
    var range: FunctionRange
  }

  /// Takes over code and tables, and registers them with the signal handlers.
  convenience init(_ image: ModuleImage, _ memory: CodeMemory, byteCount: Int, _ tables: CodeTables) {
    self.init(image, memory, memory.start..<memory.start + UInt(byteCount), tables, nil, nil)
  }

  /// Takes over a module with only stubs, to which functions are added.
  convenience init(
    _ image: ModuleImage, _ memory: GrowingCodeMemory, _ tables: GrowingTables, _ code: GrowingCode,
    _ compiler: LazyCompiler?
  ) {
    self.init(
      image, memory, memory.start..<memory.start + UInt(memory.byteCount), CodeTables(tables), code, compiler)
  }

  private init(
    _ image: ModuleImage, _ memory: AnyObject, _ addresses: Range<UInt>, _ tables: CodeTables, _ code: GrowingCode?,
    _ compiler: LazyCompiler?
  ) {
    self.image = image
    self.memory = memory
    start = addresses.lowerBound
    byteCount = addresses.count
    self.tables = tables
    growingCode = code
    lazyCompiler = compiler
    CodeTable.add(
      CodeTable.Region(
        start: start, end: addresses.upperBound, traps: tables.trapTable,
        owner: UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())))
  }

  deinit { CodeTable.remove(start) }

  var functions: UnsafeBufferPointer<FunctionRange> { tables.functions }
  var order: UnsafeBufferPointer<UInt32> { tables.order }
  var traps: UnsafeBufferPointer<CompiledFunction.TrapSite> { tables.traps }
  var calls: UnsafeBufferPointer<CompiledFunction.CallSite> { tables.calls }
  var inlinedPositions: UnsafeBufferPointer<InlinedPosition> { tables.inlinedPositions }

  /// The functions that were left to the interpreter at load time, with the reasons.
  package var refusals: [(function: Int, reason: String)] { tables.refusals }

  /// Whether functions are compiled at their first call.
  package var isLazy: Bool { lazyCompiler != nil }

  /// All code, including stubs.
  var codeBytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: start), count: byteCount)
  }

  /// The address of an offset in the code.
  func address(_ offset: UInt32) -> UInt { start + UInt(offset) }

  /// The size of the machine code of all functions in bytes.
  package var codeByteCount: Int { functions.reduce(0) { $0 + Int($1.end - $1.start) } }

  // MARK: Positions

  /// The function whose code contains an offset, and the range of that code; nil for stubs. O(log(number of functions)).
  func function(at offset: UInt32) -> (index: Int, range: FunctionRange)? {
    let order = order
    let next = partitionPoint(to: order.count) { range(Int(order[$0])).range.start > offset }
    guard next > 0 else { return nil }
    let found = range(Int(order[next - 1]))
    return offset < found.range.end ? found : nil
  }

  /// The range for a row of ``order``: of a function, or of code that continues one at a loop.
  private func range(_ row: Int) -> (index: Int, range: FunctionRange) {
    let functions = functions
    if row < functions.count { return (row, functions[row]) }
    let loop = tables.loops[row - functions.count]
    return (Int(loop.function), loop.range)
  }

  /// The call that returns to an offset.
  func call(returningTo offset: UInt32) -> CompiledFunction.CallSite? {
    let calls = calls
    let index = partitionPoint(to: calls.count) { calls[$0].offset >= offset }
    return index < calls.count && calls[index].offset == offset ? calls[index] : nil
  }

  /// The set of live locations after the call that returns to an offset, without the words for slots; and those words. Nil if it is not
  /// known. See ``LiveLocations``.
  func liveLocations(returningTo offset: UInt32) -> (registers: UInt32, slots: UnsafeBufferPointer<UInt64>)? {
    let sites = tables.liveSites
    let index = partitionPoint(to: sites.count) { sites[$0].offset >= offset }
    guard index < sites.count, sites[index].offset == offset else { return nil }
    let start = Int(sites[index].start)
    let words = tables.liveWords
    let count = Int(words[start] >> 32)
    return (
      UInt32(truncatingIfNeeded: words[start]), UnsafeBufferPointer(rebasing: words[start + 1..<start + 1 + count])
    )
  }

  /// The position of an instruction that can trap, by its address.
  func source(ofTrapAt offset: UInt32) -> UInt32? {
    let traps = traps
    return traps.baseAddress.flatMap { CompiledFunction.TrapSite.find(offset, in: $0, count: traps.count) }?.source
  }

  /// The inlined position for a position that is not an offset in the module's binary.
  func inlinedPosition(_ position: UInt32) -> InlinedPosition? {
    InlinedPosition.index(of: position).map { inlinedPositions[$0] }
  }
}

/// Positions in compiled code are already offsets in the module's binary, once inlined positions are resolved.
extension NativeModule: TranslatedModule {
  package func offsets(inFunction function: Int) -> (Int) -> Int? { { $0 == 0 ? nil : $0 } }
}
