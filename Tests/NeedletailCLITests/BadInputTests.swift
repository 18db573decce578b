import Foundation
import Testing

/// User errors are reported in one line, with the documented exit status.
@Suite struct BadInputTests {
  private static let answer = "(module (func (export \"f\") (result i32) (i32.const 42)))"

  /// Runs a command with each argument, and checks its first message and its exit status.
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
      // Further lines are hints or usage.
      let rest = result.error.dropFirst(first.count + 1).split(separator: "\n")
      #expect(rest.allSatisfy { line in ["hint: ", "usage: ", "See "].contains { line.hasPrefix($0) } }, "\(rest)")
    }
  }

  @Test(
    "Files that are not modules",
    arguments: ["compile -o out", "explore -o out", "run --jit", "validate", "compile --emit ir"])
  func noModules(command: String) throws {
    try Self.expect(
      command, in: "mkdir folder; : > empty.wasm; echo garbage > garbage.wasm; echo text > text.nwasm; : > empty.nwasm",
      [
        (
          "garbage.wasm",
          "garbage.wasm: expected a module, found other text; the text format begins with '('",
          1
        ),
        ("empty.wasm", "empty.wasm: expected a module, found an empty file", 1),
        ("folder", "cannot read 'folder': expected a file, found a directory", 1),
        ("missing.wasm", "cannot read 'missing.wasm': No such file or directory", 1),
        ("text.nwasm", "text.nwasm: expected an artifact of Needletail's compiler, found another file", 1),
        ("empty.nwasm", "empty.nwasm: expected a module, found an empty file", 1),
      ])
  }

  @Test("Invalid modules", arguments: ["compile -o out", "explore -o out", "run --jit", "validate"])
  func invalid(command: String) throws {
    let result = try HostProcess.shell(
      "\"$NEEDLETAIL\" \(command) \"$MODULE\"; echo $?; ls -A", module: "(module (func (result i32) (i64.const 1)))")
    #expect(result.output == "1\nm.wat\n")
    #expect(
      result.error.hasSuffix(
        """
        m.wat:1:41: invalid module: type mismatch at the end of the function: expected i32, found i64
          (module (func (result i32) (i64.const 1)))
                                                  ^

        """))
  }

  @Test("A listing of a malformed body ends with the error, which is printed once")
  func malformedBody() throws {
    let result = try HostProcess.shell(
      """
      "$NEEDLETAIL" parse --no-validate "$MODULE" -o m.wasm; printf '\\377' | dd of=m.wasm bs=1 seek=23 conv=notrunc 2>/dev/null
      "$NEEDLETAIL" objdump m.wasm | tail -1; "$NEEDLETAIL" objdump m.wasm > /dev/null; echo $?
      """, module: "(module (func nop nop))")
    #expect(result.output.hasSuffix("malformed: illegal opcode ff (at offset 0x17)\n1\n"), "\(result.output)")
    #expect(result.error.hasPrefix("error: m.wasm: malformed module: the listing says where\n"), "\(result.error)")
  }

  @Test("What has probably happened to a malformed file")
  func causes() throws {
    for (bytes, hint) in [
      ("\\0\\0\\0\\0\\0\\0\\0\\0", "the file begins with zeros: was it written completely?"),
      ("\\0xyz\\1\\0\\0\\0", "the file is no module, or its beginning is damaged"),
      // The types and the functions, but no code.
      (
        "\\0asm\\1\\0\\0\\0\\1\\4\\1\\140\\0\\0\\3\\2\\1\\0", "the file ends after 18 bytes: is it complete?"
      ),
      ("\\0asm\\1\\0\\0\\0\\170", "the file is damaged there, or something else follows the module"),
      (
        "\\0asm\\1\\0\\0\\0\\1\\4\\1\\140\\0\\0\\3\\2\\1\\0\\12\\5\\1\\3\\0\\377\\13",
        "the file is damaged there, or uses a proposal that this version does not have"
      ),
    ] {
      let result = try HostProcess.shell(
        "printf '\(bytes)' > x.wasm; \"$NEEDLETAIL\" validate x.wasm", module: "(module)")
      #expect(result.error.contains("\nhint: \(hint)\n") && result.status == 1, "\(result.error)")
    }
  }

  @Test("A program that uses WASI without exporting its memory is told so")
  func unexportedMemory() throws {
    let module = """
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory 1) (data (i32.const 0) "\\08\\00\\00\\00\\02\\00\\00\\00hi")
      (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))
      """
    let result = try Executable.run(["MODULE"], module: module)
    #expect(
      result.error.hasSuffix(
        ": the calling instance exports no memory \"memory\", which a function of WASI needs\nhint: in a text, (export \"memory\" (memory 0)) exports it\n"
      ), "\(result.error)")
    #expect(result.status == 1)
  }

  @Test("Options of compile that make no sense are refused")
  func compileOptions() throws {
    try Self.expect(
      "compile \"$MODULE\" -o out",
      [
        ("--emit text", "invalid --emit: expected 'ir', 'asm', 'bytecode' or 'wasm-map', found 'text'", 2),
        ("--cpu pentium", "invalid --cpu: expected 'baseline' or 'native', found 'pentium'", 2),
        ("--target arm64", "invalid --target: expected 'x86-64', found 'arm64'", 2),
        ("-O fast", "invalid -O: expected 'none', 'basic' or 'aggressive', found 'fast'", 2),
        ("--function f", "--function has no effect without --emit", 2),
        ("--each-pass", "--each-pass has no effect without --emit ir", 2),
        ("--emit asm --each-pass", "--each-pass has no effect without --emit ir", 2),
        ("--emit bytecode -O none", "-O has no effect with --emit bytecode", 2),
        ("--emit bytecode --cpu native", "--cpu has no effect with --emit bytecode", 2),
        ("--emit bytecode --target x86-64", "--target has no effect with --emit bytecode", 2),
        ("--emit ir -g", "-g has no effect with --emit", 2),
      ])
  }

  @Test("Options that contradict each other or have no effect are refused")
  func combinations() throws {
    let machineCode = "has no effect on the interpreter; --jit compiles"
    for command in ["run --invoke f \"$MODULE\"", "wast nothing.wast"] {
      try Self.expect(
        command, in: ": > nothing.wast",
        [
          ("--jit --engine interpreter", "--engine interpreter and --jit contradict each other", 2),
          ("--lazy", "--lazy has no effect without --jit", 2),
          ("--engine auto --jit", "--engine auto and --jit contradict each other", 2),
          ("--jit --tier-up 5", "--tier-up has no effect without --engine auto", 2),
          ("--jit --dispatch loop", "--dispatch has no effect on compiled code", 2),
          ("--jit --lazy --dispatch loop", "--dispatch has no effect on compiled code", 2),
          ("--tier-up -1", "invalid --tier-up: expected a number from 0 to 2147483647, found '-1'", 2),
          ("--engine interpreter --lazy", "--lazy \(machineCode)", 2),
          ("--engine interpreter --cpu baseline", "--cpu \(machineCode)", 2),
          ("--engine interpreter -O basic", "-O \(machineCode)", 2),
          ("--engine interpreter --optimize basic", "--optimize \(machineCode)", 2),
        ])
    }
    try Self.expect(
      "run --invoke f \"$MODULE\"",
      [
        ("--aot --engine interpreter", "--engine interpreter and --aot contradict each other", 2),
        ("--aot --lazy", "--aot and --lazy contradict each other", 2),
        (
          "--aot -O none", "--aot and -O none contradict each other: --aot is --jit -O aggressive", 2
        ),
        ("--engine interpreter --profile perfmap", "--profile \(machineCode)", 2),
        ("--no-cache", "", 0),
        ("-C cache=n", "", 0),
        ("--allow-precompiled", "--allow-precompiled has no effect on a module without machine code", 2),
        ("--jit --no-cache -C cache=y", "--no-cache and -C cache=y contradict each other", 2),
        ("--aot -O aggressive --no-cache -C cache=n", "", 0),
        ("--jit --engine jit --lazy -O none --cpu baseline", "", 0),
      ])
    try Self.expect(
      "run --invoke f x.nwasm", in: "\"$NEEDLETAIL\" compile \"$MODULE\" -o x.nwasm",
      [
        (
          "-O none", "-O has no effect on a module that was compiled before", 2
        ),
        ("--lazy", "--lazy has no effect on a module that was compiled before", 2),
        ("--dispatch loop", "--dispatch has no effect on a module that was compiled before", 2),
        ("--engine auto --tier-up 1", "--tier-up has no effect on a module that was compiled before", 2),
        ("--engine interpreter --allow-precompiled", "--allow-precompiled has no effect on the interpreter", 2),
        ("--jit", "--jit has no effect on a module that was compiled before", 2),
        ("--engine auto", "--engine has no effect on a module that was compiled before", 2),
        ("", "", 0), ("--engine interpreter", "", 0), ("--allow-precompiled", "", 0),
        ("--engine interpreter --dispatch loop", "", 0),
      ])
    try Self.expect(
      "explore \"$MODULE\" -o -", [("--function f --filter f", "--function f and --filter f contradict each other", 2)])
    try Self.expect(
      "parse \"$MODULE\" -o out", [("--no-validate --features simd", "--features has no effect with --no-validate", 2)])
    try Self.expect(
      "parse", in: "\"$NEEDLETAIL\" parse \"$MODULE\" -o x.wasm",
      [("x.wasm", "x.wasm: expected a module in the text format, found the binary format", 1)])
  }

  @Test("Arguments that are not UTF-8 are passed to the program, or refused")
  func notUTF8() throws {
    let result = try HostProcess.shell(
      """
      mkdir "$(printf 'caf\\351')"; cp "$MODULE" "$(printf 'caf\\351')/m.wat"
      "$NEEDLETAIL" run --argv0 p "$MODULE" "$(printf '\\377x')" --dir "$(printf 'caf\\351')" | od -An -v -tx1 | tr -d " \\n"; echo
      for options in run validate print compile --dir --stdin --stdout "run --invoke"; do
        "$NEEDLETAIL" $options "$(printf 'caf\\351')/m.wat" x; echo $?
      done
      cd "$(printf 'caf\\351')"; "$NEEDLETAIL" m.wat y | od -An -v -tx1 | tr -d " \\n"; echo
      """, module: GuestProgram.printArguments)
    let given = "7000ff78002d2d64697200636166e900\n"
    let inside = "6d2e776174007900\n"
    #expect(result.output == given + String(repeating: "2\n", count: 8) + inside)
    let messages = result.error.split(separator: "\n").filter { $0.hasPrefix("error: ") }
    #expect(messages.count == 8)
    #expect(messages.allSatisfy { $0.hasSuffix(" is not UTF-8: 'caf\u{FFFD}/m.wat'") }, "\(messages)")
  }

  @Test("No command overwrites its input, under any of its names")
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

  @Test("Artifacts that cannot run and functions that do not exist are reported")
  func artifacts() throws {
    try Self.expect(
      "run --invoke nosuch",
      in: """
        "$NEEDLETAIL" compile "$MODULE" -o x.nwasm
        for n in 1 7 8 100 500; do head -c $n x.nwasm > $n.nwasm; done
        (head -c 400 x.nwasm; printf x; tail -c +402 x.nwasm) > altered.nwasm
        (head -c 8 x.nwasm; printf x; tail -c +10 x.nwasm) > foreign.nwasm
        """,
      [
        ("x.nwasm", "x.nwasm: the module exports no function 'nosuch'", 1),
        ("1.nwasm", "1.nwasm: truncated artifact: expected at least 336 bytes, found 1", 1),
        ("7.nwasm", "7.nwasm: truncated artifact: expected at least 336 bytes, found 7", 1),
        ("8.nwasm", "8.nwasm: truncated artifact: expected at least 336 bytes, found 8", 1),
        ("100.nwasm", "100.nwasm: truncated artifact: expected at least 336 bytes, found 100", 1),
        ("500.nwasm", "500.nwasm: truncated artifact: expected at least 624 bytes, found 500", 1),
        ("altered.nwasm", "altered.nwasm: altered artifact: its module or a table is not what was written", 1),
        (
          "foreign.nwasm",
          "foreign.nwasm: artifact made by another version of Needletail (this is 0.1.0): compile the module again", 1
        ),
      ])
  }

  @Test("Unusable cache folders are reported by the cache command and ignored silently by run")
  func cacheFolders() throws {
    let script = """
      mkdir open; chmod 777 open; mkdir -m 755 open/inner; mkdir own; chmod 700 own; ln -s own link; mkdir -m 1777 sticky
      for folder in open own m.wat m.wat/x missing/x link link/ open/inner open/missing sticky/x; do
        export NEEDLETAIL_CACHE_DIR=$folder
        "$NEEDLETAIL" cache | tail -1
        "$NEEDLETAIL" cache clear
        "$NEEDLETAIL" run --jit --invoke f "$MODULE"
      done
      """
    let result = try HostProcess.shell(script, module: Self.answer)
    func usable(_ folder: String) -> String {
      "0 modules, 0 bytes of at most 1 GiB\n\(folder)\nremoved 0 modules, 0 bytes\n42\n"
    }
    #expect(
      result.output
        == "42\n\(usable("own"))42\n42\n\(usable("missing/x"))42\n42\n42\n\(usable("open/missing"))\(usable("sticky/x"))"
    )
    let refusals = [
      "'open' belongs to others, or others can write to it", "cannot open 'm.wat': Not a directory",
      "cannot open 'm.wat/x': Not a directory", "'link' is a symbolic link", "'link/' is a symbolic link",
      "'open/inner' is below a directory that others can write to",
    ]
    #expect(
      result.error
        == refusals.flatMap { [$0, $0] }.map {
          "error: the cache is not used: \($0)\nhint: the variable NEEDLETAIL_CACHE_DIR names its directory\n"
        }.joined())
  }

  /// Runs a command that cannot make memory executable: `PR_SET_MDWE`, since Linux 6.3.
  private static let forbidding =
    "python3 -c 'import ctypes, os, sys; ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) == 0 or sys.exit(1); os.execvp(sys.argv[1], sys.argv[1:])'"
  static let canForbid = (try? HostProcess.shell("\(forbidding) true 2> /dev/null", module: ""))?.status == 0

  @Test("If executable memory is forbidden, code is interpreted and a line says so", .enabled(if: canForbid))
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

  @Test("Control characters in names do not reach the terminal")
  func controlCharacters() throws {
    let module = "(module (func (export \"\\1b[2Jx\\07\\c2\\9b\")))"
    let result = try Executable.run(["run", "--invoke", "f", "MODULE"], module: module)
    #expect(result.status == 1)
    #expect(result.error.hasSuffix("hint: it exports \\u{1b}[2Jx\\u{7}\\u{9b}\n"))
  }

  /// Characters that control a terminal, change the direction of text, or are invisible.
  private static let misleading: [Unicode.Scalar] = [
    "\u{1B}", "\u{7}", "\u{7F}", "\u{85}", "\u{9B}", "\u{AD}", "\u{61C}", "\u{180E}", "\u{200B}", "\u{200C}",
    "\u{200D}",
    "\u{200E}", "\u{200F}", "\u{2028}", "\u{2029}", "\u{202A}", "\u{202B}", "\u{202C}", "\u{202D}", "\u{202E}",
    "\u{2060}", "\u{2066}", "\u{2067}", "\u{2068}", "\u{2069}", "\u{206F}", "\u{FEFF}", "\u{FFF9}", "\u{E0001}",
    "\u{E0041}",
  ]

  @Test("Misleading characters in names are escaped in all output")
  func misleadingCharacters() throws {
    let name = Self.misleading.map { "\\u{\(String($0.value, radix: 16))}" }.joined(separator: "-")
    let module = """
      (module (import "\(name)" "\(name)" (func)) (func $"\(name)" (export "f") unreachable) (func (export "\(name)")))
      """
    let trap = "(module (func $\"\(name)\" (export \"f\") unreachable) (func (export \"\(name)\")))"
    let script = "\(trap) (assert_return (invoke \"\(name)\") (i32.const 1)) (assert_return (invoke \"f\"))"
    let result = try HostProcess.shell(
      """
      cat > trap.wat <<'END'
      \(trap)
      END
      cat > s.wast <<'END'
      \(script)
      END
      for options in "run $MODULE" "run --invoke f trap.wat" "run --invoke x trap.wat" "run --jit --invoke f trap.wat" \
        "print trap.wat" "objdump trap.wat" "compile --emit asm trap.wat" "compile --emit ir trap.wat" \
        "compile --emit bytecode trap.wat" "compile --emit wasm-map trap.wat" "explore trap.wat -o -" "wast s.wast" "wast --json s.wast" "validate s.wast"; do
        "$NEEDLETAIL" $options
      done
      """, module: module)
    for (text, stream) in [(result.output, "output"), (result.error, "error")] {
      let found = Self.misleading.filter { text.unicodeScalars.contains($0) }
      #expect(found.isEmpty, "\(found) in \(stream)")
    }
    #expect(result.error.contains("trap: unreachable"))
  }
}
