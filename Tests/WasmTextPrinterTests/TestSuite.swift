import Foundation
import WasmText

/// The standard's test suite: in the folder that the environment variable `NEEDLETAIL_TESTSUITE` names, else in
/// `../shared/testsuite` beside the checkout.
enum TestSuite {
  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["NEEDLETAIL_TESTSUITE"] { return URL(fileURLWithPath: path) }
    let checkout = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardizedFileURL
    return checkout.appending(path: "../shared/testsuite").standardizedFileURL
  }()

  /// The paths of all scripts, relative to the folder; empty if there is no suite.
  static let scripts: [String] =
    (FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? [])
    .filter { $0.hasSuffix(".wast") }.sorted()

  static func contents(of script: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appending(path: script)))
  }
}

extension ScriptCommand {
  /// The modules that a command is about, and those in commands inside of it.
  var modules: [ScriptModule] {
    switch kind {
    case .module(let module), .moduleDefinition(let module), .assertTrapOnInstantiation(let module, _),
      .assertMalformed(let module, _), .assertInvalid(let module, _), .assertUnlinkable(let module, _),
      .assertMalformedCustom(let module, _), .assertInvalidCustom(let module, _):
      [module]
    case .thread(_, _, let commands): commands.flatMap(\.modules)
    default: []
    }
  }
}
