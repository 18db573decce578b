import Needletail
import Testing
import TestSupport

@testable import NeedletailWASI

/// The functions as called by a guest.
@Suite struct GuestInterfaceTests {
  private static func configuration() -> WASI.Configuration {
    var configuration = WASI.Configuration()
    configuration.preopens = [.init(InMemoryFileSystem().root, guestPath: "/data")]
    return configuration
  }

  @Test func errorCodesHaveTheNumbersOfTheSpecification() {
    let numbers: [(Errno, UInt16)] = [
      (.success, 0), (.tooBig, 1), (.acces, 2), (.again, 6), (.badf, 8), (.exist, 20), (.fault, 21), (.ilseq, 25),
      (.inval, 28), (.io, 29), (.isdir, 31), (.loop, 32), (.mfile, 33), (.nametoolong, 37), (.noent, 44), (.nospc, 51),
      (.nosys, 52), (.notdir, 54), (.notempty, 55), (.notsock, 57), (.notsup, 58), (.perm, 63), (.pipe, 64),
      (.rofs, 69), (.spipe, 70), (.xdev, 75), (.notcapable, 76),
    ]
    for (errno, number) in numbers { #expect(errno.rawValue == number, "\(errno)") }
    #expect(Errno.allCases.count == 77)
  }

  // MARK: Arguments, clocks, random, process

  @Test func argumentsAndEnvironment() throws {
    var configuration = WASI.Configuration()
    configuration.arguments = ["prog", "", "a b", "ü"]
    configuration.environment = [("HOME", "/"), ("EMPTY", "")]
    let guest = try Guest(configuration)
    let sizes = guest.allocate(8)
    for (sizesName, name, strings) in [
      ("args_sizes_get", "args_get", ["prog", "", "a b", "ü"]),
      ("environ_sizes_get", "environ_get", ["HOME=/", "EMPTY="]),
    ] {
      #expect(try guest.call(sizesName, sizes, sizes + 4) == .success)
      let expected = strings.flatMap { Array($0.utf8) + [UInt8(0)] }
      #expect(guest.load(UInt32.self, sizes) == strings.count)
      #expect(guest.load(UInt32.self, sizes + 4) == expected.count)
      let pointers = guest.allocate(4 * strings.count)
      let buffer = guest.allocate(expected.count)
      #expect(try guest.call(name, pointers, buffer) == .success)
      #expect(guest.bytes(buffer, expected.count) == expected)
      var address = UInt32(buffer)
      for (index, string) in strings.enumerated() {
        #expect(guest.load(UInt32.self, pointers + UInt64(4 * index)) == address)
        address += UInt32(string.utf8.count + 1)
      }
      #expect(try guest.call(name, pointers, UInt64(Guest.byteCount - 2)) == .fault)
    }
  }

  @Test func whatCannotBeAnArgumentIsRefused() {
    var configuration = WASI.Configuration()
    configuration.arguments = ["a\0b"]
    #expect(throws: WASI.ConfigurationError.self) { try WASI(configuration) }
    configuration.arguments = []
    configuration.environment = [("A=B", "c")]
    #expect(throws: WASI.ConfigurationError.self) { try WASI(configuration) }
    configuration.environment = []
    configuration.preopens = [.init(hostPath: "/nowhere/at/all", guestPath: "/")]
    let error = #expect(throws: WASI.ConfigurationError.self) { try WASI(configuration) }
    #expect(error?.message == "cannot open '/nowhere/at/all': No such file or directory")
    #expect([Errno.noent, .tooBig, .notcapable].map(\.symbol) == ["ENOENT", "E2BIG", "ENOTCAPABLE"])
  }

  @Test func clocksGoOn() throws {
    let guest = try Guest()
    let result = guest.allocate(8)
    for clock: UInt64 in 0..<4 {
      #expect(try guest.call("clock_res_get", clock, result) == .success)
      #expect(guest.load(UInt64.self, result) > 0)
      #expect(try guest.call("clock_time_get", clock, 0, result) == .success)
      let first = guest.load(UInt64.self, result)
      #expect(try guest.call("clock_time_get", clock, 0, result) == .success)
      #expect(guest.load(UInt64.self, result) >= first)
    }
    #expect(try guest.call("clock_time_get", 4, 0, result) == .inval)
    #expect(try guest.call("clock_res_get", UInt64(UInt32.max), result) == .inval)
    #expect(try guest.call("clock_time_get", 0, 0, UInt64(Guest.byteCount - 7)) == .fault)
  }

  @Test func frozenClocksAndSeededRandomRepeat() throws {
    func run() throws -> [UInt64] {
      var configuration = WASI.Configuration()
      configuration.clocks = .frozen(realtime: 1_000_000, step: 10)
      configuration.random = .seeded(42)
      let guest = try Guest(configuration)
      let result = guest.allocate(8)
      var values: [UInt64] = []
      for name in ["clock_time_get", "clock_time_get", "random_get"] {
        let arguments = name == "random_get" ? [result, 8] : [0, 0, result]
        #expect(try guest.callThrowing(name, arguments) == .success)
        values.append(guest.load(UInt64.self, result))
      }
      return values
    }
    let first = try run()
    #expect(first == (try run()))
    #expect(first[..<2] == [1_000_010, 1_000_020])
  }

  @Test func randomBytesFillExactlyTheBuffer() throws {
    let guest = try Guest()
    let buffer = guest.allocate(600)
    #expect(try guest.call("random_get", buffer + 1, 598) == .success)
    let bytes = guest.bytes(buffer, 600)
    #expect(bytes.first == 0)
    #expect(bytes.last == 0)
    #expect(Set(bytes).count > 100)
    #expect(try guest.call("random_get", buffer, UInt64(Guest.byteCount)) == .fault)
    #expect(try guest.call("random_get", buffer, UInt64(UInt32.max)) == .inval)
    #expect(try guest.call("random_get", buffer, 0) == .success)
  }

  @Test func leavingAndSignals() throws {
    let guest = try Guest()
    for code: Int32 in [0, 1, 255, -1] {
      let error = #expect(throws: ExitStatus.self) {
        try guest.callThrowing("proc_exit", [UInt64(UInt32(bitPattern: code))])
      }
      #expect(error?.code == code)
    }
    #expect(throws: ExitStatus.self) { try guest.call("proc_raise", 6) }
    #expect(try guest.call("proc_raise", 0) == .success)
    #expect(try guest.call("proc_raise", 18) == .notsup)
    #expect(try guest.call("proc_raise", 31) == .inval)
    #expect(try guest.call("sched_yield") == .success)
  }

