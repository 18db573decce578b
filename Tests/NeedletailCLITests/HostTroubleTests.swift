import Foundation
import Testing

/// Errors of the host are error codes to a program. They end neither the program nor the host.
@Suite struct HostTroubleTests {
  /// Writes 64 KiB at a time to standard output until there is an error, and exits with that error.
  private static let writeOn = GuestProgram.text(
    "",
    """
    (local $error i32)
    (loop $again
      (br_if $again
        (i32.eqz (local.tee $error (call $try_write (i32.const 1) (i32.const 65536) (i32.const 65536))))))
    (call $proc_exit (local.get $error))
    """)

  @Test("Writing to a pipe without readers is EPIPE")
  func closedPipe() throws {
    let result = try HostProcess.shell(
      "{ \"$NEEDLETAIL\" \"$MODULE\"; echo $? >&2; } | head -c 1000 > /dev/null", module: Self.writeOn)
    #expect(result.error == "error: the program's output is incomplete: Broken pipe\n64\n")
  }

  @Test("Writing to a closed standard output is EBADF")
  func closedBefore() throws {
    #expect(try HostProcess.shell("\"$NEEDLETAIL\" \"$MODULE\" >&-", module: Self.writeOn).status == 8)
  }

  @Test("Writing to a full device is ENOSPC")
  func fullDevice() throws {
    #expect(try HostProcess.shell("\"$NEEDLETAIL\" \"$MODULE\" > /dev/full", module: Self.writeOn).status == 51)
    #expect(try HostProcess.shell("\"$NEEDLETAIL\" --stdout /dev/full \"$MODULE\"", module: Self.writeOn).status == 51)
  }

  /// Whether the tests may mount a file system.
  static let canMount =
    (try? HostProcess.shell("unshare -rm mount -t tmpfs none /mnt 2> /dev/null", module: ""))?.status == 0

  @Test("A full file system is ENOSPC, after everything that fits is written", .enabled(if: canMount))
  func fullFileSystem() throws {
    let script = """
      unshare -rm sh -c 'mount -t tmpfs -o size=100k none /mnt
        "$NEEDLETAIL" --stdout /mnt/file "$MODULE"; echo $?; stat -c %s /mnt/file'
      """
    #expect(try HostProcess.shell(script, module: Self.writeOn).output == "51\n102400\n")
  }

  @Test("Writing past the file size limit is EFBIG")
  func fileSizeLimit() throws {
    let script = "ulimit -f 100; \"$NEEDLETAIL\" --stdout file \"$MODULE\"; echo $?"
    #expect(try HostProcess.shell(script, module: Self.writeOn).output == "22\n")
  }

  @Test(
    "With little address space, accesses to memories are checked",
    arguments: ["--jit", "--jit --lazy", "--jit -O none", "--aot", "--engine interpreter", "--engine auto --tier-up 0"])
  func addressSpace(engine: String) throws {
    let script = "ulimit -v 1000000; \"$NEEDLETAIL\" run \(engine) --invoke f \"$MODULE\" "
    let module = """
      (module (memory 1) (data (i32.const 65532) "\\02\\00\\00\\00")
        (func (export "f") (param $address i32) (result i32)
          (i32.load offset=4 (local.get $address))
          (if (i32.lt_s (memory.grow (i32.const 1)) (i32.const 0)) (then (unreachable)))
          (i32.store offset=65536 (i32.const 65532) (i32.const 40))
          (i32.add (i32.load (i32.const 131068)))
          (i32.add (i32.load8_u offset=65535 (i32.const 65536)))))
      """
    #expect(try HostProcess.shell(script + "65528", module: module).output == "42\n")
    for address in ["65529", "-1", "-4", "2147483647"] {
      let result = try HostProcess.shell(script + address, module: module)
      #expect(result.status == 134, "\(address)")
      #expect(result.error.contains("out of bounds memory access"), "\(address)")
    }
  }

