import Foundation
import Testing

/// Options and commands of wasmtime, wasmer and wazero: they work, or the error names the counterpart.
@Suite struct ForeignOptionTests {
  private static let module = """
    (module (func (export "f")) (func (export "nan") (result i32) (i32.reinterpret_f32 (f32.div (f32.const 0) (f32.const 0)))))
    """

  @Test(
    "Options with the same meaning work",
    arguments: [
      "-W simd=n", "-Wgc", "--wasm gc=y,simd=n", "-W all-proposals", "-W max-wasm-stack=1048576",
      "-W nan-canonicalization,relaxed-simd-deterministic=y", "-W unknown-exports-allow=y", "-S cli",
      "-S common,threads",
      "-W timeout=60", "-Wtimeout=60s,epoch-interruption=y", "-timeout=60s", "--time-limit 60000",
      "-S preview2=n,http=n,inherit-env=n,inherit-network=n", "-W component-model=n", "-W max-memory-size=100000",
      "-W max-table-elements=5,max-memories=1,max-tables=1,max-instances=1", "-W trap-on-grow-failure",
      "-W trap-on-grow-failure=n",
      "--stack-size 1048576", "-S inherit-stdin,inherit-stdout=y", "--jit -O 2", "--jit -O0", "--jit -O opt-level=1",
      "--aot -O opt-level=2", "--jit --opt-level 2", "--jit -O3", "--mapdir /a::.", "--mapdir /a:.", "--volume .:/a",
      "-v .:/a:ro", "-mount=.:/a", "-e A=B",
      "-env A=B", "-env=A=B", "-interpreter", "--enable-all", "--enable-simd", "--disable-simd",
      "--wasm-features all,-simd",
      "--jit --disable-cache", "--features gc --features=-simd", "--max-wasm-stack=1048576",
      "--wasi-modules default,experimental-wasi-threads,-experimental-wasi-nn", "--wasi-modules=wasi-common",
      "--enable-cranelift-nan-canonicalization", "--relaxed-simd-deterministic", "--interp", "--force-interpreter",
      "--jit -C cache=n -O opt-level=2", "-D debug-info=n,address-map=y", "-W branch-hinting=n,stack-switching=n",
      "-W component-model-async=n", "-W all-proposals=n", "-S nn=n,preview0",
      "--gc-heap-size=1048576", "--multi-tier-jit", "--allow-multiple-wasi-versions",
    ])
  func same(options: String) throws {
    let words = options.split(separator: " ").map(String.init)
    let result = try Executable.run(["run"] + words + ["--invoke", "f", "MODULE"], module: Self.module)
    #expect(result.error == "")
    #expect(result.status == 0)
  }

  @Test("all-proposals comes before the proposals, wherever it is given, as in wasmtime")
  func allProposals() throws {
    let vectors = "(module (func (export \"f\") (param v128)))"
    let extensions = "(module (func (export \"f\") (param i32) (drop (i32.extend8_s (local.get 0)))))"
    for (option, module, status) in [
      ("all-proposals=n", vectors, 1), ("simd,all-proposals=n", vectors, 0), ("all-proposals,simd=n", vectors, 1),
      ("simd=n,all-proposals", vectors, 1), ("all-proposals=n", extensions, 0),
    ] as [(String, String, Int32)] {
      let argument = module == vectors ? "0x0" : "1"
      let result = try Executable.run(["-W", option, "--invoke", "f", "MODULE", argument], module: module)
      #expect(result.status == status, "\(option): \(result.error)")
    }
  }

