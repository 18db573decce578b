import WasmBinary
import WebAssembly

// The name section. (Core specification 3.0, 7.4.1 "Name Section".)
extension ModuleAssembler {
  private typealias Names = [(index: UInt32, name: [UInt8])]
  private typealias IndirectNames = [(index: UInt32, names: Names)]

  /// The contents of the name section; empty if nothing has a name.
  func nameSection() -> [UInt8] {
    var writer = BinaryWriter()
    if let moduleName { subsection(0, to: &writer) { $0.byteVector(moduleName) } }
    names(1, .function, to: &writer)
    indirectNames(2, localNames.map { ($0.function, $0.names) }, to: &writer)
    indirectNames(3, labelNames.map { ($0.function, $0.names) }, to: &writer)
    names(4, .type, to: &writer)
    names(5, .table, to: &writer)
    names(6, .memory, to: &writer)
    names(7, .global, to: &writer)
    names(8, .element, to: &writer)
    names(9, .data, to: &writer)
    indirectNames(10, fieldNames(), to: &writer)
    names(11, .tag, to: &writer)
    return writer.bytes
  }

  private func fieldNames() -> IndirectNames {
    var all: IndirectNames = []
    for (type, field, identifier) in types.fieldIdentifiers {
      if all.last?.index != type { all.append((type, [])) }
      all[all.count - 1].names.append((field, Array(identifiers[identifier])))
    }
    return all
  }

  private func subsection(_ id: UInt8, to writer: inout BinaryWriter, _ write: (inout BinaryWriter) -> Void) {
    writer.byte(id)
    writer.sized(write)
  }

  private func names(_ id: UInt8, _ space: Space, to writer: inout BinaryWriter) {
    let names = spaces[space].names(identifiers)
    guard !names.isEmpty else { return }
    subsection(id, to: &writer) { Self.nameMap(names, to: &$0) }
  }

  private func indirectNames(_ id: UInt8, _ names: IndirectNames, to writer: inout BinaryWriter) {
    guard !names.isEmpty else { return }
    subsection(id, to: &writer) { writer in
      writer.vector(names) { writer, entry in
        writer.u32(entry.index)
        Self.nameMap(entry.names, to: &writer)
      }
    }
  }

  private static func nameMap(_ names: Names, to writer: inout BinaryWriter) {
    writer.vector(names) { writer, entry in
      writer.u32(entry.index)
      writer.byteVector(entry.name)
    }
  }
}
