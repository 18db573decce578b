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
  /// The code, if it is loaded when it is used.
  let pagedBytes: PagedBytes?
  /// Called, on any thread, when code that a thread wants to execute turns out to be damaged.
  let onDamage: (@Sendable () -> Void)?
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
  convenience init(
    _ image: ModuleImage, _ memory: CodeMemory, byteCount: Int, _ tables: CodeTables,
    onDamage: (@Sendable () -> Void)? = nil
  ) {
    self.init(
      image, memory, memory.start..<memory.start + UInt(byteCount), tables, nil, nil, memory.pagedBytes, onDamage)
  }

  /// Takes over a module with only stubs, to which functions are added.
  convenience init(
    _ image: ModuleImage, _ memory: GrowingCodeMemory, _ tables: GrowingTables, _ code: GrowingCode,
    _ compiler: LazyCompiler?
  ) {
    self.init(
      image, memory, memory.start..<memory.start + UInt(memory.byteCount), CodeTables(tables), code, compiler,
      nil, nil)
  }

  private init(
    _ image: ModuleImage, _ memory: AnyObject, _ addresses: Range<UInt>, _ tables: CodeTables, _ code: GrowingCode?,
    _ compiler: LazyCompiler?, _ pagedBytes: PagedBytes?, _ onDamage: (@Sendable () -> Void)?
  ) {
    self.image = image
    self.memory = memory
    self.pagedBytes = pagedBytes
    self.onDamage = onDamage
    start = addresses.lowerBound
    byteCount = addresses.count
    self.tables = tables
    growingCode = code
    lazyCompiler = compiler
    CodeTable.add(
      CodeTable.Region(
        start: start, end: addresses.upperBound, traps: tables.trapTable,
        owner: UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque()), pages: pagedBytes?.record))
  }

  /// Loads code and tables that are loaded when they are used, for readers that can handle an error.
  ///
  /// - Throws: if they are damaged or cannot be read.
  package func loadAll() throws(ArtifactError) {
    try pagedBytes?.loadAll()
    try tables.loadAll()
  }

  deinit { CodeTable.remove(start) }

  var functions: UnsafeBufferPointer<FunctionRange> { tables.functions }
  var order: UnsafeBufferPointer<UInt32> { tables.order }

  /// The functions that were left to the interpreter at load time, with the reasons.
  package var refusals: [FunctionRefusal] { tables.refusals }

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
    return offset < found.range.end && found.index < functions.count ? found : nil
  }

  /// The range for a row of ``order``: of a function, or of code that continues one at a loop.
  private func range(_ row: Int) -> (index: Int, range: FunctionRange) {
    let functions = functions
    if row < functions.count { return (row, functions[row]) }
    precondition(row - functions.count < tables.loops.count, "a row of a table that does not exist")
    let loop = tables.loops[row - functions.count]
    return (Int(loop.function), loop.range)
  }

  // The following functions throw if a table of an artifact is damaged or cannot be read.

  /// The call that returns to an offset.
  func call(returningTo offset: UInt32) throws(PagedBytes.Failure) -> CompiledFunction.CallSite? {
    let call = try tables.callTable.row(at: offset, of: CompiledFunction.CallSite.self)
    if let landingPad = call?.landingPad, landingPad != CompiledFunction.CallSite.none {
      precondition(Int(landingPad) < byteCount, "a landing pad outside of code")
    }
    return call
  }

  /// The set of live locations after the call that returns to an offset, without the words for slots; and those words. Nil if it is not
  /// known. See ``LiveLocations``.
  func liveLocations(
    returningTo offset: UInt32
  ) throws(PagedBytes.Failure) -> (registers: UInt32, slots: UnsafeBufferPointer<UInt64>)? {
    guard let site = try tables.liveSiteTable.row(at: offset, of: CompiledFunction.LiveSite.self) else { return nil }
    let (first, slots) = try tables.liveSet(Int(site.start))
    return (UInt32(truncatingIfNeeded: first), slots)
  }

  /// The position of an instruction that can trap, by its address.
  func source(ofTrapAt offset: UInt32) throws(PagedBytes.Failure) -> UInt32? {
    try tables.trapTable.row(at: offset, of: CompiledFunction.TrapSite.self)?.source
  }

  /// The inlined position for a position that is not an offset in the module's binary; nil if it is one.
  func inlinedPosition(_ position: UInt32) throws(PagedBytes.Failure) -> InlinedPosition? {
    guard let index = InlinedPosition.index(of: position),
      let inlined = try tables.inlinedPosition(index)
    else { return nil }
    // Each refers only to earlier ones, so that chains end.
    let isOrdered = InlinedPosition.index(of: inlined.caller).map { $0 < index } ?? true
    return isOrdered && Int(inlined.function) < functions.count ? inlined : nil
  }
}

/// Positions in compiled code are already offsets in the module's binary, once inlined positions are resolved.
extension NativeModule: TranslatedModule {
  package func offsets(inFunction function: Int) -> (Int) -> Int? { { $0 == 0 ? nil : $0 } }
}
