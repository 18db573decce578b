import Testing

/// Functions by name on the command line, if a name is not enough.
@Suite struct FunctionNameTests {
  private static let module = """
    (module
      (func $helper (export "other") (result i32) (i32.const 1))
      (func (export "helper") (result i32) (i32.const 2))
      (func $inner))
    """

  @Test(
    "A name of two functions is ambiguous where the name section counts",
    arguments: [["objdump"], ["compile", "--emit", "ir"], ["explore", "-o", "-"]])
  func ambiguous(command: [String]) throws {
    let result = try Executable.run(command + ["--function", "helper", "MODULE"], module: Self.module)
    #expect(
      result.error.contains(
        ": two functions are called 'helper': export of function 1 and name of function 0\nhint: --function 1 chooses the first of them by its index\n"
      ), "\(result.error)")
    #expect(result.status == 1)
    for name in ["0", "1", "other", "inner"] {
      #expect(try Executable.run(command + ["--function", name, "MODULE"], module: Self.module).status == 0)
    }
  }

  @Test(
    "A similar name is suggested, of the name section or an export",
    arguments: [["objdump"], ["compile", "--emit", "ir"], ["explore", "-o", "-"]])
  func suggestions(command: [String]) throws {
    for (name, similar) in [("iner", "inner"), ("othre", "other")] {
      let result = try Executable.run(command + ["--function", name, "MODULE"], module: Self.module)
      #expect(
        result.error.contains(
          ": the module defines no function '\(name)'\nhint: did you mean '\(similar)'?\n"), "\(result.error)")
      #expect(result.status == 1)
    }
  }

  @Test("For an argument that is a function, a similar name is suggested")
  func arguments() throws {
    let module = "(module (func (export \"main\")) (func (export \"take\") (param funcref)))"
    let result = try Executable.run(["MODULE", "--invoke", "take", "mian"], module: module)
    #expect(result.error.contains("found 'mian'\nhint: did you mean 'main'?\nhint: write null, or the name"))
  }

  @Test("--invoke means exports only, and says so of other names")
  func invoke() throws {
    #expect(try Executable.run(["MODULE", "--invoke", "helper"], module: Self.module).output == "2\n")
    let result = try Executable.run(["MODULE", "--invoke", "inner"], module: Self.module)
    #expect(
      result.error.hasSuffix(
        ": the module exports no function 'inner': function 2 has this name, but is not exported so\nhint: it exports other, helper\n"
      ), "\(result.error)")
  }
}
