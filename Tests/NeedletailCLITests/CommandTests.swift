import Foundation
import Testing

/// The commands other than `run`, common options, and messages about wrong arguments.
@Suite struct CommandTests {
  private static let commands = [
    "run", "validate", "compile", "explore", "parse", "print", "objdump", "wast", "completions",
  ]

  // MARK: Help and usage

  @Test("The help of every command lists its options", arguments: commands)
  func help(command: String) throws {
    let result = try Executable.run([command, "--help"])
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("usage: needletail \(command) [OPTION…]"))
    #expect(result.output.contains("--help, -h"))
    #expect(try Executable.run(["help", command]).output == result.output)
    #expect(try Executable.run([command, "-h"]).output == result.output)
  }

  @Test("The help of the program lists all commands")
  func overview() throws {
    let result = try Executable.run(["--help"])
    #expect(result.status == 0)
    for command in Self.commands { #expect(result.output.contains("\n  \(command) ")) }
    let bare = try Executable.run([])
    #expect(bare.status == 2)
    #expect(bare.error == result.output)
  }

  @Test("The version is printed")
  func version() throws {
    let result = try Executable.run(["--version"])
    #expect(result.output.hasPrefix("needletail "))
    #expect(result.status == 0)
  }

  @Test(
    "Wrong arguments are reported with a suggestion and status 2",
    arguments: [
      (["--max-memry", "1MB", "x.wasm"], "unknown option '--max-memry'\nhint: did you mean '--max-memory'?"),
      (["--dir", "tool.wasm"], "missing MODULE: 'tool.wasm' is the value of --dir"),
      (["--dir", "."], "missing MODULE"),
      (["--dir=tool.wasm"], "missing MODULE"), (["run"], "missing MODULE"), (["validate"], "missing MODULE"),
      (["parse", "a", "b"], "unexpected argument 'b'\nhint: -o b names the file to write"),
      (["validate", "--features", "simd=n", "x"], "unknown feature 'simd=n'\nhint: did you mean '-simd'?"),
      (["validate", "--features", "no-gc", "x"], "unknown feature 'no-gc'\nhint: did you mean '-gc'?"),
      (["validate", "--features=-sim", "x"], "unknown feature 'sim'\nhint: did you mean '-simd'?"),
      (["inspect", "--format", "json", "x"], "unknown option '--format'\nhint: --json prints JSON"),
      (["completions"], "missing SHELL: expected 'bash', 'zsh', 'fish' or 'exports'"),
      (["completions", "--bash"], "unknown option '--bash'\nhint: write 'bash' without dashes"),
      (["cache", "--clear"], "unknown option '--clear'\nhint: write 'clear' without dashes"),
      (["compile", "--O2", "x"], "unknown option '--O2'\nhint: did you mean '-O2'?"),
      (
        ["compile", "--target", "wasm32", "x"],
        "invalid --target: expected 'x86-64', found 'wasm32'\nhint: machine code is for this kind of processor and system only"
      ),
      (
        ["run", "--wasi", "x.wasm"],
        "missing value of --wasi: expected --wasi SETTING[=VALUE], found 'x.wasm'\nhint: 'needletail run -S help' lists the settings"
      ),

      (["--invoke"], "missing value of --invoke: expected --invoke NAME"),
      (
        ["--max-memory", "--jit", "x.wasm"],
        "missing value of --max-memory: expected --max-memory SIZE, found the option '--jit'\nhint: --max-memory=--jit makes it the value"
      ),
      (
        ["compile", "-O", "-g", "x.wasm"],
        "missing value of -O: expected -O none|basic|aggressive, found the option '-g'\nhint: -O=-g makes it the value"
      ),
      (["--dir", "--", "x.wasm"], "missing value of --dir: expected --dir HOST[::GUEST][:ro], found the option '--'"),
      (
        ["-W", "--jit", "x.wasm"],
        "missing value of -W: expected -W SETTING[=VALUE]\nhint: 'needletail run -W help' lists the settings"
      ),
      (
        ["--max-memory", "app.wasm"], "missing value of --max-memory: expected --max-memory SIZE, found 'app.wasm'"
      ),
      (["--invoke", "app.wasm", "add", "1"], "missing value of --invoke: expected --invoke NAME, found 'app.wasm'"),
      (["--invoke", "a", "--invoke", "b", "x"], "--invoke was given twice, with different values: 'a' and 'b'"),
      (["wast", "--json=yes", "x"], "--json takes no value, found 'yes'"),
      (
        ["compile", "--fuel", "1000", "x.wasm"],
        "--fuel takes no value, found '1000'\nhint: the amount is given to 'run': needletail --fuel N FILE"
      ),
      (
        ["compile", "--fuel=1000", "x.wasm"],
        "--fuel takes no value, found '1000'\nhint: the amount is given to 'run': needletail --fuel N FILE"
      ),
      (
        ["compile", "--fuel", "1000"],
        "--fuel takes no value, found '1000'\nhint: the amount is given to 'run': needletail --fuel N FILE"
      ),
      (["compile", "-g", "full", "x.wasm"], "-g takes no value, found 'full'"),
      (["--deterministic", "yes", "x.wasm"], "--deterministic takes no value, found 'yes'"),
      (["--jit", "all", "x.wasm"], "--jit takes no value, found 'all'"),
      (["--deterministic=1", "x.wasm"], "--deterministic takes no value, found '1'"),
      (["wast", "-q", "x"], "unknown option '-q'\nhint: messages go to standard error, so '2> /dev/null' hides them"),
      (["wast", "-j", "0", "x"], "invalid -j: expected a number from 1 to 2147483647, found '0'"),
      (
        ["wast", "--dispatch", "lop", "x"],
        "invalid --dispatch: expected 'threaded' or 'loop', found 'lop'\nhint: did you mean 'loop'?"
      ),
      (
        ["wast", "--engine", "jet", "x"],
        "invalid --engine: expected 'auto', 'interpreter' or 'jit', found 'jet'\nhint: did you mean 'jit'?"
      ),
      (
        ["wast", "--cpu", "z80", "x"],
        "invalid --cpu: expected 'baseline' or 'native', found 'z80'\nhint: native is the processor of this computer, baseline any x86-64 with SSE4.1"
      ),
      (
        ["wast", "--engine", "winch", "x"],
        "invalid --engine: expected 'auto', 'interpreter' or 'jit', found 'winch'\nhint: --engine jit compiles all code, --engine interpreter none; there is one compiler"
      ),
      (["validate", "--features", "smid", "x"], "unknown feature 'smid'\nhint: did you mean 'simd'?"),
      (["print", "--flat", "--folded", "x"], "--folded and --flat contradict each other"),
      (["-hx", "x.wasm"], "unknown option '-hx'"), (["objdump", "-sh", "x.wasm"], "unknown option '-sh'"),
      ([""], "missing MODULE: the argument is empty"), (["validate", ""], "missing MODULE: the argument is empty"),
      (["wast", "a.wast", ""], "missing PATH: the argument is empty"),
      (["parse", "-o", "", "x"], "missing value of -o: expected -o FILE"),
      (["cache", ""], "missing argument: expected 'clear'"),
      (["run", "--jit=", "x"], "--jit takes no value, found '='"),
      (["completions", "tcsh"], "invalid SHELL: expected 'bash', 'zsh', 'fish' or 'exports', found 'tcsh'"),
    ] as [([String], String)])
  func usage(arguments: [String], message: String) throws {
    let result = try Executable.run(arguments)
    #expect(result.status == 2)
    #expect(result.error.hasPrefix("error: \(message)\nusage: needletail "), "\(result.error)")
    #expect(result.output.isEmpty)
  }

  @Test("Profiles need machine code")
  func profileOfInterpreter() throws {
    let result = try Executable.run(["--engine", "interpreter", "--profile", "perfmap", "MODULE"], module: "(module)")
    #expect(result.status == 2)
    #expect(
      result.error.hasPrefix("error: --profile has no effect on the interpreter; --jit compiles\n"), "\(result.error)")
  }

  @Test(
    "Sizes are read with their units; others are refused",
    arguments: [
      ("1MB", true), ("64k", true), ("1.5GiB", true), ("65536", true), ("lots", false), ("-1", false), ("1XB", false),
      ("99999999999999999999", false), ("", false),
    ])
  func sizes(text: String, isSize: Bool) throws {
    let result = try Executable.run(
      ["MODULE", "--invoke", "f", "--max-memory", text], module: "(func (export \"f\"))")
    #expect(result.status == (isSize ? 0 : 2), "\(result.error)")
  }

  // MARK: Files

  @Test("A missing file is reported, with a suggestion of a similar name")
  func missingFile() throws {
    let scratch = try Scratch()
    let path = try scratch.write("hello.wasm", "")
    let missing = scratch.path("helo.wasm")
    let result = try Executable.run([missing])
    #expect(result.status == 1)
    #expect(
      result.error == "error: cannot read '\(missing)': No such file or directory\nhint: did you mean '\(path)'?\n")
  }

  @Test("Output is not coloured without a terminal")
  func colour() throws {
    #expect(try !Executable.run(["nothing"]).error.contains("\u{1B}"))
  }

  // MARK: validate

  @Test("validate prints nothing for valid modules")
  func valid() throws {
    let result = try Executable.run(["validate", "MODULE"], module: "(module (func (nop)))")
    #expect(result.status == 0)
    #expect(result.output.isEmpty && result.error.isEmpty)
  }

  @Test("validate reports the location of a syntax error with a caret")
  func malformedText() throws {
    let scratch = try Scratch()
    let path = try scratch.write("m.wat", "(module\n  (func (i32.ad)))")
    let result = try Executable.run(["validate", path])
    #expect(result.status == 1)
    #expect(result.error.hasPrefix("error: \(path):2:10: unknown operator"))
    #expect(result.error.hasSuffix("\n    (func (i32.ad)))\n           ^\n"), "\(result.error)")
  }

  @Test("validate reports the line of an invalid instruction")
  func invalidText() throws {
    let scratch = try Scratch()
    let path = try scratch.write("m.wat", "(module\n  (func (result i32)\n    i64.const 1\n    i32.eqz))")
    let result = try Executable.run(["validate", path])
    #expect(result.status == 1)
    #expect(result.error.hasPrefix("error: \(path):4:5: invalid module: type mismatch"), "\(result.error)")
    #expect(result.error.hasSuffix("\n      i32.eqz))\n      ^\n"), "\(result.error)")
  }

  @Test("An error in a binary names the function")
  func invalidBinary() throws {
    let result = try HostProcess.shell(
      "\"$NEEDLETAIL\" parse --no-validate \"$MODULE\" -o m.wasm; \"$NEEDLETAIL\" validate m.wasm",
      module: "(module (func $first) (func $second (result i32) (i64.const 1)) (func (export \"f\")))")
    #expect(
      result.error
        == "error: m.wasm: invalid module: type mismatch at the end of the function: expected i32, found i64 (in function 1 'second', at offset 0x29)\n",
      "\(result.error)")
  }

  @Test("validate reports the line of an invalid field")
  func invalidField() throws {
    let scratch = try Scratch()
    let path = try scratch.write("m.wat", "(module\n  (memory 1)\n  (func)\n  (data (memory 2) (i32.const 0) \"x\"))")
    let result = try Executable.run(["validate", path])
    #expect(
      result.error == """
        error: \(path):4:4: invalid module: unknown memory 2: the only one is 0
            (data (memory 2) (i32.const 0) "x"))
             ^

        """)
  }

  @Test("validate checks all of several files")
  func severalFiles() throws {
    let scratch = try Scratch()
    let good = try scratch.write("good.wat", "(module)")
    let bad = try scratch.write("bad.wasm", "nonsense")
    let result = try Executable.run(["validate", bad, good, bad])
    #expect(result.status == 1)
    #expect(
      result.error
        == String(
          repeating:
            "error: \(bad): expected a module, found other text; the text format begins with '('\n",
          count: 2))
  }

  @Test("A disabled feature makes its modules invalid")
  func features() throws {
    let module = "(func (param v128))"
    #expect(try Executable.run(["validate", "MODULE"], module: module).status == 0)
    #expect(try Executable.run(["validate", "--features", "-simd", "MODULE"], module: module).status == 1)
  }

  @Test("Pre-standard keywords are accepted on request")
  func legacyText() throws {
    let module = "(module (func (export \"f\") (param i32) (result i32) get_local 0))"
    let plain = try Executable.run(["MODULE", "--invoke", "f", "7"], module: module)
    #expect(plain.status == 1)
    #expect(plain.error.contains("--legacy-text"))
    #expect(plain.error.contains("local.get"))
    #expect(try Executable.run(["--legacy-text", "MODULE", "--invoke", "f", "7"], module: module).output == "7\n")
    #expect(try Executable.run(["MODULE", "--legacy-text", "--invoke", "f", "7"], module: module).output == "7\n")
  }

  // MARK: parse and print

  @Test("parse writes the binary into the current folder, or to the given path")
  func parse() throws {
    let scratch = try Scratch()
    let path = try scratch.write("folder/empty.wat", "(module)")
    #expect(try Executable.run(["parse", path], folder: scratch.folder).status == 0)
    let empty: [UInt8] = [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0]
    #expect([UInt8](try Data(contentsOf: scratch.url("empty.wasm"))) == empty)
    #expect(try Executable.run(["parse", path, "-o", scratch.path("other")]).status == 0)
    #expect([UInt8](try Data(contentsOf: scratch.url("other"))) == empty)
    #expect(try Executable.run(["parse", "-"], input: Array("(module)".utf8)).bytes == empty)
  }

  @Test("parse refuses an invalid module unless validation is turned off")
  func parseInvalid() throws {
    let text = Array("(func (result i32))".utf8)
    let refused = try Executable.run(["parse", "-"], input: text)
    #expect(refused.status == 1)
    #expect(refused.bytes.isEmpty)
    #expect(try Executable.run(["parse", "--no-validate", "-"], input: text).bytes.count > 8)
  }

  @Test("print writes a text that parses to the same binary", arguments: ["--flat", "--folded"])
  func print(option: String) throws {
    let text = """
      (module $m
        (import "a" "b" (func $f (param i32)))
        (memory (export "memory") 1 2)
        (data (i32.const 8) "hello\\00")
        (func $main (export "main") (param $x i32) (result i32)
          (local $y f64)
          (block $done (br_if $done (local.get $x)) (call $f (i32.load offset=4 (local.get $x))))
          (i32.add (local.get $x) (i32.const -1))))
      """
    let binary = try Executable.run(["parse", "-"], input: Array(text.utf8)).bytes
    let printed = try Executable.run(["print", option, "-"], input: binary)
    #expect(printed.status == 0, "\(printed.error)")
    #expect(printed.output.contains("$main"))
    #expect(try Executable.run(["parse", "-"], input: printed.bytes).bytes == binary)
  }

  // MARK: objdump

  @Test("objdump lists sections, definitions and code")
  func objdump() throws {
    let module = """
      (module
        (import "env" "log" (func $log (param i32)))
        (memory 1) (data (i32.const 4) "hi")
        (func $main (export "main") (block (call $log (i32.const 7)))))
      """
    let result = try Executable.run(["objdump", "MODULE"], module: module)
    #expect(result.status == 0)
    for part in [
      "import     start=0x", "func[0] <log> (type 0) (param i32) <- \"env\" \"log\"", "func[1] <main> -> \"main\"",
      "memory 0, offset (i32.const 4), size: 2", "func[1] <main> (type 1):", "  call 0 <log>\n", "i32.const 7\n",
    ] { #expect(result.output.contains(part), "\(part)") }
    let code = try Executable.run(["objdump", "--function", "main", "MODULE"], module: module)
    #expect(code.output.hasPrefix("func[1] <main> (type 1):\n"))
    // The function has a name and an export; either chooses it.
    let exported = "(module (func $internal (export \"external\")))"
    for name in ["internal", "external", "0"] {
      let listing = try Executable.run(["objdump", "--function", name, "MODULE"], module: exported)
      #expect(listing.output.hasPrefix("func[0] <internal>"), "\(listing.error)")
    }
    #expect(try Executable.run(["objdump", "-c", "MODULE"], module: module).output.contains("68 69"))
    #expect(
      try Executable.run(["objdump", "--function", "mian", "MODULE"], module: module).error.contains(
        "did you mean 'main'?"))
  }

  // MARK: completions

  @Test("The completions contain every command and option", arguments: ["bash", "zsh", "fish"])
  func completions(shell: String) throws {
    let script = try Executable.run(["completions", shell]).output
    for word in Self.commands + ["invoke", "max-memory", "recursive", "folded"] { #expect(script.contains(word)) }
    let paths = ["/bin/\(shell)", "/usr/bin/\(shell)"]
    guard let path = paths.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else { return }
    // The shell itself checks the script.
    let scratch = try Scratch()
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = ["-n", try scratch.write("script", script)]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test("bash completes commands, options and their values")
  func bash() throws {
    let scratch = try Scratch()
    let script = try scratch.write("completion", try Executable.run(["completions", "bash"]).output)
    func complete(_ words: [String], at index: Int? = nil) throws -> [String] {
      let list = words.map { "'\($0)'" }.joined(separator: " ")
      let test = """
        source '\(script)'; COMP_WORDS=(\(list)); COMP_CWORD=\(index ?? words.count - 1); _needletail "$COMP_WORDS"; printf '%s\\n' "${COMPREPLY[@]}"
        """
      let process = Process()
      let pipe = Pipe()
      process.executableURL = URL(filePath: "/bin/bash")
      process.arguments = ["-c", test]
      process.currentDirectoryURL = scratch.folder
      process.standardOutput = pipe
      try process.run()
      let output = pipe.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    }
    #expect(try complete(["needletail", "va"]) == ["validate"])
    #expect(try complete(["needletail", "--inv"]) == ["--invoke"])
    #expect(try complete(["needletail", "wast", "--rec"]) == ["--recursive"])
    #expect(try complete(["needletail", "wast", "--dispatch", "l"]) == ["loop"])
    #expect(try complete(["needletail", "completions", "z"]) == ["zsh"])
    #expect(try complete(["needletail", "run", "comp"]) == ["completion"])
    // Modules, and what is in them.
    try scratch.write(
      "a.wat", "(module (func (export \"add\")) (func (export \"sub\")) (memory (export \"memory\") 1))")
    try scratch.write("b.txt", "")
    #expect(try complete(["needletail", "run", ""]) == ["a.wat"])
    #expect(try complete(["needletail", "a.wat", "b"]) == ["b.txt"])
    #expect(try complete([Executable.url.path, "a.wat", "--invoke", ""]) == ["add", "sub"])
    #expect(try complete([Executable.url.path, "--invoke", "a", "a.wat"], at: 2) == ["add"])
    #expect(try complete(["needletail", "--features", "tail"]) == ["tail-call"])
    #expect(try complete(["needletail", "-W", "gc,-sim"]) == ["gc,-simd"])
    #expect(try complete(["needletail", "--features", "=", "tail"]) == ["tail-call"])
    #expect(try complete(["needletail", "compile", "--emit", "a"]) == ["asm"])
  }
}
