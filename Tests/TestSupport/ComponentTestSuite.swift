import Foundation

/// The component model's test suite: in `$NEEDLETAIL_COMPONENT_TESTSUITE`, in `shared/component-model/test` next to the package, or in
/// `.cache/component-model/test`, where `Scripts/testsuite components` puts it.
public enum ComponentTestSuite {
  public static let folder: URL? = {
    var package = URL(filePath: #filePath)
    for _ in 0..<3 { package.deleteLastPathComponent() }
    let candidates = [
      ProcessInfo.processInfo.environment["NEEDLETAIL_COMPONENT_TESTSUITE"].map { URL(filePath: $0) },
      package.deletingLastPathComponent().appending(path: "shared/component-model/test"),
      package.appending(path: ".cache/component-model/test"),
    ]
    return candidates.compactMap { $0 }.first { FileManager.default.fileExists(atPath: $0.path) }
  }()

  /// Paths of all scripts, relative to ``folder``. Without the suite, a single path that does not exist, so that tests fail.
  public static let scripts: [String] = {
    guard let folder, let all = FileManager.default.enumerator(atPath: folder.path) else { return ["missing.wast"] }
    return all.compactMap { $0 as? String }.filter { $0.hasSuffix(".wast") }.sorted()
  }()

  public struct Missing: Error, CustomStringConvertible {
    public init() {}

    public var description: String {
      "the component model's test suite is not there: run 'Scripts/testsuite components', or set NEEDLETAIL_COMPONENT_TESTSUITE"
    }
  }

  /// - Throws: ``Missing``, or errors of reading the file.
  public static func contents(of script: String) throws -> [UInt8] {
    guard let folder else { throw Missing() }
    return [UInt8](try Data(contentsOf: folder.appending(path: script)))
  }
}
