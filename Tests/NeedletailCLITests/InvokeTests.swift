import Testing

/// Functions called from the command line with arguments; their results are printed.
@Suite struct InvokeTests {
  private static let identities = """
    (module
      (func (export "i32") (param i32) (result i32) (local.get 0))
      (func (export "i64") (param i64) (result i64) (local.get 0))
      (func (export "f32") (param f32) (result f32) (local.get 0))
      (func (export "f64") (param f64) (result f64) (local.get 0))
      (func (export "v128") (param v128) (result v128) (local.get 0))
      (func (export "funcref") (param funcref) (result funcref) (local.get 0))
      (func (export "externref") (param externref) (result externref) (local.get 0)))
    """

  /// The type, the argument and the printed result.
  private static let values: [(type: String, argument: String, printed: String)] = [
    ("i32", "42", "42"), ("i32", "-1", "-1"), ("i32", "4294967295", "-1"), ("i32", "0xffffffff", "-1"),
    ("i32", "-0x80000000", "-2147483648"), ("i32", "1_000", "1000"), ("i32", "+7", "7"),
    ("i64", "-9223372036854775808", "-9223372036854775808"), ("i64", "18446744073709551615", "-1"),
    ("i64", "0x7fff_ffff_ffff_ffff", "9223372036854775807"), ("f32", "1.5", "1.5"), ("f32", "-0", "-0.0"),
    ("f32", "0.1", "0.1"), ("f32", "inf", "inf"), ("f32", "-inf", "-inf"), ("f32", "nan", "nan"),
    ("f32", "-nan", "-nan"), ("f32", "NaN", "nan"), ("f32", "NAN", "nan"), ("f64", "-NaN", "-nan"),
    ("f64", "NaN:0X1", "nan:0x1"), ("v128", "f64x2:NaN,1", "0x3ff00000000000007ff8000000000000"),
    ("f32", "nan:0x200000", "nan:0x200000"), ("f32", "16777217", "16777216.0"),
    ("f64", "1e300", "1e+300"), ("f64", "0x1.8p1", "3.0"), ("f64", "-nan:0x1", "-nan:0x1"), ("f64", "3", "3.0"),
    ("f64", "nan:0x8000000000000", "nan"), ("v128", "0x1", "0x00000000000000000000000000000001"),
    ("v128", "i32x4:1,2,3,-1", "0xffffffff000000030000000200000001"),
    ("v128", "f64x2:1,-0", "0x80000000000000003ff0000000000000"),
    ("v128", "i8x16:0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15", "0x0f0e0d0c0b0a09080706050403020100"),
    ("funcref", "null", "null"), ("funcref", "i32", "funcref"), ("externref", "null", "null"),
    ("externref", "anything", "externref"),
  ]

  @Test("Values of all types can be passed and are printed", arguments: values.indices)
  func value(index: Int) throws {
    let (type, argument, printed) = Self.values[index]
    let result = try Executable.run(["MODULE", "--invoke", type, argument], module: Self.identities)
    #expect(result.output == printed + "\n", "\(type) \(argument): \(result.error)")
    #expect(result.status == 0)
  }