  @Test("help lists the settings of a group", arguments: ["-W", "-S", "-O", "-C", "-D", "--wasm", "--codegen"])
  func settings(option: String) throws {
    let settings = [
      "-W": ["fuel=N", "--fuel N", "PROPOSAL[=y|n]", "relaxed-simd", "epoch-deadline"],
      "-S": ["inherit-stdin[=y|n]", "--stdin null, if n", "cwd"], "-O": ["opt-level=0|1|2|s", "memory-reservation"],
      "-C": ["cache[=y|n]", "--no-cache, if n", "compiler=winch|cranelift"], "-D": ["debug-info", "coredump"],
    ]
    let letter = option == "--wasm" ? "-W" : option == "--codegen" ? "-C" : option
    let list = try Executable.run(["run", option, "help"])
    #expect(list.status == 0 && list.error == "")
    for text in settings[letter]! { #expect(list.output.contains(text), "\(list.output)") }
    #expect(list.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(list.output)")
    for arguments in [[option, "help"], ["\(option)=help-long", "none.wasm"]] {
      let result = try Executable.run(arguments)
      #expect(result.output == list.output && result.status == 0, "\(arguments): \(result.error)")
    }
    let help = try Executable.run(["help", option])
    #expect(help.output.hasSuffix(list.output) && help.status == 0)
  }

  @Test("Translated options have an effect")
  func effects() throws {
    let vectors = "(module (func (export \"f\") (param v128)))"
    for option in [["-W", "simd=n"], ["--disable-simd"], ["--wasm-features", "-simd"]] {
      let result = try Executable.run(option + ["--invoke", "f", "MODULE", "0x0"], module: vectors)
      #expect(result.error.contains("--features simd turns it on"), "\(result.error)")
    }
    for option in [["--mapdir", "/data::."], ["-v", ".:/data"], ["--volume", ".:/data"], ["-mount=.:/data:ro"]] {
      let scratch = try Scratch()
      try scratch.write("in.txt", "text")
      let path = try scratch.write("m.wat", GuestProgram.copyFile)
      let result = try Executable.run(option + ["--log", path], folder: scratch.folder)
      #expect(result.output == "text", "\(option): \(result.error)")
    }
    for option in ["-Wmax-memory-size=10", "--max-memory-size=10"] {
      let limited = try Executable.run([option, "MODULE"], module: "(memory 1) (func (export \"_start\"))")
      #expect(limited.error.contains("the limit is 10 bytes"), "\(limited.error)")
    }
    let small = try Executable.run(
      ["-W", "max-wasm-stack=16384", "--invoke", "f", "MODULE"], module: "(func $f (export \"f\") (call $f))")
    #expect(small.status == 134)
    #expect(try Executable.run(["-i", "f", "MODULE"], module: Self.module).status == 0)
    #expect(try Executable.run(["-invoke", "f", "MODULE"], module: Self.module).status == 0)
    let input = try Executable.run(
      ["-S", "inherit-stdin=n", "MODULE"], module: GuestProgram.text("", "(call $copy (i32.const 0))"), input: [65])
    #expect(input.output == "" && input.status == 0)
  }

  @Test(
    "Other options are answered with their counterpart",
    arguments: [
      ("-Wepoch-deadline=1", "-W epoch-deadline=1", "--timeout TIME limits the time"),
      (
        "-W simd=n,nonsense", "-W nonsense",
        "proposals are turned on and off by --features, limits are set by --max-memory, --max-stack-size, --fuel and --timeout\nhint: 'needletail run -W help' lists the settings"
      ),
      ("-W component-model", "-W component-model", "components cannot be run, only modules with WASI preview 1"),
      ("-S http", "-S http", "components cannot be run, only modules with WASI preview 1"),
      ("-S inherit-env", "-S inherit-env", "--env NAME gives one variable of this process"),
      (
        "-S x", "-S x",
        "the options --dir, --env, --stdin, --stdout, --stderr and --tcplisten say what a program can use\nhint: 'needletail run -S help' lists the settings"
      ),
      (
        "-S inherit-network=y", "-S inherit-network=y",
        "--tcplisten ADDRESS:PORT gives a listener; programs cannot connect"
      ),
      ("-D coredump=x", "-D coredump=x", "there are no core dumps; every trap has a backtrace"),
      (
        "-D debug-info", "-D debug-info",
        "there is no debugger; backtraces name functions, and lines of modules in the text format"
      ),
      (
        "-D max-backtrace=9", "-D max-backtrace=9",
        "backtraces have the innermost and the outermost frames, 24 lines at most"
      ),
      ("-C compiler=winch", "-C compiler=winch", "--jit -O none compiles fastest; there is one compiler"),
      (
        "-C nonsense", "-C nonsense",
        "--jit, -O and --cpu say how to compile; there is one compiler\nhint: 'needletail run -C help' lists the settings"
      ),
      (
        "-C cache-config=x.toml", "-C cache-config=x.toml",
        "there is no configuration file; the variable NEEDLETAIL_CACHE_DIR names the directory of the cache"
      ),
      ("-S cli=n", "-S cli=n", "nothing turns it off: a module that imports WASI gets it"),
      (
        "-O memory-guard-size=0", "-O memory-guard-size=0",
        "nothing sets how memories are reserved; --max-memory SIZE limits their size"
      ),
      (
        "-O opt-level=2,memory-reservation=4294967296", "-O memory-reservation=4294967296",
        "nothing sets how memories are reserved; --max-memory SIZE limits their size"
      ),
      (
        "-O pooling-total-tables=5", "-O pooling-total-tables=5",
        "there is no pooling allocator; --max-memory, --max-instances, --max-memories and --max-tables are limits"
      ),
      (
        "-O gc-heap-reservation=0", "-O gc-heap-reservation=0",
        "nothing sets how objects are reserved; --max-heap SIZE limits their size"
      ),
      (
        "-O nosuch=1", "-O nosuch=1",
        "-O none, basic or aggressive says how much work the compiler does\nhint: 'needletail run -O help' lists the settings"
      ),
      ("-S cwd=/", "-S cwd=/", "--dir HOST::. gives a directory as the current one"),
      ("-g 1234", "-g", "there is no debugger; backtraces name functions, and lines of modules in the text format"),
      ("-e main", "-e", "--invoke main calls an exported function, --env main gives a variable of this process"),
      ("-e m.wasm", "-e", "--invoke NAME calls an exported function, --env NAME gives a variable of this process"),
      ("--volume a", "--volume", "--dir a gives the directory under the same name"),
      ("--volume m.wasm", "--volume", "--dir HOST::GUEST[:ro] gives a directory"),
      ("-v", "-v", "--dir HOST::GUEST[:ro] gives a directory, --log shows what is denied, --version the version"),
      (
        "-listen=:80", "-listen", "--tcplisten ADDRESS:PORT gives a listener, as in --tcplisten 127.0.0.1:80"
      ),
      (
        "-listen=:http", "-listen", "--tcplisten ADDRESS:PORT gives a listener, as in --tcplisten 127.0.0.1:8080"
      ),
      ("-cachedir=x", "-cachedir", "the variable NEEDLETAIL_CACHE_DIR names the directory: NEEDLETAIL_CACHE_DIR=x"),
      ("-hostlogging=all", "-hostlogging", "--log tells what the program was denied"),
      ("--metering", "--metering", "--fuel N limits the instructions, --fuel-usage prints how many ran"),
      (
        "--enable-all-statistics", "--enable-all-statistics",
        "--fuel-usage prints the use of fuel, --memory-usage that of memory"
      ),
      (
        "--memory-page-limit 100", "--memory-page-limit",
        "--max-memory 6400KiB limits memories, tables and objects of all modules together"
      ),
      (
        "--heap-size=1MB", "--heap-size", "--max-memory 1MB limits memories, tables and objects of all modules together"
      ),
      (
        "--memory-limit much", "--memory-limit",
        "--max-memory SIZE limits memories, tables and objects of all modules together"
      ),
      ("--llvm", "--llvm", "--aot compiles to the fastest code"),
      (
        "-q", "-q",
        "messages go to standard error, so '2> /dev/null' hides them"
      ),
      (
        "--quiet", "--quiet",
        "messages go to standard error, so '2> /dev/null' hides them"
      ),
      (
        "--wasi-modules experimental-wasi-nn", "--wasi-modules",
        "wasi-nn is not available, only WASI preview 1 and wasi-threads"
      ),
      (
        "--wasi-modules=-wasi-common", "--wasi-modules", "nothing turns it off: a module that imports WASI gets it"
      ),
      (
        "--profiler perfmap", "--profiler",
        "--jit --profile perfmap or --profile jitdump writes symbol information for perf"
      ),
      (
        "--static-memory-maximum-size 0", "--static-memory-maximum-size",
        "nothing sets how memories are reserved; --max-memory SIZE limits their size"
      ),
      ("--llvm-jit", "--llvm-jit", "--aot compiles to the fastest code"),
      ("--folded", "--folded", "--folded is an option of 'needletail print'"),
      (
        "-o x", "-o",
        "-o is an option of 'needletail compile', 'needletail snapshot', 'needletail explore', 'needletail parse' and 'needletail print'"
      ),
      ("--no-validate", "--no-validate", "--no-validate is an option of 'needletail parse'"),
      ("--net", "--net", "--tcplisten ADDRESS:PORT gives a listener; programs cannot connect"),
      ("--config x.toml", "--config", "there is no configuration file: options say everything"),
    ])
  func counterparts(options: String, spelling: String, hint: String) throws {
    let words = options.split(separator: " ").map(String.init)
    let result = try Executable.run(["run"] + words + ["--invoke", "f", "MODULE"], module: Self.module)
    #expect(
      result.error.hasPrefix("error: unknown option '\(spelling)'\nhint: \(hint)\nusage: needletail run "),
      "\(result.error)")
    #expect(result.status == 2)
  }

