import Testing

@testable import NeedletailWASI

/// The log's messages about denied requests.
@Suite struct DenialTests {
  private final class Log {
    var lines: [String] = []
  }

  /// A guest with a writable directory `/data` and a read-only directory `/kept`.
  private static func guest(_ log: Log, _ change: (inout WASI.Configuration) -> Void = { _ in }) throws -> Guest {
    var configuration = WASI.Configuration()
    configuration.log = { log.lines.append($0) }
    let files = InMemoryFileSystem()
    try files.write(Array("text".utf8), to: "file")
    configuration.preopens = [
      .init(files.root, guestPath: "/data"), .init(files.root, guestPath: "/kept", access: .readOnly),
    ]
    change(&configuration)
    return try Guest(configuration)
  }

  /// An action, its error, and the line in the log.
  static let cases: [(action: @Sendable (Guest) throws -> Errno, error: Errno, line: String?)] = [
    ({ try $0.open("new", at: 4, .create).error }, .rofs, "path_open \"new\" in \"/kept\": write access not granted"),
    (
      { try $0.open("file", at: 4, rights: .fdWrite).error }, .rofs,
      "path_open \"file\" in \"/kept\": write access not granted"
    ),
    ({ try $0.open("../x").error }, .perm, "path_open \"../x\" in \"/data\": the path leads out of the directory"),
    ({ try $0.open("/etc").error }, .perm, "path_open \"/etc\" in \"/data\": the path leads out of the directory"),
    ({ try $0.open("missing").error }, .noent, nil), ({ try $0.open("file").error }, .success, nil),
    ({ try $0.open("file", at: 99).error }, .badf, nil),
    ({ try $0.write(0, "x").error }, .notcapable, "fd_write on descriptor 0: right fd_write not granted"),
    (
      { guest in
        let (from, fromCount) = guest.text("file")
        let (to, toCount) = guest.text("other")
        return try guest.call("path_rename", 3, from, fromCount, 4, to, toCount)
      }, .rofs, "path_rename \"other\" in \"/kept\": write access not granted"
    ),
    (
      { guest in
        let (from, fromCount) = guest.text("file")
        let (to, toCount) = guest.text("../other")
        return try guest.call("path_link", 3, 0, from, fromCount, 3, to, toCount)
      }, .perm, "path_link \"../other\" in \"/data\": the path leads out of the directory"
    ),
    (
      { guest in
        let (target, targetCount) = guest.text("/etc")
        let (path, count) = guest.text("link")
        return try guest.call("path_symlink", target, targetCount, 3, path, count)
      }, .perm, "path_symlink \"link\" in \"/data\": links that lead out of the directory not granted"
    ),
    (
      { try $0.call("fd_filestat_set_times", 4, 0, 0, 0) }, .rofs,
      "fd_filestat_set_times on descriptor 4: write access not granted"
    ),
    (
      { guest in
        let file = try guest.mustOpen("file", rights: .fdRead)
        return try guest.call("fd_fdstat_set_rights", file, Rights([.fdRead, .fdWrite, .fdSeek]).rawValue, 0)
      }, .notcapable, "fd_fdstat_set_rights on descriptor 5: rights fd_seek, fd_write not granted"
    ),
    (
      { try $0.call("random_get", 0, 1 << 31) }, .inval, "random_get: more than 64 MiB at once not granted"
    ),
    (
      { try $0.call("poll_oneoff", 0, 0, 5000, 0) }, .inval,
      "poll_oneoff: more than 4096 subscriptions at once not granted"
    ),
    (
      { try $0.open("\u{1B}[31m\"\n\u{9B}ü").error }, .noent, nil
    ),
    (
      { try $0.open("../\u{1B}[31m\"\\\n\u{9B}\u{202E}ü").error }, .perm,
      "path_open \"../\\u{1b}[31m\\\"\\\\\\n\\u{9b}\\u{202e}ü\" in \"/data\": the path leads out of the directory"
    ),
  ]

  @Test(arguments: cases.indices) func whatIsDeniedIsToldInOneLine(_ index: Int) throws {
    let (action, error, line) = Self.cases[index]
    let log = Log()
    let guest = try Self.guest(log)
    #expect(try action(guest) == error)
    #expect(log.lines == (line.map { ["denied: " + $0] } ?? []))
  }

  @Test func whatWasNotGrantedAtAllIsTold() throws {
    let log = Log()
    let guest = try Self.guest(log) {
      $0.preopens = []
      $0.limits.descriptors = 4
    }
    #expect(try guest.open("x").error == .badf)
    #expect(log.lines == ["denied: path_open \"x\" in descriptor 3: no directory was granted"])
    log.lines = []
    let full = try Self.guest(log) { $0.limits.descriptors = 5 }
    #expect(try full.open("file").error == .mfile)
    #expect(
      log.lines == [
        "denied: path_open \"file\" in \"/data\": too many descriptors: expected at most 5, found 6 (WASI.Configuration.limits.descriptors)"
      ])
  }

  @Test func aBadSubscriptionIsToldThoughTheCallSucceeds() throws {
    let log = Log()
    let guest = try Self.guest(log)
    let subscription = guest.allocate(48)
    guest.store(UInt8(2), subscription + 8)
    let event = guest.allocate(32)
    #expect(try guest.call("poll_oneoff", subscription, event, 1, guest.allocate(4)) == .success)
    #expect(log.lines == ["denied: poll_oneoff on descriptor 0: right fd_write not granted"])
  }
}
