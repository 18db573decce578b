import Foundation
import Testing

/// Messages say what was probably meant, in one line.
@Suite struct HintTests {
  private static func message(_ arguments: String, _ preparation: String = ":", module: String = "(module)") throws
    -> (lines: [Substring], status: Int32)
  {
    let result = try HostProcess.shell("\(preparation); \"$NEEDLETAIL\" \(arguments)", module: module)
    return (result.error.split(separator: "\n"), result.status)
  }

  @Test(
    "Errors about a preloaded file name the option",
    arguments: [
      ("(modul)", "lib.wat:1:2: "), ("hello", "lib.wat: expected a module, found "),
      ("(module (func (export \"g\") i32.add))", "lib.wat:1:28: invalid module: "),
      ("(module (import \"x\" \"y\" (func)) (func (export \"g\")))", "lib.wat: unknown import: "),
      ("(module (memory 9) (func (export \"g\")))", "lib.wat: memory of 9 pages needs 576 KiB, the limit is 64 KiB"),
    ])
  func preloadedFiles(text: String, message: String) throws {
    let scratch = try Scratch()
    try scratch.write("lib.wat", text)
    try scratch.write("m.wat", "(module (import \"lib\" \"g\" (func)) (func (export \"_start\")))")
    for option in ["--preload", "-preload"] {
      let result = try Executable.run(["--max-memory=64KiB", option, "lib=lib.wat", "m.wat"], folder: scratch.folder)
      #expect(result.error.hasPrefix("error: \(option): \(message)"), "\(result.error)")
      #expect(result.status == 1)
    }
  }

  @Test(
    "A malformed module has hints",
    arguments: [
      (
        "01 04 01 60 00 00 04 04 01 70 07 01",
        "the file is damaged there, or uses a proposal that this version does not have"
      ),
      (
        "01 04 01 60 00 00 07 05 01 01 ff 00 00",
        "a name in the module is not UTF-8: its compiler or the file is damaged"
      ),
      ("01 04 01 60 00 00 03 02", "the file ends after 16 bytes: is it complete?"),
      ("7f 00", "the file is damaged there, or something else follows the module"),
    ])
  func malformedModules(bytes: String, hint: String) throws {
    let scratch = try Scratch()
    let header: [UInt8] = [0, 0x61, 0x73, 0x6D, 1, 0, 0, 0]
    let module = header + bytes.split(separator: " ").map { UInt8($0, radix: 16)! }
    try Data(module).write(to: scratch.url("m.wasm"))
    let isListed = !bytes.hasPrefix("7f")
    let listed = isListed ? "hint: 'needletail objdump' lists the module up to this place\n" : ""
    for command in ["run", "validate", "print", "inspect"] {
      let result = try Executable.run([command, "m.wasm"], folder: scratch.folder)
      #expect(result.error.hasPrefix("error: m.wasm: malformed module: "), "\(result.error)")
      #expect(result.error.hasSuffix("\nhint: \(hint)\n\(listed)"), "\(result.error)")
      #expect(result.status == 1)
    }
    let listing = try Executable.run(["objdump", "m.wasm"], folder: scratch.folder)
    #expect(listing.status == 1 && !listing.error.contains("needletail objdump"), "\(listing.error)")
  }

  @Test(
    "Folders",
    arguments: [
      (
        "box:/a", "cannot read 'box:/a': No such file or directory",
        "did you mean --dir box::/a? Two colons come before the name that the program sees"
      ),
      ("box:RO", "cannot read 'box:RO': No such file or directory", "did you mean --dir box:ro?"),
      (
        "box:/data:ro", "cannot read 'box:/data': No such file or directory",
        "did you mean --dir box::/data:ro? Two colons come before the name that the program sees"
      ),
      (
        "box:/data:RW", "cannot read 'box:/data:RW': No such file or directory",
        "did you mean --dir box::/data:rw? Two colons come before the name that the program sees"
      ),
      (
        "/data:box", "cannot read '/data:box': No such file or directory",
        "did you mean --dir box::/data? Two colons come before the name that the program sees"
      ),
      (
        "/data::box:ro", "cannot read '/data': No such file or directory", "did you mean --dir box::/data:ro?"
      ),
      (
        "none:/data:ro", "cannot read 'none:/data': No such file or directory",
        "did you mean --dir none::/data:ro? Two colons come before the name that the program sees"
      ),
      ("a:ro", "cannot read 'a': No such file or directory", "--dir a:ro::GUEST:rw names the directory 'a:ro'"),
      (
        "box --dir b::box", "--dir b::box: --dir box gives the program another directory 'box'",
        "--dir b::NAME gives it another name"
      ),
    ])
  func folders(value: String, message: String, hint: String) throws {
    let (lines, _) = try Self.message("--dir \(value) \"$MODULE\"", "mkdir box b a:ro")
    #expect(lines[0].hasSuffix(message), "\(lines)")
    #expect(lines.contains("hint: \(hint)"), "\(lines)")
  }

