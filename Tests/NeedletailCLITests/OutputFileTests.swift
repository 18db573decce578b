import Foundation
import Testing

/// Output files are replaced completely or not at all.
@Suite struct OutputFileTests {
  private static let module = """
    (module (memory 1)
      (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
    """
  private static let commands = [
    "compile", "compile --emit asm", "compile --emit ir", "compile --emit bytecode", "compile --emit wasm-map",
    "explore", "parse",
    "print",
  ]

  @Test("If the new file cannot be written completely, the old one remains", arguments: commands)
  func fullDisk(command: String) throws {
    // A limit on file sizes stands in for a full disk; it does not apply to pipes.
    let result = try HostProcess.shell(
      """
      echo old > out
      (ulimit -f 0; "$NEEDLETAIL" \(command) "$MODULE" -o out 2>&1; echo $?) | cat; cat out
      (ulimit -f 0; "$NEEDLETAIL" \(command) "$MODULE" -o new 2>&1; echo $?) | cat
      ls -A
      """, module: Self.module)
    #expect(
      result.output == """
        error: -o: cannot write 'out': File too large
        1
        old
        error: -o: cannot write 'new': File too large
        1
        m.wat
        out

        """)
  }

  @Test("A command that is killed while it writes leaves nothing", arguments: ["TERM", "KILL"])
  func killed(signal: String) throws {
    let functions = String(
      repeating: "(func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))", count: 2000)
    // The command is writing when it has a file open that has no name.
    let result = try HostProcess.shell(
      """
      mkdir out; echo old > out/new.ir
      "$NEEDLETAIL" compile --emit ir "$MODULE" -o out/new.ir & process=$!
      until ls -l /proc/$process/fd | grep -q deleted; do kill -0 $process || break; done
      kill -\(signal) $process; wait $process; echo $?; ls -A out; cat out/new.ir
      """, module: "(module \(functions))")
    let status = ["TERM": 143, "KILL": 137][signal]!
    #expect(result.output == "\(status)\nnew.ir\nold\n", "\(result.output) \(result.error)")
  }

  @Test("If the command fails, the old file remains")
  func failingCommand() throws {
    let result = try HostProcess.shell(
      """
      echo old > out
      "$NEEDLETAIL" compile --emit ir --function none "$MODULE" -o out 2> /dev/null
      "$NEEDLETAIL" explore --filter none "$MODULE" -o out 2> /dev/null
      cat out; ls -A
      """, module: Self.module)
    #expect(result.output == "old\nm.wat\nout\n")
  }

  @Test("Paths that cannot be written are reported with the reason")
  func unwritable() throws {
    let result = try HostProcess.shell(
      """
      mkdir folder
      for out in missing/out folder m.wat/out /dev/full; do "$NEEDLETAIL" compile "$MODULE" -o $out; echo $?; done
      ls -A . folder
      """, module: Self.module)
    #expect(result.output == "1\n1\n1\n1\n.:\nfolder\nm.wat\n\nfolder:\n")
    #expect(
      result.error.split(separator: "\n") == [
        "error: -o: cannot write 'missing/out': No such file or directory",
        "error: -o: cannot write 'folder': expected a file, found a directory",
        "error: -o: cannot write 'm.wat/out': Not a directory",
        "error: -o: cannot write '/dev/full': No space left on device",
      ])
  }

  /// Whether the tests may run as a user to whom file permissions apply.
  static let canChangeUser =
    (try? HostProcess.shell("setpriv --reuid 65534 true 2> /dev/null", module: ""))?.status == 0

  @Test("Files and folders without write permission remain unchanged", .enabled(if: canChangeUser))
  func permissions() throws {
    let result = try HostProcess.shell(
      """
      chmod 755 .; mkdir own; echo old > own/out; chown -R 65534 own; chmod 400 own/out; echo old > out
      for out in own/out out new; do
        setpriv --reuid 65534 --clear-groups "$NEEDLETAIL" parse "$MODULE" -o $out
      done
      cat own/out out; ls -A . own
      """, module: Self.module)
    #expect(result.output == "old\nold\n.:\nm.wat\nout\nown\n\nown:\nout\n")
    #expect(
      result.error.split(separator: "\n")
        == ["own/out", "out", "new"].map { "error: -o: cannot write '\($0)': Permission denied" })
  }

  @Test("New files have default permissions, replaced files keep theirs, and links remain links")
  func replacing() throws {
    let result = try HostProcess.shell(
      """
      umask 027
      "$NEEDLETAIL" parse "$MODULE" -o new
      echo old > old; chmod 604 old; ln -s old link; ln -s later dangling
      "$NEEDLETAIL" parse "$MODULE" -o link; "$NEEDLETAIL" parse "$MODULE" -o dangling
      stat -c '%a %F' new old link dangling
      cmp new old && cmp new later
      """, module: Self.module)
    #expect(result.output == "640 regular file\n604 regular file\n777 symbolic link\n777 symbolic link\n")
    #expect(result.error.isEmpty)
  }

  @Test("Devices, pipes and open files are written in place")
  func special() throws {
    let result = try HostProcess.shell(
      """
      "$NEEDLETAIL" parse "$MODULE" -o direct
      mkfifo fifo; cat fifo > piped & "$NEEDLETAIL" parse "$MODULE" -o fifo; wait
      "$NEEDLETAIL" parse "$MODULE" -o /dev/null
      exec 3>> appended; printf x >&3; "$NEEDLETAIL" parse "$MODULE" -o /dev/stdout >&3; printf x >&3
      cmp direct piped; test -c /dev/null; stat -c %s direct appended
      """, module: Self.module)
    let sizes = result.output.split(separator: "\n").compactMap { Int($0) }
    #expect(sizes.count == 2 && sizes[1] >= 2, "\(result.output) \(result.error)")
    #expect(result.error.isEmpty)
  }
}
