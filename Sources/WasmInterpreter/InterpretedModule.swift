import NeedletailSystem
import Synchronization
import WasmRuntime
import WebAssembly

/// A module's code for the interpreter: each function is lowered at its first call, and all instances of the module share the code.
package final class InterpretedModule: @unchecked Sendable {
  package let image: ModuleImage
  package let interpreter: Interpreter
  /// One record for each function that the module defines. An entry changes from `lowerWord` to the code, under the lock.
  package let codes: UnsafeMutablePointer<FunctionCode>

  /// A function's index, its code words, and its catch table. (`@unchecked Sendable`: the words are written once, before any other thread
  /// sees them.)
  private struct LoweredFunction: @unchecked Sendable {
    var index: Int
    var words: UnsafeMutableBufferPointer<UInt64>
    var catchTable: CatchTable

    var start: UInt { UInt(bitPattern: words.baseAddress) }
  }

  /// The lowered functions; sorted by address on demand.
  private struct LoweredFunctions {
    var functions: [LoweredFunction] = []
    /// The number of words of all functions.
    var wordCount = 0
    var isSorted = true

    /// The function whose code contains an address. O(log *n*), except for the first search after another function was lowered.
    mutating func function(at address: UInt) -> LoweredFunction? {
      if !isSorted { functions.sort { $0.start < $1.start } }
      isSorted = true
      let next = partitionPoint(to: functions.count) { functions[$0].start > address }
      guard next > 0 else { return nil }
      let function = functions[next - 1]
      return address < function.start + UInt(8 * function.words.count) ? function : nil
    }
  }
  private let lowered = Mutex(LoweredFunctions())
  /// The largest number of words of all called functions together; usual are about two words for three bytes.
  let maximumWordCount: Int
  /// Branch offsets are in bytes and have 32 bits with a sign.
  static let largestWordCount = 1 << 27

  /// - Throws: `LimitExceeded` if the system has no memory for the records of all functions.
  package init(_ image: ModuleImage, interpreter: Interpreter) throws(LimitExceeded) {
    self.image = image
    self.interpreter = interpreter
    let module = image.module
    maximumWordCount = min((1 << 21) + 2 * (module.codeSection?.count ?? 0), Self.largestWordCount)
    guard let codes = SystemMemory.room(for: FunctionCode.self, count: module.functions.count) else {
      throw LimitExceeded("\(module.functions.count) functions take more memory than the system gives")
    }
    self.codes = codes
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
    lowered.withLock { lowered in
      for function in lowered.functions { SystemMemory.deallocate(function.words.baseAddress!) }
    }
    SystemMemory.deallocate(codes)
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
      // Another thread may have lowered the function in the meantime.
      let entry = codes[index].entry
      if entry != interpreter.lowerWord { return Result<UInt, any Error>.success(UInt(bitPattern: entry)) }
      return Result {
        let code = try Lowering.lower(
          self, functionIndex: index, maximumWordCount: maximumWordCount - lowered.wordCount)
        let buffer = try code.copy()
        lowered.functions.append(LoweredFunction(index: index, words: buffer, catchTable: code.catchTable))
        lowered.isSorted = false
        lowered.wordCount += buffer.count
        codes[index].publish(UnsafeRawPointer(buffer.baseAddress!))
        return UInt(bitPattern: buffer.baseAddress!)
      }
    }
    return try result.get()
  }

  /// Lowers a function and returns its code words without making it callable: for tests.
  ///
  /// - Parameters:
  ///   - function: the index among the functions that the module defines.
  ///   - recordsSourceMap: whether the source of each word is recorded. The words do not depend on it.
  package func codeWords(of function: Int, recordsSourceMap: Bool) throws -> [UInt64] {
    try Lowering.lower(
      self, functionIndex: function, maximumWordCount: maximumWordCount, recordsSourceMap: recordsSourceMap
    ).finished()
  }

  /// The position of `pc` in the module's code.
  ///
  /// - Parameter isReturnAddress: whether `pc` is the address after the instruction.
  func position(of pc: UnsafeRawPointer, isReturnAddress: Bool) -> CodePosition? {
    // The address after a call may be the end of the function, so the search is for the call's last word.
    let address = UInt(bitPattern: pc) - (isReturnAddress ? 8 : 0)
    return lowered.withLock { lowered in
      lowered.function(at: address).map { function in
        CodePosition(
          module: self, function: function.index, start: function.start, word: Int(address - function.start) / 8,
          catchTable: function.catchTable)
      }
    }
  }

  /// The source positions of a function's code words.
  ///
  /// No table is kept for this; the function is lowered again, with a source map.
  func sourceMap(of function: Int) -> SourceMap {
    let map = try? Lowering.lower(
      self, functionIndex: function, maximumWordCount: maximumWordCount, recordsSourceMap: true
    ).sourceMap
    return SourceMap(entries: map ?? [], start: map?.first?.offset ?? image.module.functions[function].body.lowerBound)
  }

  /// The slot of the header in frames of a function.
  package func headerSlot(of function: Int) -> Int { codes[function].headerSlot }
}

/// A word in the code of a function.
struct CodePosition {
  let module: InterpretedModule
  /// The function's index among those that the module defines.
  let function: Int
  /// The address of its first word.
  let start: UInt
  let word: Int
  /// The catch table of the function.
  let catchTable: CatchTable
}

/// The instructions of a function's body from which its code words were generated.
struct SourceMap {
  /// Word positions and offsets in the binary, in order. An entry applies to its word and to those up to the next entry.
  fileprivate let entries: [(position: Int, offset: Int)]
  /// The offset of the first instruction, for the words that enter the function.
  fileprivate let start: Int

  func offset(ofWord word: Int) -> Int { entries.last { $0.position <= word }?.offset ?? start }
}
