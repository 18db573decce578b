import Foundation
import Testing

/// A refused size is reported with the amount, the limit, and the option that sets it.
@Suite struct LimitMessageTests {
  private static let array = """
    (type $a (array (mut i8)))
    (func (export "f") (param i32) (result i32) (array.len (array.new_default $a (local.get 0))))
    """
  private static let objects = """
    (type $s (struct (field i64)))
    (table 3000000 (ref null $s))
    (func (export "_start") (local i32)
      (loop
        (table.set (local.get 0) (struct.new $s (i64.const 1)))
        (local.set 0 (i32.add (local.get 0) (i32.const 1)))
        (br 0)))
    """

  /// Options, what the system allows, the module, the message and the status.
  private static let cases: [(options: String, system: String, module: String, message: String, status: Int)] = [
    (
      "--max-memory 64KB", "", "(memory 2)",
      "memory of 2 pages needs 128 KiB, the limit is 64 KiB (--max-memory)", 1
    ),
    (
      "--max-memory 64KB", "", "(memory 1) (memory 1)",
      "memory of 1 page needs 64 KiB, the limit is 64 KiB, with 64 KiB in use (--max-memory)", 1
    ),
    (
      "--max-memory 1MB", "", "(table 200000 funcref)",
      "table of 200000 elements needs 1.5 MiB, the limit is 1 MiB (--max-memory)",
      1
    ),
    (
      "", "", "(table 20000001 funcref)",
      "table of 20000001 elements needs 20000001 elements, the limit is 20000000 (--max-table-elements)",
      1
    ),
    (
      "-W max-memory-size=64KB", "", "(memory 2)",
      "memory of 2 pages needs 128 KiB, the limit is 64 KiB (-W max-memory-size)", 1
    ),
    (
      "--max-linear-memory 64KB", "", "(memory 2)",
      "memory of 2 pages needs 128 KiB, the limit is 64 KiB (--max-linear-memory)", 1
    ),
    (
      "-Wmax-table-elements=3", "", "(table 4 funcref)",
      "table of 4 elements needs 4 elements, the limit is 3 (-W max-table-elements)", 1
    ),
    (
      "--max-memories 1", "", "(memory 0) (memory 0)",
      "too many memories: expected at most 1, found 2 (--max-memories)", 1
    ),
    ("--max-tables 0", "", "(table 0 funcref)", "too many tables: expected at most 0, found 1 (--max-tables)", 1),
    ("-W max-instances=0", "", "(func)", "too many instances: expected at most 0, found 1 (-W max-instances)", 1),
    (
      "--module-limits functions=1", "", "(func) (func)",
      "too many functions at offset 0x10: expected at most 1, found 2 (--module-limits functions)", 1
    ),
    (
      "--module-limits types=5,module-size=10", "", "(func)",
      "module too large: expected at most 10 bytes, found 24 bytes (--module-limits module-size)", 1
    ),
    (
      "--trap-on-grow-failure --max-memory 64KB", "",
      "(memory 1) (func (export \"_start\") (drop (memory.grow (i32.const 1))))",
      "limit exceeded: memory.grow by 1 page, from 1: the growth needs 64 KiB, the limit is 64 KiB, with 64 KiB in use (--max-memory)",
      134
    ),
    (
      "--max-memory 1MB --invoke f", "", array,
      "out of memory: an object needs 953.7 MiB, the limit on memories, tables and objects together is 1 MiB (--max-memory)",
      134
    ),
    (
      "--max-heap 1MB --invoke f", "", array,
      "out of memory: an object needs 953.7 MiB, the limit on objects is 1 MiB (--max-heap)",
      134
    ),
    (
      "--max-heap 20MB", "", objects,
      "out of memory: an object needs 16 bytes, the limit on objects is 20 MiB, with 20 MiB in use (--max-heap)",
      134
    ),
    (
      "--max-memory 40MB", "", objects,
      "out of memory: an object needs 16 bytes, the limit on memories, tables and objects together is 40 MiB, with 40 MiB in use (--max-memory)",
      134
    ),
    (
      "--invoke f", "ulimit -v 800000", array,
      "out of memory: the system has no memory for an object of 953.7 MiB: the process may have 781.3 MiB of address space (RLIMIT_AS, 'ulimit -v')",
      134
    ),
    (
      "", "ulimit -v 800000", "(memory 60000) (func (export \"_start\"))",
      "memory of 60000 pages (3.7 GiB) is more than the system gives: the process may have 781.3 MiB of address space (RLIMIT_AS, 'ulimit -v')",
      1
    ),
    (
      "--max-stack-size 1TB", "ulimit -v 800000", "(func (export \"_start\"))",
      "no address space for a stack of 1 TiB: the process may have 781.3 MiB of address space (RLIMIT_AS, 'ulimit -v') (--max-stack-size)",
      1
    ),
  ]

