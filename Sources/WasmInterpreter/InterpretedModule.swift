import Synchronization
import WasmRuntime
import WebAssembly

/// A module's code for the interpreter: lowered one function at a time, when it is first called, and shared by all
/// instances of the module.
package final class InterpretedModule: @unchecked Sendable {
  package let image: ModuleImage
  package let interpreter: Interpreter
  /// One record for each function that the module defines. Entries change from "lower me" to the code, under the lock.
  package let codes: UnsafeMutablePointer<FunctionCode>

  /// A function's index and where its code words are. (Unchecked: they are written once, before anybody sees them.)
  private struct LoweredFunction: @unchecked Sendable {
    var index: Int
    var words: UnsafeMutableBufferPointer<UInt64>
  }
  private let lowered = Mutex<[LoweredFunction]>([])

  package init(_ image: ModuleImage, interpreter: Interpreter) {
    self.image = image
    self.interpreter = interpreter
    let module = image.module
    codes = .allocate(capacity: max(module.functions.count, 1))
    let owner = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    var sizes: [UInt32: (parameters: UInt32, results: UInt32)] = [:]
    for (index, function) in module.functions.enumerated() {
      let size = sizes[function.typeIndex] ?? Self.slotCounts(module.functionType(function.typeIndex)!)
      sizes[function.typeIndex] = size
      (codes + index).initialize(
        to: FunctionCode(
          entry: interpreter.lowerWord, parameterSlots: size.parameters, resultSlots: size.results,
          index: UInt32(index), owner: owner))
    }
  }

  deinit {
    lowered.withLock { for function in $0 { function.words.deallocate() } }
    codes.deallocate()
  }

  static func slotCounts(_ type: FunctionType) -> (parameters: UInt32, results: UInt32) {
    func count(_ types: [ValueType]) -> UInt32 { types.reduce(0) { $0 + UInt32($1.slotCount) } }
    return (count(type.parameters), count(type.results))
  }

  /// Lowers the function of a record, unless another thread just did.
  ///
  /// - Returns: its first code word; nil if it cannot be lowered, and then the store has the error.
  static func lower(
    _ code: UnsafeMutablePointer<FunctionCode>, store: UnsafeMutablePointer<StoreContext>
  ) -> UnsafeRawPointer? {
    let module = Unmanaged<InterpretedModule>.fromOpaque(code.pointee.owner!).takeUnretainedValue()
    do {
      return UnsafeRawPointer(bitPattern: try module.entry(of: Int(code.pointee.index)))
    } catch {
      Unmanaged<StoreState>.fromOpaque(store.pointee.owner).takeUnretainedValue().pendingError = error
      return nil
    }
  }

  /// The address of a function's first code word.
  private func entry(of index: Int) throws -> UInt {
    let result = lowered.withLock { lowered in
      // Another thread may have been faster.
      let entry = codes[index].entry
      if entry != interpreter.lowerWord { return Result<UInt, any Error>.success(UInt(bitPattern: entry)) }
      return Result {
        let words = try Lowering.lower(self, functionIndex: index).words
        let buffer = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: words.count)
        _ = buffer.initialize(from: words)
        lowered.append(LoweredFunction(index: index, words: buffer))
        codes[index].publish(UnsafeRawPointer(buffer.baseAddress!))
        return UInt(bitPattern: buffer.baseAddress!)
      }
    }
    return try result.get()
  }

  /// The function, by index among those that the module defines, whose code `pc` points into, and the word.
  private func position(of pc: UnsafeRawPointer) -> (function: Int, word: Int)? {
    let address = UInt(bitPattern: pc)
    return lowered.withLock { lowered in
      for function in lowered {
        let start = UInt(bitPattern: function.words.baseAddress!)
        if address >= start, address < start + UInt(8 * function.words.count) {
          return (function.index, Int(address - start) / 8)
        }
      }
      return nil
    }
  }

  /// Where in the module `pc` is: the function among those that it defines, and the offset in the binary.
  ///
  /// No table is kept for this; the function is lowered once more, with a record of what came from where.
  ///
  /// - Parameter isReturnAddress: whether `pc` is behind the instruction that is meant.
  package func location(of pc: UnsafeRawPointer, isReturnAddress: Bool) -> (function: Int, offset: Int)? {
    guard let (function, word) = position(of: pc),
      let map = try? Lowering.lower(self, functionIndex: function, recordsSourceMap: true).sourceMap
    else { return nil }
    let target = isReturnAddress ? word - 1 : word
    let offset = map.last { $0.position <= target }?.offset
    return (function, offset ?? image.module.functions[function].body.lowerBound)
  }

  /// The header's slot in frames of a function.
  package func headerSlot(of function: Int) -> Int { codes[function].headerSlot }
}
