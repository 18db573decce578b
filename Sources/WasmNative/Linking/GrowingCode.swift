import Synchronization
import WasmCompiler
import WasmRuntime
import WebAssembly

/// The machine code of a module to which functions are added while others run.
///
/// Each function has a 16-byte stub that jumps to the address in a word: at first to code that has the function compiled, or to the
/// interpreter, and later to the function. Calls that are compiled after their target go there directly.
///
/// (`@unchecked Sendable`: the lock protects all mutable state, or it is atomic.)
final class GrowingCode: @unchecked Sendable {
  let image: ModuleImage
  private let memory: GrowingCodeMemory
  private let tables: GrowingTables
  private let profile: CodeProfile?
  /// By function, if functions are compiled at their first call: the offset of its shape's stub that leads to the interpreter.
  private let exitStubs: [UInt32]
  private let state: Mutex<State>

  private struct State: @unchecked Sendable {
    var isRefused: [Bool]
    /// The offsets of the stubs by which Swift enters code that continues at a loop.
    var loopStubs: [CallShape: UInt32] = [:]
  }

  /// The address space for code, per byte of Wasm; more than any but contrived code needs.
  private static let expansion = 32

  init(
    _ image: ModuleImage, _ memory: GrowingCodeMemory, _ tables: GrowingTables, exitStubs: [UInt32],
    _ profile: CodeProfile?
  ) {
    self.image = image
    self.memory = memory
    self.tables = tables
    self.exitStubs = exitStubs
    self.profile = profile
    state = Mutex(State(isRefused: Array(repeating: false, count: image.module.functions.count)))
  }

  /// Creates the stubs of a module.
  ///
  /// - Parameters:
  ///   - compiler: compiles functions at their first call; nil if calls lead to the interpreter.
  /// - Throws: if the system does not allow adding code to running code.
  static func makeModule(
    _ image: ModuleImage, _ compiler: LazyCompiler?, quota: CodeQuota, profile: CodeProfile?
  ) throws(CodeMemoryError) -> NativeModule {
    let memory = try makeMemory(image, quota)
    let stubs = LazyStubs(image, memory, compilesAtFirstCall: compiler != nil)
    guard stubs.code.withUnsafeBytes({ memory.append($0) }) else { throw quota.refusal(of: stubs.code.count) }
    let tables = GrowingTables(functions: stubs.functions, traps: stubs.traps)
    let code = GrowingCode(image, memory, tables, exitStubs: stubs.exitStubs, profile)
    return code.makeModule(compiler)
  }

  static func makeMemory(
    _ image: ModuleImage, _ quota: CodeQuota
  ) throws(CodeMemoryError) -> GrowingCodeMemory {
    let count = image.module.functions.count
    let bodies = image.module.codeSection?.count ?? 0
    let wanted = (1 << 20) + 64 * count + expansion * bodies
    return try GrowingCodeMemory(wordCount: count + 1, byteCount: min(wanted, 1 << 30), quota: quota)
  }

  /// Initializes the words that the code reads.
  func makeModule(_ compiler: LazyCompiler?) -> NativeModule {
    for (index, function) in tables.functions.enumerated() {
      let offset = function.isCompiled ? Int(function.start) : LazyStubs.uncompiledOffset(index)
      memory.word(index).initialize(to: Atomic(memory.start + UInt(offset)))
    }
    let module = NativeModule(image, memory, tables, self, compiler)
    memory.word(tables.functions.count).initialize(
      to: Atomic(UInt(bitPattern: Unmanaged.passUnretained(module).toOpaque())))
    return module
  }

  /// Copies the code of all functions and stubs, with its tables. Code that continues a function at a loop has no rows in the tables: functions that
  /// have code are entered at their beginning.
  func copy() -> (code: [UInt8], tables: CodeTables) {
    state.withLock { state in
      var linked = LinkedCode()
      linked.functions = Array(tables.functions)
      linked.order = tables.order.rows.filter { Int($0) < tables.functions.count }
      linked.traps = Array(tables.traps.rows)
      linked.calls = Array(tables.calls.rows)
      linked.inlinedPositions = Array(tables.inlinedPositions.rows)
      linked.liveSites = Array(tables.liveSites.rows)
      linked.liveWords = Array(tables.liveWords.rows)
      for index in state.isRefused.indices where state.isRefused[index] {
        linked.refusals.append(FunctionRefusal(function: index, reason: ""))
      }
      return (Array(memory.bytes), CodeTables(linked))
    }
  }

