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
    "A time needs a number and a unit", arguments: ["2", "s", "-1s", "0s", "2 s", "1e3s", "2S", "infs", "9999999999h"])
  func invalid(time: String) throws {
    let result = try Executable.run(["--timeout=\(time)", "--invoke", "g", "MODULE"], module: Self.endless)
    #expect(result.status == 2)
    #expect(
      result.error.hasPrefix(
        "error: invalid --timeout: expected a time with a unit (ms, s, m or h), such as 500ms or 2.5s, found '\(time)'")
    )
  }

  @Test("A deadline that passes while the module is loaded ends the run")
  func loading() throws {
    let functions = String(
      repeating: "(func (param i64) (result i64) (i64.mul (local.get 0) (i64.const 3)))", count: 30_000)
    let result = try Executable.run(
      ["--timeout", "1ms", "--invoke", "g", "MODULE"], module: "(module \(functions) (func (export \"g\")))")
    #expect(result.status == 134)
    #expect(result.error.hasPrefix("error: trap: deadline exceeded\n"))
  }
}
