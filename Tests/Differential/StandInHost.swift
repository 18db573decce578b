import ModuleGenerator
import Needletail

/// A host that provides all imports of a module: the functions of ``HostFunction``, and stand-ins with fixed values for
/// everything else.
final class StandInHost {
  private struct Tripped: Error {}

  let objects = GuestObjects()
  /// Calls of stand-ins that take only numbers.
  private(set) var log: [String] = []
  private var failedCheck: Int32?

  /// The first error that the module itself reported.
  var complaint: String? { failedCheck.map { "check \($0) failed" } ?? objects.complaint }

  /// The maximum number of logged calls.
  private static let logLimit = 2_000

  /// - Throws: errors of creating a memory, table, global or tag.
  func linker(for module: Module, in store: Store) throws -> Linker {
    let linker = Linker(module.engine)
    try linker.define("host", HostFunction.mix.rawValue) { (_: Caller, x: Int32, y: Int64) in HostFunction.mix(x, y) }
    try linker.define("host", HostFunction.trip.rawValue) { (_: Caller, x: Double, y: Int32) in
      guard let result = HostFunction.trip(x, y) else { throw Tripped() }
      return result
    }
    try linker.define("host", HostFunction.object.rawValue) { [objects] (_: Caller, kind: Int32) in
      Optional(objects.make(kind))
    }
    // One function for all such imports, because there may be many.
    let report = try Function(store) { [unowned self] (_: Caller, check: Int32) in failedCheck = failedCheck ?? check }
    try linker.define("host", HostFunction.wrong.rawValue, .function(report))
    for wanted in module.imports where !linker.defines(wanted.module, wanted.name) {
      try define(wanted, linker, store)
    }
    return linker
  }

  private func define(_ wanted: ImportDescription, _ linker: Linker, _ store: Store) throws {
    switch wanted.type {
    case .function(let type):
      let results = type.results.map(Self.value)
      let name = wanted.name
      let isLogged = type.parameters.allSatisfy(\.isNumber)
      try linker.define(wanted.module, name, type: type) { [unowned self] _, arguments in
        if isLogged, log.count < Self.logLimit {
          log.append(([name] + arguments.map(Execution.text)).joined(separator: " "))
        }
        return results
      }
    case .memory(let type):
      try linker.define(wanted.module, wanted.name, .memory(Memory(store, type: type)))
    case .table(let type):
      let initial = Self.value(ValueType(type.element))
      try linker.define(wanted.module, wanted.name, .table(Table(store, type: type, initial: initial)))
    case .global(let type):
      try linker.define(wanted.module, wanted.name, .global(Global(store, type: type, value: Self.value(type.value))))
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
    case .reference(nullable: true, .i31): .reference(Reference(i31: 7))
    default: .null(type.referenceType?.heapType ?? .none)
    }
  }
}