  /// The offset of a function's stub.
  func stub(of function: Int) -> UInt32 { UInt32(LazyStubs.offset(function)) }

  /// The offset of the stub through which Swift enters a function.
  func enter(_ function: Int) -> UInt32 { tables.functions[function].stub }

  /// Whether a function is compiled, or cannot be.
  func isSettled(_ function: Int) -> Bool {
    state.withLock { $0.isRefused[function] || tables.functions[function].isCompiled }
  }

  /// The address at which compiled code enters a function now.
  func currentEntry(of function: Int) -> UInt {
    state.withLock { state in
      state.isRefused[function]
        ? memory.start + UInt(exitStubs[function]) : memory.word(function).pointee.load(ordering: .acquiring)
    }
  }

  // MARK: Adding

  /// Adds a function, unless another thread just did.
  ///
  /// - Returns: the address of its code; nil if another thread added it.
  /// - Throws: if there is no more memory for code.
  func add(_ compiled: CompiledFunction, _ index: Int, in module: NativeModule) throws(CompilationRefusal) -> UInt? {
    var function = compiled
    let start = try locked { _ throws(CompilationRefusal) -> UInt32? in
      if tables.functions[index].isCompiled { return nil }
      let range = try append(&function, stub: tables.functions[index].stub)
      tables.functions[index] = range
      addPositions(of: function, row: UInt32(index), at: range.start)
      profile?.add(index, in: module, range, function.positions)
      memory.word(index).pointee.store(memory.start + UInt(range.start), ordering: .releasing)
      return range.start
    }
    return start.map { memory.start + UInt($0) }
  }

  /// Adds code that continues a function at a loop.
  ///
  /// - Throws: if there is no more memory for code.
  func add(loop compiled: CompiledFunction, of index: Int, in module: NativeModule) throws(CompilationRefusal)
    -> LoopCode
  {
    var function = compiled
    return try locked { state throws(CompilationRefusal) -> LoopCode in
      let type = image.module.functionType(image.module.functions[index].typeIndex)!
      let stub = try loopStub(CallShape(continuing: type), &state)
      let range = try append(&function, stub: stub)
      let row = UInt32(tables.functions.count + tables.loops.rows.count)
      tables.loops.append([NativeModule.LoopRange(function: UInt32(index), range: range)])
      addPositions(of: function, row: row, at: range.start)
      profile?.add(index, in: module, range, function.positions)
      return LoopCode(entry: memory.start + UInt(range.start), enter: memory.start + UInt(stub))
    }
  }

  /// Marks a function as one that cannot be compiled.
  ///
  /// - Returns: false if it was marked or compiled before.
  func refuse(_ index: Int) -> Bool {
    state.withLock { state in
      if state.isRefused[index] || tables.functions[index].isCompiled { return false }
      state.isRefused[index] = true
      return true
    }
  }

  /// Runs a body with typed errors under the lock.
  private func locked<T: Sendable>(
    _ body: (inout State) throws(CompilationRefusal) -> T
  ) throws(CompilationRefusal) -> T {
    let result = state.withLock { state in
      Result { () throws(CompilationRefusal) -> T in try body(&state) }
    }
    return try result.get()
  }

  /// Appends a function's code.
  private func append(
    _ function: inout CompiledFunction, stub: UInt32
  ) throws(CompilationRefusal) -> NativeModule.FunctionRange {
    let start = memory.nextOffset
    relocate(&function, to: start)
    try append(function.code)
    return NativeModule.FunctionRange(
      start: UInt32(start), end: UInt32(start + function.code.count), frameByteCount: function.frameByteCount,
      isCompiled: true, stub: stub)
  }

  private func append(_ code: [UInt8]) throws(CompilationRefusal) {
    guard code.withUnsafeBytes({ memory.append($0) }) else {
      throw CompilationRefusal(reason: "there is no more memory for compiled code")
    }
  }

