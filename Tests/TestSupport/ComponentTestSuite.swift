import Foundation

/// The component model's test suite: in `$NEEDLETAIL_COMPONENT_TESTSUITE`, in `shared/component-model/test` next to the package, or in
/// `.cache/component-model/test`, where `Scripts/testsuite components` puts it.
public enum ComponentTestSuite {
  private static let files = SuiteFiles(
    variable: "NEEDLETAIL_COMPONENT_TESTSUITE", shared: "component-model/test", cached: "component-model/test")
  public static let folder = files.folder
  /// Paths of all scripts, relative to ``folder``. Without the suite, a single path that does not exist, so that tests fail.
  public static let scripts = files.scripts

  public struct Missing: Error, CustomStringConvertible {
    public init() {}

    public var description: String {
      "the component model's test suite is not there: run 'Scripts/testsuite components', or set NEEDLETAIL_COMPONENT_TESTSUITE"
    }
  }

  /// - Throws: ``Missing``, or errors of reading the file.
  public static func contents(of script: String) throws -> [UInt8] {
    guard let contents = try files.contents(of: script) else { throw Missing() }
    return contents
  }
}