  @Test("The names of --mapdir in the wrong order are noticed")
  func mapdir() throws {
    let (lines, _) = try Self.message("--mapdir box:/data \"$MODULE\"", "mkdir box")
    #expect(lines.first == "error: --mapdir: cannot read '/data': No such file or directory", "\(lines)")
    #expect(lines.last == "hint: did you mean --dir box::/data:rw?", "\(lines)")
  }

  @Test("For a missing folder, only folders are suggested; for a file, nothing")
  func nearbyFolders() throws {
    let (lines, _) = try Self.message("--dir data.tx \"$MODULE\"", "mkdir data.t; : > data.txt")
    #expect(lines.contains("hint: did you mean 'data.t'?"), "\(lines)")
    let (others, _) = try Self.message("--dir data.txt \"$MODULE\"", "mkdir data.tx; : > data.txt")
    #expect(others == ["error: --dir: cannot read 'data.txt': expected a directory, found a file"], "\(others)")
  }

  @Test("A missing or unsuitable file has one form of message, whatever names it")
  func files() throws {
    for (options, message) in [
      ("run none.wat", "cannot read 'none.wat': No such file or directory"),
      ("validate none.wat", "cannot read 'none.wat': No such file or directory"),
      ("run --preload m=none.wat \"$MODULE\"", "--preload: cannot read 'none.wat': No such file or directory"),
      ("run --stdin none.wat \"$MODULE\"", "--stdin: cannot read 'none.wat': No such file or directory"),
      ("run --dir none.wat \"$MODULE\"", "--dir: cannot read 'none.wat': No such file or directory"),
      ("run folder", "cannot read 'folder': expected a file, found a directory"),
      ("run --preload m=folder \"$MODULE\"", "--preload: cannot read 'folder': expected a file, found a directory"),
      ("run --stdin folder \"$MODULE\"", "--stdin: cannot read 'folder': expected a file, found a directory"),
      ("run --dir file \"$MODULE\"", "--dir: cannot read 'file': expected a directory, found a file"),
      ("run --dir file/x \"$MODULE\"", "--dir: cannot read 'file/x': Not a directory"),
      ("run --stdout none/x \"$MODULE\"", "--stdout: cannot write 'none/x': No such file or directory"),
      ("parse \"$MODULE\" -o none/x", "-o: cannot write 'none/x': No such file or directory"),
    ] {
      let (lines, status) = try Self.message(
        options,
        "mkdir folder; : > file", module: GuestProgram.printArguments)
      #expect(lines.first == "error: \(message)" && status == 1, "\(options): \(lines)")
    }
  }

  @Test("An error about a file names the option as it was typed")
  func options() throws {
    for (options, message) in [
      ("run -v none:/x \"$MODULE\"", "-v: cannot read 'none': No such file or directory"),
      ("run --stderr none/x \"$MODULE\"", "--stderr: cannot write 'none/x': No such file or directory"),
      ("run --tcplisten 1.2.3.4:80 \"$MODULE\"", "--tcplisten: cannot listen at '1.2.3.4:80'"),
      ("compile \"$MODULE\" --output none/x", "--output: cannot write 'none/x': No such file or directory"),
      ("print \"$MODULE\" -o none/x", "-o: cannot write 'none/x': No such file or directory"),
      ("run --stdout \"$MODULE\" \"$MODULE\"", "--stdout: '"),
      ("run -W max-wasm-stack=1 \"$MODULE\"", "invalid -W max-wasm-stack: expected at least 16 KiB, found '1'"),
      ("run --stack-size=1 \"$MODULE\"", "invalid --stack-size: expected at least 16 KiB, found '1'"),
    ] {
      let (lines, _) = try Self.message(options, module: GuestProgram.printArguments)
      #expect(lines.first?.hasPrefix("error: \(message)") == true, "\(options): \(lines)")
    }
  }