  // MARK: Files

  @Test func writingReadingAndSeeking() throws {
    let guest = try Guest(Self.configuration())
    let file = try guest.mustOpen("f", [.create, .exclusive])
    #expect(file == 4)
    #expect(try guest.write(file, "hello world") == (.success, 11))
    #expect(try guest.seek(file, -5, 2) == (.success, 6))
    #expect(try guest.read(file, 100) == (.success, "world"))
    #expect(try guest.read(file, 100) == (.success, ""))
    #expect(try guest.seek(file, 0, 1) == (.success, 11))
    #expect(try guest.seek(file, -12, 1).error == .inval)
    #expect(try guest.seek(file, -1, 0).error == .inval)
    #expect(try guest.seek(file, .max, 1).error == .overflow)
    #expect(try guest.seek(file, 0, 3).error == .inval)
    // Positional writes do not use the file's position.
    let (vectors, count) = guest.vectors([guest.text("HE"), guest.text(""), guest.text("LLO")])
    let result = guest.allocate(8)
    #expect(try guest.call("fd_pwrite", file, vectors, count, 0, result) == .success)
    #expect(guest.load(UInt32.self, result) == 5)
    #expect(try guest.call("fd_tell", file, result) == .success)
    #expect(guest.load(UInt64.self, result) == 11)
    let buffers = [guest.allocate(3), guest.allocate(20)]
    let (table, tableCount) = guest.vectors([(buffers[0], 3), (buffers[1], 20)])
    #expect(try guest.call("fd_pread", file, table, tableCount, 2, result) == .success)
    #expect(guest.load(UInt32.self, result) == 9)
    #expect(guest.bytes(buffers[0], 3) == Array("LLO".utf8))
    #expect(guest.bytes(buffers[1], 6) == Array(" world".utf8))
    #expect(try guest.call("fd_pread", file, table, tableCount, .max, result) == .inval)
    #expect(try guest.call("fd_close", file) == .success)
    #expect(try guest.call("fd_close", file) == .badf)
  }

