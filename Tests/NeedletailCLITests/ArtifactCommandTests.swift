import Foundation
import Testing

@Suite("Compiling ahead of time")
struct ArtifactCommandTests {
  private static let program = """
    (module $program
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\\10\\00\\00\\00\\0d\\00\\00\\00")
      (data (i32.const 16) "Hello, swift\\n")
      (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
      (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1))))
    """

  /// Compiles a module to `m.nwasm` in the scratch folder.
  private static func compile(_ scratch: Scratch, _ options: [String] = []) throws -> String {
    let source = try scratch.write("m.wat", program)
    let target = scratch.path("m.nwasm")
    let result = try Executable.run(["compile"] + options + [source, "-o", target])
    #expect(result.status == 0, "\(result.error)")
    return target
  }

  @Test("A compiled program runs with and without the compiling engine")
  func run() throws {
    let scratch = try Scratch()
    for options in [[], ["-O", "none"], ["-O", "aggressive", "--cpu", "baseline"], ["--target", "x86-64"]] {
      let path = try Self.compile(scratch, options)
      for engine in [[], ["--engine", "interpreter"]] {
        let result = try Executable.run(["run"] + engine + [path])
        #expect(result.output == "Hello, swift\n")
        #expect(result.status == 0)
      }
      #expect(try Executable.run([path]).output == "Hello, swift\n")
      #expect(try Executable.run(["run", "--invoke", "divide", path, "7", "2"]).output == "3\n")
      let trap = try Executable.run(["run", "--invoke", "divide", path, "7", "0"])
      #expect(trap.status == 134)
      #expect(trap.error.contains("integer divide by zero"))
    }
  }

