import WasmRuntime
import WebAssembly

extension Interpreter: LoweringExecutionEngine {
  /// Branch offsets are in bytes and have 32 bits with a sign.
  static let largestWordCount = 1 << 27

  /// The largest number of words of all called functions of a module together; usual are about two words for three bytes.
  static func maximumWordCount(of module: Module) -> Int {
    min((1 << 21) + 2 * (module.codeSection?.count ?? 0), largestWordCount)
  }

  package func lower(_ function: Int, of functions: ModuleFunctions, wordCount: Int) throws -> LoweredFunction {
    let code = try Lowering.lower(
      functions, self, functionIndex: function,
      maximumWordCount: Self.maximumWordCount(of: functions.image.module) - wordCount)
    return LoweredFunction(index: function, words: try code.copy(), catchTable: code.catchTable)
  }

  /// Lowers the function of a record, unless another thread just did.
  ///
  /// - Returns: its entry; nil if it cannot be lowered, and then the store has the error.
  static func lower(_ code: UnsafeMutablePointer<FunctionCode>, in store: StoreState) -> UnsafeRawPointer? {
    do {
      return try code.pointee.owner.unsafelyUnwrapped.takeUnretainedValue().lower(Int(code.pointee.index))
    } catch {
      store.pendingError = error
      return nil
    }
  }

  /// Lowers a function and returns its code words without making it callable: for tests.
  ///
  /// - Parameters:
  ///   - function: the index among the functions that the module defines.
  ///   - recordsSourceMap: whether the source of each word is recorded. The words do not depend on it.
  package func codeWords(of function: Int, in functions: ModuleFunctions, recordsSourceMap: Bool) throws -> [UInt64] {
    try Lowering.lower(
      functions, self, functionIndex: function, maximumWordCount: Self.maximumWordCount(of: functions.image.module),
      recordsSourceMap: recordsSourceMap
    ).finished()
  }

  /// The function is lowered again, since no table is kept for this.
  package func entry(atLoop loop: UInt32, inFunction function: Int, of functions: ModuleFunctions) -> LoopEntry? {
    try? Lowering.entry(
      atLoop: loop, functions, self, functionIndex: function,
      maximumWordCount: Self.maximumWordCount(of: functions.image.module))
  }

  /// The instructions of a function's body from which its code words were generated.
  ///
  /// No table is kept for this; the function is lowered again, with a source map.
  package func offsets(inFunction function: Int, of functions: ModuleFunctions) -> (Int) -> Int? {
    let module = functions.image.module
    let code = try? Lowering.lower(
      functions, self, functionIndex: function, maximumWordCount: Self.maximumWordCount(of: module),
      recordsSourceMap: true)
    // Word positions and offsets, in order. An entry applies to its word and to those up to the next entry.
    let entries = code?.sourceMap ?? []
    // The words that enter the function have the offset of its first instruction.
    let start = entries.first?.offset ?? module.functions[function].body.lowerBound
    return { word in
      let next = partitionPoint(to: entries.count) { entries[$0].position > word }
      return next == 0 ? start : entries[next - 1].offset
    }
  }
}
