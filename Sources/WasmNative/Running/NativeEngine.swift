import WasmCompiler
import WasmRuntime
import WebAssembly

/// Compiles modules for the current machine, and runs their code. One per engine.
package final class NativeEngine: NativeExecutionEngine {
  package let options: CompilerOptions
  let quota: CodeQuota
  /// The largest number of threads that compile at once.
  let threadCount: Int
  private let isLazy: Bool
  /// The limit on the time of compiling a module.
  private let maximumCompilationTime: Duration?
  private let hostStubs: HostStubs
  /// Receives all code before it runs.
  let profile: CodeProfile?
  /// Receives the compiled fraction of a large module: see ``CompilationProgress``; the last value is 1.
  private let progress: (@Sendable (Double) -> Void)?
  let stubs: CommonStubs
  package nonisolated(unsafe) let runtimeTable: UnsafePointer<UInt>

  /// Whether there is a compiler for the machine.
  package static var isSupported: Bool { TrapSignals.areSupported }

  /// - Parameters:
  ///   - threadCount: the largest number of threads that compile a module.
  ///   - isLazy: whether functions are compiled at their first call.
  ///   - ledger: counts the compiled code.
  ///   - maximumCompilationTime: the limit on the time of compiling a module, of all threads together; nil for none.
  ///   - allowsExecution: whether memory may be made executable; false simulates systems that forbid it.
  ///   - format: the format for profilers; nil for none. ``isProfiled`` says whether profilers actually receive it.
  /// - Throws: if the system forbids executable memory.
  package init(
    _ options: CompilerOptions, threadCount: Int, isLazy: Bool = false, ledger: ResourceLedger? = nil,
    maximumCompilationTime: Duration? = nil,
    allowsExecution: Bool = true, profile format: ProfileFormat? = nil,
    progress: (@Sendable (Double) -> Void)? = nil
  ) throws(CodeMemoryError) {
    guard Self.isSupported, allowsExecution, let stubs = CommonStubs.shared else { throw .forbidden }
    var options = options
    if format == .jitDump { options.recordsPositions = true }
    self.options = options
    profile = format.flatMap { CodeProfile.shared($0) }
    self.threadCount = threadCount
    self.isLazy = isLazy
    self.maximumCompilationTime = maximumCompilationTime
    self.progress = progress
    self.stubs = stubs
    quota = CodeQuota(ledger)
    hostStubs = HostStubs(quota: quota, profile: profile)
    runtimeTable = RuntimeTable.address(stubs)
    TrapSignals.install(landing: stubs[.landing])
  }

  /// Whether profilers receive the code.
  package var isProfiled: Bool { profile != nil }

  package var needsReservations: Bool { !options.checksBounds }

  // MARK: Code

  /// The time for compiling a module; nil if it is not limited.
  func makeBudget() -> CompilationBudget? { maximumCompilationTime.map { CompilationBudget($0) } }

  /// Compiles all functions of a module, or prepares to compile them when they are called.
  ///
  /// - Parameter stops: whether compilation ends early. Called on several threads.
  /// - Throws: if there is no memory for the code, or compilation was stopped.
  package func compile(_ image: ModuleImage, stops: StopCheck? = nil) throws(CodeMemoryError) -> NativeModule {
    // If the system does not allow adding code to running code, everything is compiled now.
    if isLazy,
      let module = try? GrowingCode.makeModule(
        image, LazyCompiler(image, options, makeBudget()), quota: quota, profile: profile)
    {
      return module
    }
    return try NativeModule.compile(
      image, options, threadCount: threadCount, quota: quota, budget: makeBudget(), profile: profile,
      progress: progress, stops: stops)
  }

  /// The code of all functions of a module.
  ///
  /// - Parameter module: the code so far, if there is some.
  /// - Throws: if there is no memory for the code.
  package func complete(_ module: NativeModule?, of image: ModuleImage) throws(CodeMemoryError) -> NativeModule {
    if let module, module.growingCode == nil { return module }
    return try NativeModule.compile(image, options, threadCount: threadCount, quota: quota, budget: makeBudget())
  }

  /// Publishes the compiled entry points of a module's functions.
  ///
  /// - Parameters:
  ///   - functions: the module's functions.
  ///   - report: receives functions that are left to the interpreter at their first call, and the reasons. Called on any thread.
  package static func publish(
    _ module: NativeModule, in functions: ModuleFunctions,
    report: @escaping @Sendable (Int, String) -> Void
  ) {
    if let lazyCompiler = module.lazyCompiler, let code = module.growingCode {
      lazyCompiler.attach(functions, report: report, module, code)
      return
    }
    for (index, function) in module.functions.enumerated() {
      let stub = module.address(function.stub)
      if function.isCompiled {
        functions.publish(compiledCodeOf: index, entry: module.address(function.start), enter: stub)
      } else {
        functions.publish(nativeEntryOf: index, stub)
      }
    }
  }

  /// The native entry of functions that compiled code has not called yet.
  package var firstEntry: UInt { stubs[.firstEntry] }

  /// Gives a function that is not compiled, of the host or of the interpreter, its native entry.
  ///
  /// - Returns: the entry, which is another one if the function was compiled in the meantime.
  func enterFirst(_ reference: UnsafeMutablePointer<FunctionReference>) throws(CodeMemoryError) -> UInt {
    let code = reference.pointee.code
    let type: FunctionType
    if let host = reference.pointee.host {
      type = Unmanaged<HostFunction>.fromOpaque(host)._withUnsafeGuaranteedRef { $0.type }
    } else {
      guard let functions = code.pointee.owner?.takeUnretainedValue() else {
        preconditionFailure("a function belongs to the host or to a module")
      }
      let module = functions.image.module
      type = module.functionType(module.functions[Int(code.pointee.index)].typeIndex)!
    }
    let stub = try hostStubs.address(for: type)
    let (isExchanged, current) = code.pointee.nativeEntry.compareExchange(
      expected: firstEntry, desired: stub, ordering: .acquiringAndReleasing)
    return isExchanged ? stub : current
  }
}
