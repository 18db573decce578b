import Synchronization
import WasmCompiler
import WasmRuntime
import WebAssembly

/// Compiles a module's functions at their first call. A function that the compiler rejects is interpreted.
///
/// Threads compile concurrently, each with its own compiler; if two compile the same function, the second result is discarded.
/// (`@unchecked Sendable`: the lock protects all mutable state; `surroundings` is written before any function runs.)
final class LazyCompiler: @unchecked Sendable {
  /// A compiler and its memory, for one thread at a time.
  private final class Worker {
    var compiler: FunctionCompiler<NativeBackend>

    init(_ facts: ModuleFacts, _ options: CompilerOptions) { compiler = FunctionCompiler(facts, options) }
  }

  private struct Workers: @unchecked Sendable {
    var idle: [Worker] = []
  }

  /// Where entry points are published, and refusals reported.
  private struct Surroundings {
    var functions: ModuleFunctions
    /// Receives the index of a defined function that is left to the interpreter, and the reason.
    var report: @Sendable (Int, String) -> Void
  }

  private let image: ModuleImage
  private let options: CompilerOptions
  private let facts: ModuleFacts
  private let budget: CompilationBudget?
  private let workers = Mutex(Workers())
  private var surroundings: Surroundings?

  init(_ image: ModuleImage, _ options: CompilerOptions, _ budget: CompilationBudget?) {
    self.image = image
    self.budget = budget
    self.options = options
    facts = ModuleFacts(image, checksBounds: options.checksBounds)
  }

  /// Must be called before any function runs.
  ///
  /// - Parameter report: receives the index of a defined function that is left to the interpreter, and the reason.
  func attach(
    _ functions: ModuleFunctions, report: @escaping @Sendable (Int, String) -> Void, _ module: NativeModule,
    _ code: GrowingCode
  ) {
    surroundings = Surroundings(functions: functions, report: report)
    for index in image.module.functions.indices {
      functions.publish(
        compiledCodeOf: index, entry: module.address(code.stub(of: index)), enter: module.address(code.enter(index)))
    }
  }

  /// The entry address of a function that was called through its stub. Compiles it, unless that was done before.
  func entry(of index: Int, in module: NativeModule, _ code: GrowingCode) -> UInt {
    if code.isSettled(index) { return code.currentEntry(of: index) }
    let worker = workers.withLock { $0.idle.popLast() } ?? Worker(facts, options)
    do throws(CompilationRefusal) {
      if let start = try code.add(worker.compiler.compile(index, within: budget), index, in: module) {
        surroundings?.functions.publish(nativeEntryOf: index, start)
      }
    } catch {
      refuse(index, error.reason, code)
    }
    if image.module.functions[index].body.count <= FunctionCompiler<NativeBackend>.smallBodyByteCount {
      workers.withLock { $0.idle.append(worker) }
    }
    return code.currentEntry(of: index)
  }

  private func refuse(_ index: Int, _ reason: String, _ code: GrowingCode) {
    guard code.refuse(index) else { return }
    // Otherwise the interpreter would still use the entry for compiled code.
    surroundings?.functions.leaveToInterpreter(index)
    surroundings?.report(index, reason)
  }
}

extension Runtime {
  /// See ``RuntimeFunction/compileFunction``.
  static func compileFunction(_ context: Context, _ function: UInt64, _ module: UInt64) -> UInt64 {
    let address = UnsafeRawPointer(bitPattern: UInt(module)).unsafelyUnwrapped
    let module = Unmanaged<NativeModule>.fromOpaque(address).takeUnretainedValue()
    let index = Int(function) - module.image.module.importedFunctions.count
    guard let code = module.growingCode, let compiler = module.lazyCompiler else {
      preconditionFailure("a stub that has its function compiled is in a lazily compiled module")
    }
    return UInt64(compiler.entry(of: index, in: module, code))
  }
}
