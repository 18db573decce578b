import WasmCompiler
import WasmRuntime
import WebAssembly

/// Compiles modules for the machine that it runs on, and runs their code. One per engine.
package final class NativeEngine: CompiledCode {
  package let options: CompilerOptions
  let quota: CodeQuota
  private let threadCount: Int
  private let isLazy: Bool
  private let hostStubs: HostStubs
  /// Told of all code before it runs.
  let profile: CodeProfile?
  /// Gets how much of a large module is compiled: see ``CompilationProgress``; 1 comes last.
  private let progress: (@Sendable (Double) -> Void)?
  let stubs: CommonStubs
  package nonisolated(unsafe) let runtimeTable: UnsafePointer<UInt>

  /// Whether there is a compiler for the machine.
  package static var isSupported: Bool { TrapSignals.areSupported }

  /// - Parameters:
  ///   - threadCount: how many threads compile a large module.
  ///   - isLazy: whether functions are compiled when they are first called.
  ///   - maximumCodeByteCount: how much compiled code there may be.
  ///   - allowsExecution: whether memory may be made executable; false to see what happens where it cannot.
  ///   - format: how profilers are told of the code, if at all. ``isProfiled`` says whether they are in fact.
  /// - Throws: if the system forbids executable memory.
  package init(
    _ options: CompilerOptions, threadCount: Int, isLazy: Bool = false, maximumCodeByteCount: Int = .max,
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
    self.progress = progress
    self.stubs = stubs
    quota = CodeQuota(limit: maximumCodeByteCount)
    hostStubs = HostStubs(quota: quota, profile: profile)
    runtimeTable = RuntimeTable.address(stubs)
    TrapSignals.install(landing: stubs.landing)
  }

  /// Whether profilers are told of the code.
  package var isProfiled: Bool { profile != nil }

  // MARK: Code

  /// Compiles all functions of a module, or prepares to compile them when they are called.
  ///
  /// - Throws: if there is no memory for the code.
  package func compile(_ image: ModuleImage) throws(CodeMemoryError) -> NativeModule {
    // Where the system does not let code be added to what runs, all of it is made at once.
    if isLazy, let module = try? LazyCompiler.makeModule(image, options, quota: quota, profile: profile) {
      return module
    }
    return try NativeModule.compile(
      image, options, threadCount: threadCount, quota: quota, profile: profile, progress: progress)
  }

  /// A module with the code of all functions.
  ///
  /// - Throws: if there is no memory for the code.
  package func complete(_ module: NativeModule) throws(CodeMemoryError) -> NativeModule {
    guard module.lazyCompiler != nil else { return module }
    return try NativeModule.compile(module.image, options, threadCount: threadCount, quota: quota)
  }

  /// The interpreter's code words for functions.
  package struct InterpreterEntries {
    /// Of those that are compiled.
    package var compiled: UnsafeRawPointer
    /// Of those that it runs itself.
    package var interpreted: UnsafeRawPointer

    package init(compiled: UnsafeRawPointer, interpreted: UnsafeRawPointer) {
      self.compiled = compiled
      self.interpreted = interpreted
    }
  }

  /// Lets functions be entered by compiled code: a module's.
  ///
  /// - Parameters:
  ///   - codes: the records of the functions that the module defines.
  ///   - report: gets functions that are left to the interpreter when they are first called, and the reasons. On any thread.
  package static func publish(
    _ module: NativeModule, in codes: UnsafeMutablePointer<FunctionCode>, _ entries: InterpreterEntries,
    report: @escaping @Sendable (Int, String) -> Void
  ) {
    if let lazyCompiler = module.lazyCompiler {
      lazyCompiler.attach(
        LazyCompiler.Surroundings(codes: codes, interpreterEntry: entries.interpreted, report: report), module)
      for index in module.functions.indices { codes[index].publish(entries.compiled) }
      return
    }
    for (index, function) in module.functions.enumerated() {
      let code = codes + index
      if function.isCompiled {
        code.pointee.nativeEntry.store(module.address(function.start), ordering: .relaxed)
        code.pointee.nativeEnter.store(module.address(function.stub), ordering: .releasing)
        code.pointee.publish(entries.compiled)
      } else {
        code.pointee.nativeEntry.store(module.address(function.stub), ordering: .releasing)
      }
    }
  }

  /// The same for a function of the host's.
  package func publish(_ function: HostFunction, in code: UnsafeMutablePointer<FunctionCode>) throws(CodeMemoryError) {
    code.pointee.nativeEntry.store(try hostStubs.address(for: function.type), ordering: .releasing)
  }
}
