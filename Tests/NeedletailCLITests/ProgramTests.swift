import Foundation
import Testing

/// Programs: what they see of the computer, and how they end.
@Suite struct ProgramTests {
  /// Wraps `_start` in a module that imports what the programs here need. Texts lie from 1024 on, scratch space from 2048.
  private static func program(_ data: String = "", _ body: String) -> String {
    """
    (module
      (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "path_open"
        (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
      (memory (export "memory") 1)
      (data (i32.const 1024) "\(data)")
      ;; Writes bytes to a descriptor.
      (func $write (param $descriptor i32) (param $address i32) (param $count i32)
        (i32.store (i32.const 0) (local.get $address))
        (i32.store (i32.const 4) (local.get $count))
        (drop (call $fd_write (local.get $descriptor) (i32.const 0) (i32.const 1) (i32.const 8))))
      ;; Reads from a descriptor to 2048 and writes what came to standard output.
      (func $copy (param $descriptor i32)
        (i32.store (i32.const 0) (i32.const 2048))
        (i32.store (i32.const 4) (i32.const 1024))
        (drop (call $fd_read (local.get $descriptor) (i32.const 0) (i32.const 1) (i32.const 8)))
        (call $write (i32.const 1) (i32.const 2048) (i32.load (i32.const 8))))
      (func (export "_start") \(body)))
    """
  }

  @Test("The exit status is the program's", arguments: [0, 1, 7, 42, 255])
  func exitStatus(code: Int) throws {
    let result = try Executable.run(["MODULE"], module: Self.program("", "(call $proc_exit (i32.const \(code)))"))
    #expect(result.status == Int32(code))
    #expect(result.error.isEmpty)
  }

  @Test("A program that returns ends with 0, one that traps with 134")
  func ends() throws {
    #expect(try Executable.run(["MODULE"], module: Self.program("", "")).status == 0)
    let trap = try Executable.run(["MODULE"], module: Self.program("", "unreachable"))
    #expect(trap.status == 134)
    #expect(trap.error.hasPrefix("error: trap: unreachable\n"))
  }

  @Test("Output and error go where they should")
  func streams() throws {
    let module = Self.program(
      "outerr",
      "(call $write (i32.const 1) (i32.const 1024) (i32.const 3)) (call $write (i32.const 2) (i32.const 1027) (i32.const 3))"
    )
    let result = try Executable.run(["MODULE"], module: module)
    #expect(result.output == "out")
    #expect(result.error == "err")
  }

  @Test("Standard input reaches the program")
  func standardInput() throws {
    let result = try Executable.run(
      ["MODULE"], module: Self.program("", "(call $copy (i32.const 0))"), input: Array("some input".utf8))
    #expect(result.output == "some input")
  }

  /// Prints all arguments, a NUL behind each.
  private static let printArguments = program(
    "",
    """
    (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
    (drop (call $args_get (i32.const 64) (i32.const 2048)))
    (call $write (i32.const 1) (i32.const 2048) (i32.load (i32.const 20)))
    """)

  @Test(
    "What stands behind a program is its own, options too",
    arguments: [
      [], ["one", "two"], ["--invoke", "x"], ["--help"], ["--version", "-x", "--"], ["--max-memory"], [""], ["häß 例"],
    ])
  func arguments(arguments: [String]) throws {
    let result = try Executable.run(["--max-memory", "1MB", "MODULE"] + arguments, module: Self.printArguments)
    let printed = result.output.split(separator: "\0", omittingEmptySubsequences: false).dropFirst().dropLast()
    #expect(printed.map(String.init) == arguments, "\(result.error)")
    #expect(result.status == 0)
  }

  @Test("Its first argument is its own name")
  func ownName() throws {
    let result = try Executable.run(["MODULE"], module: Self.printArguments)
    #expect(result.output.hasSuffix("/m.wat\0"))
  }

  @Test("The environment is empty but for --env")
  func environment() throws {
    let module = Self.program(
      "",
      """
      (drop (call $environ_sizes_get (i32.const 16) (i32.const 20)))
      (drop (call $environ_get (i32.const 64) (i32.const 2048)))
      (call $write (i32.const 1) (i32.const 2048) (i32.load (i32.const 20)))
      """)
    #expect(try Executable.run(["MODULE"], module: module).output == "")
    let scratch = try Scratch()
    let path = try scratch.write("m.wat", module)
    let result = try Executable.run(
      ["--env", "A=1", "--env", "B=x=y", "--env", "HERE", "--env", "NOT_HERE", "--env", "E=", path],
      environment: ["HERE": "inherited", "C": "3"])
    #expect(result.output == "A=1\0B=x=y\0HERE=inherited\0E=\0", "\(result.error)")
  }

  /// Copies the file `in.txt` of the first directory to standard output; ends with the error if it cannot be opened.
  private static let copyFile = program(
    "in.txt",
    """
    (local $error i32)
    (local.set $error
      (call $path_open (i32.const 3) (i32.const 0) (i32.const 1024) (i32.const 6) (i32.const 0) (i64.const 2)
        (i64.const 0) (i32.const 0) (i32.const 32)))
    (if (local.get $error) (then (call $proc_exit (local.get $error))))
    (call $copy (i32.load (i32.const 32)))
    """)

  @Test("A folder is there only if it is given")
  func folder() throws {
    let scratch = try Scratch()
    try scratch.write("data/in.txt", "contents")
    let path = try scratch.write("m.wat", Self.copyFile)
    #expect(try Executable.run([path], folder: scratch.folder).status == 8)
    for option in ["data", "data::/elsewhere", scratch.path("data") + "::."] {
      let result = try Executable.run(["--dir", option, path], folder: scratch.folder)
      #expect(result.output == "contents", "\(option): \(result.error)")
    }
  }

  @Test("A folder that is not there is an error")
  func missingFolder() throws {
    let result = try Executable.run(["--dir", "/no/such/folder", "MODULE"], module: Self.copyFile)
    #expect(result.status == 1)
    #expect(result.error == "error: --dir /no/such/folder: there is no folder '/no/such/folder'\n")
  }

  @Test("Memory use is told on request")
  func memoryUsage() throws {
    let result = try Executable.run(["--memory-usage", "MODULE"], module: Self.program("", ""))
    #expect(result.error.hasPrefix("peak resident memory: "))
  }
}
