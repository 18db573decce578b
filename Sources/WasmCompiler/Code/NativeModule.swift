import WasmRuntime
import WebAssembly

/// A module's compiled code: one piece of executable memory, with tables of the places in it.
package final class NativeModule: @unchecked Sendable {
  package let image: ModuleImage
  let memory: CodeMemory
  private let tables: CodeTables
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
  init(_ image: ModuleImage, _ memory: CodeMemory, byteCount: Int, _ tables: CodeTables) {
    self.image = image
    self.memory = memory
    self.byteCount = byteCount
    self.tables = tables
    CodeTable.add(
      CodeTable.Region(
        start: memory.start, end: memory.start + UInt(byteCount), traps: tables.traps.baseAddress,
        trapCount: tables.traps.count, owner: UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())))
  }

  deinit { CodeTable.remove(memory.start) }

  var functions: UnsafeBufferPointer<FunctionRange> { tables.functions }
  var order: UnsafeBufferPointer<UInt32> { tables.order }
  var traps: UnsafeBufferPointer<CompiledFunction.TrapSite> { tables.traps }
  var calls: UnsafeBufferPointer<CompiledFunction.CallSite> { tables.calls }
  /// The functions that are left to the interpreter, with the reasons.
  package var refusals: [(function: Int, reason: String)] { tables.refusals }

  /// All code, stubs included.
  var codeBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory.base, count: byteCount) }

  /// The address of an offset in the code.
  func address(_ offset: UInt32) -> UInt { memory.start + UInt(offset) }

  /// How many bytes of machine code there are.
  package var codeByteCount: Int { functions.reduce(0) { $0 + Int($1.end - $1.start) } }

  // MARK: Places

  /// The function whose code has a byte at an offset; nil in stubs. O(log(number of functions)).
  func function(at offset: UInt32) -> Int? {
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
    var low = 0
    var high = calls.count
    while low < high {
      let middle = (low + high) / 2
      if calls[middle].offset < offset { low = middle + 1 } else { high = middle }
    }
    return low < calls.count && calls[low].offset == offset ? calls[low] : nil
  }

  /// The offset in the module's binary that an instruction's address comes from, if it may trap.
  func source(ofTrapAt offset: UInt32) -> UInt32? {
    traps.baseAddress.flatMap { CompiledFunction.TrapSite.find(offset, in: $0, count: traps.count) }?.source
  }
}

/// Positions in compiled code are offsets in the module's binary already.
extension NativeModule: TranslatedModule {
  package func offsets(inFunction function: Int) -> (Int) -> Int? { { $0 == 0 ? nil : $0 } }
}
