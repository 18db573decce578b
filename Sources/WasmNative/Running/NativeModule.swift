import WasmCompiler
import WasmRuntime
import WebAssembly

/// A module's compiled code: one piece of executable memory, with tables of the places in it.
package final class NativeModule: @unchecked Sendable {
  package let image: ModuleImage
  /// The address of the code.
  let start: UInt
  private let tables: CodeTables
  /// What adds code when a function is first called; nil if all code is there from the beginning.
  let lazyCompiler: LazyCompiler?
  /// What owns the code's memory.
  private let memory: AnyObject
  /// How many bytes there are, stubs included.
  private let byteCount: Int

  /// Where a function's code is. Offsets are relative to the beginning of the module's code.
  struct FunctionRange: BitwiseCopyable {
    var start: UInt32
    /// Behind its last byte; equal to `start` if there is no code but a stub.
    var end: UInt32
    var frameByteCount: UInt32
    var isCompiled: Bool
    // Rows stand in artifacts as they are in memory, so there is no byte in them that is left to chance.
    private let padding: (UInt8, UInt8, UInt8) = (0, 0, 0)
    /// The stub that leads to functions of this shape: from Swift to compiled code; or, if the function is left to the interpreter,
    /// from compiled code to it.
    var stub: UInt32 = 0
  }

  /// Takes over code and tables; makes them known to handlers of signals.
  convenience init(_ image: ModuleImage, _ memory: CodeMemory, byteCount: Int, _ tables: CodeTables) {
    self.init(image, memory, memory.start..<memory.start + UInt(byteCount), tables, nil)
  }

  /// Takes over a module of which there are but stubs, to which `compiler` adds functions.
  convenience init(
    _ image: ModuleImage, _ memory: GrowingCodeMemory, _ tables: GrowingTables, _ compiler: LazyCompiler
  ) {
    self.init(
      image, memory, memory.start..<memory.start + UInt(memory.byteCount), CodeTables(tables), compiler)
  }

  private init(
    _ image: ModuleImage, _ memory: AnyObject, _ addresses: Range<UInt>, _ tables: CodeTables, _ compiler: LazyCompiler?
  ) {
    self.image = image
    self.memory = memory
    start = addresses.lowerBound
    byteCount = addresses.count
    self.tables = tables
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

  /// The functions that were left to the interpreter when the module was loaded, with the reasons.
  package var refusals: [(function: Int, reason: String)] { tables.refusals }

  /// Whether functions are compiled when they are first called.
  package var isLazy: Bool { lazyCompiler != nil }

  /// All code, stubs included.
  var codeBytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: start), count: byteCount)
  }

  /// The address of an offset in the code.
  func address(_ offset: UInt32) -> UInt { start + UInt(offset) }

  /// How many bytes of machine code there are.
  package var codeByteCount: Int { functions.reduce(0) { $0 + Int($1.end - $1.start) } }

  // MARK: Places

  /// The function whose code has a byte at an offset; nil in stubs. O(log(number of functions)).
  func function(at offset: UInt32) -> Int? {
    let (functions, order) = (functions, order)
    var low = 0
    var high = order.count
    while low < high {
      let middle = (low + high) / 2
      if functions[Int(order[middle])].start <= offset { low = middle + 1 } else { high = middle }
    }
    guard low > 0, offset < functions[Int(order[low - 1])].end else { return nil }
    return Int(order[low - 1])
  }

  /// The call that returns to an offset.
  func call(returningTo offset: UInt32) -> CompiledFunction.CallSite? {
    let calls = calls
    var low = 0
    var high = calls.count
    while low < high {
      let middle = (low + high) / 2
      if calls[middle].offset < offset { low = middle + 1 } else { high = middle }
    }
    return low < calls.count && calls[low].offset == offset ? calls[low] : nil
  }

  /// The position that an instruction's address comes from, if it may trap.
  func source(ofTrapAt offset: UInt32) -> UInt32? {
    let traps = traps
    return traps.baseAddress.flatMap { CompiledFunction.TrapSite.find(offset, in: $0, count: traps.count) }?.source
  }

  /// What a position stands for that is not an offset in the module's binary.
  func inlinedPosition(_ position: UInt32) -> InlinedPosition? {
    InlinedPosition.index(of: position).map { inlinedPositions[$0] }
  }
}

/// Positions in compiled code, when those of inlined functions are found, are offsets in the module's binary already.
extension NativeModule: TranslatedModule {
  package func offsets(inFunction function: Int) -> (Int) -> Int? { { $0 == 0 ? nil : $0 } }
}
