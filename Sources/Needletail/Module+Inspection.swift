import WasmCompiler
import WasmNative

extension Module {
  /// Shows the compiler's output for the module, even if its engine interprets.
  package func inspector(_ level: OptimizationLevel) -> ModuleInspector {
    ModuleInspector(image, engine.configuration.compilerOptions(level))
  }
}
