import Foundation
import Testing

/// Fuel on the command line.
@Suite struct FuelCommandTests {
  private static let module = """
    (func (export "count") (param i32) (result i32) (local i32)
      (loop $l
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get 1) (local.get 0))))
      (local.get 1))
    """

  private static let engines = [
    ["--engine", "interpreter"], ["--engine", "auto"], ["--tier-up", "0"], ["--jit", "-O", "none"], ["--aot"],
  ]

  @Test("A program stops when its fuel is used up, and the use is printed", arguments: engines)
  func limit(engine: [String]) throws {
    func run(_ options: [String], _ count: String) throws -> Executable.Result {
      try Executable.run(engine + options + ["MODULE", "--invoke", "count", count], module: Self.module)
    }
    // Eight instructions for each iteration, the loop, and one at the end.
    let all = try run(["--fuel-usage"], "1000")
    #expect(all.output == "1000\n" && all.error == "fuel: 8002 used\n", "\(all.error)")
    let enough = try run(["--fuel", "8002", "--fuel-usage"], "1000")
    #expect(enough.output == "1000\n" && enough.error == "fuel: 8002 used\n")
    let less = try run(["--fuel", "8001", "--fuel-usage"], "1000")
    #expect(less.status == 134 && less.output.isEmpty)
    let rest = " (all of it: a rest that is too small for the next code counts as used)\n"
    #expect(less.error.contains("out of fuel") && less.error.hasSuffix("fuel: 8001 used\(rest)"), "\(less.error)")
    // Nothing ran: the loop's first iteration costs more.
    let least = try run(["--fuel", "2", "--fuel-usage"], "1000")
    #expect(least.error.hasSuffix("fuel: 2 used\(rest)"), "\(least.error)")
  }

  @Test("After too little fuel, a hint names the option as it was typed, with its amount")
  func hint() throws {
    for options in [["--fuel", "8_0"], ["-W", "fuel=80"]] {
      let result = try Executable.run(options + ["MODULE", "--invoke", "count", "1000"], module: Self.module)
      let option = options.joined(separator: " ")
      #expect(
        result.error.hasSuffix(
          "\nhint: \(option) was too little; a larger number allows more, and --fuel-usage shows how much is used\n"),
        "\(result.error)")
      #expect(result.status == 134)
    }
  }

  @Test("An artifact that does not fit says in words of the command line what to do")
  func unsuitableArtifacts() throws {
    let scratch = try Scratch()
    let module = try scratch.write("count.wat", "(module \(Self.module))")
    let (metered, plain) = (scratch.path("metered.nwasm"), scratch.path("plain.nwasm"))
    #expect(try Executable.run(["compile", "--fuel", module, "-o", metered]).status == 0)
    #expect(try Executable.run(["compile", module, "-o", plain]).status == 0)
    for (options, message) in [
      ([metered], "the artifact was compiled with --fuel"),
      (["--fuel", "9", plain], "the artifact was compiled without --fuel, so it cannot count fuel"),
      (["--deterministic", plain], "the artifact was compiled without --deterministic"),
    ] {
      let result = try Executable.run(options + ["--invoke", "count", "1"])
      #expect(result.error.contains(": \(message)\nhint: ") && result.status == 1, "\(result.error)")
      #expect(!result.error.contains("engine has") && !result.error.contains("this engine"), "\(result.error)")
    }
  }

  @Test("A program that cannot be linked uses no fuel")
  func unlinkable() throws {
    let result = try Executable.run(
      ["--fuel", "3", "--fuel-usage", "MODULE"], module: "(import \"a\" \"b\" (func)) (func (export \"_start\"))")
    #expect(result.error.contains("unknown import") && result.error.hasSuffix("fuel: 0 used\n"), "\(result.error)")
  }

  @Test(
    "Other runtimes' options for fuel work", arguments: [["-W", "fuel=80"], ["--gas-limit", "80"], ["--fuel=80"]])
  func foreign(options: [String]) throws {
    let result = try Executable.run(options + ["MODULE", "--invoke", "count", "10"], module: Self.module)
    #expect(result.error.contains("out of fuel"), "\(result.error)")
  }

  @Test("An artifact charges fuel if it was compiled for it, and only then runs with it")
  func artifacts() throws {
    let scratch = try Scratch()
    let module = try scratch.write("count.wat", "(module \(Self.module))")
    let (metered, plain) = (scratch.path("metered.nwasm"), scratch.path("plain.nwasm"))
    #expect(try Executable.run(["compile", "--fuel", module, "-o", metered]).status == 0)
    #expect(try Executable.run(["compile", module, "-o", plain]).status == 0)
    let call = ["--invoke", "count", "10"]
    #expect(try Executable.run(["--fuel", "82", metered] + call).output == "10\n")
    #expect(try Executable.run(["--fuel", "81", metered] + call).error.contains("out of fuel"))
    for result in [try Executable.run([metered] + call), try Executable.run(["--fuel", "82", plain] + call)] {
      #expect(result.status == 1 && result.error.contains("fuel"), "\(result.error)")
    }
  }

  @Test("Amounts that are no numbers are refused", arguments: ["-1", "9223372036854775808", "1.5", "many"])
  func amounts(text: String) throws {
    let result = try Executable.run(["--fuel=\(text)", "MODULE", "--invoke", "count", "1"], module: Self.module)
    #expect(
      result.error.hasPrefix(
        "error: invalid --fuel: expected a number from 0 to 9223372036854775807, found '\(text)'"), "\(result.error)")
    #expect(result.status == 2)
  }
}
