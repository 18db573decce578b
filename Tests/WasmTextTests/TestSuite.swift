import Foundation

/// The standard's test suite: in `$NEEDLETAIL_TESTSUITE`, or in `shared/testsuite` beside the checkout.
enum TestSuite {
  static let folder: URL? = {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let candidates = [
      ProcessInfo.processInfo.environment["NEEDLETAIL_TESTSUITE"].map { URL(filePath: $0) },
      package.deletingLastPathComponent().appending(path: "shared/testsuite"),
    ]
    return candidates.compactMap { $0 }.first { FileManager.default.fileExists(atPath: $0.path) }
  }()

  /// Paths of all scripts, relative to ``folder``. Without the suite, one path that no file has, so that tests fail.
  static let scripts: [String] = {
    guard let folder, let all = FileManager.default.enumerator(atPath: folder.path) else { return ["missing.wast"] }
    return all.compactMap { $0 as? String }.filter { $0.hasSuffix(".wast") }.sorted()
  }()

  struct Missing: Error, CustomStringConvertible {
    var description: String {
      "The standard's test suite was not found: set NEEDLETAIL_TESTSUITE, or put it into ../shared/testsuite."
    }
  }

  static func read(_ path: String) throws -> [UInt8] {
    guard let folder else { throw Missing() }
    return [UInt8](try Data(contentsOf: folder.appending(path: path)))
  }
}
