import Needletail

/// The module `spectest`, from which the suite's scripts import. (WebAssembly/spec, `interpreter/README.md`, "Spectest
/// host module".)
///
/// It consists of WebAssembly modules, so that the suite uses no part of the embedding API that scripts do not test.
/// Its printing functions do nothing.
enum SpectestModule {
  static let name = "spectest"

  /// Defines the exports of `spectest` that the engine's features allow.
  static func define(in linker: Linker, _ store: Store) throws {
    for part in parts where part.needs.isSubset(of: store.engine.configuration.features) {
      let instance = try Linker(store.engine).instantiate(Module(store.engine, text: part.text), in: store)
      for export in instance.exports { try linker.define(name, export.name, export.item) }
    }
  }

  /// Modules whose exports together are those of `spectest`. Each needs only the named proposals.
  private static let parts: [(needs: Features, text: String)] = [
    (
      [],
      """
      (global (export "global_i32") i32 (i32.const 666))
      (global (export "global_i64") i64 (i64.const 666))
      (global (export "global_f32") f32 (f32.const 666.6))
      (global (export "global_f64") f64 (f64.const 666.6))
      (table (export "table") 10 20 funcref)
      (memory (export "memory") 1 2)
      (func (export "print"))
      (func (export "print_i32") (param i32))
      (func (export "print_i64") (param i64))
      (func (export "print_f32") (param f32))
      (func (export "print_f64") (param f64))
      (func (export "print_i32_f32") (param i32 f32))
      (func (export "print_f64_f64") (param f64 f64))
      """
    ),
    (.memory64, #"(table (export "table64") i64 10 20 funcref)"#),
    (.threads, #"(memory (export "shared_memory") 1 2 shared)"#),
  ]
}
