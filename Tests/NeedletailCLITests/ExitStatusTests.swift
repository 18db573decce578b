import Foundation
import Testing

/// The exit statuses of the table in `Documentation/CommandLine.md`.
@Suite struct ExitStatusTests {
  private static func exits(with code: Int) -> String {
    GuestProgram.text("", "(call $proc_exit (i32.const \(code)))")
  }

  private static let programs: [(what: String, module: String, arguments: [String], status: Int32)] = [
    ("the program returns", GuestProgram.text("", ""), ["MODULE"], 0),
    ("the program's own status", exits(with: 7), ["MODULE"], 7),
    ("the largest status", exits(with: 255), ["MODULE"], 255),
    ("only the low 8 bits of the status are kept", exits(with: 258), ["MODULE"], 2),
    ("a failure is not shown as success", exits(with: 256), ["MODULE"], 1),
    ("a function returns", "(func (export \"f\"))", ["--invoke", "f", "MODULE"], 0),
    ("a malformed module", "(modul)", ["MODULE"], 1),
    ("an invalid module", "(func (result i32))", ["validate", "MODULE"], 1),
    ("a missing import", "(import \"a\" \"b\" (func)) (func (export \"_start\"))", ["MODULE"], 1),
    ("a missing function", "(func (export \"f\"))", ["--invoke", "g", "MODULE"], 1),
    ("a wrong argument", "(func (export \"f\") (param i32))", ["--invoke", "f", "MODULE", "x"], 1),
    ("nothing to run", "(func (export \"f\"))", ["MODULE"], 1),
    ("a limit at the beginning", "(memory 2) (func (export \"_start\"))", ["--max-memory", "64KiB", "MODULE"], 1),
    ("a failed assertion", "(module) (assert_return (invoke \"f\"))", ["wast", "MODULE"], 1),
    ("a missing file", "(module)", ["print", "nosuch.wasm"], 1),
    ("an unknown command", "(module)", ["nosuch", "MODULE"], 2),
    ("an unknown option", "(module)", ["--nosuch", "MODULE"], 2),
    ("an invalid value", "(module)", ["--max-memory", "much", "MODULE"], 2),
    ("a contradiction", "(module)", ["--aot", "--lazy", "MODULE"], 2),
    ("an option without effect", "(func (export \"f\"))", ["--argv0", "x", "--invoke", "f", "MODULE"], 2),
    ("no arguments", "(module)", [], 2),
    ("a trap", "(func (export \"_start\") unreachable)", ["MODULE"], 134),
    ("an uncaught exception", "(tag $t) (func (export \"_start\") (throw $t))", ["MODULE"], 134),
    ("an exhausted stack", "(func $f (export \"_start\") (call $f))", ["MODULE"], 134),
  ]

  @Test(arguments: programs.indices) func status(index: Int) throws {
    let row = Self.programs[index]
    let result = try Executable.run(row.arguments, module: row.module)
    #expect(result.status == row.status, "\(row.what): \(result.error)")
    // Every failure that is not the program's own has a message.
    #expect(result.status == 0 || row.what.contains("status") || !(result.output + result.error).isEmpty, "\(row.what)")
  }

  @Test("The help and the document list the same statuses")
  func documents() throws {
    var package = URL(filePath: #filePath)
    for _ in 0..<3 { package.deleteLastPathComponent() }
    let document = try String(contentsOf: package.appending(path: "Documentation/CommandLine.md"), encoding: .utf8)
    let table = document.components(separatedBy: "## Exit status")[1].components(separatedBy: "\n## ")[0]
    let documented = table.split(separator: "\n").filter { $0.hasPrefix("| ") }.map {
      $0.split(separator: "|")[0].trimmingCharacters(in: .whitespaces)
    }
    let help = try Executable.run(["--help"]).output.components(separatedBy: "exit status:\n")[1]
    let helped = help.split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }.map {
      String($0.split(separator: " ")[0])
    }
    #expect(documented.filter { $0.first!.isNumber } == helped)
    #expect(helped == ["0…255", "1", "2", "130", "134", "141"])
  }
}
