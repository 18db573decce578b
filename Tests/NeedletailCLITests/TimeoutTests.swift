import Foundation
import Testing

/// `--timeout`.
@Suite struct TimeoutTests {
  private static let endless = "(module (func (export \"f\") (loop $l (br $l))) (func (export \"g\")))"

  @Test("A program ends at its deadline, on each engine", arguments: [[], ["--engine", "interpreter"], ["--jit"]])
  func endless(engine: [String]) throws {
    let result = try Executable.run(
      engine + ["--timeout", "100ms", "--invoke", "f", "MODULE"], module: Self.endless)
    #expect(result.status == 134)
    #expect(result.error.hasPrefix("error: trap: deadline exceeded\n"))
    #expect(result.output == "")
  }

  @Test("A program that is faster does not notice it", arguments: ["60s", "1m", "0.5h", "60000ms", "60.5s"])
  func enough(time: String) throws {
    let result = try Executable.run(["--timeout", time, "--invoke", "g", "MODULE"], module: Self.endless)
    #expect(result.status == 0 && result.error == "")
  }

  @Test(
    "A time needs a number and a unit, and has bounds",
    arguments: [
      "2", "s", "-1s", "2 s", "1e3s", "2S", "infs", "0s", "0ms", "0.0000001ms", "9999999999h", "277778h",
    ])
  func invalid(time: String) throws {
    let isOutOfRange = time.hasPrefix("0") || time.hasSuffix("h")
    let expected =
      isOutOfRange
      ? "a time from 0.000001ms to 277777h" : "a time with a unit (ms, s, m or h), such as 500ms or 2.5s"
    let result = try Executable.run(["--timeout=\(time)", "--invoke", "g", "MODULE"], module: Self.endless)
    #expect(result.status == 2)
    #expect(
      result.error.hasPrefix(
        "error: invalid --timeout: expected \(expected), found '\(time)'"
      )
    )
  }

  @Test("For a time without a unit, the hint has one", arguments: ["--timeout 5", "-W timeout=5.5"])
  func unit(option: String) throws {
    let result = try Executable.run(
      option.split(separator: " ").map(String.init) + ["--invoke", "g", "MODULE"], module: Self.endless)
    #expect(result.error.contains("\nhint: write \(option)s for seconds\n"), "\(result.error)")
    #expect(result.status == 2)
  }

  @Test("A deadline that passes while the module is loaded ends the run")
  func loading() throws {
    let functions = String(
      repeating: "(func (param i64) (result i64) (i64.mul (local.get 0) (i64.const 3)))", count: 30_000)
    for options in [["--timeout", "1ms"], ["--jit", "--no-cache", "-O", "aggressive", "--timeout", "10ms"]] {
      let result = try Executable.run(
        options + ["--invoke", "g", "MODULE"], module: "(module \(functions) (func (export \"g\")))")
      #expect(result.status == 134)
      #expect(
        result.error == """
          error: trap: deadline exceeded: the module was not loaded yet
          hint: --timeout \(options.last!) is the limit; a longer time allows more

          """)
    }
  }

  /// A program that writes zeros to a descriptor without end.
  private static func writer(to descriptor: Int) -> String {
    """
    (module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 2)
      (data (i32.const 4) "\\00\\00\\01\\00")
      (func (export "_start")
        (loop $l (drop (call $write (i32.const \(descriptor)) (i32.const 0) (i32.const 1) (i32.const 8))) (br $l))))
    """
  }

  @Test(
    "A run ends although nobody reads its output and its messages",
    arguments: [(1, "auto"), (2, "auto"), (1, "interpreter"), (2, "interpreter")])
  func unread(descriptor: Int, engine: String) throws {
    let scratch = try Scratch()
    let process = Process()
    process.executableURL = Executable.url
    process.arguments = [
      "--engine", engine, "--no-cache", "--timeout", "300ms",
      try scratch.write("m.wat", Self.writer(to: descriptor)),
    ].filter { engine == "auto" || $0 != "--no-cache" }
    let output = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 134)
    withExtendedLifetime(output) {}
  }

  @Test("The time in which a module is read counts", arguments: [true, false])
  func reading(isBefore: Bool) throws {
    let process = Process()
    process.executableURL = Executable.url
    let input = Pipe()
    let error = Pipe()
    process.arguments = isBefore ? ["--timeout", "200ms", "-"] : ["run", "--timeout=200ms", "--invoke", "f", "-"]
    process.standardInput = input
    process.standardError = error
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 134)
    let text = String(decoding: error.fileHandleForReading.availableData, as: UTF8.self)
    let lines = text.split(separator: "\n")
    #expect(lines.first == "error: trap: deadline exceeded: the module was not loaded yet")
    #expect(lines.last == "hint: --timeout 200ms is the limit; a longer time allows more")
    withExtendedLifetime(input) {}
  }

  @Test("The hint names the limit as it was typed", arguments: ["--timeout 50ms", "-W timeout=50ms"])
  func spelling(option: String) throws {
    let result = try Executable.run(
      option.split(separator: " ").map(String.init) + ["--invoke", "f", "MODULE"], module: Self.endless)
    #expect(result.status == 134)
    #expect(result.error.hasSuffix("hint: \(option) is the limit; a longer time allows more\n"))
  }

  @Test("Options after a program that reads no arguments are noted")
  func optionsAfterProgram() throws {
    let program = "(module (func (export \"_start\")))"
    let result = try Executable.run(["MODULE", "--timeout", "1s"], module: program)
    #expect(result.status == 0)
    #expect(result.error.hasPrefix("needletail: --timeout has no effect: it is an argument of the program"))
    let misspelled = try Executable.run(["MODULE", "--timeuot=1s"], module: program)
    #expect(
      misspelled.error.hasPrefix(
        "needletail: --timeuot=1s (did you mean '--timeout'?) has no effect: it is an argument of the program"))
    #expect(try Executable.run(["MODULE", "--other"], module: program).error == "")
  }
}