  @Test("A preloaded module with the name of WASI that has no effect, or the same functions, is refused")
  func preloadAsWASI() throws {
    for (fields, message) in [
      ("(func (export \"f\"))", " has no effect: 'm.wat' imports only functions of WASI from 'wasi_snapshot_preview1'"),
      ("(func (export \"fd_write\"))", ": it exports 'fd_write', which WASI defines"),
    ] {
      let (lines, status) = try Self.message(
        "--preload wasi_snapshot_preview1=w.wat m.wat",
        "echo '(module \(fields))' > w.wat", module: GuestProgram.printArguments)
      #expect(lines.first == "error: --preload wasi_snapshot_preview1=w.wat\(message)" && status == 2, "\(lines)")
    }
  }

  @Test("The legacy text format has no effect on the binary format", arguments: ["run", "validate", "print"])
  func legacyBinary(command: String) throws {
    let (lines, status) = try Self.message(
      "\(command) --legacy-text m.wasm", "printf '\\0asm\\001\\0\\0\\0' > m.wasm")
    #expect(lines.first == "error: --legacy-text has no effect on the binary format", "\(lines)")
    #expect(status == 2)
    let (others, otherStatus) = try Self.message(
      "\(command) --legacy-text m.nwasm", "\"$NEEDLETAIL\" compile \"$MODULE\" -o m.nwasm")
    #expect(others.contains("error: --legacy-text has no effect on the binary format"), "\(others)")
    #expect(otherStatus == 2)
  }

  @Test("The legacy text format has an effect if one of several modules is a text")
  func legacyTextAmongBinaries() throws {
    let result = try HostProcess.shell(
      """
      printf '\\0asm\\001\\0\\0\\0' > m.wasm; echo '(module (func (export "f") (param i32) get_local 0 drop))' > old.wat
      echo '(module (import "m" "f" (func (param i32))))' > main.wat
      "$NEEDLETAIL" parse main.wat 2> /dev/null
      "$NEEDLETAIL" validate --legacy-text m.wasm old.wat && "$NEEDLETAIL" validate --legacy-text old.wat m.wasm &&
        "$NEEDLETAIL" --legacy-text --preload m=old.wat --invoke g main.wasm
      """, module: "(module)")
    #expect(result.error.hasPrefix("error: main.wasm: the module exports no function 'g'\n"), "\(result.error)")
  }

  @Test(
    "Options without effect are refused",
    arguments: [
      (
        "--engine interpreter --no-cache --invoke f \"$MODULE\"",
        "--no-cache has no effect on the interpreter; --jit compiles"
      ),
      (
        "--engine interpreter -C cache=y --invoke f \"$MODULE\"",
        "-C cache has no effect on the interpreter; --jit compiles"
      ),
      (
        "--aot --invoke f x.nwasm",
        "--aot has no effect on a module that was compiled before"
      ),
      (
        "--no-cache --invoke f x.nwasm",
        "--no-cache has no effect on a module that was compiled before"
      ),
      ("--features , --invoke f \"$MODULE\"", "invalid --features: expected names with commas between them, found ','"),
      (
        "--features simd,,gc --invoke f \"$MODULE\"",
        "invalid --features: expected names with commas between them, found 'simd,,gc'"
      ),
      ("--features '' --invoke f \"$MODULE\"", "missing value of --features: expected --features LIST"),
      ("--preload a=- -", "expected '-' once, found it 2 times: standard input can be read only once"),
      (
        "--preload a=- --preload b=- \"$MODULE\"",
        "expected '-' once, found it 2 times: standard input can be read only once"
      ),
      (
        "--tcplisten 127.0.0.1:99999 \"$MODULE\"",
        "invalid --tcplisten: expected ADDRESS:PORT with a port from 0 to 65535, found '127.0.0.1:99999'"
      ),
    ])
  func withoutEffect(arguments: String, message: String) throws {
    let (lines, status) = try Self.message(
      "run \(arguments) < /dev/null", "\"$NEEDLETAIL\" compile \"$MODULE\" -o x.nwasm",
      module: "(module (func (export \"f\")))")
    #expect(lines.first == "error: \(message)", "\(lines)")
    #expect(status == 2)
  }