  @Test(
    "Values that an option of another runtime does not have",
    arguments: [
      ("-W simd=x", "invalid -W simd: expected 'y' or 'n', found 'x'"),
      ("-S inherit-stdin=x", "invalid -S inherit-stdin: expected 'y' or 'n', found 'x'"),
      ("--mapdir /d", "invalid --mapdir: expected GUEST::HOST, found '/d'"),
      ("-S cli=x", "invalid -S cli: expected 'y' or 'n', found 'x'"),
      (
        "-Wmax-memory-size=much",
        "invalid -W max-memory-size: expected a size, in bytes or with a unit (KiB, MiB, GiB or TiB), such as 65536, 64KiB or 1.5GiB, found 'much'"
      ),
      ("-W fuel=x", "invalid -W fuel: expected a number from 0 to 9223372036854775807, found 'x'"),
    ])
  func invalidValues(options: String, message: String) throws {
    let words = options.split(separator: " ").map(String.init)
    let result = try Executable.run(words + ["--invoke", "f", "MODULE"], module: Self.module)
    #expect(result.error.hasPrefix("error: \(message)\nusage: "), "\(result.error)")
    #expect(result.status == 2)
  }

  @Test(
    "compile has counterparts of its own",
    arguments: [
      ("--jit", "'compile' always makes machine code; leave --jit out"),
      ("--aot", "'compile' always makes machine code; leave --aot out"),
      ("--lazy", "'compile' always makes machine code; leave --lazy out"),
      ("--singlepass", "-O none compiles fastest"), ("--llvm", "-O aggressive compiles to the fastest code"),
    ])
  func compileCounterparts(option: String, hint: String) throws {
    let result = try Executable.run(["compile", option, "MODULE"], module: Self.module)
    #expect(result.error.hasPrefix("error: unknown option '\(option)'\nhint: \(hint)\nusage: "), "\(result.error)")
    #expect(result.status == 2)
  }

