import TestSupport
import WasmText
import WebAssembly

extension TestSuite {
  static func commands(_ path: String) throws -> [ScriptCommand] {
    try ScriptParser.parse(contents(of: path))
  }

  /// The features for which a script is written. Proposals based on an older version of the standard expect errors
  /// where the current version has none.
  static func features(_ path: String) -> Features {
    if path.hasPrefix("proposals/custom-descriptors/") { return .standard.union(.customDescriptors) }
    if path.hasPrefix("proposals/threads/") {
      return [.mutableGlobals, .signExtension, .saturatingConversions, .multiValue, .bulkMemory, .threads]
    }
    if path.hasPrefix("legacy/") { return .standard.union(.legacyExceptions) }
    return .standard
  }
}