  @Test("A trap in an artifact names its file, as in a binary", arguments: [[], ["--engine", "interpreter"]])
  func backtrace(engine: [String]) throws {
    let scratch = try Scratch()
    let source = try scratch.write("m.wat", "(func $load (export \"load\") unreachable)")
    let target = scratch.path("rec.nwasm")
    #expect(try Executable.run(["compile", source, "-o", target]).status == 0)
    let result = try Executable.run(engine + [target, "--invoke", "load"])
    #expect(result.error.contains("error: trap: unreachable\n  0: rec.nwasm!load at 0x"), "\(result.error)")
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: target)))
    let input = try Executable.run(
      engine + (engine.isEmpty ? ["--allow-precompiled"] : []) + ["-", "--invoke", "load"], input: bytes)
    #expect(input.error.contains("error: trap: unreachable\n  0: standard input!load at 0x"), "\(input.error)")
  }

  @Test("An artifact on standard input runs if that is allowed")
  func standardInput() throws {
    let scratch = try Scratch()
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: try Self.compile(scratch))))
    #expect(try Executable.run(["run", "--allow-precompiled", "-"], input: bytes).output == "Hello, swift\n")
  }

  @Test("Other commands read the module in an artifact")
  func otherCommands() throws {
    let scratch = try Scratch()
    let path = try Self.compile(scratch)
    #expect(try Executable.run(["validate", path]).status == 0)
    #expect(try Executable.run(["print", path]).output.contains("fd_write"))
    // The compiler's output is that of the module, with the given options, not of the machine code in the artifact.
    for options in [
      ["--emit", "asm", "--deterministic"], ["--emit", "ir", "-O", "none"], ["--timing", "--deterministic"],
    ] {
      let result = try Executable.run(["compile"] + options + [path])
      #expect(result.status == 0, "\(result.error)")
    }
    #expect(try Executable.run(["explore", "--deterministic", path, "-o", "-"]).status == 0)
  }

  @Test("Without --output, the file is named after the module")
  func defaultName() throws {
    let scratch = try Scratch()
    try scratch.write("tool.wat", Self.program)
    #expect(try Executable.run(["compile", "tool.wat"], folder: scratch.folder).status == 0)
    #expect(try Executable.run(["run", "tool.nwasm"], folder: scratch.folder).output == "Hello, swift\n")
  }

  @Test("Machine code runs only from a file named .nwasm, or if it is allowed", arguments: ["n.wasm", "n.wat", "n"])
  func unexpectedArtifact(name: String) throws {
    let scratch = try Scratch()
    let path = try Self.compile(scratch)
    try FileManager.default.copyItem(atPath: path, toPath: scratch.path(name))
    let refused = try Executable.run(["run", name], folder: scratch.folder)
    #expect(refused.status == 1)
    #expect(refused.output.isEmpty)
    #expect(refused.error.contains("\(name): expected a module, found an artifact with machine code"))
    let input = try Executable.run(
      ["run", "-"], input: Array(Data(contentsOf: URL(filePath: path))))
    #expect(input.status == 1)
    #expect(input.error.contains("standard input: expected a module, found an artifact"))
    let main = try scratch.write("main.wat", #"(module (import "m" "divide" (func (param i32 i32) (result i32))))"#)
    let preloaded = try Executable.run(
      ["run", "--jit", "--preload", "m=\(name)", main], folder: scratch.folder)
    #expect(preloaded.error.contains("\(name): expected a module, found an artifact with machine code"))
    let allowed = try Executable.run(["run", "--allow-precompiled", name], folder: scratch.folder)
    #expect(allowed.output == "Hello, swift\n")
    let interpreted = try Executable.run(["run", "--engine", "interpreter", name], folder: scratch.folder)
    #expect(interpreted.output == "Hello, swift\n")
  }

  @Test("Unusable artifacts and options are refused with the reason")
  func refusals() throws {
    let scratch = try Scratch()
    let path = try Self.compile(scratch)
    let bytes = try Data(contentsOf: URL(filePath: path))
    func message(_ change: (inout Data) -> Void) throws -> String {
      var changed = bytes
      change(&changed)
      let url = scratch.url("changed.nwasm")
      try changed.write(to: url)
      let result = try Executable.run(["run", url.path])
      #expect(result.status == 1)
      #expect(result.output.isEmpty)
      return result.error
    }
    #expect(
      try message { $0.removeLast(10) }.contains(
        "truncated artifact: expected at least \(bytes.count) bytes, found \(bytes.count - 10)"))
    let code = Self.start(ofSection: 12, bytes)
    #expect(try message { $0[code + 4] ^= 4 }.contains("altered artifact: its machine code"))
    #expect(try message { $0[code - 40] ^= 4 }.contains("altered artifact: its module or a table"))
    #expect(try message { $0[40] ^= 1 }.contains("altered artifact: its header"))
    #expect(try message { $0[8] ^= 2 }.contains("another version of Needletail"))
    let strict = try Executable.run(["run", "--deterministic", path])
    #expect(strict.error.contains("the artifact was compiled without --deterministic"))
    let unsupported = try Executable.run(["compile", "--target", "arm64", path, "-o", scratch.path("n")])
    #expect(unsupported.status == 2)
    #expect(unsupported.error.contains("invalid --target: expected 'x86-64', found 'arm64'"))
    #expect(!FileManager.default.fileExists(atPath: scratch.path("n")))
  }

  /// The offset of a section, by its number: 0 is the table of traps, 12 the code.
  private static func start(ofSection section: Int, _ artifact: Data) -> Int {
    artifact.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 96 + 16 * section, as: Int.self) }
  }

  @Test("A program in a damaged artifact ends with an error when it needs the damaged part")
  func damage() throws {
    let scratch = try Scratch()
    var text = "(module (memory 1)\n"
    for index in 0..<10 {
      text += "(func (export \"f\(index)\") (param i32) (result i32)\n"
      for _ in 0..<2000 { text += "(local.set 0 (i32.add (i32.load8_u (i32.const 9)) (local.get 0)))\n" }
      text += "(i32.div_u (i32.const 7) (local.get 0)))\n"
    }
    let source = try scratch.write("m.wat", text + ")")
    let path = scratch.path("m.nwasm")
    #expect(try Executable.run(["compile", "-O", "none", source, "-o", path]).status == 0)
    let bytes = try Data(contentsOf: URL(filePath: path))
    func run(_ function: String, _ argument: String, damagedAt offset: Int) throws -> Executable.Result {
      var changed = bytes
      changed[offset] ^= 1
      try changed.write(to: URL(filePath: path))
      return try Executable.run(["run", "--invoke", function, path, argument])
    }
    let code = (Self.start(ofSection: 12, bytes) + Self.start(ofSection: 13, bytes)) / 2
    #expect(try run("f0", "3", damagedAt: code).output == "2\n")
    // Code in the middle is that of `f4` or `f5`.
    let results = try ["f4", "f5"].map { try run($0, "3", damagedAt: code) }
    let damaged = try #require(results.first { $0.status != 0 })
    #expect(damaged.status == 1)
    #expect(damaged.error.contains("altered artifact: its machine code or a table of it is not what was written"))
    // The search for a trap begins in the middle of the table.
    let traps = (Self.start(ofSection: 0, bytes) + Self.start(ofSection: 1, bytes)) / 2
    #expect(try run("f0", "3", damagedAt: traps).output == "2\n")
    let untrapped = try run("f0", "0", damagedAt: traps)
    #expect(untrapped.status == 1)
    #expect(untrapped.error.contains("altered artifact: its machine code or a table of it is not what was written"))
    #expect(try run("f0", "0", damagedAt: code).error.contains("integer divide by zero"))
  }

  @Test("A program cannot write to its own artifact")
  func ownFile() throws {
    let scratch = try Scratch()
    // The exit code is that of `path_open`, which is 0 or `txtbsy` (74).
    var text = """
      (module
        (import "wasi_snapshot_preview1" "path_open"
          (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "m.nwasm")
        (func (export "_start")
          (call $exit (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 7) (i32.const 8)
            (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0))))

      """
    // More than is loaded at once.
    for index in 0..<20 {
      text += "(func (export \"f\(index)\") (param i32) (result i32)\n"
      for _ in 0..<2000 { text += "(local.set 0 (i32.add (i32.load8_u (i32.const 9)) (local.get 0)))\n" }
      text += "(local.get 0))\n"
    }
    try scratch.write("m.wat", text + ")")
    #expect(try Executable.run(["compile", "-O", "none", "m.wat"], folder: scratch.folder).status == 0)
    let before = try Data(contentsOf: URL(filePath: scratch.path("m.nwasm")))
    #expect(before.count > 512 << 10)
    #expect(try Executable.run(["run", "--dir", ".", "m.nwasm"], folder: scratch.folder).status == 74)
    #expect(try Data(contentsOf: URL(filePath: scratch.path("m.nwasm"))) == before)
    // Other files can be written to.
    try FileManager.default.copyItem(atPath: scratch.path("m.nwasm"), toPath: scratch.path("n.nwasm"))
    #expect(try Executable.run(["run", "--dir", ".", "n.nwasm"], folder: scratch.folder).status == 0)
    #expect(try Data(contentsOf: URL(filePath: scratch.path("m.nwasm"))).isEmpty)
  }
}
