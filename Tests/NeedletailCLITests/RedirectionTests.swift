import Foundation
import Testing

/// Files that a program's output goes to are emptied when the program begins, and not before.
@Suite struct RedirectionTests {
  private static let printing = GuestProgram.text("new", "(call $write (i32.const 1) (i32.const 1024) (i32.const 3))")

  @Test(
    "What goes wrong before the program begins leaves the files as they were",
    arguments: [
      "--stdout out missing.wasm", "--stdout out unlinkable.wat",
      "--stdout out invalid.wat", "--stdout out --stderr new unlinkable.wat",
      "--max-memory 64KB --stdout out \"$MODULE\"",
      "--stdout out --preload x=missing.wasm \"$MODULE\"", "--stdout out --dir missing \"$MODULE\"",
      "--stdout out --stderr missing/new \"$MODULE\"", "--stdout out --invoke none \"$MODULE\"x",
    ])
  func failures(arguments: String) throws {
    let result = try HostProcess.shell(
      """
      echo old > out
      echo '(module (import "wasi_snapshot_preview1" "nothing" (func)) (func (export "_start")))' > unlinkable.wat
      echo '(module (func (result i32)))' > invalid.wat
      "$NEEDLETAIL" run \(arguments); echo $? >&2
      cat out; ls
      """, module: Self.printing)
    #expect(result.output == "old\ninvalid.wat\nm.wat\nout\nunlinkable.wat\n", "\(result.error)")
    #expect(!result.error.hasSuffix("\n0\n"))
  }

  @Test("A program's output replaces what was there, once it begins", arguments: ["", "--jit"])
  func success(option: String) throws {
    let result = try HostProcess.shell(
      """
      echo old output > out; "$NEEDLETAIL" run \(option) --stdout out "$MODULE"; cat out; echo
      "$NEEDLETAIL" run \(option) --stdout fresh --stderr fresh "$MODULE"; cat fresh; echo
      echo old > kept; echo '(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) (func (export "_start")))' > silent.wat
      "$NEEDLETAIL" run \(option) --stdout kept silent.wat; wc -c < kept
      """, module: Self.printing)
    #expect(result.output == "new\nnew\n0\n", "\(result.error)")
  }

  @Test(
    "A file that the run reads is not overwritten",
    arguments: [
      "--stdout \"$MODULE\" \"$MODULE\"", "--stderr ./link \"$MODULE\"", "--stdin data --stdout data \"$MODULE\"",
      "--stdout lib.wat --preload lib=lib.wat \"$MODULE\"", "--stdout data \"$MODULE\" < data",
      "--stdout \"$MODULE\" - < \"$MODULE\"",
    ])
  func inputs(arguments: String) throws {
    let result = try HostProcess.shell(
      """
      ln -s "$MODULE" link; echo data > data; echo "(module)" > lib.wat; cat "$MODULE" data lib.wat > before
      "$NEEDLETAIL" \(arguments); echo $?
      cat "$MODULE" data lib.wat | cmp - before && echo same
      """, module: Self.printing)
    #expect(result.output == "1\nsame\n")
    #expect(result.error.contains("is read by this run, and would be overwritten"), "\(result.error)")
  }

  @Test(
    "What changes only programs of WASI is refused for other modules",
    arguments: [
      "--stdout x", "--stderr x", "--stdin null", "--clock frozen", "--random-seed 1", "--argv0 x",
      "--tcplisten 127.0.0.1:0",
    ])
  func withoutEffect(option: String) throws {
    let result = try HostProcess.shell(
      "\"$NEEDLETAIL\" run --invoke f \(option) \"$MODULE\"; echo $?; ls",
      module: "(module (func (export \"f\")))")
    #expect(result.output == "2\nm.wat\n")
    #expect(result.error.contains("has no effect: '"), "\(result.error)")
    let granted = try HostProcess.shell(
      "\"$NEEDLETAIL\" run --invoke f --dir . --env X=1 --log \"$MODULE\"; echo $?",
      module: "(module (func (export \"f\")))")
    #expect(granted.output == "0\n", "\(granted.error)")
  }
}
