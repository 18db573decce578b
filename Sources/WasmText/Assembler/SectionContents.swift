import WasmBinary
import WebAssembly

/// The encoded entries of a section and their number.
struct SectionEntries {
  var count = 0
  var writer = BinaryWriter()

  mutating func append<Failure: Error>(_ write: (inout BinaryWriter) throws(Failure) -> Void) throws(Failure) {
    count += 1
    try write(&writer)
  }
}

/// The encoded fields of a module by section. Types are stored separately.
struct SectionContents {
  var imports = SectionEntries()
  var functions = SectionEntries()
  var tables = SectionEntries()
  var memories = SectionEntries()
  var tags = SectionEntries()
  var globals = SectionEntries()
  var exports = SectionEntries()
  var start: UInt32?
  var elements = SectionEntries()
  var code = SectionEntries()
  var datas = SectionEntries()
  /// Whether a function uses a data segment, so that the module needs a data count section.
  var needsDataCount = false
}