  @Test(
    "Files that hold no module",
    arguments: [
      ("run e.wat", "e.wat: expected a module, found an empty file"),
      ("print e", "e: expected a module, found an empty file"),
      ("run - < /dev/null", "standard input: expected a module, found an empty file"),
      ("run script.sh", "script.sh: expected a module, found a script for another program (#!)"),
      ("run x.json", "x.json: expected a module, found a JSON file"),
      (
        "run x.c", "x.c: expected a module, found source code of another language, which a compiler turns into a module"
      ),
      ("run --stdin folder wasi.wat", "--stdin: cannot read 'folder': expected a file, found a directory"),
    ]
      + ["run", "validate", "print", "objdump", "compile"].map {
        ("\($0) v.wasm", "v.wasm: malformed module: unknown binary version: expected 1, found 2 (at offset 0x4)")
      })
  func files(arguments: String, message: String) throws {
    let (lines, status) = try Self.message(
      arguments,
      """
      mkdir folder; : > e; : > e.wat; printf '#!/bin/sh\\necho\\n' > script.sh; echo '{"a": 1}' > x.json
      printf '#include <stdio.h>\\n' > x.c; printf '\\0asm\\002\\0\\0\\0' > v.wasm; printf '\\0asm\\001\\0\\0\\0' > m.wasm
      echo '(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) (func (export "_start")))' > wasi.wat
      """)
    #expect(lines.last == "error: \(message)", "\(lines)")
    #expect(status == 1)
  }

  @Test(
    "Imports say what each side has, and what may have been meant",
    arguments: [
      (
        #"(import "env" "lgo" (func))"#,
        #"unknown import: "env" "lgo" (func) is not defined; did you mean 'log'?"#
      ),
      (
        #"(import "evn" "log" (func)) (import "env" "log" (func))"#,
        #"unknown import: "evn" "log" (func) is not defined; it is defined in "env""#
      ),
      (
        #"(import "evn" "nothing" (func)) (import "env" "log" (func))"#,
        #"unknown import: "evn" "nothing" (func) is not defined; nothing is defined in "evn"; did you mean 'env'?"#
      ),
      (
        #"(import "env" "log" (func (param i32)))"#,
        #"incompatible import type: "env" "log": expected (func (param i32)), found (func)"#
      ),
      (
        #"(import "env" "xyz" (func))"#, #"unknown import: "env" "xyz" (func) is not defined"#
      ),
    ])
  func imports(fields: String, message: String) throws {
    let scratch = try Scratch()
    try scratch.write("lib.wat", "(module (func (export \"log\")))")
    try scratch.write("m.wat", "(module \(fields) (func (export \"f\")))")
    let result = try Executable.run(["--preload", "env=lib.wat", "--invoke", "f", "m.wat"], folder: scratch.folder)
    #expect(result.error.split(separator: "\n").first == "error: m.wat: \(message)", "\(result.error)")
    #expect(result.status == 1)
  }

