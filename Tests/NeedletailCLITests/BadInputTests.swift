import Foundation
import Testing

/// What users get wrong is said in a line, with the exit status that scripts go by.
@Suite struct BadInputTests {
  private static let answer = "(module (func (export \"f\") (result i32) (i32.const 42)))"

  /// Runs a command with each of some arguments; tells what it says and how it ends.
  private static func expect(
    _ command: String, in folder: String = "", _ outcomes: [(argument: String, message: String, status: Int)],
    module: String = answer, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for (argument, message, status) in outcomes {
      let result = try HostProcess.shell(
        "\(folder)\n\"$NEEDLETAIL\" \(command) \(argument)", module: module)
      let first = result.error.prefix { $0 != "\n" }
      #expect(
        first == (message.isEmpty ? "" : "error: \(message)") && result.status == status,
        "\(command) \(argument): \(result.error)", sourceLocation: sourceLocation)
      // What else is said is a hint, or how the command is used.
      let rest = result.error.dropFirst(first.count + 1).split(separator: "\n")
      #expect(rest.allSatisfy { line in ["hint: ", "usage: ", "See "].contains { line.hasPrefix($0) } }, "\(rest)")
    }
  }

  @Test(
    "Files that are no modules",
    arguments: ["compile -o out", "explore -o out", "run --jit", "validate", "compile --emit ir"])
  func noModules(command: String) throws {
    try Self.expect(
      command, in: "mkdir folder; : > empty.wasm; echo garbage > garbage.wasm; echo text > text.nwasm; : > empty.nwasm",
      [
        ("garbage.wasm", "garbage.wasm: malformed module: magic header not detected (at offset 0x0)", 1),
        ("empty.wasm", "empty.wasm: malformed module: unexpected end (at offset 0x0)", 1),
        ("folder", "cannot read 'folder': Is a directory", 1),
        ("missing.wasm", "cannot read 'missing.wasm': No such file or directory", 1),
        ("text.nwasm", "text.nwasm: not an artifact of Needletail's compiler", 1),
        ("empty.nwasm", "empty.nwasm: not an artifact of Needletail's compiler", 1),
      ])
  }

  @Test("Invalid modules", arguments: ["compile -o out", "explore -o out", "run --jit", "validate"])
  func invalid(command: String) throws {
    let result = try HostProcess.shell(
      "\"$NEEDLETAIL\" \(command) \"$MODULE\"; echo $?; ls -A", module: "(module (func (result i32) (i64.const 1)))")
    #expect(result.output == "1\nm.wat\n")
    #expect(
      result.error.hasSuffix(
        "m.wat:1:29: invalid module: type mismatch: instruction requires [i32] but stack has [i64] (end) (in function 0, at offset 0x1a)\n"
      ))
  }

  @Test("Options of compile that make no sense")
  func compileOptions() throws {
    try Self.expect(
      "compile \"$MODULE\" -o out",
      [
        ("--emit text", "--emit is 'ir' or 'asm' or 'wasm-map', not 'text'", 2),
        ("--cpu pentium", "--cpu is 'baseline' or 'native', not 'pentium'", 2),
        ("--target arm64", "--target is 'x86-64', not 'arm64'", 2),
        ("-O fast", "--optimize is 'none' or 'basic' or 'aggressive', not 'fast'", 2),
        ("--function f", "--function is for what --emit shows", 2),
        ("--each-pass", "--each-pass is for --emit ir", 2),
        ("--emit asm --each-pass", "--each-pass is for --emit ir", 2),
        ("--emit ir -g", "--debug-info is for artifacts, not for --emit", 2),
        ("--emit ir --function 7", "there is no function '7' with code", 1),
      ])
  }

  @Test("No command writes over what it reads, by whatever name")
  func outputIsInput() throws {
    for command in ["compile", "compile --emit ir", "explore", "parse", "print"] {
      let result = try HostProcess.shell(
        """
        cp "$MODULE" copy; ln -s m.wat link; ln m.wat hard
        for out in "$MODULE" m.wat ./m.wat link hard; do "$NEEDLETAIL" \(command) "$MODULE" -o "$out" 2>&1 | head -1; done
        cmp copy m.wat
        """, module: Self.answer)
      let lines = result.output.split(separator: "\n")
      #expect(lines.count == 5 && lines.allSatisfy { $0.hasSuffix("' would be overwritten") }, "\(command) \(lines)")
      #expect(result.error.isEmpty)
    }
  }

  @Test("Artifacts that cannot be run, and functions that are not there")
  func artifacts() throws {
    try Self.expect(
      "run --invoke nosuch",
      in: """
        "$NEEDLETAIL" compile "$MODULE" -o x.nwasm
        for n in 1 7 8 100 2000; do head -c $n x.nwasm > $n.nwasm; done
        (head -c 4000 x.nwasm; printf x; tail -c +4002 x.nwasm) > altered.nwasm
        (head -c 8 x.nwasm; printf x; tail -c +10 x.nwasm) > foreign.nwasm
        """,
      [
        ("x.nwasm", "the module exports no function 'nosuch'", 1),
        ("1.nwasm", "1.nwasm: truncated artifact: it has 1 bytes of 304", 1),
        ("7.nwasm", "7.nwasm: truncated artifact: it has 7 bytes of 304", 1),
        ("8.nwasm", "8.nwasm: truncated artifact: it has 8 bytes of 304", 1),
        ("100.nwasm", "100.nwasm: truncated artifact: it has 100 bytes of 304", 1),
        ("2000.nwasm", "2000.nwasm: truncated artifact: it has 2000 bytes of 4192", 1),
        ("altered.nwasm", "altered.nwasm: altered artifact: its module is not what was written", 1),
        (
          "foreign.nwasm",
          "foreign.nwasm: artifact made by another version of Needletail (this is 0.1.0): compile the module again", 1
        ),
      ])
  }

  @Test("Folders that cannot be a cache are named by the command, and passed over in silence when something is run")
  func cacheFolders() throws {
    let script = """
      mkdir open; chmod 777 open; mkdir own; chmod 700 own
      for folder in open own m.wat m.wat/x missing/x; do
        export NEEDLETAIL_CACHE_DIR=$folder
        "$NEEDLETAIL" cache | tail -1
        "$NEEDLETAIL" cache clear
        "$NEEDLETAIL" run --jit --invoke f "$MODULE"
      done
      """
    let result = try HostProcess.shell(script, module: Self.answer)
    let usable = "0 modules, 0 bytes of at most 1 GiB\nremoved 0 modules, 0 bytes\n42\n"
    #expect(result.output == "42\n\(usable)42\n42\n\(usable)")
    let refusals = [
      "'open' belongs to others, or others can write to it", "cannot open 'm.wat': Not a directory",
      "cannot open 'm.wat/x': Not a directory",
    ]
    #expect(result.error == refusals.flatMap { [$0, $0] }.map { "error: the cache is not used: \($0)\n" }.joined())
  }

  /// Forbids processes that come from this to make memory executable: `PR_SET_MDWE`, since Linux 6.3.
  private static let forbidding =
    "python3 -c 'import ctypes, os, sys; ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) == 0 or sys.exit(1); os.execvp(sys.argv[1], sys.argv[1:])'"
  static let canForbid = (try? HostProcess.shell("\(forbidding) true 2> /dev/null", module: ""))?.status == 0

  @Test("Where executable memory is forbidden, code is interpreted, and that is said", .enabled(if: canForbid))
  func forbiddenExecution() throws {
    let result = try HostProcess.shell(
      """
      "$NEEDLETAIL" compile "$MODULE" -o x.nwasm
      for options in "--jit $MODULE" "--jit --lazy $MODULE" "--jit --profile perfmap $MODULE" x.nwasm; do
        \(Self.forbidding) "$NEEDLETAIL" run --invoke f $options
      done
      \(Self.forbidding) "$NEEDLETAIL" compile "$MODULE" -o y.nwasm; echo $?; ls -A
      """, module: Self.answer)
    #expect(result.output == "42\n42\n42\n42\n1\nm.wat\nx.nwasm\n")
    let line = "needletail: executable memory is forbidden: code is interpreted\n"
    #expect(result.error.hasPrefix(String(repeating: line, count: 5)))
    #expect(result.error.hasSuffix("m.wat: the engine does not compile: there is no machine code to write\n"))
  }

  @Test("Names in modules do not steer the terminal that messages appear on")
  func controlCharacters() throws {
    let module = "(module (func (export \"\\1b[2Jx\\07\\c2\\9b\")))"
    let result = try Executable.run(["run", "--invoke", "f", "MODULE"], module: module)
    #expect(result.status == 1)
    #expect(result.error.hasSuffix("hint: it exports \u{FFFD}[2Jx\u{FFFD}\u{FFFD}\n"))
  }
}