  @Test(
    "An invalid value is refused, and the valid forms are listed",
    arguments: [
      ("i32", "1.5"), ("i32", "x"), ("i32", ""), ("i32", "0x"),
      ("i32", "1_"), ("i32", "null"), ("f32", "one"), ("f32", "nan:0x0"),
      ("f32", "nan:0x800000"), ("f64", "nan(1)"), ("v128", "1"), ("v128", "1,2"), ("funcref", "missing"),
    ])
  func malformedValue(type: String, argument: String) throws {
    let found = argument.isEmpty ? "an empty argument" : "'\(argument)'"
    let result = try Executable.run(["MODULE", "--invoke", type, argument], module: Self.identities)
    #expect(result.status == 1)
    #expect(
      result.error.hasPrefix(
        "error: invalid argument 1 of '\(type)': expected \(type), found \(found)\nhint: write "))
    #expect(result.output.isEmpty)
  }

  @Test(
    "For a vector, the message says which part is wrong",
    arguments: [
      ("i32x4:1,2,3", "expected 4 lanes of i32x4, found 3"), ("i32x4:", "expected 4 lanes of i32x4, found 1"),
      ("i8x16:256", "expected 16 lanes of i8x16, found 1"),
      ("i16x8:1,2,3,4,5,6,7,65536", "expected an integer from -32768 to 65535 as lane 7, found '65536'"),
      ("f64x2:1,x", "expected an f64 as lane 1, found 'x'"),
      ("f32x4:1,,2,3", "expected an f32 as lane 1, found nothing"),
      ("i9x4:1,2,3,4", "expected a shape, i8x16, i16x8, i32x4, i64x2, f32x4 or f64x2, found 'i9x4'"),
      (
        "0x100000000000000000000000000000000",
        "expected 1 to 32 hexadecimal digits after 0x, found '0x100000000000000000000000000000000'"
      ),
      ("0xg", "expected 1 to 32 hexadecimal digits after 0x, found '0xg'"),
    ])
  func malformedVector(argument: String, message: String) throws {
    let result = try Executable.run(["MODULE", "--invoke", "v128", argument], module: Self.identities)
    #expect(
      result.error == """
        error: invalid argument 1 of 'v128': \(message)
        hint: write a vector such as i32x4:1,2,3,4, f64x2:0.5,1 or 0x and up to 32 digits

        """)
    #expect(result.status == 1 && result.output.isEmpty)
  }

  @Test(
    "For a number out of range, the message has the range",
    arguments: [
      ("i32", "4294967296", "-2147483648 to 4294967295"), ("i32", "-2147483649", "-2147483648 to 4294967295"),
      ("i32", "0x1_0000_0000", "-2147483648 to 4294967295"),
      ("i64", "18446744073709551616", "-9223372036854775808 to 18446744073709551615"),
      ("f32", "1e99", "-3.4028235e+38 to 3.4028235e+38"), ("f32", "-1e39", "-3.4028235e+38 to 3.4028235e+38"),
      ("f64", "1e999", "-1.7976931348623157e+308 to 1.7976931348623157e+308"),
      ("f64", "0x1p1024", "-1.7976931348623157e+308 to 1.7976931348623157e+308"),
    ])
  func outOfRange(type: String, argument: String, range: String) throws {
    let result = try Executable.run(["MODULE", "--invoke", type, argument], module: Self.identities)
    #expect(result.status == 1)
    #expect(
      result.error
        == "error: invalid argument 1 of '\(type)': expected \(type), from \(range), found '\(argument)'\n")
  }

  private static let small = "an integer from -1073741824 to 2147483647, which becomes an i31"

  @Test(
    "An i31 is written as an integer",
    arguments: [
      ("i31ref", "5", "i31 5"), ("anyref", "-5", "i31 -5"), ("(ref i31)", "0x7fffffff", "i31 -1"),
      ("eqref", "-1073741824", "i31 -1073741824"),
    ])
  func smallIntegers(type: String, argument: String, printed: String) throws {
    let module = "(func (export \"f\") (param \(type)) (result \(type)) (local.get 0))"
    let result = try Executable.run(["MODULE", "--invoke", "f", argument], module: module)
    #expect(result.output == "\(printed)\n", "\(result.error)")
    for wrong in ["2147483648", "-1073741825", "99999999999999999999"] {
      let refused = try Executable.run(["MODULE", "--invoke", "f", wrong], module: module)
      #expect(
        refused.error
          == "error: invalid argument 1 of 'f': expected \(type), from -1073741824 to 2147483647, found '\(wrong)'\n")
    }
  }

  @Test(
    "The forms that a hint lists are accepted",
    arguments: [
      ("funcref", "write null, or the name of an exported function", ["null", "f"]),
      ("anyref", "write null, or \(small)", ["null", "5"]), ("eqref", "write null, or \(small)", ["null", "-1"]),
      ("i31ref", "write null, or \(small)", ["null", "0x7fffffff", "-1073741824"]),
      ("(ref i31)", "write \(small)", ["0"]), ("structref", "write null", ["null"]),
      ("arrayref", "write null", ["null"]), ("exnref", "write null", ["null"]), ("nullref", "write null", ["null"]),
      ("(ref func)", "write the name of an exported function", ["f"]),
      ("(ref any)", "write \(small)", ["7"]),
      ("(ref struct)", "no value of this type can be written here: only code of the module can make one", []),
      ("externref", "write null, or any text", ["null"]),
    ])
  func offers(type: String, hint: String, accepted: [String]) throws {
    let module = "(module (func (export \"f\")) (func (export \"take\") (param i32 \(type))))"
    let wrong = try Executable.run(["MODULE", "--invoke", "take", "x", "f"], module: module)
    #expect(wrong.error.hasSuffix("hint: write an integer from -2147483648 to 4294967295, such as 42, -1 or 0xff\n"))
    for text in accepted {
      let result = try Executable.run(["MODULE", "--invoke", "take", "1", text], module: module)
      #expect(result.status == 0, "\(type) \(text): \(result.error)")
    }
    guard type != "externref" else { return }
    let refused = try Executable.run(["MODULE", "--invoke", "take", "1", "nosuch"], module: module)
    #expect(refused.status == 1)
    #expect(refused.error.hasSuffix("expected \(type), found 'nosuch'\nhint: \(hint)\n"), "\(refused.error)")
  }

  @Test("Types of the module have their names, and no hint names a value that does not exist")
  func structureArgument() throws {
    let module = """
      (module (type $s (struct (field i32))) (type $f (func))
        (func (export "take") (param (ref null $s) (ref $s) (ref null $f)) (result (ref $s)) (local.get 1)))
      """
    for (arguments, message) in [
      (["x", "x", "x"], "invalid argument 1 of 'take': expected (ref null $s), found 'x'\nhint: write null\n"),
      (
        ["null", "null", "x"],
        "invalid argument 2 of 'take': expected (ref $s), found 'null'\nhint: no value of this type can be written here: only code of the module can make one\n"
      ),
      (
        [],
        "invalid call of 'take': expected 3 arguments, found 0\nhint: its type is (func (param (ref null $s) (ref $s) (ref null $f)) (result (ref $s)))\n"
      ),
    ] {
      let result = try Executable.run(["MODULE", "--invoke", "take"] + arguments, module: module)
      #expect(result.error == "error: \(message)" && result.status == 1, "\(result.error)")
    }
  }

  @Test("References are printed with the type that they have in the module")
  func references() throws {
    let module = """
      (module (type $s (struct (field i32))) (type (array i8)) (type $s2 (sub (struct)))
        (func (export "all") (result anyref eqref anyref anyref funcref externref)
          (struct.new $s (i32.const 1)) (array.new_default 1 (i32.const 2)) (ref.i31 (i32.const -5)) (struct.new $s2)
          (ref.null func) (ref.null extern)))
      """
    #expect(
      try Executable.run(["MODULE", "--invoke", "all"], module: module).output
        == "(ref $s)\n(ref 1)\ni31 -5\n(ref $s2)\nnull\nnull\n")
  }

  @Test("Several results are printed one per line")
  func severalResults() throws {
    let module = """
      (func (export "swap") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
      (func (export "none"))
      """
    #expect(try Executable.run(["MODULE", "--invoke", "swap", "1", "2"], module: module).output == "2.0\n1\n")
    #expect(try Executable.run(["MODULE", "--invoke", "none"], module: module).output == "")
  }

  private static let add = """
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "abc"))
    (memory (export "memory") 1)
    """

  @Test(
    "Options may come before and after the module, with and without the word run",
    arguments: [
      ["MODULE", "--invoke", "add", "1", "2"], ["run", "MODULE", "--invoke", "add", "1", "2"],
      ["--invoke", "add", "MODULE", "1", "2"], ["run", "--invoke=add", "MODULE", "1", "2"],
      ["MODULE", "1", "--invoke", "add", "2"], ["MODULE", "--invoke", "add", "--max-memory", "1MB", "1", "2"],
      ["MODULE", "--invoke", "add", "1", "2", "--engine", "interpreter", "--dispatch", "loop"],
      ["MODULE", "--invoke", "add", "--", "1", "2"], ["MODULE", "--invoke", "add", "-1", "4"],
    ])
  func places(arguments: [String]) throws {
    let result = try Executable.run(arguments, module: Self.add)
    #expect(result.output == "3\n", "\(result.error)")
    #expect(result.status == 0)
  }

  @Test("For an unknown name the error lists the exported functions")
  func wrongName() throws {
    let scratch = try Scratch()
    let path = try scratch.write("m.wat", Self.add)
    let typo = try Executable.run([path, "--invoke", "ad", "1", "2"])
    #expect(typo.status == 1)
    #expect(
      typo.error == """
        error: \(path): the module exports no function 'ad'
        hint: did you mean 'add'?
        hint: it exports add, abc

        """)
    let memory = try Executable.run(["MODULE", "--invoke", "memory"], module: Self.add)
    #expect(
      memory.error.hasSuffix(
        "m.wat: expected a function to invoke, found 'memory': (memory 1)\nhint: it exports add, abc\n"))
  }

  @Test("For a wrong number of arguments the error shows the function's type")
  func wrongCount() throws {
    let result = try Executable.run(["MODULE", "--invoke", "add", "1"], module: Self.add)
    #expect(result.status == 1)
    #expect(
      result.error
        == "error: invalid call of 'add': expected 2 arguments, found 1\nhint: its type is (func (param i32 i32) (result i32))\n"
    )
  }

  @Test("For a module without entry point the error lists the functions to invoke")
  func nothingToRun() throws {
    let result = try Executable.run(["MODULE"], module: Self.add)
    #expect(result.status == 1)
    #expect(result.error.contains("there is nothing to run: the module exports no function _start\n"))
    #expect(result.error.contains("hint: --invoke calls one of its functions: add, abc\n"))
    let noFunctions = "(memory (export \"m\") 1) (global (export \"g\") i32 (i32.const 1))"
    for (module, hint) in [
      (noFunctions, "it exports no functions, only m (memory), g (global)"), ("", "it exports nothing"),
    ] {
      for arguments in [["MODULE"], ["MODULE", "--invoke", "f"]] {
        let result = try Executable.run(arguments, module: "(module \(module))")
        #expect(result.error.hasSuffix("\nhint: \(hint)\n") && result.status == 1, "\(result.error)")
      }
    }
  }

  @Test("A trap exits with 134 and prints a backtrace")
  func trap() throws {
    let module = """
      (module $sample
        (func $inner (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
        (func $outer (export "f") (param i32) (result i32) (call $inner (local.get 0))))
      """
    let result = try Executable.run(["MODULE", "--invoke", "f", "0"], module: module)
    #expect(result.status == 134)
    #expect(result.output.isEmpty)
    #expect(result.error.hasPrefix("error: trap: integer divide by zero\n"))
    let inner = try #require(result.error.range(of: "inner"))
    let outer = try #require(result.error.range(of: "outer"))
    #expect(inner.lowerBound < outer.lowerBound)
  }

  @Test("An uncaught exception exits with 134 and prints its tag, its payload and a backtrace")
  func exception() throws {
    let module = """
      (module $sample
        (tag $failure (param i32 f64))
        (func $inner (param i32) (throw $failure (local.get 0) (f64.const 0.5)))
        (func $outer (export "f") (param i32) (call $inner (local.get 0))))
      """
    let result = try Executable.run(["MODULE", "--invoke", "f", "7"], module: module)
    #expect(result.status == 134)
    #expect(result.output.isEmpty)
    #expect(result.error.hasPrefix("error: uncaught exception: failure (i32 7, f64 0.5)\n  0: sample!inner at "))
    #expect(result.error.contains(":3:29 (0x"), "the line and column of throw")
    #expect(result.error.contains("\n  1: sample!outer at "))
    #expect(result.error.contains(":4:42 (0x"), "the line and column of call")
  }

  @Test("For a module that needs a disabled proposal the error names the option")
  func legacyExceptions() throws {
    let module = """
      (module (tag $t) (func (export "f") (result i32)
        (try (result i32) (do (throw $t)) (catch $t (i32.const 5)))))
      """
    let off = try Executable.run(["MODULE", "--invoke", "f"], module: module)
    #expect(off.status == 1)
    #expect(off.error.contains("try needs the proposal legacy-exceptions, which is off"))
    #expect(off.error.contains("hint: --features legacy-exceptions turns it on\n"))
    let on = try Executable.run(["MODULE", "--features", "legacy-exceptions", "--invoke", "f"], module: module)
    #expect(on.output == "5\n")
    let tag = try Executable.run(["validate", "--features", "wasm1", "MODULE"], module: "(module\n  (tag $t))")
    #expect(
      tag.error.contains(
        ":2:4: invalid module: a tag needs the proposal exceptions or legacy-exceptions, which is off\n"),
      "\(tag.error)")
    #expect(tag.error.hasSuffix("hint: --features exceptions turns it on\n"), "\(tag.error)")
  }

  @Test("The stack size limits recursion")
  func stackSize() throws {
    let module = """
      (func $depth (export "depth") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0))
          (then (i32.const 0))
          (else (i32.add (i32.const 1) (call $depth (i32.sub (local.get 0) (i32.const 1)))))))
      """
    func run(_ size: String, _ depth: String) throws -> Executable.Result {
      try Executable.run(["MODULE", "--max-stack-size", size, "--invoke", "depth", depth], module: module)
    }
    #expect(try run("1MB", "1000").output == "1000\n")
    let small = try run("16KB", "10000")
    #expect(small.status == 134)
    #expect(small.error.hasPrefix("error: trap: call stack exhausted\n"))
    #expect(try run("64MB", "100000").output == "100000\n")
    // No address space is that large, and rounding the size up must not overflow.
    for size in ["9223372036854775807", "8388607TB", "65537TB"] {
      let refused = try run(size, "1")
      #expect(refused.status == 1)
      #expect(refused.error.contains("no address space for a stack of"), "\(size): \(refused.error)")
    }
  }

  @Test("Memory beyond the limit is refused")
  func memoryLimit() throws {
    let module = """
      (memory 1)
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      """
    func grow(_ pages: String) throws -> String {
      try Executable.run(["MODULE", "--max-memory", "1MB", "--invoke", "grow", pages], module: module).output
    }
    #expect(try grow("15") == "1\n")
    #expect(try grow("16") == "-1\n")
    let tooLarge = try Executable.run(
      ["MODULE", "--max-memory", "64KB", "--invoke", "f"], module: "(memory 2) (func (export \"f\"))")
    #expect(tooLarge.status == 1)
    #expect(tooLarge.error.hasPrefix("error: "))
  }

  @Test("Tables and objects count towards the memory limit")
  func totalLimit() throws {
    let table = try Executable.run(
      ["MODULE", "--max-memory", "1MB", "--max-heap", "1MB", "--invoke", "f"],
      module: "(table 19000000 funcref) (func (export \"f\"))")
    #expect(table.status == 1)
    #expect(table.error.contains("table of 19000000 elements needs"))
    let array = """
      (type $a (array (mut i8)))
      (func (export "f") (param i32) (result i32) (array.len (array.new_default $a (local.get 0))))
      """
    func make(_ size: String) throws -> Executable.Result {
      try Executable.run(["MODULE", "--max-memory", "1MB", "--invoke", "f", size], module: array)
    }
    #expect(try make("1000000000").status == 134)
    #expect(try make("500000").output == "500000\n")
  }

  @Test("Preloaded modules can be imported, also by later ones")
  func preload() throws {
    let scratch = try Scratch()
    let one = try scratch.write("one.wat", "(func (export \"f\") (result i32) (i32.const 20))")
    let two = try scratch.write(
      "two.wat",
      "(import \"one\" \"f\" (func $f (result i32))) (func (export \"g\") (result i32) (i32.add (call $f) (i32.const 1)))"
    )
    let main = try scratch.write(
      "main.wat",
      "(import \"two\" \"g\" (func $g (result i32))) (func (export \"h\") (result i32) (i32.mul (call $g) (i32.const 2)))"
    )
    let result = try Executable.run(["--preload", "one=\(one)", "--preload", "two=\(two)", main, "--invoke", "h"])
    #expect(result.output == "42\n", "\(result.error)")
  }

  @Test("A preloaded reactor is set up before it is used")
  func preloadedReactor() throws {
    let scratch = try Scratch()
    let library = try scratch.write(
      "lib.wat",
      """
      (global $g (mut i32) (i32.const 0))
      (func (export "_initialize") (global.set $g (i32.const 42)))
      (func (export "get") (result i32) (global.get $g))
      """)
    let main = try scratch.write("main.wat", "(import \"lib\" \"get\" (func $g (result i32))) (export \"f\" (func $g))")
    let result = try Executable.run(["--preload", "lib=\(library)", main, "--invoke", "f"])
    #expect(result.output == "42\n", "\(result.error)")
  }

  @Test(
    "A trap while a preloaded module starts is reported as any other trap",
    arguments: [
      ("(start $s) (func $s unreachable)", "error: trap: unreachable\n  0: s at LIBRARY:1:21 (0x1a)\n"),
      ("(func $s (export \"_initialize\") unreachable)", "error: trap: unreachable\n  0: s at LIBRARY:1:33 (0x28)\n"),
      ("(tag $t) (start $s) (func $s (throw $t))", "error: uncaught exception: t ()\n  0: s at LIBRARY:1:31 (0x1f)\n"),
    ])
  func trapWhilePreloading(module: String, expected: String) throws {
    let scratch = try Scratch()
    let library = try scratch.write("lib.wat", module)
    let main = try scratch.write("main.wat", "(func (export \"f\"))")
    let result = try Executable.run(["--preload", "lib=\(library)", main, "--invoke", "f"])
    #expect(result.error == expected.replacing("LIBRARY", with: library))
    #expect(result.status == 134)
  }

  @Test("A trap in a binary without a name names its file")
  func trapInBinary() throws {
    let result = try HostProcess.shell(
      "\"$NEEDLETAIL\" parse m.wat -o lib.wasm; \"$NEEDLETAIL\" lib.wasm --invoke f",
      module: "(func (export \"f\") unreachable)")
    #expect(result.error.contains("error: trap: unreachable\n  0: lib.wasm!f at 0x"), "\(result.error)")
  }

  @Test(
    "A trap in a text names its file, line and column on every engine",
    arguments: [[], ["--jit"], ["--jit", "-O", "none"]])
  func trapInText(options: [String]) throws {
    let scratch = try Scratch()
    let path = try scratch.write(
      "sum.wat",
      """
      (module
        (func $divide (param i32) (result i32)
          (i32.div_s
            (i32.const 1)
            (local.get 0)))
        ;; ä counts as one column
        (func (export "f") (result i32) (;ä;) (call $divide (i32.const 0))))
      """)
    let result = try Executable.run(options + [path, "--invoke", "f"])
    #expect(
      result.error == """
        error: trap: integer divide by zero
          0: divide at \(path):3:6 (0x29)
          1: f at \(path):7:42 (0x2f)

        """)
    #expect(result.status == 134)
  }

  @Test("A missing import is reported with its type")
  func missingImport() throws {
    let result = try Executable.run(
      ["MODULE", "--invoke", "f"],
      module: "(import \"env\" \"log\" (func (param i32 f64))) (func (export \"f\"))")
    #expect(result.status == 1)
    #expect(result.error.contains("unknown import"))
    #expect(result.error.contains("log"))
    #expect(result.error.contains("(param i32 f64)"))
  }

  @Test("_initialize runs before the invoked function")
  func initialize() throws {
    let module = """
      (global $g (mut i32) (i32.const 0))
      (func (export "_initialize") (global.set $g (i32.const 5)))
      (func (export "get") (result i32) (global.get $g))
      """
    #expect(try Executable.run(["MODULE", "--invoke", "get"], module: module).output == "5\n")
  }

  @Test("Modules are read from standard input as text or binary")
  func standardInput() throws {
    let text = Array(Self.add.utf8)
    #expect(try Executable.run(["-", "--invoke", "add", "1", "2"], input: text).output == "3\n")
    let binary = try Executable.run(["parse", "-", "-o", "-"], input: text).bytes
    #expect(try Executable.run(["-", "--invoke", "add", "1", "2"], input: binary).output == "3\n")
  }
}
