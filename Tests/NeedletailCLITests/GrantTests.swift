import Foundation
import Testing

/// What the options grant to a program, and how denials are reported.
@Suite struct GrantTests {
  // MARK: Folders

  /// Forms of `--dir` in a folder that contains `data`, `ro` and `a:b`.
  static let spellings: [(text: String, guest: String, isWritable: Bool)] = [
    ("data", "data", true), ("data:ro", "data", false), ("data:rw", "data", true), ("data::/x", "/x", true),
    ("data::/x:ro", "/x", false), ("data::/x:rw", "/x", true), ("data::/x::ro", "/x", false),
    ("data::ro", "data", false),
    ("data::rw", "data", true), ("data::ro:rw", "ro", true), ("ro::ro:ro", "ro", false), ("a:b", "a:b", true),
    ("a:b:ro", "a:b", false), ("data::a:b:ro", "a:b", false), (".::.", ".", true),
  ]

  /// Prints the name of the first directory, then creates a file in it.
  private static let nameAndMake = GuestProgram.text(
    "in.txt", "(drop (call $open (i32.const 3) (i32.const 6) (i32.const 1) (i64.const 64)))"
  ).replacing(
    "(memory (export",
    with: """
      (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $fd_prestat_dir_name (param i32 i32 i32) (result i32)))
      (memory (export
      """
  ).replacing(
    "(export \"_start\")",
    with: """
      (export "_start")
        (drop (call $fd_prestat_get (i32.const 3) (i32.const 16)))
        (drop (call $fd_prestat_dir_name (i32.const 3) (i32.const 2048) (i32.load (i32.const 20))))
        (call $write (i32.const 1) (i32.const 2048) (i32.load (i32.const 20)))
      """)

  @Test("--dir grants a folder under a name, with or without write access", arguments: spellings)
  func folderSpellings(text: String, guest: String, isWritable: Bool) throws {
    let scratch = try Scratch()
    for name in ["data", "ro", "a:b"] { try scratch.write("\(name)/there.txt", "") }
    let path = try scratch.write("m.wat", Self.nameAndMake)
    let result = try Executable.run(["--dir", text, path], folder: scratch.folder)
    #expect(result.output == guest, "\(result.error)")
    // 69 is EROFS.
    #expect(result.status == (isWritable ? 0 : 69), "\(result.error)")
  }

  @Test(
    "Invalid values of --dir are refused",
    arguments: [
      (
        ["data::/x:rx"],
        "invalid --dir data::/x:rx: expected access 'ro' or 'rw', found 'rx'\nhint: a name with a colon needs an access after it: --dir data::/x:rx:rw"
      ),
      ([""], "missing value of --dir: expected --dir HOST[::GUEST][:ro]"),
      (["::/x"], "invalid --dir: expected HOST[::GUEST][:ro], found '::/x'"),
      (["data::"], "invalid --dir: expected HOST[::GUEST][:ro], found 'data::'"),
      ([":ro"], "invalid --dir: expected HOST[::GUEST][:ro], found ':ro'"),
      (
        ["data::/x", ".::/x:ro"],
        "--dir .::/x:ro: --dir data::/x gives the program another directory '/x'\nhint: --dir .::NAME gives it another name"
      ),
      (
        ["data::/x", "data::/x:ro"],
        "--dir data::/x and --dir data::/x:ro contradict each other: they give the same directory with different access"
      ),
    ] as [([String], String)])
  func folderErrors(options: [String], message: String) throws {
    let scratch = try Scratch()
    try scratch.write("data/in.txt", "")
    let path = try scratch.write("m.wat", GuestProgram.copyFile)
    let result = try Executable.run(options.flatMap { ["--dir", $0] } + [path], folder: scratch.folder)
    #expect(result.status == 2)
    #expect(result.error.hasPrefix("error: \(message)\nusage: "), "\(result.error)")
  }

  @Test("A folder is accessible only if it is granted")
  func folder() throws {
    let scratch = try Scratch()
    try scratch.write("data/in.txt", "contents")
    let path = try scratch.write("m.wat", GuestProgram.copyFile)
    #expect(try Executable.run([path], folder: scratch.folder).status == 8)
    for option in ["data", "data::/elsewhere", scratch.path("data") + "::.", "data:ro"] {
      let result = try Executable.run(["--dir", option, path], folder: scratch.folder)
      #expect(result.output == "contents", "\(option): \(result.error)")
    }
  }

