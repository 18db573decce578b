import Foundation
import Testing

/// Lost output is reported as an error.
@Suite struct OutputLossTests {
  /// Commands that write to standard output. `MODULE` is a module that exports `f`; `PROGRAM` is a program that writes
  /// and ignores errors.
  static let commands = [
    "print $MODULE", "objdump $MODULE", "run --invoke f $MODULE", "$PROGRAM", "compile --emit asm $MODULE",
    "compile --emit ir $MODULE", "parse $MODULE -o -", "explore $MODULE -o -", "completions bash", "--help",
    "--version",
    "run --help", "cache", "wast $SCRIPT",
  ]

  private static func shell(_ line: String) throws -> Executable.Result {
    let program = GuestProgram.text("text", "(call $write (i32.const 1) (i32.const 1024) (i32.const 4))")
    let script = "(module (func (export \"f\")))(assert_return (invoke \"f\"))"
    return try HostProcess.shell(
      """
      export NEEDLETAIL_CACHE_DIR=$PWD/cache PROGRAM=$PWD/p.wat SCRIPT=$PWD/s.wast
      cat > p.wat <<'END'
      \(program)
      END
      echo '\(script)' > s.wast
      \(line)
      """, module: "(module (func (export \"f\") (result i32) (i32.const 1)))")
  }

  @Test("On a full disk", arguments: commands) func full(command: String) throws {
    let result = try Self.shell("\"$NEEDLETAIL\" \(command) > /dev/full; echo $? >&2")
    #expect(result.error.hasSuffix("\n1\n"), "\(result.error)")
    #expect(result.error.hasPrefix("error: "), "\(result.error)")
  }

  @Test("Without standard output", arguments: commands) func closed(command: String) throws {
    let result = try Self.shell("\"$NEEDLETAIL\" \(command) >&-; echo $? >&2")
    #expect(result.error.hasSuffix("\n1\n"), "\(result.error)")
    #expect(result.error.hasPrefix("error: "), "\(result.error)")
  }

  @Test("Into a pipe without a reader", arguments: commands) func unread(command: String) throws {
    // A status for death by a signal is a failure, too.
    let result = try Self.shell(
      """
      mkfifo pipe; exec 3<>pipe; exec 4>pipe; exec 3<&-
      "$NEEDLETAIL" \(command) >&4; echo $? >&2
      """)
    let status = result.error.split(separator: "\n").last.flatMap { Int($0) }
    #expect(status == 1 || status == 128 + 13, "\(result.error)")
  }

  @Test("A program that loses no output succeeds")
  func success() throws {
    for target in ["/dev/null", "file", "&1"] {
      let result = try Self.shell("\"$NEEDLETAIL\" $PROGRAM >\(target); echo $? >&2")
      #expect(result.error == "0\n")
    }
  }

  @Test(
    "A program's own failure status is kept, and the lost output is reported",
    arguments: [("(call $proc_exit (i32.const 9))", 9), ("(call $proc_exit (i32.const 256))", 1), ("unreachable", 134)])
  func ownStatus(end: String, status: Int) throws {
    let program = GuestProgram.text("text", "(call $write (i32.const 1) (i32.const 1024) (i32.const 4)) \(end)")
    for (target, reason) in [("> /dev/full", "No space left on device"), (">&-", "Bad file descriptor")] {
      let result = try HostProcess.shell("\"$NEEDLETAIL\" \"$MODULE\" \(target); echo $? >&2", module: program)
      #expect(
        result.error.hasSuffix("error: the program's output is incomplete: \(reason)\n\(status)\n"), "\(result.error)")
    }
  }

  @Test("The number of a closed descriptor is not reused for another file")
  func numbersOfClosedStreams() throws {
    let result = try HostProcess.shell(
      """
      mkdir d; echo contents > d/in.txt
      "$NEEDLETAIL" --dir d "$MODULE" >&- 2>&-; echo $?; ls d; cat d/in.txt
      "$NEEDLETAIL" --dir d "$MODULE" <&- >&- 2>&-; echo $?; cat d/in.txt
      """, module: GuestProgram.text("text", "(call $write (i32.const 1) (i32.const 1024) (i32.const 4))"))
    #expect(result.output == "1\nin.txt\ncontents\n1\ncontents\n")
  }
}
