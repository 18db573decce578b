import Needletail
import TestSupport
import Testing
import WasmScript

/// Scripts with components, which are validated and not run yet.
@Suite struct ComponentScriptTests {
  private func run(_ script: [UInt8]) -> ScriptReport {
    var configuration = Engine.Configuration()
    configuration.features = .all
    return ScriptRunner(configuration).run(script)
  }

  @Test("All validation commands of the component model's suite hold", arguments: ComponentTestSuite.scripts)
  func suite(_ path: String) throws {
    let report = run(try ComponentTestSuite.contents(of: path))
    #expect(report.failures.isEmpty, "\(path): \(report.failures)")
    #expect(report.passed + report.notRun.count > 0)
  }

  @Test("Assertions about components hold or fail")
  func assertions() {
    let report = run(
      Array(
        """
        (component definition $C (type (list u8)))
        (component definition (type (list 0)))
        (assert_invalid (component (type (list 0))) "type index out of bounds")
        (assert_invalid (component (type (list 0))) "another message")
        (assert_invalid (component) "type index out of bounds")
        (assert_malformed (component binary "\\00asm\\0d\\00\\01\\00\\0d") "malformed section id")
        (assert_malformed (component quote "(foo)") "unexpected token")
        (component (import "f" (func)))
        (invoke "f" (u8.const 1) (record.const (field "a" list.const (str.const "b")) (field "b" option.none)))
        (assert_return (invoke "f") (variant.const "a" (f32.const nan:canonical)))
        (module (func (export "f")))
        (assert_return (invoke "f"))
        (component instance $I $C)
        (assert_return (invoke $I "f"))
        """.utf8))
    #expect(report.failures.map(\.location.line) == [2, 4, 5])
    #expect(report.notRun.map(\.location.line) == [8, 9, 10, 13, 14])
    #expect(report.passed == 6)
  }
}
