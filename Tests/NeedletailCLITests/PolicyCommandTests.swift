import Foundation
import Testing

/// `needletail inspect`, and the option `--policy`.
@Suite struct PolicyCommandTests {
  private static let program = """
    (module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1 3)
      (data (i32.const 0) "abc")
      (func (export "_start") (i32.store (i32.const 8) (i32.const 1)) (call $exit (i32.const 3))))
    """

  @Test("A module is shown as text")
  func text() throws {
    let scratch = try Scratch()
    let path = try scratch.write("app.wat", Self.program)
    let result = try Executable.run(["inspect", path])
    #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
    let lines = result.output.split(separator: "\n").dropFirst().map(String.init)
    #expect(result.output.hasPrefix("\(path): a program, "))
    #expect(
      lines == [
        "imports     \"wasi_snapshot_preview1\" \"proc_exit\" (func (param i32))",
        "asks for    ending the process",
        "exports     \"memory\" (memory 1 3)",
        "            \"_start\" (func)",
        "memories    1 page (64 KiB), at most 3 (192 KiB)",
        "            code writes",
        "functions   2 functions, 1 import",
        "data        1 segment, 3 bytes",
        "custom      \"name\" (9 bytes)",
      ], "\(result.output)")
  }

  @Test("A module is shown as JSON")
  func json() throws {
    let scratch = try Scratch()
    let path = try scratch.write("app.wat", Self.program)
    let result = try Executable.run(["inspect", "--json", path])
    #expect(result.status == 0, "\(result.error)")
    let value = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
    #expect(value?["kind"] as? String == "program")
    #expect((value?["imports"] as? [[String: Any]])?.first?["name"] as? String == "proc_exit")
    #expect((value?["memoryUse"] as? [String: Bool]) == ["read": false, "write": true, "grow": false])
  }

  @Test("The smallest policy lets a module run, and refuses one that asks for more")
  func smallestPolicy() throws {
    let scratch = try Scratch()
    let path = try scratch.write("app.wat", Self.program)
    let policy = scratch.path("app.json")
    let written = try Executable.run(["inspect", "--write-policy", policy, path])
    #expect(written.status == 0 && written.output.isEmpty && written.error.isEmpty)
    #expect(
      try Executable.run(["inspect", "--write-policy", "-", path]).output
        == String(contentsOfFile: policy, encoding: .utf8))
    let allowed = try Executable.run(["--policy", policy, path])
    #expect(allowed.status == 3 && allowed.error.isEmpty, "\(allowed.error)")
    let other = try scratch.write(
      "other.wat",
      """
      (module (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32))) (memory (export "memory") 1)
        (func (export "_start") (drop (i32.load (i32.const 0)))))
      """)
    let refused = try Executable.run(["--policy", policy, other])
    #expect(refused.status == 1 && refused.output.isEmpty)
    #expect(
      refused.error.hasPrefix(
        """
        error: \(other): refused by the policy:
          imports: "wasi_snapshot_preview1" "random_get" is not allowed
          memory.read: function 1 contains i32.load (at offset 0x
        """), "\(refused.error)")
    #expect(refused.error.contains("write it again with 'needletail inspect --write-policy'\n"))
  }

  @Test("A policy for several modules allows each, preloaded ones too")
  func severalModules() throws {
    let scratch = try Scratch()
    let library = try scratch.write("lib.wat", #"(module (memory 1) (func (export "f") (result i32) (i32.const 7)))"#)
    let program = try scratch.write(
      "app.wat", #"(module (import "lib" "f" (func $f (result i32))) (func (export "run") (result i32) (call $f)))"#)
    let policy = scratch.path("all.json")
    func run() throws -> Executable.Result {
      try Executable.run(["--policy", policy, "--preload", "lib=\(library)", "--invoke", "run", program])
    }
    #expect(try Executable.run(["inspect", "--write-policy", policy, program]).status == 0)
    #expect(try run().status == 1)
    #expect(try Executable.run(["inspect", "--write-policy", policy, program, library]).status == 0)
    let result = try run()
    #expect(result.output == "7\n" && result.error.isEmpty, "\(result.error)")
    let overwriting = try Executable.run(["inspect", "--write-policy", library, program, library])
    #expect(overwriting.status == 1 && overwriting.error.contains("name another file with --write-policy"))
  }

  @Test("A policy does not trust machine code, and says so if it does not apply")
  func withoutEffect() throws {
    let scratch = try Scratch()
    let path = try scratch.write("app.wat", Self.program)
    let artifact = scratch.path("app.nwasm")
    let policy = try scratch.write("policy.json", "{}")
    #expect(try Executable.run(["compile", path, "-o", artifact]).status == 0)
    let refused = try Executable.run(["--policy", policy, artifact])
    #expect(
      refused.status == 1 && refused.error.contains("machine code can do what the policy forbids"), "\(refused.error)")
    #expect(try Executable.run(["--policy", policy, "--engine", "interpreter", artifact]).status == 3)
    #expect(try Executable.run(["--policy", policy, "--allow-precompiled", artifact]).status == 3)
    let late = try Executable.run([path, "--policy", policy])
    #expect(
      late.status == 3 && late.error.contains("--policy after MODULE is an argument of the program"), "\(late.error)")
  }

  @Test("inspect shows the other modules if one cannot be read")
  func modulesThatCannotBeRead() throws {
    let scratch = try Scratch()
    try scratch.write("a.wat", "(module)")
    try scratch.write("b.wat", "(modul)")
    let result = try Executable.run(["inspect", "a.wat", "b.wat", "none.wat", "a.wat"], folder: scratch.folder)
    let report = "a.wat: a library, 8 bytes\n"
    #expect(result.output.hasPrefix(report) && result.output.contains("\n\n\(report)"), "\(result.output)")
    #expect(result.error.contains("error: b.wat:1:2: ") && result.error.contains("error: cannot read 'none.wat': "))
    #expect(result.status == 1)
    let good = try Executable.run(["inspect", "a.wat", "a.wat"], folder: scratch.folder)
    #expect(good.status == 0 && good.output == result.output)
    let policy = try Executable.run(["inspect", "--write-policy", "p.json", "a.wat", "b.wat"], folder: scratch.folder)
    #expect(policy.status == 1 && !FileManager.default.fileExists(atPath: scratch.path("p.json")))
  }

  @Test("Limits of a policy apply, and of two limits the lower one")
  func limits() throws {
    let scratch = try Scratch()
    let spin = try scratch.write("spin.wat", #"(module (func (export "_start") (loop $l (br $l))))"#)
    func run(_ policy: String, _ options: [String] = []) throws -> Executable.Result {
      try Executable.run(options + ["--policy", scratch.write("policy.json", policy), spin])
    }
    let fuel = try run(#"{"limits": {"fuel": 1000}}"#)
    #expect(fuel.status == 134 && fuel.error.contains("out of fuel"), "\(fuel.error)")
    #expect(fuel.error.contains("hint: limits.fuel of the policy was too little"))
    let both = try run(#"{"limits": {"fuel": 1000000}}"#, ["--fuel", "5"])
    #expect(both.error.contains("hint: --fuel 5 was too little"), "\(both.error)")
    let time = try run(#"{"limits": {"time": "100ms"}}"#, ["--timeout", "1h"])
    #expect(time.status == 134 && time.error.contains("deadline exceeded"), "\(time.error)")
    #expect(time.error.contains("hint: limits.time of the policy is the limit"))
  }

  @Test("A policy that is malformed or missing is an error")
  func badPolicies() throws {
    let scratch = try Scratch()
    let path = try scratch.write("app.wat", Self.program)
    let policy = try scratch.write("policy.json", #"{"memory": {"raed": true}}"#)
    let result = try Executable.run(["--policy", policy, path])
    #expect(result.status == 1)
    #expect(
      result.error
        == "error: --policy: \(policy):1:13: unknown member 'memory.raed'; did you mean 'read'?\nhint: 'needletail help policy' lists the members\n"
    )
    let missing = try Executable.run(["--policy", scratch.path("none.json"), path])
    #expect(missing.status == 1 && missing.error.hasPrefix("error: --policy: cannot read"), "\(missing.error)")
    let full = try Executable.run(["inspect", "--write-policy", "/dev/full", path])
    #expect(
      full.status == 1 && full.error.hasPrefix("error: --write-policy: cannot write '/dev/full'"), "\(full.error)")
    let misplaced = try Executable.run(["inspect", "--policy", policy, path])
    #expect(misplaced.status == 2 && misplaced.error.contains("--write-policy FILE writes one"), "\(misplaced.error)")
  }
}