  @Test("--log shows growth that was refused, with the reason, and not endlessly")
  func refusedGrowth() throws {
    let module = """
      (memory 1 3) (table 2 funcref)
      (func (export "f") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "t") (result i32) (table.grow (ref.null func) (i32.const 1000)))
      (func (export "many") (local i32)
        (loop (drop (memory.grow (i32.const 9))) (local.set 0 (i32.add (local.get 0) (i32.const 1)))
          (br_if 0 (i32.lt_u (local.get 0) (i32.const 100)))))
      """
    for (arguments, line) in [
      (["f", "3"], "refused: memory.grow by 3 pages, from 1: its type allows 3"),
      (
        ["f", "1"],
        "refused: memory.grow by 1 page, from 1: the growth needs 64 KiB, the limit is 68 KiB, with 64 KiB in use (--max-memory)"
      ),
      (
        ["t"],
        "refused: table.grow by 1000 elements, from 2: the growth needs 7.8 KiB, the limit is 68 KiB, with 64 KiB in use (--max-memory)"
      ),
    ] {
      let options = ["--log", "--max-memory", "68KiB", "MODULE", "--invoke"]
      let result = try Executable.run(options + arguments, module: module)
      #expect(result.output == "-1\n" && result.error == "needletail: \(line)\n", "\(result.error)")
      #expect(
        try Executable.run(["--max-memory", "68KiB", "MODULE", "--invoke"] + arguments, module: module).error == "")
    }
    let many = try Executable.run(["--log", "MODULE", "--invoke", "many"], module: module).error.split(separator: "\n")
    #expect(many.count == 21 && many.last == "needletail: growth was refused more often")
  }

  @Test("Each cause is told apart", arguments: cases.indices)
  func causes(index: Int) throws {
    let (options, system, module, message, status) = Self.cases[index]
    // Compiled code reserves address space for each memory, which is another message.
    for engine in system.isEmpty ? ["interpreter", "jit"] : ["interpreter"] {
      let result = try HostProcess.shell(
        "\(system.isEmpty ? ":" : system); \"$NEEDLETAIL\" run --engine \(engine) \(options) \"$MODULE\" \(options.contains("invoke") ? "1000000000" : "")",
        module: module)
      let line = result.error.split(separator: "\n").first.map(String.init) ?? ""
      #expect(line.hasSuffix(": \(message)"), "\(engine) \(options): \(result.error)")
      #expect(result.status == status)
    }
  }

  @Test("Machine code has a limit: --jit refuses the module, and the default engine interprets")
  func codeSize() throws {
    let body = String(repeating: "(local.set 0 (i32.mul (local.get 0) (local.get 0)))", count: 4000)
    let module = "(func (export \"f\") (param i32) (result i32) \(body) (local.get 0))"
    let arguments = ["--max-code-size", "4KiB", "MODULE", "--invoke", "f", "1"]
    let refused = try Executable.run(["--jit"] + arguments, module: module)
    #expect(refused.status == 1)
    #expect(refused.error.contains("the limit of the engine is 4 KiB (--max-code-size)"), "\(refused.error)")
    #expect(try Executable.run(["--tier-up", "0"] + arguments, module: module).output == "1\n")
  }

  @Test("The time of compiling has a limit")
  func compilationTime() throws {
    let body = String(repeating: "(local.set 0 (i32.mul (local.get 0) (local.get 0)))", count: 500)
    let functions = (0..<100).map { "(func (export \"f\($0)\") (param i32) (result i32) \(body) (local.get 0))" }
    let arguments = ["--no-cache", "--max-compile-time", "1ms", "--invoke", "f7", "MODULE", "1"]
    let refused = try Executable.run(["--aot"] + arguments, module: functions.joined())
    #expect(refused.status == 1)
    #expect(
      refused.error.contains("compiling takes longer than 0.001 seconds (--max-compile-time)"), "\(refused.error)")
    #expect(try Executable.run(["--tier-up", "0"] + arguments, module: functions.joined()).output == "1\n")
  }

  @Test("Descriptors and threads have limits, which --log names")
  func programs() throws {
    let threads = """
      (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
      (import "env" "memory" (memory 1 1 shared))
      (func (export "wasi_thread_start") (param i32 i32))
      (func (export "_start") (if (i32.gt_s (call $spawn (i32.const 0)) (i32.const 0)) (then (unreachable))))
      """
    let result = try Executable.run(["--log", "--max-threads", "0", "MODULE"], module: threads)
    #expect(result.status == 0)
    #expect(
      result.error
        == "needletail: denied: thread-spawn: too many threads: expected at most 0, found 1 (--max-threads)\n",
      "\(result.error)")
    let scratch = try Scratch()
    try scratch.write("in.txt", "text")
    let path = try scratch.write("m.wat", GuestProgram.copyFile)
    let files = try Executable.run(
      ["--log", "--max-descriptors", "4", "--dir", ".::/data", path], folder: scratch.folder)
    #expect(
      files.error.contains("too many descriptors: expected at most 4, found 5 (--max-descriptors)"), "\(files.error)")
  }

  @Test("Limits of modules hold after the module too, and for 'validate'; wrong ones are refused")
  func moduleLimits() throws {
    let module = "(func (export \"f\")) (func)"
    for arguments in [
      ["MODULE", "--invoke", "f", "--module-limits", "functions=1"],
      ["validate", "--module-limits=functions=1", "MODULE"],
    ] {
      let result = try Executable.run(arguments, module: module)
      #expect(result.status == 1 && result.error.contains("expected at most 1, found 2 (--module-limits functions)"))
    }
    #expect(
      try Executable.run(["validate", "--module-limits", "functions=2,locals=0", "MODULE"], module: module).status == 0)
    for (list, message) in [
      ("function=1", "hint: did you mean 'functions'?"), ("mems=1", "hint: did you mean 'memories'?"),
      ("funcs=1", "hint: did you mean 'functions' or 'function-body-size'?"),
      ("data=1", "hint: did you mean 'data-segments'?"), ("nosuch=1", "found 'nosuch'\nusage:"),
      ("module-size=", "missing value of --module-limits module-size: expected --module-limits module-size=SIZE\n"),
      ("types=1,,tags=1", "invalid --module-limits: expected NAME=N with commas between them, found 'types=1,,tags=1'"),
      ("module-size=99999999TiB", "module-size: expected at most 1 GiB, found '99999999TiB'"),
      ("types=99999999999999999999", "types: expected at most 500000, found '99999999999999999999'"),
      ("types", "missing value of --module-limits types: expected --module-limits types=N\nusage:"),
      ("module-size=x", "invalid --module-limits module-size: expected a size, such as 65536 or 64KiB, found 'x'"),
    ] {
      let result = try Executable.run(["validate", "--module-limits", list, "MODULE"], module: module)
      #expect(result.status == 2 && result.error.contains(message), "\(result.error)")
    }
  }

  @Test(
    "An option that sets a limit is named as it was typed",
    arguments: [
      ("-W max-memory-size=64KB", "", "(memory 2)", "the limit is 64 KiB (-W max-memory-size)", 1),
      ("--max-memory-size 64KB", "", "(memory 2)", "the limit is 64 KiB (--max-memory-size)", 1),
      ("--gc-heap-size=1MB --invoke f", "1000000000", array, "the limit on objects is 1 MiB (--gc-heap-size)", 134),
      (
        "-W max-memory-size=1MB --max-heap 2MB", "", "",
        "--max-heap 2MB has no effect: expected at most -W max-memory-size=1MB",
        2
      ),
      (
        "-W max-wasm-stack=65536 --invoke f", "", "(func $f (export \"f\") (call $f))",
        "the recursion may be endless; -W max-wasm-stack=SIZE allows more calls", 134
      ),
      (
        "--stack-size 65536 --invoke f", "", "(func $f (export \"f\") (call $f))",
        "the recursion may be endless; --stack-size SIZE allows more calls", 134
      ),
    ])
  func spellings(options: String, argument: String, module: String, message: String, status: Int) throws {
    let words = options.split(separator: " ").map(String.init) + ["MODULE"] + (argument.isEmpty ? [] : [argument])
    let result = try Executable.run(words, module: module)
    #expect(result.error.split(separator: "\n").contains { $0.hasSuffix(message) }, "\(result.error)")
    #expect(result.status == status)
  }

  @Test(
    "A stack that is larger than the system's memory is refused before the program runs", arguments: ["auto", "jit"])
  func hugeStack(engine: String) throws {
    let result = try Executable.run(
      ["--engine", engine, "--max-stack-size", "1TiB", "--invoke", "f", "MODULE"],
      module: "(func $f (export \"f\") (call $f))")
    #expect(
      result.error.hasSuffix(": the system has no memory for a stack of 1 TiB (--max-stack-size)\n"),
      "\(result.error)")
    #expect(result.status == 1)
  }

  @Test(
    "A unit after a space belongs to the number",
    arguments: [
      ("--max-memory 64 KiB", "--max-memory", "64 KiB", "--max-memory 64KiB"),
      ("--max-memory=64 kb", "--max-memory", "64 kb", "--max-memory 64kb"),
      ("--max-heap 65536 bytes", "--max-heap", "65536 bytes", "--max-heap 65536"),
      ("-W max-memory-size=1.5 GiB", "-W max-memory-size", "1.5 GiB", "-W max-memory-size=1.5GiB"),
      ("--timeout 5 s", "--timeout", "5 s", "--timeout 5s"),
    ])
  func units(options: String, spelling: String, found: String, hint: String) throws {
    let words = options.split(separator: " ").map(String.init)
    for arguments in [words + ["MODULE"], ["MODULE"] + words] {
      let result = try Executable.run(
        ["run"] + arguments + ["--invoke", "f"], module: "(func (export \"f\"))")
      #expect(
        result.error.hasPrefix(
          "error: invalid \(spelling): expected a number and its unit in one word, found '\(found)'\nhint: write \(hint)\n"
        ),
        "\(result.error)")
      #expect(result.status == 2)
    }
  }

  @Test(
    "Sizes that cannot be read are refused with the units, and those out of range with the bound",
    arguments: [
      (
        "--max-heap 5x",
        "invalid --max-heap: expected a size, in bytes or with a unit (KiB, MiB, GiB or TiB), such as 65536, 64KiB or 1.5GiB, found '5x'"
      ),
      (
        "--max-memory -1",
        "invalid --max-memory: expected a size, in bytes or with a unit (KiB, MiB, GiB or TiB), such as 65536, 64KiB or 1.5GiB, found '-1'"
      ),
      (
        "--max-stack-size 1KB",
        "invalid --max-stack-size: expected at least 16 KiB, found '1KB'"
      ),
      (
        "--max-stack-size 16383",
        "invalid --max-stack-size: expected at least 16 KiB, found '16383'"
      ),
      (
        "--max-stack-size 9999999TiB",
        "invalid --max-stack-size: expected a size below 8388608 TiB, found '9999999TiB'"
      ),
      ("--max-memory 99999999TiB", "invalid --max-memory: expected a size below 16777216 TiB, found '99999999TiB'"),
      (
        "--max-heap 1.8e19GB",
        "invalid --max-heap: expected a size, in bytes or with a unit (KiB, MiB, GiB or TiB), such as 65536, 64KiB or 1.5GiB, found '1.8e19GB'"
      ),
      (
        "-W max-memory-size=18446744073709551616",
        "invalid -W max-memory-size: expected a size below 16777216 TiB, found '18446744073709551616'"
      ),
    ])
  func sizes(options: String, message: String) throws {
    let result = try HostProcess.shell("\"$NEEDLETAIL\" run \(options) \"$MODULE\"", module: "(module)")
    #expect(result.error.hasPrefix("error: \(message)\n"), "\(result.error)")
    #expect(result.status == 2)
  }

  @Test("A reader that is gone ends a command quietly, as it does other tools")
  func closedPipe() throws {
    // What started the tests may ignore the signal, and that is inherited.
    let command = "env --default-signal=PIPE \"$NEEDLETAIL\" --help"
    let result = try HostProcess.shell("{ sleep 0.2; \(command); echo $? >&2; } | true", module: "")
    #expect(result.error == "141\n")
  }
}
