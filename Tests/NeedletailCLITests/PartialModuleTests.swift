import Foundation
import Testing

/// Modules whose custom sections at the end are read when they are needed.
@Suite("Modules with large custom sections")
struct PartialModuleTests {
  private static func module(_ scratch: Scratch) throws -> String {
    let filler = String(repeating: "filler ", count: 20_000)
    let text = """
      (module $m
        (func $inner (unreachable))
        (func (export "f") (param i32) (result i32) (if (local.get 0) (then (call $inner))) (i32.const 7))
        (@custom "filler" "\(filler)"))
      """
    let source = try scratch.write("m.wat", text)
    let path = scratch.path("m.wasm")
    #expect(try Executable.run(["parse", source, "-o", path]).status == 0)
    return path
  }

  @Test("A program runs, and its backtraces have names", arguments: ["auto", "interpreter", "jit"])
  func names(engine: String) throws {
    let scratch = try Scratch()
    let path = try Self.module(scratch)
    #expect(try Data(contentsOf: URL(filePath: path)).count > 128 << 10)
    #expect(try Executable.run(["run", "--engine", engine, "--invoke", "f", path, "0"]).output == "7\n")
    let trap = try Executable.run(["run", "--engine", engine, "--invoke", "f", path, "1"])
    #expect(trap.status == 134)
    #expect(trap.error.contains("m!inner"))
  }

  @Test("A truncated module is reported as by other commands")
  func truncation() throws {
    let scratch = try Scratch()
    let path = try Self.module(scratch)
    let bytes = try Data(contentsOf: URL(filePath: path))
    for count in [9, 40, bytes.count / 2, bytes.count - 1] {
      let cut = scratch.path("cut.wasm")
      try bytes.prefix(count).write(to: URL(filePath: cut))
      let run = try Executable.run(["run", "--invoke", "f", cut, "0"])
      #expect(run.status == 1)
      #expect(run.error == (try Executable.run(["print", cut]).error))
    }
  }
}
