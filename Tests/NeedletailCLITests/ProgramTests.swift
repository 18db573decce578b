import Foundation
import Testing

/// Programs: what they see of the host, and how they end.
@Suite struct ProgramTests {
  @Test("The exit status is the program's", arguments: [0, 1, 7, 42, 255])
  func exitStatus(code: Int) throws {
    let result = try Executable.run(["MODULE"], module: GuestProgram.text("", "(call $proc_exit (i32.const \(code)))"))
    #expect(result.status == Int32(code))
    #expect(result.error.isEmpty)
  }

  @Test("A program that returns exits with 0, one that traps with 134")
  func ends() throws {
    #expect(try Executable.run(["MODULE"], module: GuestProgram.text("", "")).status == 0)
    let trap = try Executable.run(["MODULE"], module: GuestProgram.text("", "unreachable"))
    #expect(trap.status == 134)
    #expect(trap.error.hasPrefix("error: trap: unreachable\n"))
  }

  @Test("Output and errors go to the right streams")
  func streams() throws {
    let module = GuestProgram.text(
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
      ["MODULE"], module: GuestProgram.text("", "(call $copy (i32.const 0))"), input: Array("some input".utf8))
    #expect(result.output == "some input")
  }

  @Test(
    "Everything after the program's name belongs to the program, including options",
    arguments: [
      [], ["one", "two"], ["--invoke", "x"], ["--help"], ["--version", "-x", "--"], ["--max-memory"], [""], ["häß 例"],
    ])
  func arguments(arguments: [String]) throws {
    let result = try Executable.run(["--max-memory", "1MB", "MODULE"] + arguments, module: GuestProgram.printArguments)
    let printed = result.output.split(separator: "\0", omittingEmptySubsequences: false).dropFirst().dropLast()
    #expect(printed.map(String.init) == arguments, "\(result.error)")
    #expect(result.status == 0)
  }

  @Test("The first argument is the file's name, or the value of --argv0")
  func ownName() throws {
    #expect(try Executable.run(["MODULE"], module: GuestProgram.printArguments).output == "m.wat\0")
    let named = try Executable.run(["--argv0", "/bin/tool", "MODULE", "-x"], module: GuestProgram.printArguments)
    #expect(named.output == "/bin/tool\0-x\0")
  }

  @Test("The environment is empty except for --env")
  func environment() throws {
    let module = GuestProgram.text(
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
      ["--env", "A=0", "--env", "A=1", "--env", "B=x=y", "--env", "HERE", "--env", "NOT_HERE", "--env", "E=", path],
      environment: ["HERE": "inherited", "C": "3"])
    #expect(result.output == "A=1\0B=x=y\0HERE=inherited\0E=\0", "\(result.error)")
  }

  @Test("Memory use is reported on request")
  func memoryUsage() throws {
    let result = try Executable.run(["--memory-usage", "MODULE"], module: GuestProgram.text("", ""))
    #expect(result.error.hasPrefix("peak resident memory: "))
  }

  @Test("Debugging information does not change locations of errors")
  func debuggingInformation() throws {
    // A section of 16,012 bytes, a name section, and a section whose name is not UTF-8.
    let result = try HostProcess.shell(
      """
      "$NEEDLETAIL" parse "$MODULE" -o m.wasm
      head -c 16000 /dev/zero | tr '\\0' 'x' > payload
      (cat m.wasm; printf '\\000\\214\\175\\013.debug_info'; cat payload; printf '\\000\\005\\004name') > debug.wasm
      (cat debug.wasm; printf '\\000\\002\\001\\377') > malformed.wasm
      for option in "--engine interpreter" --jit; do
        "$NEEDLETAIL" run $option --invoke f debug.wasm; "$NEEDLETAIL" run $option --invoke f malformed.wasm
      done
      stat -c %s m.wasm debug.wasm
      """, module: "(module (func (export \"f\") (result i32) (i32.const 42)))")
    let lines = result.output.split(separator: "\n").compactMap { Int($0) }
    try #require(lines.count == 4 && lines[0] == 42 && lines[1] == 42, "\(result.output) \(result.error)")
    let message = """
      error: malformed.wasm: malformed module: malformed UTF-8 encoding (at offset 0x\(String(lines[3] + 2, radix: 16)))
      hint: a name in the module is not UTF-8: its compiler or the file is damaged
      hint: 'needletail objdump' lists the module up to this place

      """
    #expect(result.error == message + message)
  }
}