  /// Resolves calls to their targets, or to the targets' stubs.
  private func relocate(_ function: inout CompiledFunction, to start: Int) {
    let imported = image.module.importedFunctions.count
    for relocation in function.relocations {
      let number = Int(relocation.function) - imported
      let target = tables.functions[number]
      let address = target.isCompiled ? Int(target.start) : LazyStubs.offset(number)
      let place = Int(relocation.offset)
      function.code.withUnsafeMutableBytes {
        NativeBackend.relocate($0.baseAddress! + place, distance: address - (start + place))
      }
    }
  }

  /// Adds the positions in a function's code, before it is entered.
  private func addPositions(of function: CompiledFunction, row: UInt32, at start: UInt32) {
    let positionCount = tables.inlinedPositions.rows.count
    let imported = UInt32(image.module.importedFunctions.count)
    tables.inlinedPositions.append(function.positions(behind: positionCount, importedCount: imported))
    if let liveness = function.liveness {
      let wordCount = tables.liveWords.rows.count
      tables.liveWords.append(liveness.words)
      tables.liveSites.append(liveness.sites.map { $0.moved(by: start, wordsBy: wordCount) })
    }
    tables.traps.append(function.traps.map { $0.moved(by: start, positionsBy: positionCount) })
    tables.calls.append(function.calls.map { $0.moved(by: start, positionsBy: positionCount) })
    tables.order.append([row])
  }

  private func loopStub(_ shape: CallShape, _ state: inout State) throws(CompilationRefusal) -> UInt32 {
    if let stub = state.loopStubs[shape] { return stub }
    var assembler = NativeBackend.Stubs()
    assembler.putEntryStub(shape)
    let start = UInt32(memory.nextOffset)
    try append(assembler.finishStubs())
    state.loopStubs[shape] = start
    return start
  }
}

extension CallShape {
  /// The shape of code that continues a function of a type at a loop: see ``LoopEntry``.
  fileprivate init(continuing type: FunctionType) {
    self.init(FunctionType(parameters: [.i64], results: type.results))
  }
}

/// The stubs of a module whose functions are compiled while it runs.
private struct LazyStubs {
  private(set) var code: [UInt8] = []
  /// By function.
  private(set) var functions: [NativeModule.FunctionRange] = []
  /// By function, if functions are compiled at their first call: one that cannot be compiled is entered there.
  private(set) var exitStubs: [UInt32] = []
  private(set) var traps: [CompiledFunction.TrapSite] = []

  /// The offset of a function's stub, by its number among those that the module defines.
  static func offset(_ index: Int) -> Int { NativeBackend.Stubs.lazyStubByteCount * index }

  /// The offset of the stub's second half, for a function that is not compiled.
  static func uncompiledOffset(_ index: Int) -> Int { offset(index) + NativeBackend.Stubs.uncompiledOffset }

  init(_ image: ModuleImage, _ memory: GrowingCodeMemory, compilesAtFirstCall: Bool) {
    var assembler = NativeBackend.Stubs()
    let functions = image.module.functions
    assembler.putLazyStubs(
      count: functions.count, importedCount: image.module.importedFunctions.count,
      compilesAtFirstCall: compilesAtFirstCall
    ) { memory.offset(ofWord: $0) }
    var stubs: [CallShape: (entry: UInt32, exit: UInt32?)] = [:]
    var shapes: [UInt32: CallShape] = [:]
    for function in functions {
      let shape = shapes[function.typeIndex] ?? CallShape(image.module.functionType(function.typeIndex)!)
      shapes[function.typeIndex] = shape
      let pair = stubs[shape] ?? putStubs(shape, &assembler, withExit: compilesAtFirstCall)
      stubs[shape] = pair
      if let exit = pair.exit { exitStubs.append(exit) }
      self.functions.append(
        NativeModule.FunctionRange(start: 0, end: 0, frameByteCount: 0, isCompiled: false, stub: pair.entry))
    }
    code = assembler.finishStubs()
  }

  private mutating func putStubs(
    _ shape: CallShape, _ assembler: inout NativeBackend.Stubs, withExit: Bool
  ) -> (entry: UInt32, exit: UInt32?) {
    let entry = UInt32(assembler.count)
    assembler.putEntryStub(shape)
    guard withExit else { return (entry, nil) }
    let exit = UInt32(assembler.count)
    let trap = UInt32(assembler.putExitStub(shape))
    traps.append(
      CompiledFunction.TrapSite(offset: trap, source: 0, code: UInt8(TrapCode.callStackExhausted.rawValue)))
    return (entry, exit)
  }
}