  @Test("compile accepts the triples of compilers for its target")
  func targets() throws {
    for (target, status) in [
      ("x86_64-unknown-linux-gnu", 0), ("x86_64-linux-musl", 0), ("x86_64", 0), ("x86-64", 0),
      ("aarch64-unknown-linux-gnu", 2), ("x86_64-pc-windows-msvc", 2),
    ] as [(String, Int32)] {
      let result = try Executable.run(
        ["compile", "--target", target, "MODULE", "-o", "/dev/null"], module: Self.module)
      #expect(result.status == status, "\(target): \(result.error)")
    }
  }

  @Test(
    "An option of another command is called so",
    arguments: [
      ("parse --folded", "--folded is an option of 'needletail print'"),
      ("parse -folded", "-folded is an option of 'needletail print'"),
      ("print --no-validate", "--no-validate is an option of 'needletail parse'"),
      ("print --features=gc", "--features is an option of"),
      ("validate --max-memory 1MB", "--max-memory is an option of"),
      ("validate -W max-memory-size=1MB", "--max-memory is an option of 'needletail run'"),
      ("objdump --emit ir", "--emit is an option of 'needletail compile'"),
      ("cache --no-cache", "--no-cache is an option of 'needletail run'"),
      ("print --fold-exprs", "--folded nests instructions"),
      ("parse --no-check", "--no-validate leaves out the validation"),
      ("objdump --headers", "--sections shows the sections"),
    ])
  func optionsOfOtherCommands(command: String, hint: String) throws {
    let result = try Executable.run(command.split(separator: " ").map(String.init) + ["MODULE"], module: Self.module)
    #expect(result.error.hasPrefix("error: unknown option '"), "\(result.error)")
    #expect(result.error.contains("\nhint: \(hint)"), "\(result.error)")
    #expect(result.status == 2)
  }

