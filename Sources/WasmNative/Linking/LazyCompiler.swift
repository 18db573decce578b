import Synchronization
import WasmCompiler
import WasmRuntime
import WebAssembly

/// Compiles a module's functions at their first call.
///
/// Each function has a 16-byte stub that jumps to the address in a word: at first to its own second half, which has the function
/// compiled, and later to the function. Calls that are compiled after their target go there directly. A function that the compiler
/// rejects keeps its stub, which then leads to the interpreter.
///
/// Threads compile concurrently, each with its own compiler; if two compile the same function, the second result is discarded.
/// (`@unchecked Sendable`: the lock protects all mutable state, or it is atomic.)
final class LazyCompiler: @unchecked Sendable {
  /// A compiler and its memory, for one thread at a time.
  private final class Worker {
    var compiler: FunctionCompiler<NativeBackend>

    init(_ facts: ModuleFacts, _ options: CompilerOptions) { compiler = FunctionCompiler(facts, options) }
  }

  private struct State: @unchecked Sendable {
    var idleWorkers: [Worker] = []
    var isRefused: [Bool]
  }

  /// Where entry points are published, and refusals reported.
  private struct Surroundings {
    var functions: ModuleFunctions
    /// Receives the index of a defined function that is left to the interpreter, and the reason.
    var report: @Sendable (Int, String) -> Void
  }

  private let image: ModuleImage
  private let options: CompilerOptions
  private let memory: GrowingCodeMemory
  private let tables: GrowingTables
  private let profile: CodeProfile?
  /// By function: the offset of its shape's stub that leads to the interpreter.
  private let exitStubs: [UInt32]
  private let state: Mutex<State>
  private let facts: ModuleFacts
  private var surroundings: Surroundings?

  /// The address space for code, per byte of Wasm; more than any but contrived code needs.
  private static let expansion = 32

  fileprivate init(
    _ image: ModuleImage, _ options: CompilerOptions, _ memory: GrowingCodeMemory, _ tables: GrowingTables,
    exitStubs: [UInt32], _ profile: CodeProfile?
  ) {
    self.image = image
    self.options = options
    self.memory = memory
    self.tables = tables
    self.exitStubs = exitStubs
    self.profile = profile
    facts = ModuleFacts(image)
    state = Mutex(State(isRefused: Array(repeating: false, count: image.module.functions.count)))
  }

  /// Creates the stubs of a module.
  ///
  /// - Throws: if the system does not allow adding code to running code.
  static func makeModule(
    _ image: ModuleImage, _ options: CompilerOptions, quota: CodeQuota, profile: CodeProfile?
  ) throws(CodeMemoryError) -> NativeModule {
    let count = image.module.functions.count
    let bodies = image.module.codeSection?.count ?? 0
    let wanted = (1 << 20) + 64 * count + expansion * bodies
    let memory = try GrowingCodeMemory(wordCount: count + 1, byteCount: min(wanted, 1 << 30), quota: quota)
    let stubs = LazyStubs(image, memory)
    guard stubs.code.withUnsafeBytes({ memory.append($0) }) else { throw .exhausted(byteCount: stubs.code.count) }
    for index in 0..<count {
      let compilation = LazyStubs.compilationOffset(index)
      memory.word(index).initialize(to: Atomic(memory.start + UInt(compilation)))
    }
    let tables = GrowingTables(functions: stubs.functions, traps: stubs.traps)
    let compiler = LazyCompiler(image, options, memory, tables, exitStubs: stubs.exitStubs, profile)
    let module = NativeModule(image, memory, tables, compiler)
    memory.word(count).initialize(to: Atomic(UInt(bitPattern: Unmanaged.passUnretained(module).toOpaque())))
    return module
  }

  /// Must be called before any function runs.
  ///
  /// - Parameter report: receives the index of a defined function that is left to the interpreter, and the reason.
  func attach(_ functions: ModuleFunctions, report: @escaping @Sendable (Int, String) -> Void, _ module: NativeModule) {
    surroundings = Surroundings(functions: functions, report: report)
    for index in tables.functions.indices {
      functions.publish(
        compiledCodeOf: index, entry: module.address(UInt32(LazyStubs.offset(index))),
        enter: module.address(tables.functions[index].stub))
    }
  }

  /// The entry address of a function that was called through its stub. Compiles it, unless that was done before.
  func entry(of index: Int, in module: NativeModule) -> UInt {
    let worker = state.withLock { state -> Worker? in
      if state.isRefused[index] || tables.functions[index].isCompiled { return nil }
      return state.idleWorkers.popLast() ?? Worker(facts, options)
    }
    guard let worker else { return currentEntry(of: index, in: module) }
    do throws(CompilationRefusal) {
      try add(worker.compiler.compile(index), index, module)
    } catch {
      refuse(index, error.reason, module)
    }
    if image.module.functions[index].body.count <= FunctionCompiler<NativeBackend>.smallBodyByteCount {
      state.withLock { $0.idleWorkers.append(worker) }
    }
    return currentEntry(of: index, in: module)
  }

