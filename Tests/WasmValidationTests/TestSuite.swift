import Foundation
import WasmText
import WebAssembly

/// The standard's test suite: in `$NEEDLETAIL_TESTSUITE`, or in `shared/testsuite` beside the package.
enum TestSuite {
  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["NEEDLETAIL_TESTSUITE"] { return URL(filePath: path) }
    var package = URL(filePath: #filePath)
    for _ in 0..<3 { package.deleteLastPathComponent() }
    return package.deletingLastPathComponent().appending(path: "shared/testsuite")
  }()

  /// Paths of all scripts, relative to ``folder``.
  static let scripts: [String] = {
    let all = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return all.filter { $0.hasSuffix(".wast") }.sorted()
  }()

  static func commands(_ path: String) throws -> [ScriptCommand] {
    try ScriptParser.parse([UInt8](Data(contentsOf: folder.appending(path: path))))
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