  @Test(
    "For a module that was built for another host, the hint names the host",
    arguments: [
      (#"(import "wasi:cli/stdout@0.2.0" "get-stdout" (func))"#, "part of a component (WASI 0.2 or later)"),
      (#"(import "env" "emscripten_resize_heap" (func))"#, "built by Emscripten for JavaScript"),
      (#"(import "gojs" "runtime.wasmExit" (func))"#, "built by Go for JavaScript"),
      (#"(import "wbg" "__wbindgen_throw" (func))"#, "built by wasm-bindgen for JavaScript"),
      (#"(import "env" "log" (func))"#, "--preload NAME=FILE gives the program another module"),
    ])
  func foreignEnvironment(field: String, hint: String) throws {
    let result = try Executable.run(["MODULE", "--invoke", "f"], module: "(module \(field) (func (export \"f\")))")
    #expect(result.error.contains("\nhint: ") && result.error.contains(hint), "\(result.error)")
    #expect(result.status == 1)
  }

  @Test("Words that share only what is before or after a dot are not suggested")
  func dissimilarWords() throws {
    let scratch = try Scratch()
    try scratch.write("tool.wasm", "")
    try scratch.write("m.wat", "(module (func i32.foo))")
    let file = try Executable.run(["nope.wasm"], folder: scratch.folder)
    #expect(!file.error.contains("tool.wasm"), "\(file.error)")
    let near = try Executable.run(["tol.wasm"], folder: scratch.folder)
    #expect(near.error.contains("'tool.wasm'"), "\(near.error)")
    let word = try Executable.run(["validate", "m.wat"], folder: scratch.folder)
    #expect(word.error.contains("unknown operator") && !word.error.contains("did you mean"), "\(word.error)")
  }

  @Test("For a module that ends too early, the hint asks whether the file is complete")
  func truncated() throws {
    let result = try HostProcess.shell(
      "printf '\\0asm\\001\\0\\0\\0\\001\\011\\001' > cut.wasm; \"$NEEDLETAIL\" validate cut.wasm", module: "(module)")
    #expect(result.error.contains("hint: the file ends after 11 bytes: is it complete?"), "\(result.error)")
  }

  @Test("Several missing imports have a line each")
  func severalImports() throws {
    let result = try Executable.run(
      ["MODULE", "--invoke", "f"],
      module: #"(module (import "env" "a" (func)) (import "env" "b" (func (param i32))) (func (export "f")))"#)
    #expect(result.error.contains("unknown import:\n  \"env\" \"a\" (func) is not defined"), "\(result.error)")
    #expect(result.error.contains("\n  \"env\" \"b\" (func (param i32)) is not defined"), "\(result.error)")
  }

  @Test("For an import that a preloaded module lacks, its file is named")
  func missingExport() throws {
    let scratch = try Scratch()
    try scratch.write("add.wat", "(module (func (export \"add\")))")
    try scratch.write("imp.wat", "(module (import \"lib\" \"div\" (func)) (func (export \"f\")))")
    let result = try Executable.run(["--preload", "lib=add.wat", "--invoke", "f", "imp.wat"], folder: scratch.folder)
    #expect(result.error.contains("\nhint: \"lib\" (add.wat) exports no \"div\"\n"), "\(result.error)")
    #expect(!result.error.contains("--preload"), "\(result.error)")
    #expect(result.status == 1)
  }

  @Test(
    "A segment out of bounds is named",
    arguments: [
      (
        "(memory 1) (data (i32.const 0) \"a\") (data (i32.const 65530) \"0123456789\")",
        "out of bounds memory access: data segment 1 of 10 bytes at 65530 does not fit memory 0 of 65536 bytes"
      ),
      (
        "(memory 1) (data (i32.const -1) \"a\")",
        "out of bounds memory access: data segment 0 of 1 byte at 4294967295 does not fit memory 0 of 65536 bytes"
      ),
      (
        "(table 2 funcref) (elem (i32.const 1) $f $f)",
        "out of bounds table access: element segment 0 of 2 elements at 1 does not fit table 0 of 2 elements"
      ),
    ])
  func segments(fields: String, message: String) throws {
    let result = try Executable.run(
      ["--invoke", "f", "MODULE"], module: "(module \(fields) (func $f (export \"f\")))")
    #expect(result.error.hasPrefix("error: trap: \(message)\n"), "\(result.error)")
    #expect(result.status == 134)
  }

  @Test("Scripts that are none")
  func scripts() throws {
    let result = try HostProcess.shell(
      "\"$NEEDLETAIL\" parse \"$MODULE\" -o m.wasm; : > empty.wast; echo '{}' > x.wast; \"$NEEDLETAIL\" wast m.wasm empty.wast x.wast",
      module: "(module)")
    #expect(
      result.output == """
        m.wasm: expected a script, found a module in the binary format
        empty.wast: expected a script, found an empty file
        x.wast: expected a script, found a JSON file
        0 passed, 3 failed

        """)
    #expect(result.status == 1)
  }

  @Test("Numbers out of range, and long lists")
  func invocations() throws {
    let functions = (0..<100).map { "(func (export \"function\($0)\"))" }.joined()
    let module = "(module (func (export \"f\") (param i32)) (func (export \"g\") (param i64)) \(functions))"
    #expect(
      try Self.message("--invoke f \"$MODULE\" 5000000000", module: module).lines == [
        "error: invalid argument 1 of 'f': expected i32, from -2147483648 to 4294967295, found '5000000000'"
      ])
    #expect(
      try Self.message("--invoke f \"$MODULE\" five", module: module).lines == [
        "error: invalid argument 1 of 'f': expected i32, found 'five'",
        "hint: write an integer from -2147483648 to 4294967295, such as 42, -1 or 0xff",
      ])
    #expect(
      try Self.message("--invoke g \"$MODULE\" 1.5", module: module).lines.last
        == "hint: write an integer from -9223372036854775808 to 18446744073709551615, such as 42, -1 or 0xff")
    let (lines, _) = try Self.message("--invoke q \"$MODULE\"", module: module)
    #expect(lines.count == 2 && lines[1].hasSuffix("function17 and 82 more"), "\(lines)")
    #expect(lines[1].hasPrefix("hint: it exports f, g, function0, "))
    let (start, _) = try Self.message("\"$MODULE\"", module: module)
    #expect(start.last?.hasSuffix("function17 and 82 more") ?? false, "\(start)")
  }

  @Test("Commands say what they wrote, if they chose its name, and what an artifact is")
  func outputs() throws {
    let result = try HostProcess.shell(
      """
      exec 2>&1; "$NEEDLETAIL" parse a.wat || "$NEEDLETAIL" parse m.wat; "$NEEDLETAIL" compile m.wat; "$NEEDLETAIL" explore m.wat
      "$NEEDLETAIL" parse m.wat -o b.wasm; "$NEEDLETAIL" compile m.wat -o b.nwasm; "$NEEDLETAIL" validate m.wasm m.nwasm
      "$NEEDLETAIL" objdump -s m.nwasm | head -n 1
      """, module: "(module)")
    let about = "needletail: m.nwasm is an artifact of 'needletail compile', of which only the module is used"
    #expect(
      result.output.split(separator: "\n").filter { $0.hasPrefix("needletail: ") }
        == [
          "needletail: wrote 'm.wasm'", "needletail: wrote 'm.nwasm'", "needletail: wrote 'm.html'", about, about,
        ].map { Substring($0) })
  }

  @Test("A cache that cannot be made is told", .enabled(if: OutputFileTests.canChangeUser))
  func cache() throws {
    let result = try HostProcess.shell(
      """
      chmod 755 .; mkdir mine; chmod 755 mine; export NEEDLETAIL_CACHE_DIR="$PWD/mine/a/b"
      setpriv --reuid 65534 --clear-groups "$NEEDLETAIL" cache
      setpriv --reuid 65534 --clear-groups "$NEEDLETAIL" run --jit --log --invoke f "$MODULE"
      """, module: "(module (func (export \"f\")))")
    let lines = result.error.split(separator: "\n")
    #expect(lines.first?.hasPrefix("error: the cache is not used: cannot make '") ?? false, "\(lines)")
    #expect(lines.first?.hasSuffix("/mine/a/b': Permission denied") ?? false, "\(lines)")
  }

  @Test(
    "Links of /proc that lead out are denied, and logged",
    arguments: ["self/root/etc/passwd", "self/cwd/m.wat"])
  func magicLinks(path: String) throws {
    let module = GuestProgram.text(
      path, "(drop (call $open (i32.const 3) (i32.const \(path.utf8.count)) (i32.const 0) (i64.const 2)))")
    let result = try HostProcess.shell("\"$NEEDLETAIL\" --log --dir /proc \"$MODULE\"", module: module)
    #expect(
      result.error == "needletail: denied: path_open \"\(path)\" in \"/proc\": the path leads out of the directory\n")
    #expect(result.status == 63)
  }
}
