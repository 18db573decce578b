import Foundation
import Testing

/// Names in modules, of files and in arguments cannot produce lines that look like the program's own messages.
@Suite struct HostileNameTests {
  /// Valid as an escape sequence in the text format and for the shell's `printf`.
  private static let forgery = "x\\nerror: forged\\rhint: forged\\tz"

  /// A program with hostile names in all places. It traps below two functions.
  private static let trapping = """
    (module $"\(forgery)"
      (func $"\(forgery)" (export "\(forgery)") unreachable)
      (func (export "_start") (call 0)))
    """

  /// Runs a shell script, with the name in `$NAME` and the program above in `trap.wat`. Returns both output streams
  /// together.
  private static func output(_ script: String, module: String = trapping) throws -> String {
    let result = try HostProcess.shell(
      "exec 2>&1; cp \"$MODULE\" trap.wat; NAME=$(printf '\(forgery)'); \(script)", module: module)
    return result.output + result.error
  }

  private static func expectNoForgery(
    _ text: String, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(text.contains("forged"), "\(what): the name is not shown: \(text)", sourceLocation: sourceLocation)
    let lines = text.split(whereSeparator: \.isNewline)
    let forged = lines.filter { $0.hasPrefix("error: forged") || $0.hasPrefix("hint: forged") }
    #expect(forged.isEmpty, "\(what): \(text)", sourceLocation: sourceLocation)
    #expect(!text.contains("\r") && !text.contains("\t"), "\(what)", sourceLocation: sourceLocation)
  }

  @Test(
    "Names of functions, exports and modules",
    arguments: [
      "trap.wat", "--jit trap.wat", "run --invoke \"$NAME\" trap.wat", "run --invoke y trap.wat", "objdump trap.wat",
      "print trap.wat", "compile --emit asm trap.wat", "compile --emit ir trap.wat",
      "compile --emit bytecode trap.wat", "compile --emit wasm-map trap.wat",
      "compile --emit ir --function y$NAME trap.wat", "explore --filter \"y$NAME\" trap.wat",
    ])
  func functions(arguments: String) throws {
    Self.expectNoForgery(try Self.output("\"$NEEDLETAIL\" \(arguments)"), arguments)
  }

  @Test(
    "Names of imports",
    arguments: [
      "(import \"\(forgery)\" \"\(forgery)\" (func))", "(import \"\(forgery)\" \"\(forgery)\" (tag))",
      "(import \"wasi_snapshot_preview1\" \"\(forgery)\" (func))",
      "(import \"\(forgery)\" \"random_get\" (func (param i32)))",
      "(func) (export \"\(forgery)\" (func 0)) (export \"\(forgery)\" (func 0))",
      "(func $\"\(forgery)\") (func $\"\(forgery)\")", "(func (call $\"\(forgery)\"))",
      "(@custom \"\(forgery)\" (nothing))", "(func (export \"\(forgery)\"))",
      "(func) (memory (export \"\(forgery)\") 1) (start 0) (func (export \"_start\") (param i32))",
    ])
  func imports(field: String) throws {
    for options in ["", "--jit", "--invoke \"$NAME\"", "--invoke y"] {
      let text = try Self.output("\"$NEEDLETAIL\" run \(options) \"$MODULE\"", module: "(module \(field))")
      #expect(!text.split(whereSeparator: \.isNewline).contains { $0.hasPrefix("error: forged") }, "\(field): \(text)")
    }
  }

  @Test(
    "Names of files and arguments",
    arguments: [
      "\"$NAME\"", "run \"./$NAME.wasm\"", "validate \"$NAME\"", "print \"bad$NAME\"", "objdump \"bad$NAME\"",
      "compile \"bad$NAME\"", "wast \"$NAME\"", "wast \"bad$NAME\"", "--\"$NAME\" trap.wat",
      "--engine \"$NAME\" trap.wat", "--max-memory \"$NAME\" trap.wat", "--dir \"$NAME\" trap.wat",
      "--dir \"x::y:$NAME\" trap.wat", "--env \"=$NAME\" trap.wat", "--tcplisten \"$NAME\" trap.wat",
      "--stdin \"$NAME\" wasi.wat", "--preload \"$NAME\" trap.wat", "--preload \"x=$NAME\" trap.wat",
      "--features \"$NAME\" trap.wat", "--clock \"$NAME\" trap.wat", "-C \"$NAME\" trap.wat", "cache \"$NAME\"",
      "completions \"$NAME\"", "parse trap.wat -o \"$NAME/x\"", "validate \"$NAME.nwasm\"", "print a \"$NAME\"",
      "run --invoke 0 trap.wat \"$NAME\"", "--invoke f number.wat \"$NAME\"", "print trap.wat -o \"$NAME/x\"",
    ])
  func files(arguments: String) throws {
    let text = try Self.output(
      """
      echo "(module" > "bad$NAME"
      echo '(module (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32))))' > wasi.wat
      echo '(module (func (export "f") (param i32)))' > number.wat
      "$NEEDLETAIL" \(arguments)
      """)
    Self.expectNoForgery(text, arguments)
  }

  @Test("Folders of the cache")
  func cache() throws {
    let text = try Self.output(
      "mkdir -m 700 \"$NAME\"; export NEEDLETAIL_CACHE_DIR=\"$PWD/$NAME\"; \"$NEEDLETAIL\" cache; chmod 777 \"$NAME\"; \"$NEEDLETAIL\" cache"
    )
    Self.expectNoForgery(text, "cache")
  }

  @Test("Paths in messages of --log")
  func denials() throws {
    let program = GuestProgram.text(
      Self.forgery,
      "(drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 1024) (i32.const 20) (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 32)))"
    )
    let text = try Self.output(
      "mkdir \"d$NAME\"; \"$NEEDLETAIL\" --log --dir \"d$NAME:ro\" \"$MODULE\"", module: program)
    #expect(text.contains("needletail: denied: path_open"), "\(text)")
    Self.expectNoForgery(text, "--log")
  }

  @Test("Names and messages in scripts")
  func scripts() throws {
    let script = """
      (assert_trap (invoke "\(Self.forgery)") "\(Self.forgery)")
      (assert_return (invoke "\(Self.forgery)"))
      (assert_return (get "\(Self.forgery)"))
      (module $m (func $"\(Self.forgery)" (export "f") unreachable))
      (assert_return (invoke "f"))
      (assert_return (invoke $n "f"))
      (assert_trap (invoke "f") "\(Self.forgery)")
      (assert_invalid (module) "\(Self.forgery)")
      (module (import "\(Self.forgery)" "\(Self.forgery)" (func)) (import "\(Self.forgery)" "y" (func)))
      (assert_malformed (module quote "(func $\\"\(Self.forgery)\\") x") "\(Self.forgery)")
      """
    for option in ["", "--json"] {
      let text = try Self.output("cp \"$MODULE\" s.wast; \"$NEEDLETAIL\" wast \(option) s.wast", module: script)
      Self.expectNoForgery(text, "wast \(option)")
    }
  }
}
