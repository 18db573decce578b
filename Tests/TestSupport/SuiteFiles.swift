import Foundation

/// The scripts of a test suite that is not part of this package.
struct SuiteFiles: Sendable {
  /// Nil if the suite is not there.
  let folder: URL?
  /// Paths of all scripts, relative to ``folder``. Without the suite, a single path that does not exist, so that tests fail.
  let scripts: [String]

  /// - Parameters:
  ///   - variable: the environment variable that names the folder.
  ///   - shared: its path in a directory `shared` next to the package.
  ///   - cached: its path in `.cache`, where `Scripts/testsuite` puts it.
  init(variable: String, shared: String, cached: String) {
    var package = URL(filePath: #filePath)
    for _ in 0..<3 { package.deleteLastPathComponent() }
    let candidates = [
      ProcessInfo.processInfo.environment[variable].map { URL(filePath: $0) },
      package.deletingLastPathComponent().appending(path: "shared/\(shared)"),
      package.appending(path: ".cache/\(cached)"),
    ]
    folder = candidates.compactMap { $0 }.first { FileManager.default.fileExists(atPath: $0.path) }
    guard let folder, let all = FileManager.default.enumerator(atPath: folder.path) else {
      scripts = ["missing.wast"]
      return
    }
    scripts = all.compactMap { $0 as? String }.filter { $0.hasSuffix(".wast") }.sorted()
  }

  /// The bytes of a script; nil without the suite.
  ///
  /// - Throws: errors of reading the file.
  func contents(of script: String) throws -> [UInt8]? {
    guard let folder else { return nil }
    return [UInt8](try Data(contentsOf: folder.appending(path: script)))
  }
}