  private func currentEntry(of index: Int, in module: NativeModule) -> UInt {
    state.withLock { state in
      state.isRefused[index]
        ? module.address(exitStubs[index]) : memory.word(index).pointee.load(ordering: .acquiring)
    }
  }

  private func add(_ function: CompiledFunction, _ index: Int, _ module: NativeModule) throws(CompilationRefusal) {
    var function = function
    let isAdded = state.withLock { _ -> Bool in
      if tables.functions[index].isCompiled { return true }
      let start = memory.nextOffset
      relocate(&function, to: start, module)
      guard function.code.withUnsafeBytes({ memory.append($0) }) else { return false }
      publish(function, index, at: UInt32(start), module)
      return true
    }
    if !isAdded { throw CompilationRefusal(reason: "there is no more memory for compiled code") }
  }

  /// Resolves calls to their targets, or to the targets' stubs.
  private func relocate(_ function: inout CompiledFunction, to start: Int, _ module: NativeModule) {
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

  /// Publishes a function's positions, and then the function.
  private func publish(_ function: CompiledFunction, _ index: Int, at start: UInt32, _ module: NativeModule) {
    let range = NativeModule.FunctionRange(
      start: start, end: start + UInt32(function.code.count), frameByteCount: function.frameByteCount, isCompiled: true,
      stub: tables.functions[index].stub)
    tables.functions[index] = range
    let positionCount = tables.inlinedPositions.rows.count
    let imported = UInt32(image.module.importedFunctions.count)
    tables.inlinedPositions.append(function.positions(behind: positionCount, importedCount: imported))
    tables.traps.append(function.traps.map { $0.moved(by: start, positionsBy: positionCount) })
    tables.calls.append(function.calls.map { $0.moved(by: start, positionsBy: positionCount) })
    tables.order.append([UInt32(index)])
    profile?.add(index, in: module, range, function.positions)
    memory.word(index).pointee.store(module.address(start), ordering: .releasing)
    surroundings?.functions.publish(nativeEntryOf: index, module.address(start))
  }

  private func refuse(_ index: Int, _ reason: String, _ module: NativeModule) {
    let isNew = state.withLock { state -> Bool in
      if state.isRefused[index] || tables.functions[index].isCompiled { return false }
      state.isRefused[index] = true
      surroundings?.functions.leaveToInterpreter(index)
      return true
    }
    if isNew { surroundings?.report(index, reason) }
  }
}

/// The stubs of a module whose functions are compiled at their first call.
private struct LazyStubs {
  private(set) var code: [UInt8] = []
  /// By function.
  private(set) var functions: [NativeModule.FunctionRange] = []
  private(set) var exitStubs: [UInt32] = []
  private(set) var traps: [CompiledFunction.TrapSite] = []

  /// The offset of a function's stub, by its number among those that the module defines.
  static func offset(_ index: Int) -> Int { NativeBackend.Stubs.lazyStubByteCount * index }

  /// The offset of the stub's second half, which has the function compiled.
  static func compilationOffset(_ index: Int) -> Int { offset(index) + NativeBackend.Stubs.lazyCompilationOffset }

  init(_ image: ModuleImage, _ memory: GrowingCodeMemory) {
    var assembler = NativeBackend.Stubs()
    let functions = image.module.functions
    assembler.putLazyStubs(count: functions.count, importedCount: image.module.importedFunctions.count) {
      memory.offset(ofWord: $0)
    }
    var stubs: [CallShape: (entry: UInt32, exit: UInt32)] = [:]
    var shapes: [UInt32: CallShape] = [:]
    for function in functions {
      let shape = shapes[function.typeIndex] ?? CallShape(image.module.functionType(function.typeIndex)!)
      shapes[function.typeIndex] = shape
      let pair = stubs[shape] ?? putStubs(shape, &assembler)
      stubs[shape] = pair
      exitStubs.append(pair.exit)
      self.functions.append(
        NativeModule.FunctionRange(start: 0, end: 0, frameByteCount: 0, isCompiled: false, stub: pair.entry))
    }
    code = assembler.finishStubs()
  }

  private mutating func putStubs(_ shape: CallShape, _ assembler: inout NativeBackend.Stubs) -> (
    entry: UInt32, exit: UInt32
  ) {
    let entry = UInt32(assembler.count)
    assembler.putEntryStub(shape)
    let exit = UInt32(assembler.count)
    let trap = UInt32(assembler.putExitStub(shape))
    traps.append(
      CompiledFunction.TrapSite(offset: trap, source: 0, code: UInt8(TrapCode.callStackExhausted.rawValue)))
    return (entry, exit)
  }
}

extension Runtime {
  /// See ``RuntimeFunction/compileFunction``.
  static func compileFunction(_ context: Context, _ function: UInt64, _ module: UInt64) -> UInt64 {
    let address = UnsafeRawPointer(bitPattern: UInt(module)).unsafelyUnwrapped
    let module = Unmanaged<NativeModule>.fromOpaque(address).takeUnretainedValue()
    let index = Int(function) - module.image.module.importedFunctions.count
    return UInt64(module.lazyCompiler.unsafelyUnwrapped.entry(of: index, in: module))
  }
}
