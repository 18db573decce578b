import Foundation
import Testing

/// `needletail wast`: which files run, what is printed, and the exit status.
@Suite struct WastCommandTests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    try scratch.write(
      "suite/a.wast",
      "(module (func (export \"f\") (result i32) (i32.const 1)))\n(assert_return (invoke \"f\") (i32.const 1))")
    try scratch.write("suite/b.wast", "(module)\n\n(assert_return (invoke \"missing\"))")
    try scratch.write("suite/sub/c.wast", "(module)")
    try scratch.write("suite/notes.txt", "no script")
  }

  private func run(_ arguments: String...) throws -> Executable.Result {
    try Executable.run(["wast"] + arguments, folder: scratch.folder)
  }

  @Test("A folder runs all its scripts; failures are printed with file and line, and the last line has the totals")
  func folder() throws {
    let result = try run("suite")
    #expect(result.status == 1)
    #expect(
      result.output == """
        suite/b.wast:3:1: there is no exported function "missing"
        3 passed, 1 failed

        """)
  }

  @Test("--recursive includes subfolders")
  func recursive() throws {
    #expect(try run("-r", "suite").output.hasSuffix("\n4 passed, 1 failed\n"))
  }

  @Test("Files can be listed, and the status is 0 if all pass")
  func files() throws {
    let result = try run("suite/a.wast", "suite/sub")
    #expect(result.output == "3 passed, 0 failed\n")
    #expect(result.status == 0)
  }

  @Test("Both dispatchers can be selected", arguments: ["threaded", "loop"])
  func dispatch(name: String) throws {
    #expect(try run("--engine", "interpreter", "--dispatch", name, "suite/a.wast").output == "2 passed, 0 failed\n")
  }

  @Test("--json prints an object per file")
  func json() throws {
    struct Report: Decodable {
      struct Remark: Decodable {
        var line: Int
        var column: Int
        var message: String
      }
      var file: String
      var passed: Int
      var failed: Int
      var notRun: Int
      var failures: [Remark]
    }
    let result = try run("--json", "suite")
    let reports = try result.output.split(separator: "\n").map {
      try JSONDecoder().decode(Report.self, from: Data($0.utf8))
    }
    #expect(reports.map(\.file) == ["suite/a.wast", "suite/b.wast"])
    #expect(reports.map(\.passed) == [2, 1])
    #expect(reports.map(\.failed) == [0, 1])
    #expect(reports[1].failures.map { [$0.line, $0.column] } == [[3, 1]])
    #expect(result.error == "3 passed, 1 failed\n")
  }

  @Test("A script can come from standard input")
  func standardInput() throws {
    let script = "(module)\n  (assert_return (invoke \"f\"))\n(module\n  (func"
    let result = try Executable.run(["wast", "-"], input: Array(script.utf8))
    #expect(
      result.output == """
        standard input:4:3: the script is malformed: unexpected token end of text: this parenthesis is not closed
        0 passed, 1 failed

        """)
    let complete = try Executable.run(["wast", "-"], input: Array("(module)\n  (assert_return (invoke \"f\"))".utf8))
    #expect(complete.output.hasPrefix("standard input:2:3: there is no exported function"))
    #expect(try Executable.run(["wast", "-", "-"]).status == 2)
  }

  @Test("Unreadable paths are reported")
  func unreadable() throws {
    #expect(try run("missing").error.hasPrefix("error: cannot read 'missing'"))
    try FileManager.default.createDirectory(at: scratch.url("empty"), withIntermediateDirectories: true)
    #expect(try run("empty").error.hasPrefix("error: there is no .wast file in 'empty'"))
  }
}
