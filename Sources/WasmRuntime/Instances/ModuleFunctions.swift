import NeedletailSystem
import Synchronization
import WebAssembly

/// The functions that a module defines: a record for each, and the interpreter's code. All instances of the module share them, in all
/// threads.
///
/// A function's entry is at first the word that has it lowered. A caller that reaches this word replaces it by the lowered code; a native
/// engine replaces the entry by compiled code, before the function runs or later. If both happen at once, compiled code wins.
/// (`@unchecked Sendable`: the records are atomic where they change, and the lock protects everything else.)
package final class ModuleFunctions: @unchecked Sendable {
  package let image: ModuleImage
  package let interpreter: any LoweringExecutionEngine
  /// Compiles functions while they are interpreted; nil if all stay with their first engine.
  package let tierPolicy: (any TierPolicy)?
  private let records: UnsafeMutablePointer<FunctionCode>
  /// Checks the bodies of functions that the interpreter may run, before it runs the first of them; nil if they are valid.
  private let validate: (@Sendable () throws -> Void)?

  /// The lowered functions; sorted by address on demand.
  private struct LoweredFunctions {
    var functions: [LoweredFunction] = []
    /// The number of words of all functions.
    var wordCount = 0
    var isSorted = true
    /// Whether all bodies that may be lowered are known to be valid.
    var isValidated = false

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

  /// - Parameters:
  ///   - native: the engine that compiles functions, or calls functions of this module from compiled code; nil if there is none.
  ///   - validate: checks bodies before the first function is lowered; nil if they are valid.
  /// - Throws: `LimitExceeded` if the system has no memory for the records of all functions.
  package init(
    _ image: ModuleImage, interpreter: any LoweringExecutionEngine, native: (any NativeExecutionEngine)? = nil,
    tierPolicy: (any TierPolicy)? = nil, validate: (@Sendable () throws -> Void)? = nil
  ) throws(LimitExceeded) {
    self.image = image
    self.validate = validate
    self.interpreter = interpreter
    self.tierPolicy = tierPolicy
    let module = image.module
    guard let records = SystemMemory.room(for: FunctionCode.self, count: module.functions.count) else {
      throw LimitExceeded(
        systemRefused: .functions, requested: module.functions.count,
        "\(module.functions.count) functions take more memory than the system gives")
    }
    self.records = records
    VirtualMemory.populate(records, module.functions.count * MemoryLayout<FunctionCode>.stride)
    let owner = Unmanaged.passUnretained(self)
    let entry = interpreter.lowerWord
    let nativeEntry = native?.firstEntry ?? 0
    // Several functions of one type are common.
    var sizes = [(parameters: UInt32, results: UInt32)?](repeating: nil, count: module.types.count)
    for (index, function) in module.functions.enumerated() {
      let size = sizes[Int(function.typeIndex)] ?? module.functionType(function.typeIndex)!.slotCounts
      sizes[Int(function.typeIndex)] = size
      (records + index).initialize(
        to: FunctionCode(
          entry: entry, nativeEntry: nativeEntry, parameterSlots: size.parameters,
          resultSlots: size.results, index: UInt32(index),
          owner: owner))
    }
  }

  deinit {
    lowered.withLock { lowered in
      for function in lowered.functions { SystemMemory.deallocate(function.words.baseAddress!) }
    }
    SystemMemory.deallocate(records)
  }

  /// The record of a function, by its index among those that the module defines.
  package subscript(function: Int) -> UnsafeMutablePointer<FunctionCode> { records + function }

  // MARK: Interpreted code

  /// Lowers a function and publishes its code, unless another thread just did.
  ///
  /// - Returns: the function's entry: its lowered code, or the word that calls its compiled code.
  /// - Throws: the interpreter's errors if it cannot be lowered.
  package func lower(_ function: Int) throws -> UnsafeRawPointer {
    let result = lowered.withLock { lowered in
      // Another thread may have lowered or compiled the function in the meantime.
      let entry = records[function].entry
      if entry != interpreter.lowerWord { return Result<UnsafeSendable, any Error>.success(UnsafeSendable(entry)) }
      return Result {
        if let validate, !lowered.isValidated { try validate() }
        lowered.isValidated = true
        let code = try interpreter.lower(function, of: self, wordCount: lowered.wordCount)
        lowered.functions.append(code)
        lowered.isSorted = false
        lowered.wordCount += code.words.count
        let start = UnsafeRawPointer(code.words.baseAddress!)
        return UnsafeSendable(records[function].publish(start, replacing: interpreter.lowerWord))
      }
    }
    return try result.get().pointer
  }

  /// The lowered function whose code contains an address; nil if none does.
  package func loweredFunction(at address: UInt) -> LoweredFunction? {
    lowered.withLock { $0.function(at: address) }
  }

  // MARK: Compiled code

  /// Publishes the compiled code of a function. Callers that run lowered code call it there from their next call on.
  ///
  /// - Parameters:
  ///   - entry: the address at which compiled callers enter it.
  ///   - enter: the address of the stub through which Swift enters it.
  package func publish(compiledCodeOf function: Int, entry: UInt, enter: UInt) {
    records[function].nativeEntry.store(entry, ordering: .relaxed)
    records[function].publish(nativeEnter: enter)
    records[function].publish(interpreter.compiledWord)
  }

  /// Publishes another address at which compiled callers enter a function: its code, or a stub that leads to the interpreter.
  package func publish(nativeEntryOf function: Int, _ entry: UInt) {
    records[function].nativeEntry.store(entry, ordering: .releasing)
  }

  /// Returns a function to the interpreter, for which compiled code was published, but which cannot be compiled.
  package func leaveToInterpreter(_ function: Int) {
    _ = records[function].publish(interpreter.lowerWord, replacing: interpreter.compiledWord)
  }
}

/// A pointer that a lock's body returns. (`@unchecked Sendable`: what it points to does not change.)
private struct UnsafeSendable: @unchecked Sendable {
  let pointer: UnsafeRawPointer

  init(_ pointer: UnsafeRawPointer) { self.pointer = pointer }
}

/// The interpreter's code of a function. (`@unchecked Sendable`: the words are written once, before any other thread sees them.)
package struct LoweredFunction: @unchecked Sendable {
  /// The index among the functions that the module defines.
  package let index: Int
  /// Allocated with `SystemMemory`. ``ModuleFunctions`` frees them.
  package let words: UnsafeMutableBufferPointer<UInt64>
  package let catchTable: CatchTable

  package init(index: Int, words: UnsafeMutableBufferPointer<UInt64>, catchTable: CatchTable) {
    self.index = index
    self.words = words
    self.catchTable = catchTable
  }

  /// The address of the first word.
  package var start: UInt { UInt(bitPattern: words.baseAddress) }
}

extension ModuleFunctions: TranslatedModule {
  package func offsets(inFunction function: Int) -> (Int) -> Int? {
    interpreter.offsets(inFunction: function, of: self)
  }
}

extension FunctionType {
  /// The number of slots of the parameters, and of the results.
  package var slotCounts: (parameters: UInt32, results: UInt32) {
    func count(_ types: [ValueType]) -> UInt32 { types.reduce(0) { $0 + UInt32($1.slotCount) } }
    return (count(parameters), count(results))
  }
}
