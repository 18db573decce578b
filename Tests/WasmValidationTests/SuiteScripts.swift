import TestSupport
import WasmText
import WebAssembly

extension TestSuite {
  static func commands(_ path: String) throws -> [ScriptCommand] {
    try ScriptParser.parse(contents(of: path))
  }

  /// The features that a script is written for. Proposals that are older than the present standard expect errors where it
  /// has none.
  static func features(_ path: String) -> Features {
    if path.hasPrefix("proposals/custom-descriptors/") { return .standard.union(.customDescriptors) }
    if path.hasPrefix("proposals/threads/") {
      return [.mutableGlobals, .signExtension, .saturatingConversions, .multiValue, .bulkMemory, .threads]
    }
    if path.hasPrefix("legacy/") { return .standard.union(.legacyExceptions) }
    return .standard
  }
}
