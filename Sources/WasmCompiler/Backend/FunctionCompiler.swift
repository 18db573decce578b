import WasmRuntime

/// Compiles functions, one after the other: from bytes to machine code. One per thread.
///
/// (The stages are landing one by one; until the last of them has, every function is left to the interpreter.)
struct FunctionCompiler: ~Copyable {
  private let options: CompilerOptions

  init(_ image: ModuleImage, _ options: CompilerOptions) { self.options = options }

  /// - Parameter function: the index among the functions that the module defines.
  mutating func compile(_ function: Int) throws(CompilationRefusal) -> CompiledFunction {
    throw CompilationRefusal(reason: "the compiler is not complete")
  }
}
