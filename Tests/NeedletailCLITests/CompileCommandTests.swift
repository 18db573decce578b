import Foundation
import Testing

/// The compiler's intermediate results as shown by `needletail compile`.
@Suite struct CompileCommandTests {
  private static let module = """
    (module (memory 1)
      (func $load (export "load") (param i32) (result i32) (i32.load (local.get 0)))
      (func $"a\\"\\0ab" (param i32) (result i32) (call $load (i32.add (local.get 0) (i32.const 4)))))
    """

  @Test("The graph is printed for all functions or one, and after each pass")
  func graphs() throws {
    let all = try Executable.run(["compile", "--emit", "ir", "MODULE"], module: Self.module)
    #expect(all.status == 0, "\(all.error)")
    #expect(all.output.contains("; func 0 <load>: ") && all.output.contains("\nfunction 0 -> i32\nblock0(v0: i32):\n"))
    // A line break in a name is escaped.
    #expect(all.output.contains("; func 1 <\"a\\\"\\0ab\">: "), "\(all.output)")
    let one = try Executable.run(
      ["compile", "--emit", "ir", "--each-pass", "--function", "load", "MODULE"], module: Self.module)
    #expect(one.output.contains("; after front end\n") && one.output.contains("; after dead code elimination\n"))
    #expect(!one.output.contains("; func 1"))
  }

  @Test("Machine code is printed with labels, calls and traps")
  func code() throws {
    let result = try Executable.run(
      ["compile", "--emit", "asm", "--cpu", "baseline", "-O", "none", "MODULE"], module: Self.module)
    #expect(result.status == 0, "\(result.error)")
    for part in ["push rbp", "call func 0 <load>", "trap: outOfBoundsMemoryAccess", "dword ptr [r14 + rdi]"] {
      #expect(result.output.contains(part), "\(part)\n\(result.output)")
    }
  }

  @Test("The interpreter's code is printed with operands, calls and offsets in the binary")
  func bytecode() throws {
    let result = try Executable.run(["compile", "--emit", "bytecode", "MODULE"], module: Self.module)
    #expect(result.status == 0, "\(result.error)")
    for part in ["; func 0 <load>: ", "i32.load value=s", "base=s0 offset=0 ; 0x", "call function=0 "] {
      #expect(result.output.contains(part), "\(part)\n\(result.output)")
    }
  }

  @Test("The map is JSON, with code ranges in order")
  func map() throws {
    let result = try Executable.run(["compile", "--emit", "wasm-map", "-O", "none", "MODULE"], module: Self.module)
    let map = try #require(try JSONSerialization.jsonObject(with: Data(result.bytes)) as? [String: Any])
    #expect(map["level"] as? String == "none")
    let functions = try #require(map["functions"] as? [[String: Any]])
    #expect(functions.map { $0["name"] as? String } == ["load", "a\"\nb"])
    let ranges = functions.compactMap { $0["code"] as? [Int] }
    #expect(ranges.count == 2 && ranges[0][0] < ranges[0][1] && ranges[0][1] <= ranges[1][0])
    let traps = try #require(functions[0]["traps"] as? [[Any]])
    #expect(traps.contains { $0[2] as? String == "outOfBoundsMemoryAccess" })
  }

  @Test("Times of passes are printed in the passes' order, with their sum", arguments: ["none", "basic", "aggressive"])
  func timing(level: String) throws {
    let result = try Executable.run(["compile", "--timing", "-O", level, "MODULE"], module: Self.module)
    #expect(result.status == 0, "\(result.error)")
    let names = result.output.split(separator: "\n").map { $0.prefix(28).split(separator: " ").joined(separator: " ") }
    #expect(names.first == "front end" && names.last == "total")
    #expect(names.suffix(4) == ["selection", "register allocation", "emission", "total"])
    #expect(names.contains("value numbering") == (level != "none"))
    #expect(result.output.hasSuffix("  100.0 %\n"))
  }

  @Test(
    "Options without effect are refused with --timing", arguments: [["-g"], ["--emit", "ir"], ["--function", "load"]])
  func timingWithOthers(options: [String]) throws {
    let result = try Executable.run(["compile", "--timing"] + options + ["MODULE"], module: Self.module)
    #expect(result.status == 2)
    #expect(result.error.contains("has no effect with"), "\(result.error)")
  }

  @Test("Missing functions are reported")
  func errors() throws {
    let missing = try Executable.run(["compile", "--emit", "asm", "--function", "laod", "MODULE"], module: Self.module)
    #expect(missing.status == 1)
    #expect(missing.error.contains(": the module defines no function 'laod'\nhint: did you mean 'load'?"))
    let module = "(module (import \"env\" \"a\" (func)) (import \"env\" \"b\" (func $b)) (func))"
    for command in [["compile", "--emit", "ir"], ["objdump"], ["explore"]] {
      for name in ["1", "b"] {
        let result = try Executable.run(command + ["--function", name, "MODULE"], module: module)
        #expect(
          result.error.hasSuffix(
            ": function '\(name)' is imported, as \"b\" from \"env\": the module has no code for it\n"),
          "\(result.error)")
      }
      let result = try Executable.run(command + ["--function", "9", "MODULE"], module: module)
      #expect(
        result.error.hasSuffix(
          ": the module defines no function '9'\nhint: its only function has the index 2\n"), "\(result.error)")
    }
  }
}
