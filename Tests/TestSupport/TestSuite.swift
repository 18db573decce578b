import Foundation

/// The standard's test suite: in `$NEEDLETAIL_TESTSUITE`, in `shared/testsuite` next to the package, or in
/// `.cache/testsuite`, where `Scripts/testsuite` puts it.
public enum TestSuite {
  private static let files = SuiteFiles(variable: "NEEDLETAIL_TESTSUITE", shared: "testsuite", cached: "testsuite")
  public static let folder = files.folder
  /// Paths of all scripts, relative to ``folder``. Without the suite, a single path that does not exist, so that tests
  /// fail.
  public static let scripts = files.scripts

  public struct Missing: Error, CustomStringConvertible {
    public init() {}

    public var description: String {
      "the standard's test suite is not there: run Scripts/testsuite, or set NEEDLETAIL_TESTSUITE"
    }
  }

  /// - Throws: ``Missing``, or errors of reading the file.
  public static func contents(of script: String) throws -> [UInt8] {
    guard let contents = try files.contents(of: script) else { throw Missing() }
    return contents
  }
}
