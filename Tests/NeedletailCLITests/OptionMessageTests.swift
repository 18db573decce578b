import Testing

/// Messages about options show what was typed, and name what was probably meant.
@Suite struct OptionMessageTests {
  private static let module = "(module (func (export \"f\")))"

  /// - Parameter lines: the error and its hints.
  private func check(_ options: String, _ lines: String) throws {
    let words = options.split(separator: " ", omittingEmptySubsequences: false).map { $0 == "''" ? "" : String($0) }
    let result = try Executable.run(words + ["MODULE", "--invoke", "f"], module: Self.module)
    #expect(result.error.hasPrefix("error: \(lines)\nusage: needletail "), "\(result.error)")
    #expect(result.status == 2 && result.output == "")
  }

  @Test(
    "A value with an implied unit is shown as it was typed",
    arguments: [
      ("--time-limit 300ms", "invalid --time-limit: expected a number of milliseconds, such as 500, found '300ms'"),
      ("--time-limit=x", "invalid --time-limit: expected a number of milliseconds, such as 500, found 'x'"),
      ("--time-limit 3 --time-limit 4", "--time-limit was given twice, with different values: '3' and '4'"),
      ("--time-limit 0", "invalid --time-limit: expected a time from 0.000001ms to 277777h, found '0'"),
      ("-W timeout=99999999999", "invalid -W timeout: expected a time from 0.000001ms to 277777h, found '99999999999'"),
      (
        "--timeout 300",
        "invalid --timeout: expected a time with a unit (ms, s, m or h), such as 500ms or 2.5s, found '300'\nhint: write --timeout 300s for seconds"
      ),
    ])
  func impliedUnits(options: String, lines: String) throws { try check(options, lines) }

