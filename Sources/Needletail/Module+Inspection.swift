import WasmCompiler

extension Module {
  /// What the compiler makes of the module, whatever its engine executes.
  package func inspector(_ level: OptimizationLevel) -> ModuleInspector {
    ModuleInspector(image, engine.configuration.compilerOptions(level))
  }
}
