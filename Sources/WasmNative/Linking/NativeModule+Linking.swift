import WasmCompiler
import WasmRuntime
import WebAssembly

extension NativeModule {
  /// Compiles all functions of a module and links them.
  ///
  /// - Throws: if there is no memory for the code, compiling takes too long, or it was stopped.
  static func compile(
    _ image: ModuleImage, _ options: CompilerOptions, threadCount: Int, quota: CodeQuota,
    budget: CompilationBudget? = nil,
    profile: CodeProfile? = nil, progress: ((Double) -> Void)? = nil, stops: StopCheck? = nil
  ) throws(CodeMemoryError) -> NativeModule {
    let compiled = ModuleCompiler.compile(
      image, options, threadCount: threadCount, budget: budget, progress: progress, stops: stops)
    if let stops, stops() { throw .stopped }
    if let budget, budget.isExhausted { throw .exhausted(budget.refusal) }
    let linked = try CodeLinker.link(image, compiled)
    let memory = try CodeMemory(byteCount: linked.byteCount, quota: quota) { base in
      CodeLinker.write(image, compiled, linked, to: base)
    }
    guard let profile else {
      // Functions on their own take much more memory than linked code.
      _ = consume compiled
      return NativeModule(image, memory, byteCount: linked.byteCount, CodeTables(linked))
    }
    let module = NativeModule(image, memory, byteCount: linked.byteCount, CodeTables(linked))
    profile.add(module) { function in
      guard case .compiled(let code) = compiled[function] else { return nil }
      return code.positions
    }
    return module
  }
}

extension CompilationBudget {
  /// The error for a module that takes longer to compile.
  fileprivate var refusal: LimitExceeded {
    LimitExceeded(
      .compilationNanoseconds, of: .module, requested: max(spentNanoseconds, limit + 1), limit: limit,
      setting: "Engine.Configuration.maximumCompilationTime", message: "\(reason)")
  }
}
