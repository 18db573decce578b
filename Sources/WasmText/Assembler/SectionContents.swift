import WasmBinary
import WebAssembly

/// The entries of a section and how many there are.
struct SectionEntries {
  var count = 0
  var writer = BinaryWriter()

  mutating func append<Failure: Error>(_ write: (inout BinaryWriter) throws(Failure) -> Void) throws(Failure) {
    count += 1
    try write(&writer)
  }
}

/// What the fields of a module are assembled to, section by section. Types are kept apart.
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
  /// Whether an instruction names a data segment, so that the number of segments must come before the code.
  var needsDataCount = false
}