  @Test func appending() throws {
    let guest = try Guest(Self.configuration())
    let file = try guest.open("f", .create, rights: .regularFile, descriptorFlags: .append).number
    #expect(try guest.write(file, "one") == (.success, 3))
    #expect(try guest.seek(file, 0, 0).error == .success)
    #expect(try guest.write(file, "two") == (.success, 3))
    #expect(try guest.call("fd_fdstat_set_flags", file, 0) == .success)
    #expect(try guest.seek(file, 0, 0).error == .success)
    #expect(try guest.write(file, "O") == (.success, 1))
    #expect(try guest.seek(file, 0, 0).error == .success)
    #expect(try guest.read(file, 10) == (.success, "Onetwo"))
    #expect(try guest.call("fd_fdstat_set_flags", file, 2) == .notsup)
    #expect(try guest.call("fd_fdstat_set_flags", file, 32) == .inval)
  }

  @Test func badBuffersAreRefusedBeforeAnythingHappens() throws {
    let guest = try Guest(Self.configuration())
    let file = try guest.mustOpen("f", .create)
    let end = UInt64(Guest.byteCount)
    let (good, _) = guest.vectors([guest.text("x")])
    let result = guest.allocate(4)
    for name in ["fd_write", "fd_read"] {
      #expect(try guest.call(name, file, end - 7, 1, result) == .fault)
      #expect(try guest.call(name, file, UInt64(UInt32.max), 1, result) == .fault)
      #expect(try guest.call(name, file, good, UInt64(UInt32.max), result) == .inval)
      #expect(try guest.call(name, file, good, 1025, result) == .inval)
      for (base, count) in [(end - 1, 2), (UInt64(UInt32.max), 1), (0, UInt64(UInt32.max)), (end + 1, 0)] {
        let (table, _) = guest.vectors([guest.text("x"), (base, count)])
        #expect(try guest.call(name, file, table, 2, result) == .fault)
      }
    }
    #expect(try guest.seek(file, 0, 2) == (.success, 0))
    #expect(try guest.call("fd_write", file, good, 0, result) == .success)
    #expect(guest.load(UInt32.self, result) == 0)
  }

  @Test func overlappingBuffersOfAnySumAreMovedInParts() throws {
    var configuration = Self.configuration()
    let output = OutputBuffer(limit: 1 << 20)
    configuration.standardOutput = .buffer(output)
    let guest = try Guest(configuration)
    let (table, count) = guest.vectors(Array(repeating: (0, UInt64(Guest.byteCount)), count: 1024))
    let result = guest.allocate(4)
    #expect(try guest.call("fd_write", 1, table, count, result) == .success)
    #expect(guest.load(UInt32.self, result) == 1 << 20)
    #expect(try guest.call("fd_write", 1, table, count, result) == .nospc)
    #expect(output.bytes.count == 1 << 20)
  }

