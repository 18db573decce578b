import WasmCompiler
import WasmInterpreter
import WasmNative

extension Module {
  /// Shows the compiler's output for the module, even if its engine interprets.
  package func inspector(_ level: OptimizationLevel) -> ModuleInspector {
    ModuleInspector(image, engine.configuration.compilerOptions(level))
  }

  /// The interpreter's code of a function as text, even if the engine compiles.
  ///
  /// - Parameter function: the index among the functions that the module defines.
  /// - Throws: `LimitExceeded` if the interpreter refuses the function.
  package func bytecode(_ function: Int) throws -> (text: String, wordCount: Int) {
    let listing = try BytecodeListing(functions, engine.interpreter, function: function)
    return (listing.text(), listing.wordCount)
  }

  /// The number of functions, and of loops in running functions, that were compiled because they were used often.
  package var tierCounts: (functions: Int, loops: Int) { tiers?.compiledCounts ?? (0, 0) }
}
