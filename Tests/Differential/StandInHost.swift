import ModuleGenerator
import Needletail

/// A host that has whatever a module imports: the functions of ``HostFunction``, and stand-ins for all else, which hold and return fixed
/// values.
enum StandInHost {
  private struct Tripped: Error {}

  /// - Throws: what making a memory, table, global or tag throws.
  static func linker(for module: Module, in store: Store) throws -> Linker {
    let linker = Linker(module.engine)
    try linker.define("host", HostFunction.mix.rawValue) { (_: Caller, x: Int32, y: Int64) in HostFunction.mix(x, y) }
    try linker.define("host", HostFunction.trip.rawValue) { (_: Caller, x: Double, y: Int32) in
      guard let result = HostFunction.trip(x, y) else { throw Tripped() }
      return result
    }
    for wanted in module.imports where !linker.defines(wanted.module, wanted.name) {
      try define(wanted, linker, store)
    }
    return linker
  }

  private static func define(_ wanted: ImportDescription, _ linker: Linker, _ store: Store) throws {
    switch wanted.type {
    case .function(let type):
      let results = type.results.map(value)
      try linker.define(wanted.module, wanted.name, type: type) { _, _ in results }
    case .memory(let type):
      try linker.define(wanted.module, wanted.name, .memory(Memory(store, type: type)))
    case .table(let type):
      let null = Value.null(type.element.heapType)
      try linker.define(wanted.module, wanted.name, .table(Table(store, type: type, initial: null)))
    case .global(let type):
      try linker.define(wanted.module, wanted.name, .global(Global(store, type: type, value: value(type.value))))
    case .tag(let type):
      try linker.define(wanted.module, wanted.name, .tag(Tag(store, type: type)))
    }
  }

  private static func value(_ type: ValueType) -> Value {
    switch type {
    case .i32: .i32(7)
    case .i64: .i64(-9)
    case .f32: .f32(1.5)
    case .f64: .f64(-2.25)
    case .v128: .v128(SIMD16(repeating: 3))
    default: .null(type.referenceType?.heapType ?? .none)
    }
  }
}