  @Test func sizesAndTimes() throws {
    let guest = try Guest(Self.configuration())
    let file = try guest.mustOpen("f", .create)
    let status = guest.allocate(64)
    #expect(try guest.call("fd_filestat_set_size", file, 100) == .success)
    #expect(try guest.call("fd_allocate", file, 50, 100) == .success)
    #expect(try guest.call("fd_allocate", file, 0, 0) == .inval)
    #expect(try guest.call("fd_filestat_set_size", file, .max) == .fbig)
    #expect(try guest.call("fd_filestat_set_size", file, 1 << 40) == .nospc)
    #expect(try guest.call("fd_filestat_set_times", file, 7, 9, 0b0101) == .success)
    #expect(try guest.call("fd_filestat_set_times", file, 7, 9, 0b0011) == .inval)
    #expect(try guest.call("fd_filestat_set_times", file, 7, 9, 0b1100) == .inval)
    #expect(try guest.call("fd_filestat_set_times", file, 7, 9, 16) == .inval)
    #expect(try guest.call("fd_filestat_get", file, status) == .success)
    #expect(guest.load(UInt8.self, status + 16) == FileType.regularFile.rawValue)
    #expect(guest.load(UInt64.self, status + 24) == 1)
    #expect(guest.load(UInt64.self, status + 32) == 150)
    #expect(guest.load(UInt64.self, status + 40) == 7)
    #expect(guest.load(UInt64.self, status + 48) == 9)
    #expect(try guest.call("fd_advise", file, 0, 10, 3) == .success)
    #expect(try guest.call("fd_advise", file, 0, 10, 6) == .inval)
    for name in ["fd_sync", "fd_datasync"] { #expect(try guest.call(name, file) == .success) }
  }

  @Test func theOlderSnapshotHasItsOwnLayouts() throws {
    let guest = try Guest(Self.configuration(), .unstable)
    let file = try guest.mustOpen("f", .create)
    #expect(try guest.write(file, "12345").error == .success)
    // In `wasi_unstable`, whence 0 is the current position, 1 the end and 2 the start.
    #expect(try guest.seek(file, -2, 0) == (.success, 3))
    #expect(try guest.seek(file, -1, 1) == (.success, 4))
    #expect(try guest.seek(file, 2, 2) == (.success, 2))
    let status = guest.allocate(56)
    #expect(try guest.call("fd_filestat_get", file, status) == .success)
    #expect(guest.load(UInt32.self, status + 20) == 1)
    #expect(guest.load(UInt64.self, status + 24) == 5)
  }

  @Test func directoriesAreNotFilesAndTheOtherWayRound() throws {
    let guest = try Guest(Self.configuration())
    let file = try guest.mustOpen("f", .create)
    let (table, count) = guest.vectors([(guest.allocate(8), 8)])
    let result = guest.allocate(8)
    for name in ["fd_read", "fd_write"] { #expect(try guest.call(name, 3, table, count, result) == .isdir) }
    #expect(try guest.seek(3, 0, 0).error == .isdir)
    #expect(try guest.call("fd_filestat_set_size", 3, 0) == .isdir)
    #expect(try guest.call("fd_readdir", file, result, 8, 0, result) == .notdir)
    #expect(try guest.open("x", at: file).error == .notdir)
    #expect(try guest.call("fd_prestat_get", file, result) == .badf)
  }

  // MARK: Descriptors and rights

  @Test func preopenedDirectoriesTellTheirNames() throws {
    let guest = try Guest(Self.configuration())
    let result = guest.allocate(8)
    #expect(try guest.call("fd_prestat_get", 3, result) == .success)
    #expect(guest.load(UInt64.self, result) == 5 << 32)
    let name = guest.allocate(6)
    #expect(try guest.call("fd_prestat_dir_name", 3, name, 4) == .nametoolong)
    #expect(try guest.call("fd_prestat_dir_name", 3, name, 6) == .success)
    #expect(guest.bytes(name, 5) == Array("/data".utf8))
    for number: UInt64 in [0, 4, UInt64(UInt32.max)] {
      #expect(try guest.call("fd_prestat_get", number, result) == .badf)
    }
  }

  @Test func rightsOnlyShrink() throws {
    let guest = try Guest(Self.configuration())
    let file = try guest.mustOpen("f", .create)
    let state = guest.allocate(24)
    #expect(try guest.call("fd_fdstat_get", file, state) == .success)
    #expect(guest.load(UInt8.self, state) == FileType.regularFile.rawValue)
    #expect(guest.load(UInt64.self, state + 8) == Rights.regularFile.rawValue)
    #expect(guest.load(UInt64.self, state + 16) == 0)
    let fewer = Rights.regularFile.subtracting(.fdWrite)
    #expect(try guest.call("fd_fdstat_set_rights", file, fewer.rawValue, 0) == .success)
    #expect(try guest.write(file, "x").error == .notcapable)
    #expect(try guest.call("fd_fdstat_set_rights", file, Rights.regularFile.rawValue, 0) == .notcapable)
    // A descriptor opened through a directory has at most its inheriting rights.
    let inheriting: Rights = [.fdRead, .fdSeek, .fdTell]
    #expect(try guest.call("fd_fdstat_set_rights", 3, Rights.directory.rawValue, inheriting.rawValue) == .success)
    #expect(try guest.open("f", rights: .fdWrite).error == .notcapable)
    #expect(try guest.open("f", rights: .fdRead).error == .success)
    #expect(try guest.call("fd_fdstat_set_rights", 3, 0, 0) == .success)
    #expect(try guest.open("f", rights: []).error == .notcapable)
    let (name, count) = guest.text("d")
    #expect(try guest.call("path_create_directory", 3, name, count) == .notcapable)
  }

  @Test func renumberingReplacesWhatIsOpen() throws {
    let guest = try Guest(Self.configuration())
    let first = try guest.mustOpen("a", .create)
    let second = try guest.mustOpen("b", .create)
    #expect(try guest.write(first, "first").error == .success)
    #expect(try guest.call("fd_renumber", first, second) == .success)
    #expect(try guest.seek(first, 0, 0).error == .badf)
    #expect(try guest.seek(second, 0, 0).error == .success)
    #expect(try guest.read(second, 10) == (.success, "first"))
    #expect(try guest.call("fd_renumber", second, second) == .success)
    #expect(try guest.call("fd_renumber", second, 1000) == .badf)
    #expect(try guest.call("fd_renumber", 1000, second) == .badf)
    // The lowest free number is used next.
    #expect(try guest.mustOpen("a") == first)
  }

  @Test func descriptorsAreLimited() throws {
    var configuration = Self.configuration()
    configuration.limits.descriptors = 10
    let guest = try Guest(configuration)
    for _ in 4..<10 { _ = try guest.mustOpen("f", .create) }
    #expect(try guest.open("new", .create).error == .mfile)
    #expect(try guest.call("fd_close", 5) == .success)
    // A refused request creates nothing.
    #expect(try guest.open("new").error == .noent)
    #expect(try guest.open("f") == (.success, 5))
  }

  // MARK: Listings

  @Test(arguments: [24 + 3, 30, 64, 200, 4096])
  func listingsInBuffersOfAnySize(_ size: Int) throws {
    let guest = try Guest(Self.configuration())
    let names = (0..<40).map { "n\($0)" }
    for name in names { #expect(try guest.call("fd_close", guest.mustOpen(name, .create)) == .success) }
    let buffer = guest.allocate(size)
    let used = guest.allocate(4)
    var cookie: UInt64 = 0
    var seen: [String] = []
    while true {
      #expect(try guest.call("fd_readdir", 3, buffer, UInt64(size), cookie, used) == .success)
      let count = Int(guest.load(UInt32.self, used))
      var offset = 0
      while offset + 24 <= count {
        let entry = buffer + UInt64(offset)
        let length = Int(guest.load(UInt32.self, entry + 16))
        guard offset + 24 + length <= count else { break }
        seen.append(String(decoding: guest.bytes(entry + 24, length), as: UTF8.self))
        cookie = guest.load(UInt64.self, entry)
        offset += 24 + length
      }
      guard count == size else { break }
      #expect(offset > 0)
    }
    #expect(seen == [".", ".."] + names)
    #expect(try guest.call("fd_readdir", 3, buffer, 0, 0, used) == .success)
    #expect(try guest.call("fd_readdir", 3, buffer, UInt64(Guest.byteCount), 0, used) == .fault)
  }

  // MARK: Any arguments

  /// Every function with boundary and random values must return an error code and never crash.
  @Test(arguments: HostSide.allCases, [UInt64(1), 2, 3])
  func anyArgumentsGiveAnErrorCode(_ side: HostSide, _ seed: UInt64) throws {
    let sandbox = try Sandbox(side)
    var configuration = WASI.Configuration()
    let (directory, _) = try sandbox.wasi.directory(3, [])
    configuration.preopens = [.init(directory, guestPath: "/"), .init(directory, guestPath: "/ro", access: .readOnly)]
    configuration.standardInput = .text("input")
    configuration.clocks = .frozen(realtime: 0)
    configuration.random = .seeded(seed)
    let guest = try Guest(configuration)
    var numbers = GuestRandom(.seeded(seed))
    func random() -> UInt64 {
      var word: UInt64 = 0
      withUnsafeMutableBytes(of: &word) { bytes in try! numbers.fill(bytes) }
      return word
    }
    _ = guest.text("a/../b\0c/./d//")
    for (name, parameters) in WASISignatures.all where name != "proc_exit" && name != "proc_raise" {
      for _ in 0..<200 {
        let arguments = parameters.map { parameter -> UInt64 in
          let value: UInt64 =
            switch random() % 8 {
            case 0: random()
            case 1: UInt64(UInt32.max) - random() % 9
            case 2: UInt64(Guest.byteCount) - random() % 9
            case 3: 1024 + random() % 16
            default: random() % 8
            }
          return parameter == "i" ? value & 0xFFFF_FFFF : value
        }
        // Polling a descriptor that never becomes ready would correctly block.
        if name == "poll_oneoff", arguments[2] & 0xFFFF_FFFF == 0 { continue }
        _ = try guest.callThrowing(name, arguments)
      }
    }
  }
}
