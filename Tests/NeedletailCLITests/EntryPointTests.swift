import Foundation
import Testing

/// What runs when a module is run.
@Suite struct EntryPointTests {
  /// A module whose default function prints its arguments, after it was set up.
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

  @Test("The export with the empty name is the program of a module without _start", arguments: [[], ["--jit"]])
  func defaultFunction(options: [String]) throws {
    let result = try Executable.run(options + ["MODULE", "a", "--verbose", "-x"], module: Self.defaultModule)
    #expect(result.output == "m.wat\0a\0--verbose\0-x\0", "\(result.error)")
    #expect(result.status == 0)
  }

  @Test("_start comes before it")
  func startFirst() throws {
    let module = "(module (func (export \"_start\")) (func (export \"\") unreachable))"
    #expect(try Executable.run(["MODULE"], module: module).status == 0)
  }

  @Test("It takes and returns nothing", arguments: ["", "_start"])
  func wrongType(name: String) throws {
    let result = try Executable.run(["MODULE"], module: "(module (func (export \"\(name)\") (param i32)))")
    #expect(result.status == 1)
    #expect(
      result.error.contains(
        "cannot run the exported function '\(name)': expected a function without parameters and results, found"))
  }

  @Test("It can be invoked by its name")
  func invoked() throws {
    let result = try Executable.run(
      ["--invoke", "", "MODULE"], module: "(module (func (export \"\") (result i32) (i32.const 3)))")
    #expect(result.output == "3\n", "\(result.error)")
  }

  @Test("A reactor has nothing to run, and says so")
  func reactor() throws {
    let result = try Executable.run(
      ["MODULE"],
      module: "(module (memory 1) (func (export \"_initialize\")) (func (export \"work\") (result i32) (i32.const 1)))")
    #expect(result.status == 1)
    #expect(result.error.contains("there is nothing to run: the module is a reactor"))
    #expect(result.error.contains("hint: --invoke calls one of its functions: work\n"))
  }
}
