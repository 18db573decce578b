import NeedletailSystem
import Synchronization
import Testing
import WasmBinary
import WasmRuntime
import WasmText
import WebAssembly

@Suite("Functions of a module")
struct ModuleFunctionsTests {
  /// An engine that lowers every function to two words.
  private final class Engine: LoweringExecutionEngine, @unchecked Sendable {
    let lowerWord = UnsafeRawPointer(UnsafeMutablePointer<UInt64>.allocate(capacity: 1))
    let compiledWord = UnsafeRawPointer(UnsafeMutablePointer<UInt64>.allocate(capacity: 1))
    let loweredCount = Mutex(0)
    /// Runs while a function is lowered.
    var whileLowering: (ModuleFunctions) -> Void = { _ in }

    deinit {
      lowerWord.deallocate()
      compiledWord.deallocate()
    }

    func lower(_ function: Int, of functions: ModuleFunctions, wordCount: Int) throws -> LoweredFunction {
      loweredCount.withLock { $0 += 1 }
      whileLowering(functions)
      let words = UnsafeMutableBufferPointer(start: SystemMemory.allocate(UInt64.self, count: 2)!, count: 2)
      return LoweredFunction(index: function, words: words, catchTable: CatchTable())
    }

    func entry(atLoop loop: UInt32, inFunction function: Int, of functions: ModuleFunctions) -> LoopEntry? { nil }
    func offsets(inFunction function: Int, of functions: ModuleFunctions) -> (Int) -> Int? { { $0 } }
    func invoke(_ function: UnsafeMutablePointer<FunctionReference>, in store: StoreState) throws {}
    func append(_ suspension: Suspension, to backtrace: inout Backtrace) -> Suspension { .none }
    func outer(_ suspension: Suspension) -> Suspension { .none }
  }

  private struct NoNames: DebugNames {
    var moduleName: String? { nil }
    func functionName(_ index: UInt32) -> String? { nil }
    func tagName(_ index: UInt32) -> String? { nil }
  }

  private let engine = Engine()

  private func functions(_ text: String = "(func) (func (param v128 i32) (result i64))") throws -> ModuleFunctions {
    let bytes = try assembleModule(Array("(module \(text))".utf8), options: WatOptions()).bytes
    let image = try ModuleImage(Decoder.decode(bytes), registry: TypeRegistry(), names: NoNames())
    return try ModuleFunctions(image, interpreter: engine)
  }

  @Test("A record counts the slots of parameters and results")
  func slots() throws {
    let functions = try functions()
    #expect(functions[1].pointee.parameterSlots == 3)
    #expect(functions[1].pointee.resultSlots == 1)
    #expect(functions[1].pointee.headerSlot == 3)
    #expect(functions[1].pointee.index == 1)
  }

  @Test("A function is lowered once, and found by the addresses of its code")
  func lowering() throws {
    let functions = try functions()
    #expect(functions[0].pointee.entry == engine.lowerWord)
    let entry = try functions.lower(0)
    #expect(try functions.lower(0) == entry)
    #expect(functions[0].pointee.entry == entry)
    #expect(functions[1].pointee.entry == engine.lowerWord)
    #expect(engine.loweredCount.withLock { $0 } == 1)
    let address = UInt(bitPattern: entry)
    #expect(functions.loweredFunction(at: address + 15)?.index == 0)
    #expect(functions.loweredFunction(at: address + 16) == nil)
    #expect(functions.loweredFunction(at: address - 1) == nil)
  }

  @Test("Threads that call a function at once lower it once")
  func threads() async throws {
    let functions = try functions()
    let entries = try await withThrowingTaskGroup(of: UInt.self) { group in
      for _ in 0..<8 { group.addTask { UInt(bitPattern: try functions.lower(1)) } }
      return try await group.reduce(into: Set<UInt>()) { $0.insert($1) }
    }
    #expect(entries.count == 1)
    #expect(engine.loweredCount.withLock { $0 } == 1)
  }

  @Test("Compiled code that is published while a function is lowered stays")
  func compiledMeanwhile() throws {
    let functions = try functions()
    engine.whileLowering = { $0.publish(compiledCodeOf: 0, entry: 16, enter: 32) }
    #expect(try functions.lower(0) == engine.compiledWord)
    #expect(functions[0].pointee.entry == engine.compiledWord)
    #expect(functions[0].pointee.nativeEntry.load(ordering: .relaxed) == 16)
    #expect(functions[0].pointee.enter == 32)
    #expect(functions[0].pointee.isCompiled == true)
    #expect(functions[1].pointee.enter == 0)
  }

  @Test("Compiled code replaces lowered code; a function that cannot be compiled returns to the interpreter")
  func compiledLater() throws {
    let functions = try functions()
    let lowered = try functions.lower(0)
    functions.leaveToInterpreter(0)
    #expect(functions[0].pointee.entry == lowered)
    functions.publish(compiledCodeOf: 0, entry: 16, enter: 32)
    #expect(try functions.lower(0) == engine.compiledWord)
    functions.publish(nativeEntryOf: 0, 48)
    #expect(functions[0].pointee.nativeEntry.load(ordering: .relaxed) == 48)
    functions.leaveToInterpreter(0)
    #expect(functions[0].pointee.entry == engine.lowerWord)
  }
}