  @Test("A hint about a limit, and an error about two directories, show what was typed")
  func typedValues() throws {
    let limit = try Executable.run(
      ["--time-limit", "1", "--invoke", "f", "MODULE"], module: "(module (func (export \"f\") (loop $l (br $l))))")
    #expect(limit.error.contains("\nhint: --time-limit 1 is the limit; a longer time allows more\n"), "\(limit.error)")
    let scratch = try Scratch()
    try scratch.write("d/x", "")
    let module = try scratch.write("m.wat", GuestProgram.copyFile)
    let both = try Executable.run(["--volume", ".:/a", "-v", "d:/a", module], folder: scratch.folder)
    #expect(
      both.error.hasPrefix("error: -v d:/a: --volume .:/a gives the program another directory '/a'\n"),
      "\(both.error)")
  }

  @Test(
    "Two options that mean the same are both named",
    arguments: [
      ("--fuel 3 -W fuel=4", "--fuel 3 and -W fuel=4 contradict each other: both mean --fuel"),
      ("-W fuel=4 --gas-limit 3", "-W fuel=4 and --gas-limit 3 contradict each other: both mean --fuel"),
      ("-W fuel=3,fuel=4", "-W fuel was given twice, with different values: '3' and '4'"),
      ("--time-limit 5 -W timeout=5", "--time-limit 5 and -W timeout=5 contradict each other: both mean --timeout"),
      ("-S inherit-stdin=n --stdin x", "-S inherit-stdin=n and --stdin x contradict each other: both mean --stdin"),
      ("-interpreter --engine jit", "-interpreter and --engine jit contradict each other: both mean --engine"),
      ("-O2 --opt-level 0", "-O 2 and --opt-level 0 contradict each other: both mean --optimize"),
      ("-O opt-level=2 -O0", "-O opt-level=2 and -O 0 contradict each other: both mean --optimize"),
      (
        "--stack-size 65536 --max-stack-size=1MB",
        "--stack-size 65536 and --max-stack-size 1MB contradict each other: both mean --max-stack-size"
      ),
      ("--interp --jit", "--interp and --jit contradict each other"),
      ("-aot -lazy", "-aot and -lazy contradict each other"),
      ("--aot -O opt-level=0", "--aot and -O opt-level=0 contradict each other: --aot is --jit -O aggressive"),
      ("--disable-cache -C cache", "--disable-cache and -C cache contradict each other"),
      ("--wasm-features -all", "invalid --wasm-features: the set 'all' cannot be turned off"),
    ])
  func sameMeaning(options: String, lines: String) throws { try check(options, lines) }

  @Test(
    "A missing value is called so",
    arguments: [
      ("--max-memory=", "missing value of --max-memory: expected --max-memory SIZE"),
      ("--max-memory ''", "missing value of --max-memory: expected --max-memory SIZE"),
      ("--fuel=", "missing value of --fuel: expected --fuel N"),
      ("-O=", "missing value of -O: expected -O none|basic|aggressive"),
      ("-W fuel", "missing value of -W fuel: expected -W fuel=N"),
      ("-W fuel=", "missing value of -W fuel: expected -W fuel=N"),
      ("-W timeout=", "missing value of -W timeout: expected -W timeout=TIME"),
      ("-W max-memory-size", "missing value of -W max-memory-size: expected -W max-memory-size=SIZE"),
      ("-W simd=", "missing value of -W simd: expected -W simd=y|n"),
      ("-W ''", "missing value of -W: expected -W SETTING[=VALUE]\nhint: 'needletail run -W help' lists the settings"),
      ("-S tcplisten", "missing value of -S tcplisten: expected -S tcplisten=ADDRESS:PORT"),
      ("-O opt-level=", "missing value of -O opt-level: expected -O opt-level=0|1|2|s"),
      ("--env ''", "missing value of --env: expected --env NAME[=VALUE]"),
      ("--stdout=", "missing value of --stdout: expected --stdout inherit|null|FILE"),
      ("--policy=", "missing value of --policy: expected --policy FILE"),
      ("--clock=", "missing value of --clock: expected --clock system|frozen[=NANOSECONDS]"),
      ("--wasm-timeout=", "missing value of --wasm-timeout: expected --wasm-timeout VALUE"),
      ("--volume --jit", "unknown option '--volume'\nhint: --dir HOST::GUEST[:ro] gives a directory"),
      ("--mapdir --jit", "missing value of --mapdir: expected --mapdir VALUE"),
      (
        "-W ,",
        "invalid -W: expected settings with commas between them, found ','\nhint: 'needletail run -W help' lists the settings"
      ),
      (
        "-W simd,,gc",
        "invalid -W: expected settings with commas between them, found 'simd,,gc'\nhint: 'needletail run -W help' lists the settings"
      ),
      (
        "--fuel --help",
        "missing value of --fuel: expected --fuel N, found the option '--help'\nhint: 'needletail help run --fuel' explains the option"
      ),
    ])
  func missingValues(options: String, lines: String) throws { try check(options, lines) }

  @Test(
    "For a name that is looked up in a list, a similar one is suggested",
    arguments: [
      ("-W sim=n", "unknown option '-W sim=n'\nhint: did you mean '-W simd'?"),
      ("--wasm fule=3", "unknown option '--wasm fule=3'\nhint: did you mean '--wasm fuel'?"),
      ("-S inherit-stdn=n", "unknown option '-S inherit-stdn=n'\nhint: did you mean '-S inherit-stdin'?"),
      ("-O memry-init-cow=n", "unknown option '-O memry-init-cow=n'\nhint: did you mean '-O memory-init-cow'?"),
      (
        "-O agressive",
        "invalid -O: expected 'none', 'basic' or 'aggressive', found 'agressive'\nhint: did you mean 'aggressive'?"
      ),
      ("-C cach=n", "unknown option '-C cach=n'\nhint: did you mean '-C cache'?"),
      ("-D coredmp=x", "unknown option '-D coredmp=x'\nhint: did you mean '-D coredump'?"),
      ("--enable-nosuch", "unknown option '--enable-nosuch'\nhint: 'needletail help features' lists the proposals"),
      ("--disable-sim", "unknown option '--disable-sim'\nhint: did you mean '--disable-simd'?"),
      ("--wasm-timeot", "unknown option '--wasm-timeot'\nhint: did you mean '--wasm-timeout'?"),
      ("-mout=x", "unknown option '-mout'\nhint: did you mean '-mount'?"),
      ("-verison", "unknown option '-verison'\nhint: did you mean '-version'?"),
      (
        "--memory",
        "unknown option '--memory'\nhint: did you mean '--max-memory', '--max-linear-memory' or '--memory-usage'?"
      ),
      (
        "--clock froze",
        "invalid --clock: expected 'system', 'frozen' or 'frozen=NANOSECONDS', from 0 to 18446744073709551615, found 'froze'\nhint: did you mean 'frozen'?"
      ),
      (
        "--wasi-modules defalt",
        "invalid --wasi-modules: expected 'default', 'wasi-common', 'experimental-wasi-threads', 'experimental-wasi-nn', 'experimental-wasi-http' or 'experimental-wasi-crypto', found 'defalt'\nhint: did you mean 'default'?"
      ),
    ])
  func suggestions(options: String, lines: String) throws { try check(options, lines) }

  @Test(
    "A number or time in another form has a hint with the form here",
    arguments: [
      ("--fuel 1e6", "--fuel 1000000"), ("--fuel 1,000", "--fuel 1000"), ("-W fuel=1.5k", "-W fuel=1500"),
      ("--max-instances 2M", "--max-instances 2000000"), ("--timeout 5sec", "--timeout 5s"),
      ("--timeout 5S", "--timeout 5s"), ("--timeout 1h30m", "--timeout 5400s"),
      ("--timeout 9500500us", "--timeout 9500.5ms"),
      ("-W timeout=1d", "-W timeout=86400s"), ("--timeout 1m500ms", "--timeout 60500ms"),
      ("--module-limits functions=1k", "functions=1000"),
    ])
  func otherForms(options: String, form: String) throws {
    let words = options.split(separator: " ").map(String.init)
    let result = try Executable.run(words + ["MODULE", "--invoke", "f"], module: Self.module)
    #expect(result.error.contains("\nhint: write \(form)\nusage: "), "\(result.error)")
    #expect(result.status == 2)
    // The form of the hint works.
    let option = form.hasPrefix("-") ? form : "--module-limits \(form)"
    let again = try Executable.run(
      option.split(separator: " ").map(String.init) + ["MODULE", "--invoke", "f"], module: Self.module)
    #expect(again.status == 0, "\(again.error)")
  }

  @Test(
    "A number that has no other form has no hint", arguments: ["--fuel -1", "--fuel x", "--fuel 1e99", "--fuel 1.5"])
  func noOtherForm(options: String) throws {
    let words = options.split(separator: " ").map(String.init)
    let result = try Executable.run(words + ["MODULE", "--invoke", "f"], module: Self.module)
    #expect(result.status == 2 && !result.error.contains("hint: "), "\(result.error)")
  }

  @Test("The hints of commands name the option as it was typed, and what to write")
  func commands() throws {
    let scratch = try Scratch()
    try scratch.write("m.wat", Self.module)
    for (arguments, hint) in [
      (["print", "m.wat", "-o", "m.wat"], "name another file with -o"),
      (["parse", "m.wat", "--output=m.wat"], "name another file with --output"),
      (["--invoke", "f(1, 2)", "m.wat"], "arguments come after the module: --invoke f m.wat 1 2"),
      (["m.wat", "f", "1"], "did you mean --invoke f? It comes before the module"),
      (["m.wat", "g"], "--invoke calls one of its functions: f"),
      (["compile", "--emit", "ir", "--function", "nosuch", "m.wat"], "it has f"),
      (["--policy", "m.wat", "m.wat"], "'needletail help policy' lists the members"),
    ] {
      let result = try Executable.run(arguments, folder: scratch.folder)
      #expect(result.error.contains("\nhint: \(hint)\n") && result.status == 1, "\(arguments): \(result.error)")
    }
  }

  @Test("Fuel for a program with threads names the options as they were typed")
  func fuelOfThreads() throws {
    let module = """
      (module (import "wasi" "thread-spawn" (func (param i32) (result i32))) (import "env" "memory" (memory 1 1 shared))
        (func (export "_start")) (func (export "wasi_thread_start") (param i32 i32)))
      """
    for (options, names) in [
      (["-W", "fuel=9"], "-W fuel does"), (["--fuel-usage"], "--fuel-usage does"),
      (["--gas-limit", "9", "--fuel-usage"], "--gas-limit and --fuel-usage do"),
    ] {
      let result = try Executable.run(options + ["MODULE"], module: module)
      #expect(result.error.contains(": \(names) not work for a program with threads\n"), "\(result.error)")
      #expect(result.status == 1)
    }
  }

  @Test("Lost output names --stdout, as it was typed")
  func lostOutput() throws {
    let program = GuestProgram.text("", "(call $write (i32.const 1) (i32.const 0) (i32.const 4))")
    for option in ["--stdout", "-stdout"] {
      let result = try Executable.run([option, "/dev/full", "MODULE"], module: program)
      #expect(
        result.error == "error: \(option): the program's output is incomplete: No space left on device\n",
        "\(result.error)")
      #expect(result.status == 1)
    }
  }

  @Test("--version works after a command and with one dash")
  func version() throws {
    let version = try Executable.run(["--version"]).output
    #expect(version.hasPrefix("needletail "))
    for arguments in [["-version"], ["run", "--version"], ["compile", "-V"], ["run", "-version"]] {
      let result = try Executable.run(arguments)
      #expect(result.output == version && result.error == "" && result.status == 0, "\(arguments)")
    }
    let program = "(module (func (export \"_start\")))"
    #expect(try Executable.run(["MODULE", "--version"], module: program).output == "")
  }

  @Test("help explains one option of a command")
  func helpOfOption() throws {
    for (arguments, text) in [
      (["run", "--fuel"], "--fuel N  Trap"), (["compile", "--fuel"], "--fuel  Count fuel"),
      (["run", "fuel"], "--fuel N  Trap"), (["run", "-W"], "settings that work"), (["run", "--volume"], "--dir HOST"),
      (["compile", "-O"], "usage: needletail compile"), (["run", "--wasi-modules"], "has no effect"),
      (["run", "--help"], "usage: needletail run "), (["run", "-V"], "usage: needletail --version"),
    ] {
      let result = try Executable.run(["help"] + arguments)
      #expect(result.output.contains(text) && result.status == 0 && result.error == "", "\(result)")
    }
    for (arguments, lines) in [
      (["run", "--fule"], "'needletail run' has no option '--fule'\nhint: did you mean '--fuel'?\n"),
      (
        ["compile", "--dir"],
        "'needletail compile' has no option '--dir'\nhint: 'needletail help run --dir' explains that of 'run'\n"
      ),
      (["run", "--nosuch"], "'needletail run' has no option '--nosuch'\nSee 'needletail help run' "),
      (["nosuch", "--fuel"], "unexpected argument '--fuel'\n"), (["run", "--fuel", "x"], "unexpected argument 'x'\n"),
    ] {
      let result = try Executable.run(["help"] + arguments)
      #expect(result.error.hasPrefix("error: \(lines)") && result.status == 2 && result.output == "", "\(result)")
    }
    let misplaced = try Executable.run(["run", "help"])
    #expect(misplaced.error.contains("\nhint: the command comes first: needletail help\n"), "\(misplaced.error)")
  }
}