  @Test("Artifacts whose code does not check accesses are refused where the address space is limited")
  func addressSpaceOfArtifacts() throws {
    let module = "(module (memory 1) (func (export \"f\") (result i32) (i32.load (i32.const 0))))"
    for limit in ["unlimited", "1000000"] {
      let script = """
        d=$(mktemp -d); (ulimit -v \(limit); "$NEEDLETAIL" compile "$MODULE" -o $d/a.nwasm)
        ulimit -v 1000000; "$NEEDLETAIL" run --invoke f $d/a.nwasm; s=$?; rm -r $d; exit $s
        """
      let result = try HostProcess.shell(script, module: module)
      if limit == "unlimited" {
        #expect(result.status == 1)
        #expect(
          result.error.contains("the artifact was compiled for a process with more address space"), "\(result.error)")
        #expect(result.error.contains("hint: the address space is limited to "), "\(result.error)")
      } else {
        #expect(result.output == "0\n")
      }
    }
  }

  @Test("Without memory, a table does not grow and a module with a large table is refused")
  func tableMemory() throws {
    let script = "ulimit -v 120000; \"$NEEDLETAIL\" run --invoke f \"$MODULE\""
    let growing = """
      (module (table $t 1 funcref)
        (func (export "f") (result i32) (table.grow $t (ref.null func) (i32.const 19000000))))
      """
    #expect(try HostProcess.shell(script, module: growing).output == "-1\n")
    let refused = try HostProcess.shell(script, module: "(module (table 19000000 funcref) (func (export \"f\")))")
    #expect(refused.status == 1)
    #expect(refused.error.contains("table of 19000000 elements is more than the system gives"))
  }

  @Test(
    "A module that exceeds the size limit or the available memory is refused",
    arguments: [
      ("/dev/zero", "cannot read '/dev/zero': expected at most 1 GiB, found more", ""),
      ("sparse.wasm", "cannot read 'sparse.wasm': expected at most 1 GiB, found 3 GiB", ""),
      ("sparse", "cannot read 'sparse': the system has no memory for 900 MiB", "ulimit -v 600000"),
      ("/dev/zero", "cannot read '/dev/zero': the system has no memory for 512 MiB", "ulimit -v 600000"),
      ("-", "cannot read standard input: the system has no memory for 512 MiB", "ulimit -v 600000"),
    ])
  func largeModule(path: String, message: String, limit: String) throws {
    let script = """
      truncate -s 3G sparse.wasm; truncate -s 900M sparse; \(limit)
      for command in run validate print "compile -o x"; do "$NEEDLETAIL" $command \(path) < /dev/zero; echo $?; done
      """
    let result = try HostProcess.shell(script, module: "")
    #expect(result.output == "1\n1\n1\n1\n", "\(result.error)")
    #expect(result.error == String(repeating: "error: \(message)\n", count: 4))
  }

  @Test("The size of the shell's stack does not matter", arguments: [32, 48, 64, 8192])
  func smallStack(kibibytes: Int) throws {
    let recursive = """
      (module (func $f (export "f") (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 42)))))
      """
    for options in ["", "--jit"] {
      let result = try HostProcess.shell(
        "ulimit -s \(kibibytes); \"$NEEDLETAIL\" run \(options) --invoke f \"$MODULE\" 3000",
        module: recursive)
      #expect(result.output == "42\n", "\(result.error)")
    }
  }

  @Test(
    "An exit status keeps its low 8 bits, but a failure never becomes success",
    arguments: [(0, 0), (1, 1), (125, 125), (255, 255), (256, 1), (257, 1), (-256, 1), (65536, 1), (-1, 255)])
  func status(code: Int, status: Int32) throws {
    let result = try Executable.run(
      ["MODULE"], module: GuestProgram.text("", "(call $proc_exit (i32.const \(code)))"))
    #expect(result.status == status)
    let isSaid = result.error.contains("systems would show it as 0, so the exit status is 1")
    #expect(isSaid == (code != 0 && code & 0xFF == 0), "\(result.error)")
  }

  @Test("A stopped and continued program continues to read")
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
