import Foundation
import Testing

/// What goes wrong outside of a program is an error code to it, and ends neither it nor its host.
@Suite struct HostTroubleTests {
  /// Writes 64 KiB at a time to standard output until there is an error, and ends with that.
  private static let writeOn = GuestProgram.text(
    "",
    """
    (local $error i32)
    (loop $again
      (br_if $again
        (i32.eqz (local.tee $error (call $try_write (i32.const 1) (i32.const 65536) (i32.const 65536))))))
    (call $proc_exit (local.get $error))
    """)

  @Test("Standard output that nobody reads is EPIPE")
  func closedPipe() throws {
    let result = try HostProcess.shell(
      "{ \"$NEEDLETAIL\" \"$MODULE\"; echo $? >&2; } | head -c 1000 > /dev/null", module: Self.writeOn)
    #expect(result.error == "64\n")
  }

  @Test("Standard output that was closed before is EBADF")
  func closedBefore() throws {
    #expect(try HostProcess.shell("\"$NEEDLETAIL\" \"$MODULE\" >&-", module: Self.writeOn).status == 8)
  }

  @Test("A full device is ENOSPC")
  func fullDevice() throws {
    #expect(try HostProcess.shell("\"$NEEDLETAIL\" \"$MODULE\" > /dev/full", module: Self.writeOn).status == 51)
    #expect(try HostProcess.shell("\"$NEEDLETAIL\" --stdout /dev/full \"$MODULE\"", module: Self.writeOn).status == 51)
  }

  /// Whether this computer lets the tests mount a file system of their own.
  static let canMount =
    (try? HostProcess.shell("unshare -rm mount -t tmpfs none /mnt 2> /dev/null", module: ""))?.status == 0

  @Test("A full file system is ENOSPC, after as much as there was room for", .enabled(if: canMount))
  func fullFileSystem() throws {
    let script = """
      unshare -rm sh -c 'mount -t tmpfs -o size=100k none /mnt
        "$NEEDLETAIL" --stdout /mnt/file "$MODULE"; echo $?; stat -c %s /mnt/file'
      """
    #expect(try HostProcess.shell(script, module: Self.writeOn).output == "51\n102400\n")
  }

  @Test("A file beyond what the process may write is EFBIG")
  func fileSizeLimit() throws {
    let script = "ulimit -f 100; \"$NEEDLETAIL\" --stdout file \"$MODULE\"; echo $?"
    #expect(try HostProcess.shell(script, module: Self.writeOn).output == "22\n")
  }

  @Test(
    "Where there is little address space, compiled code goes without a memory, or not at all",
    arguments: ["", "--lazy"])
  func addressSpace(option: String) throws {
    let script = "ulimit -v 1000000; \"$NEEDLETAIL\" run --no-cache --jit \(option) --invoke f \"$MODULE\" 40"
    let function = "(func (export \"f\") (param i32) (result i32) (i32.add (local.get 0) (i32.const 2)))"
    #expect(try HostProcess.shell(script, module: "(module \(function))").output == "42\n")
    let refused = try HostProcess.shell(script, module: "(module (memory 1) \(function))")
    #expect(refused.status == 1)
    #expect(
      refused.error.hasSuffix(
        "m.wat: no address space for a memory that compiled code uses; the interpreter needs less\n"))
    let interpreted = script.replacing("--jit \(option)", with: "--engine interpreter")
    #expect(try HostProcess.shell(interpreted, module: "(module (memory 1) \(function))").output == "42\n")
  }

  @Test("Where there is no memory for it, a table does not grow, and a module that begins with it is refused")
  func tableMemory() throws {
    let script = "ulimit -v 120000; \"$NEEDLETAIL\" run --no-cache --invoke f \"$MODULE\""
    let growing = """
      (module (table $t 1 funcref)
        (func (export "f") (result i32) (table.grow $t (ref.null func) (i32.const 19000000))))
      """
    #expect(try HostProcess.shell(script, module: growing).output == "-1\n")
    let refused = try HostProcess.shell(script, module: "(module (table 19000000 funcref) (func (export \"f\")))")
    #expect(refused.status == 1)
    #expect(refused.error.contains("table of 19000000 elements is more than the system gives"))
  }

  @Test("A program that is stopped and goes on reads on")
  func stoppedWhileReading() throws {
    let module = GuestProgram.text("", "(call $copy (i32.const 0)) (call $copy (i32.const 0))")
    let script = """
      mkfifo fifo
      "$NEEDLETAIL" "$MODULE" < fifo & pid=$!
      exec 3> fifo
      sleep 0.2; kill -STOP $pid; sleep 0.1; kill -CONT $pid; kill -WINCH $pid; sleep 0.1
      echo one >&3; sleep 0.1; kill -STOP $pid; kill -CONT $pid; echo two >&3
      wait $pid
      """
    #expect(try HostProcess.shell(script, module: module).output == "one\ntwo\n")
  }
}
