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

  @Test("An error with several lines is one line of the report")
  func severalLines() throws {
    try scratch.write(
      "i.wast",
      """
      (module (import "a" "b" (func)) (import "a" "c" (func)))
      (assert_unlinkable (module (import "a" "b" (func)) (import "a" "c" (func))) "other")
      """)
    let missing = ["b", "c"].map { "\"a\" \"\($0)\" (func) is not defined; nothing is defined in \"a\"" }.joined(
      separator: "; ")
    #expect(
      try run("i.wast").output == """
        i.wast:1:1: link error: unknown import: \(missing)
        i.wast:2:1: expected a link error "other", found the message "unknown import: \(missing)"
        0 passed, 2 failed

        """)
  }

  @Test(
    "A script that is given as a module has a hint",
    arguments: [
      "(assert_return (invoke \"f\"))", "(module)\n(assert_trap (invoke \"f\") \"unreachable\")",
      "(module (func) ( assert_invalid (module) \"\"))", "(module $a)(register \"a\")", "(module)\n\n(module)",
      "(invoke \"f\")",
    ])
  func scripts(text: String) throws {
    for name in ["s.wat", "s"] {
      try scratch.write(name, text)
      for command in [["run"], ["validate"], ["parse"], ["print"], ["compile"]] {
        let result = try Executable.run(command + ["./\(name)"], folder: scratch.folder)
        #expect(result.error.contains("\nhint: 'needletail wast' runs scripts\n"), "\(command): \(result.error)")
        #expect(result.status == 1)
      }
    }
    try scratch.write("m.wat", "(module (fnuc))")
    let module = try Executable.run(["run", "./m.wat"], folder: scratch.folder)
    #expect(module.status == 1 && !module.error.contains("scripts"), "\(module.error)")
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
