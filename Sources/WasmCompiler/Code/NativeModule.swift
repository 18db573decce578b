import WasmRuntime
import WebAssembly

/// A module's compiled code: one piece of executable memory, with tables of the places in it.
package final class NativeModule: @unchecked Sendable {
  package let image: ModuleImage
  let memory: CodeMemory
  /// By index among the functions that the module defines.
  let functions: UnsafeMutableBufferPointer<FunctionRange>
  /// All three in the order of their offsets.
  private let order: UnsafeMutableBufferPointer<UInt32>
  private let traps: UnsafeMutableBufferPointer<CompiledFunction.TrapSite>
  private let calls: UnsafeMutableBufferPointer<CompiledFunction.CallSite>
  /// The functions that are left to the interpreter, with the reasons.
  package let refusals: [(function: Int, reason: String)]

  /// Where a function's code is. Offsets are relative to the beginning of the module's code.
  struct FunctionRange: BitwiseCopyable {
    var start: UInt32
    /// Behind its last byte; equal to `start` if there is no code but a stub.
    var end: UInt32
    var frameByteCount: UInt32
    var isCompiled: Bool
    /// The stub that leads to functions of this shape: from Swift to compiled code; or, if the function is left to the interpreter,
    /// from compiled code to it.
    var stub: UInt32 = 0
  }

  /// Takes over code and tables; makes them known to handlers of signals.
  init(_ image: ModuleImage, _ memory: CodeMemory, _ linked: borrowing LinkedCode) {
    self.image = image
    self.memory = memory
    functions = Self.copy(linked.functions)
    traps = Self.copy(linked.traps)
    calls = Self.copy(linked.calls)
    order = Self.copy(linked.order)
    refusals = linked.refusals
    CodeTable.add(
      CodeTable.Region(
        start: memory.start, end: memory.start + UInt(linked.byteCount), traps: UnsafePointer(traps.baseAddress),
        trapCount: traps.count, owner: UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())))
  }

  deinit {
    CodeTable.remove(memory.start)
    functions.deallocate()
    order.deallocate()
    traps.deallocate()
    calls.deallocate()
  }

  private static func copy<T>(_ elements: [T]) -> UnsafeMutableBufferPointer<T> {
    let buffer = UnsafeMutableBufferPointer<T>.allocate(capacity: elements.count)
    _ = buffer.initialize(from: elements)
    return buffer
  }

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