  @Test("A missing folder is an error")
  func missingFolder() throws {
    let result = try Executable.run(["--dir", "/no/such/folder", "MODULE"], module: GuestProgram.copyFile)
    #expect(result.status == 1)
    #expect(result.error == "error: --dir: cannot read '/no/such/folder': No such file or directory\n")
  }

  // MARK: The log

  @Test("--log reports each denial in one line")
  func log() throws {
    let scratch = try Scratch()
    try scratch.write("data/there.txt", "")
    let path = try scratch.write("m.wat", GuestProgram.makeFile)
    let denied = try Executable.run(["--log", "--dir", "data::/data:ro", path], folder: scratch.folder)
    #expect(
      denied.error == "needletail: denied: path_open \"in.txt\" in \"/data\": write access not granted\n")
    #expect(denied.status == 69)
    let none = try Executable.run(["--log", path], folder: scratch.folder)
    #expect(none.error == "needletail: denied: path_open \"in.txt\" in descriptor 3: no directory was granted\n")
    let silent = try Executable.run(["--dir", "data::/data:ro", path], folder: scratch.folder)
    #expect(silent.error == "")
    let granted = try Executable.run(["--log", "--dir", "data::/data", path], folder: scratch.folder)
    #expect(granted.error == "" && granted.status == 0)
  }

  // MARK: Clocks and random numbers

  /// Writes the real time, the monotonic time and eight random bytes as stored in memory.
  private static let clocksAndRandom = GuestProgram.text(
    "",
    """
    (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 2048)))
    (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 2056)))
    (drop (call $random_get (i32.const 2064) (i32.const 8)))
    (call $write (i32.const 1) (i32.const 2048) (i32.const 24))
    """)

  private static func words(_ options: [String]) throws -> [UInt64] {
    let bytes = try Executable.run(options + ["MODULE"], module: clocksAndRandom).bytes
    try #require(bytes.count == 24)
    return bytes.withUnsafeBytes { bytes in (0..<3).map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self) }
    }
  }

  @Test("Frozen clocks and seeded random numbers are the same in every run")
  func reproducible() throws {
    let options = ["--clock", "frozen", "--random-seed", "7"]
    let first = try Self.words(options)
    #expect(try Self.words(options) == first)
    #expect(first[0] < 1_000_000 && first[1] < 1_000_000)
    let others = try Self.words(["--clock=frozen=1000000000000000000", "--random-seed=8"])
    #expect(others[0] > 1_000_000_000_000_000_000 && others[0] < 1_000_000_000_001_000_000)
    #expect(others[2] != first[2])
    let free = try Self.words(["--clock", "system"])
    #expect(free[0] > 1_700_000_000_000_000_000)
    #expect(try Self.words([])[2] != free[2])
  }

  @Test(
    "Invalid values of options are reported",
    arguments: [
      (
        ["--clock", "stopped"],
        "invalid --clock: expected 'system', 'frozen' or 'frozen=NANOSECONDS', from 0 to 18446744073709551615, found 'stopped'"
      ),
      (
        ["--clock", "frozen=-1"],
        "invalid --clock: expected 'system', 'frozen' or 'frozen=NANOSECONDS', from 0 to 18446744073709551615, found 'frozen=-1'"
      ),
      (["--random-seed", "x"], "invalid --random-seed: expected a number from 0 to 18446744073709551615, found 'x'"),
      (["--tcplisten", "127.0.0.1"], "invalid --tcplisten: expected ADDRESS:PORT, found '127.0.0.1'"),
      (
        ["--tcplisten", ":80"],
        "invalid --tcplisten: expected ADDRESS:PORT, found ':80'\nhint: --tcplisten 127.0.0.1:80 accepts connections of this computer"
      ),
      (
        ["--tcplisten=localhost:80"],
        "invalid --tcplisten: expected a numeric address, found 'localhost:80'\nhint: --tcplisten 127.0.0.1:80 accepts connections of this computer"
      ),
      (
        ["--tcplisten", "127.0.0.1:65536"],
        "invalid --tcplisten: expected ADDRESS:PORT with a port from 0 to 65535, found '127.0.0.1:65536'"
      ),
      (["--env", "=x"], "invalid --env: expected NAME=VALUE or NAME, found '=x'"),
    ] as [([String], String)])
  func badValues(options: [String], message: String) throws {
    let result = try Executable.run(options + ["MODULE"], module: Self.clocksAndRandom)
    #expect(result.status == 2)
    #expect(result.error.hasPrefix("error: \(message)\nusage: "), "\(result.error)")
  }

  @Test("A variable that is not set here is reported, and the program does not get it", arguments: ["--env", "-env"])
  func unsetVariable(option: String) throws {
    let scratch = try Scratch()
    let path = try scratch.write(
      "m.wat",
      GuestProgram.text(
        "",
        """
        (drop (call $environ_sizes_get (i32.const 16) (i32.const 20)))
        (call $proc_exit (i32.load (i32.const 16)))
        """))
    for (name, message, count) in [
      ("NO_SUCH", "needletail: \(option) NO_SUCH has no effect: there is no variable 'NO_SUCH' here\n", 0),
      ("EMPTY", "", 1),
    ] as [(String, String, Int32)] {
      let result = try Executable.run([option, name, option, name, path], environment: ["EMPTY": ""])
      #expect(result.error == message)
      #expect(result.status == count)
    }
  }

  // MARK: Streams

  @Test("Standard streams can be files or nothing")
  func streams() throws {
    let scratch = try Scratch()
    try scratch.write("in", "from a file")
    let copy = try scratch.write("copy.wat", GuestProgram.text("", "(call $copy (i32.const 0))"))
    let errors = try scratch.write(
      "errors.wat", GuestProgram.text("oops", "(call $write (i32.const 2) (i32.const 1024) (i32.const 4))"))
    func run(_ arguments: String...) throws -> Executable.Result {
      try Executable.run(arguments, input: Array("from here".utf8), folder: scratch.folder)
    }
    #expect(try run(copy).output == "from here")
    #expect(try run("--stdin", "inherit", "--stdout=inherit", copy).output == "from here")
    #expect(try run("--stdin", "in", copy).output == "from a file")
    #expect(try run("--stdin", "null", copy).output == "")
    #expect(try run("--stdout", "null", copy).output == "")
    #expect(try run("--stdout", "out", copy).output == "")
    #expect(try String(contentsOf: scratch.url("out"), encoding: .utf8) == "from here")
    #expect(try run(errors).error == "oops")
    #expect(try run("--stderr", "null", errors).error == "")
    #expect(try run("--stderr", "err", errors).error == "")
    #expect(try String(contentsOf: scratch.url("err"), encoding: .utf8) == "oops")
    let missing = try run("--stdin", "nothing", copy)
    #expect(missing.status == 1)
    #expect(missing.error == "error: --stdin: cannot read 'nothing': No such file or directory\n")
  }

  // MARK: Network

  @Test("A listener is the first descriptor, and folders follow")
  func listener() throws {
    let scratch = try Scratch()
    try scratch.write("data/in.txt", "contents")
    // Accepts a connection, sends it the file, and ends with the error for a second listener, which does not exist.
    let path = try scratch.write(
      "m.wat",
      GuestProgram.text(
        "in.txt",
        """
        (local $file i32)
        ;; The listener does not block.
        (loop $again (br_if $again (i32.eq (call $sock_accept (i32.const 3) (i32.const 0) (i32.const 40)) (i32.const 6))))
        (local.set $file (call $open (i32.const 4) (i32.const 6) (i32.const 0) (i64.const 2)))
        (i32.store (i32.const 0) (i32.const 2048))
        (i32.store (i32.const 4) (i32.const 1024))
        (drop (call $fd_read (local.get $file) (i32.const 0) (i32.const 1) (i32.const 8)))
        (call $exit_if
          (call $try_write (i32.load (i32.const 40)) (i32.const 2048) (i32.load (i32.const 8))))
        (call $exit_if (call $sock_accept (i32.const 4) (i32.const 0) (i32.const 40)))
        """))
    let process = Process()
    let errors = Pipe()
    process.executableURL = Executable.url
    process.arguments = ["--dir", "data", "--tcplisten", "127.0.0.1:0", path]
    process.currentDirectoryURL = scratch.folder
    process.standardError = errors
    try process.run()
    let message = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
    let port = try #require(message.dropLast().split(separator: ":").last.flatMap { UInt16($0) }, "\(message)")
    #expect(message == "needletail: listening at 127.0.0.1:\(port)\n")
    #expect(try HostProcess.receive(fromPort: port) == "contents")
    process.waitUntilExit()
    // 57 is ENOTSOCK.
    #expect(process.terminationStatus == 57)
  }

  @Test("An unavailable address is reported")
  func badAddress() throws {
    let result = try Executable.run(["--tcplisten", "example.org:80", "MODULE"], module: GuestProgram.copyFile)
    #expect(result.status == 1)
    #expect(
      result.error
        == "error: --tcplisten: cannot listen at 'example.org:80': expected a numeric address of this machine\n"
    )
  }
}
