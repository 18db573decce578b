import Foundation
import Testing

/// `needletail snapshot`.
@Suite struct SnapshotCommandTests {
  private static let module = """
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (global $count (mut i32) (i32.const 3))
    (func (export "wizer-initialize") (global.set $count (i32.const 40)) (i32.store8 (i32.const 70000) (i32.const 1)))
    (func (export "set") (global.set $count (i32.const 50)))
    (func (export "exits") (call $exit (i32.const 3)))
    (func (export "loops") (loop $l (br $l)))
    (func (export "one") (result i32) (i32.const 1))
    (func (export "count") (result i32) (global.get $count))
    (func (export "_start") (call $exit (global.get $count)))
    (func (export "resume") (call $exit (i32.add (global.get $count) (i32.const 1))))
    """.replacing("70000", with: "7000")

  @Test("The module begins in the state after the function, and lacks the function")
  func state() throws {
    let scratch = try Scratch()
    let path = try scratch.write("app.wat", "(module \(Self.module))")
    let output = scratch.path("ready.wasm")
    let result = try Executable.run(["snapshot", path, "-o", output])
    #expect(result.status == 0 && result.error.isEmpty && result.output.isEmpty, "\(result.error)")
    #expect(try Executable.run([output]).status == 40)
    #expect(try Executable.run(["--invoke", "wizer-initialize", output]).error.contains("exports no function"))
    // The default output, another function, other names.
    let other = try Executable.run(
      ["snapshot", path, "--init-func", "set", "--keep-init-func", "--rename-func", "_start=resume"],
      folder: scratch.folder)
    #expect(other.status == 0 && other.error.contains("app.snapshot.wasm"), "\(other.error)")
    #expect(try Executable.run([scratch.path("app.snapshot.wasm")]).status == 51)
    #expect(try Executable.run(["--invoke", "set", scratch.path("app.snapshot.wasm")]).status == 0)
    let plain = Array("(module (func (export \"wizer.initialize\")))".utf8)
    #expect(try Executable.run(["snapshot", "-"], input: plain).bytes.starts(with: [0, 0x61]))
    // The program's output would be mixed into it.
    let mixed = try Executable.run(["snapshot", path, "-o", "-"])
    #expect(mixed.status == 2 && mixed.error.contains("would both be written to standard output"), "\(mixed.error)")
    #expect(try Executable.run(["snapshot", path, "-o", "-", "--stdout", "null"]).bytes.starts(with: [0, 0x61]))
    let same = try Executable.run(["snapshot", path, "-o", output, "--stdout", path])
    #expect(same.status == 1 && same.error.contains("app.wat"), "\(same.error)")
    #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("(module"))
  }

  @Test("A reactor is initialized first, and never again")
  func reactor() throws {
    let scratch = try Scratch()
    let path = try scratch.write(
      "lib.wat",
      """
      (module (global $n (mut i32) (i32.const 1))
        (func (export "_initialize") (global.set $n (i32.mul (global.get $n) (i32.const 10))))
        (func (export "prepare") (global.set $n (i32.add (global.get $n) (i32.const 5))))
        (func (export "n") (result i32) (global.get $n)))
      """)
    #expect(try Executable.run(["snapshot", path, "-o", scratch.path("a.wasm")]).status == 0)
    #expect(try Executable.run(["--invoke", "n", scratch.path("a.wasm")]).output == "10\n")
    #expect(try Executable.run(["snapshot", "--init-func", "prepare", path, "-o", scratch.path("b.wasm")]).status == 0)
    #expect(try Executable.run(["--invoke", "n", scratch.path("b.wasm")]).output == "15\n")
  }

  @Test(
    "Errors name what is wrong, and nothing is written",
    arguments: [
      (["--init-func", "sett"], 1, "the module exports no function 'sett'\nhint: did you mean 'set'?"),
      (["--init-func", "one"], 1, "expected a function without parameters and results, found"),
      (["--init-func", "exits"], 1, "the module ended with status 3 before it was prepared, so nothing is written"),
      (["--init-func", "loops", "--timeout", "50ms"], 134, "deadline exceeded"),
      (["--rename-func", "a"], 2, "invalid --rename-func: expected NEW=OLD, found 'a'"),
      (["--rename-func", "a=b"], 1, "the module exports no function 'b'"),
      (["--rename-func", "a=memory"], 1, "the module exports no function 'memory'"),
      (["--rename-func", "a=set", "--rename-func", "a=count"], 2, "'a' has another function already"),
      (["--invoke", "set"], 2, "--init-func NAME"),
    ])
  func errors(options: [String], status: Int32, message: String) throws {
    let scratch = try Scratch()
    let path = try scratch.write("app.wat", "(module \(Self.module))")
    let result = try Executable.run(["snapshot"] + options + [path, "-o", scratch.path("out.wasm")])
    #expect(result.status == status && result.error.contains(message), "\(result.status) \(result.error)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path) == ["app.wat"])
  }

  @Test("A module without anything to prepare is refused")
  func nothing() throws {
    let plain = try Executable.run(["snapshot", "MODULE", "-o", "-"], module: "(func (export \"f\"))")
    #expect(plain.status == 1)
    #expect(
      plain.error.hasSuffix(
        "expected an exported function 'wizer-initialize' that prepares the module, found none\nhint: --init-func names another: f\n"
      ),
      "\(plain.error)")
    let shared = try Executable.run(
      ["snapshot", "MODULE", "-o", "-"], module: "(memory 1 1 shared) (func (export \"wizer.initialize\"))")
    #expect(shared.error.contains("cannot write a snapshot: memory 0 is shared with other threads"), "\(shared.error)")
  }
}
