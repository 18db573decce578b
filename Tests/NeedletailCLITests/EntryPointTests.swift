import Foundation
import Testing

/// The function that `run` starts.
@Suite struct EntryPointTests {
  /// A module whose default function prints its arguments after initialization.
  private static let defaultModule =
    GuestProgram.printArguments
    .replacing(
      "(func (export \"_start\")", with: "(func (export \"\") (if (i32.eqz (global.get $up)) (then unreachable))"
    )
    .replacing(
      "(memory (export",
      with:
        "(global $up (mut i32) (i32.const 0)) (func (export \"_initialize\") (global.set $up (i32.const 1))) (memory (export"
    )

  @Test("A module without _start runs the export with the empty name", arguments: [[], ["--jit"]])
  func defaultFunction(options: [String]) throws {
    let result = try Executable.run(options + ["MODULE", "a", "--verbose", "-x"], module: Self.defaultModule)
    #expect(result.output == "m.wat\0a\0--verbose\0-x\0", "\(result.error)")
    #expect(result.status == 0)
  }

  @Test("_start takes precedence over the default function")
  func startFirst() throws {
    let module = "(module (func (export \"_start\")) (func (export \"\") unreachable))"
    #expect(try Executable.run(["MODULE"], module: module).status == 0)
  }

  @Test("An entry point has no parameters and results", arguments: ["", "_start"])
  func wrongType(name: String) throws {
    let result = try Executable.run(["MODULE"], module: "(module (func (export \"\(name)\") (param i32)))")
    #expect(result.status == 1)
    let function = name.isEmpty ? "with the empty name" : "'\(name)'"
    #expect(
      result.error.contains(
        "cannot run the exported function \(function): expected a function without parameters and results, found"))
  }

  @Test("The default function can be invoked by its empty name")
  func invoked() throws {
    let result = try Executable.run(
      ["--invoke", "", "MODULE"], module: "(module (func (export \"\") (result i32) (i32.const 3)))")
    #expect(result.output == "3\n", "\(result.error)")
  }

  @Test("A reactor has nothing to run, which is reported")
  func reactor() throws {
    let result = try Executable.run(
      ["MODULE"],
      module: "(module (memory 1) (func (export \"_initialize\")) (func (export \"work\") (result i32) (i32.const 1)))")
    #expect(result.status == 1)
    #expect(result.error.contains("there is nothing to run: the module is a reactor"))
    #expect(result.error.contains("hint: --invoke calls one of its functions: work\n"))
  }
}
