import Needletail

/// The module `spectest` that the suite's scripts import from. (WebAssembly/spec, `interpreter/README.md`, "Spectest host module".)
///
/// It is itself a Wasm module, so that the suite needs nothing of the embedding API that scripts do not test. Its printing
/// functions print nothing.
enum SpectestModule {
  static let name = "spectest"

  static func instantiate(in store: Store) throws -> Instance {
    let hasSharedMemory = store.engine.configuration.features.contains(.threads)
    let module = try Module(store.engine, text: text(hasSharedMemory: hasSharedMemory))
    return try Linker(store.engine).instantiate(module, in: store)
  }

  private static func text(hasSharedMemory: Bool) -> String {
    """
    (module $spectest
      (global (export "global_i32") i32 (i32.const 666))
      (global (export "global_i64") i64 (i64.const 666))
      (global (export "global_f32") f32 (f32.const 666.6))
      (global (export "global_f64") f64 (f64.const 666.6))
      (table (export "table") 10 20 funcref)
      (table (export "table64") i64 10 20 funcref)
      (memory (export "memory") 1 2)
      \(hasSharedMemory ? "(memory (export \"shared_memory\") 1 2 shared)" : "")
      (func (export "print"))
      (func (export "print_i32") (param i32))
      (func (export "print_i64") (param i64))
      (func (export "print_f32") (param f32))
      (func (export "print_f64") (param f64))
      (func (export "print_i32_f32") (param i32 f32))
      (func (export "print_f64_f64") (param f64 f64)))
    """
  }
}