  @Test("A command does not accept the translation of an option that it does not have")
  func otherCommands() throws {
    for (command, option) in [("print", "-W"), ("objdump", "--enable-simd"), ("validate", "-v")] {
      let result = try Executable.run([command, option, "a:b", "x"])
      #expect(result.error.hasPrefix("error: unknown option '\(option)"), "\(result.error)")
      #expect(result.status == 2)
    }
  }

  @Test(
    "A first word that is neither a command nor a file",
    arguments: [
      ("serve", "HTTP servers are components, which cannot be run yet; --tcplisten gives a program a listener"),
      ("validte", "did you mean the command 'validate'?"), ("versoin", "did you mean the command 'version'?"),
      ("wat2wasm", "'needletail parse' does this"), ("info", "'needletail objdump' does this"),
      ("tool", "did you mean 'tool.wasm'?"), ("tolo.wat", nil), ("xyzzy", nil),
    ] as [(String, String?)])
  func unknownCommands(word: String, hint: String?) throws {
    let scratch = try Scratch()
    try scratch.write("tool.wasm", "")
    let result = try Executable.run([word], folder: scratch.folder)
    guard !word.contains(".") else {
      #expect(result.error.hasPrefix("error: cannot read '\(word)': No such file or directory\n"))
      #expect(result.status == 1)
      return
    }
    let lines = hint.map { "hint: \($0)\n" } ?? ""
    #expect(
      result.error
        == "error: unknown command '\(word)', and no file has this name\n\(lines)See 'needletail --help' for the commands.\n"
    )
    #expect(result.status == 2)
    let help = try Executable.run(["help", word], folder: scratch.folder)
    #expect(help.error.hasPrefix("error: unknown command or topic '\(word)'\n"), "\(help.error)")
    #expect(help.status == 2)
  }

  @Test("A file may have any name but that of a command")
  func bareNames() throws {
    let scratch = try Scratch()
    try scratch.write("serve", "(module (func (export \"f\") (result i32) (i32.const 7)))")
    #expect(try Executable.run(["serve", "--invoke", "f"], folder: scratch.folder).output == "7\n")
  }

  @Test("help and version are commands, too")
  func words() throws {
    #expect(try Executable.run(["version"]).output == Executable.run(["--version"]).output)
    #expect(try Executable.run(["help"]).output == Executable.run(["--help"]).output)
    for words in [["version", "x"], ["--version", "x"], ["help", "features", "x"]] {
      let result = try Executable.run(words)
      #expect(result.error.hasPrefix("error: unexpected argument 'x'\n"), "\(result.error)")
      #expect(result.status == 2 && result.output == "")
    }
    let features = try Executable.run(["help", "features"])
    #expect(features.status == 0)
    for name in ["wasm3", "custom-descriptors", "simd"] { #expect(features.output.contains(name)) }
  }

  private static let topics = [
    "features", "limits", "policy", "fuel", "wasi", "engines", "exit-status", "environment", "other-runtimes",
  ]

  @Test(
    "There is help for topics, their synonyms and options",
    arguments: [
      ("features", "wasm3"), ("proposals", "wasm3"), ("limits", "--max-stack-size"), ("memory", "--max-memory"),
      ("fuel", "--fuel-usage"), ("gas", "compile"), ("wasi", "--tcplisten"), ("engines", "--tier-up"),
      ("exit-status", "134"), ("exit", "130"), ("environment", "NEEDLETAIL_CACHE_DIR"),
      ("--dir", "--dir HOST[::GUEST][:ro]"), ("dir", "Give the program a directory"),
      ("-O", "usage: needletail compile"),
      ("emit", "ir|asm|bytecode|wasm-map"),
      ("wasmtime", "-W max-memory-size"), ("-i", "--invoke NAME"), ("--volume", "--dir HOST[::GUEST][:ro]"),
      ("-v", "--dir HOST[::GUEST][:ro]"), ("-e", "--env NAME[=VALUE]"), ("-W", "--features"), ("--net", "--tcplisten"),
      ("help", "commands:"), ("version", "needletail --version"),
    ])
  func topics(word: String, text: String) throws {
    let help = try Executable.run(["help", word])
    #expect(help.status == 0 && help.error.isEmpty && help.output.contains(text), "\(help)")
    let overview = try Executable.run(["help"]).output.replacing("\n", with: " ")
    #expect(overview.contains(Self.topics.joined(separator: ", ")))
  }

  @Test("For an unknown topic, the topics are listed")
  func unknownTopic() throws {
    let help = try Executable.run(["help", "fule"])
    #expect(
      help.error == """
        error: unknown command or topic 'fule'
        hint: did you mean 'fuel'?
        hint: there is help for all commands and options, and for \(Self.topics.joined(separator: ", "))
        See 'needletail --help' for the commands.

        """)
    #expect(help.status == 2)
  }

  @Test("No line of the help is longer than 80 columns")
  func width() throws {
    let commands = [
      "run", "validate", "compile", "explore", "parse", "print", "objdump", "wast", "cache", "completions",
    ]
    for arguments in [["help"]] + (commands + Self.topics).map({ ["help", $0] }) {
      let long = try Executable.run(arguments).output.split(separator: "\n").filter { $0.count > 80 }
      #expect(long == [], "\(arguments)")
    }
  }

  @Test(
    "Options that contradict each other or have no effect are refused",
    arguments: [
      ("--max-memory 1MB --max-heap 2MB", "--max-heap 2MB has no effect: expected at most --max-memory 1MB", nil),
      (
        "-W max-memory-size=1MB --max-linear-memory 2MB",
        "--max-linear-memory 2MB has no effect: expected at most -W max-memory-size=1MB", nil
      ),
      (
        "--preload envv=lib.wat", "--preload envv=lib.wat has no effect: 'm.wat' does not import from 'envv'",
        "did you mean --preload env=lib.wat?"
      ),
      (
        "--preload other=lib.wat", "--preload other=lib.wat has no effect: 'm.wat' does not import from 'other'",
        "it imports from 'env'"
      ),
      ("--preload env=lib.wat --preload env=m.wat", "--preload env=m.wat: another module was preloaded as 'env'", nil),
      ("--features -all", "invalid --features: the set 'all' cannot be turned off", nil),
      ("--features xyz", "unknown feature 'xyz'", "'needletail help features' lists them"),
    ] as [(String, String, String?)])
  func withoutEffect(options: String, message: String, hint: String?) throws {
    let scratch = try Scratch()
    try scratch.write("lib.wat", "(module (func (export \"g\")))")
    try scratch.write("m.wat", "(module (import \"env\" \"g\" (func)) (func (export \"f\")))")
    let words = options.split(separator: " ").map(String.init)
    let result = try Executable.run(words + ["--invoke", "f", "m.wat"], folder: scratch.folder)
    let lines = hint.map { "hint: \($0)\n" } ?? ""
    #expect(result.error.hasPrefix("error: \(message)\n\(lines)usage: "), "\(result.error)")
    #expect(result.status == 2)
  }

  @Test(
    "A misspelled access gives no access", arguments: ["--volume d:/data:RO", "-v d:/data:r", "-mount=d:/data:xx"])
  func access(option: String) throws {
    let result = try Executable.run(option.split(separator: " ").map(String.init) + ["MODULE"], module: "(module)")
    #expect(result.status == 2)
    #expect(result.error.hasPrefix("error: invalid \(option.prefix { $0 != " " && $0 != "=" })"))
    #expect(result.error.split(separator: "\n")[0].contains("expected access 'ro' or 'rw', found '"))
  }
}
