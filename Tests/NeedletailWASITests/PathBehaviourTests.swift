import NeedletailSystem
import Testing

@testable import NeedletailWASI

/// The meaning of paths, which must be the same for both ways of resolving them on the host, and in memory.
@Suite struct PathBehaviourTests {
  private static func sandbox(_ side: HostSide) throws -> Sandbox {
    let sandbox = try Sandbox(side)
    try sandbox.makeDirectory("dir")
    try sandbox.makeDirectory("dir/inner")
    try sandbox.write("text", to: "file")
    try sandbox.write("deep text", to: "dir/inner/file")
    for (name, target) in [
      ("to-file", "file"), ("to-dir", "dir"), ("to-inner", "to-dir/inner"), ("dangling", "missing"), ("loop", "loop"),
      ("dir/up", ".."), ("slashed", "dir/inner//"),
    ] { try sandbox.makeLink(name, to: target) }
    try sandbox.makeHostLink("out", to: "../x")
    return sandbox
  }

  @Test(arguments: HostSide.allCases)
  func pathsThatLeadToAFile(_ side: HostSide) throws {
    let sandbox = try Self.sandbox(side)
    let paths = [
      ("file", "text"), ("./file", "text"), (".//./file", "text"), ("dir/../file", "text"), ("to-file", "text"),
      ("dir/inner/file", "deep text"), ("to-dir/inner/file", "deep text"), ("to-inner/file", "deep text"),
      ("dir/up/file", "text"), ("dir/up/to-inner/file", "deep text"), ("dir/inner/../../file", "text"),
      ("to-inner/../up/to-file", "text"), ("slashed/file", "deep text"),
    ]
    for (path, text) in paths { #expect(try sandbox.read(path) == text, "\(path)") }
  }

  /// A path, the error of opening it with links followed, and without.
  static let refused: [(path: String, following: Errno, notFollowing: Errno)] = [
    ("", .noent, .noent), ("missing", .noent, .noent), ("missing/", .noent, .noent), ("missing/..", .noent, .noent),
    ("/file", .perm, .perm), ("/", .perm, .perm), ("..", .perm, .perm), ("../file", .perm, .perm),
    ("dir/../..", .perm, .perm), ("dir/../../dir/inner/file", .perm, .perm), ("out", .perm, .loop),
    ("out/x", .perm, .perm), ("file/", .notdir, .notdir), ("file/.", .notdir, .notdir), ("file/..", .notdir, .notdir),
    ("file/x", .notdir, .notdir), ("to-file/", .notdir, .notdir), ("to-file", .success, .loop),
    ("dangling", .noent, .loop), ("dangling/x", .noent, .noent), ("loop", .loop, .loop), ("loop/x", .loop, .loop),
    ("fi\0le", .ilseq, .ilseq), ("file\0", .ilseq, .ilseq),
    (String(repeating: "n", count: 256), .nametoolong, .nametoolong),
    (String(repeating: "./", count: 2047) + "fi", .nametoolong, .nametoolong),
  ]

  @Test(arguments: HostSide.allCases)
  func pathsThatAreRefused(_ side: HostSide) throws {
    let sandbox = try Self.sandbox(side)
    for (path, following, notFollowing) in Self.refused {
      let name = path.prefix(40)
      let opened = errno { () throws(Errno) in try sandbox.close(sandbox.open(path)) }
      #expect(opened == following, "\(name)")
      #expect(
        errno { () throws(Errno) in try sandbox.close(sandbox.open(path, following: false)) } == notFollowing,
        "\(name), not following")
    }
  }

  @Test func namesMustBeUTF8() {
    for bytes: [UInt8] in [[0xFF], [0x61, 0x80], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]] {
      let error = errno { () throws(Errno) in
        try bytes.withUnsafeBufferPointer { bytes throws(Errno) in try GuestPath(UnsafeRawBufferPointer(bytes)) }
      }
      #expect(error == .ilseq)
    }
  }

  @Test(arguments: HostSide.allCases)
  func slashesBehindNames(_ side: HostSide) throws {
    let sandbox = try Self.sandbox(side)
    let wasi = sandbox.wasi
    func error(_ body: (WASI) throws(Errno) -> Void) -> Errno { errno { () throws(Errno) in try body(wasi) } }
    #expect(error { wasi throws(Errno) in try wasi.createDirectory(GuestPath("new/"), at: 3) } == .success)
    #expect(error { wasi throws(Errno) in try wasi.createDirectory(GuestPath("file/"), at: 3) } == .exist)
    #expect(error { wasi throws(Errno) in try wasi.unlink(GuestPath("file/"), at: 3) } == .notdir)
    #expect(error { wasi throws(Errno) in try wasi.unlink(GuestPath("dir/"), at: 3) } == .isdir)
    #expect(error { wasi throws(Errno) in try wasi.unlink(GuestPath("dir"), at: 3) } == .isdir)
    #expect(error { wasi throws(Errno) in try wasi.unlink(GuestPath("to-dir/"), at: 3) } == .notdir)
    #expect(error { wasi throws(Errno) in try wasi.removeDirectory(GuestPath("to-dir/"), at: 3) } == .notdir)
    #expect(error { wasi throws(Errno) in try wasi.removeDirectory(GuestPath("dir/"), at: 3) } == .notempty)
    #expect(error { wasi throws(Errno) in try wasi.removeDirectory(GuestPath("new/"), at: 3) } == .success)
    #expect(
      error { wasi throws(Errno) in try wasi.createSymbolicLink(GuestPath("l/"), at: 3, to: GuestPath("x")) } == .noent)
    #expect(
      error { wasi throws(Errno) in try wasi.createSymbolicLink(GuestPath("dir/"), at: 3, to: GuestPath("x")) }
        == .exist)
    #expect(
      error { wasi throws(Errno) in try wasi.createSymbolicLink(GuestPath("file/"), at: 3, to: GuestPath("x")) }
        == .notdir)
    #expect(
      error { wasi throws(Errno) in try wasi.createSymbolicLink(GuestPath("l"), at: 3, to: GuestPath("/x")) } == .perm)
    #expect(
      error { wasi throws(Errno) in try wasi.rename(GuestPath("file"), at: 3, to: GuestPath("x/"), at: 3) } == .notdir)
    #expect(
      error { wasi throws(Errno) in try wasi.rename(GuestPath("dir/"), at: 3, to: GuestPath("moved/"), at: 3) }
        == .success)
    #expect(
      error { wasi throws(Errno) in
        try wasi.link(GuestPath("file/"), at: 3, following: false, to: GuestPath("x"), at: 3)
      } == .notdir)
    #expect(
      error { wasi throws(Errno) in
        try wasi.link(GuestPath("moved"), at: 3, following: false, to: GuestPath("x"), at: 3)
      } == .perm)
    #expect(errno { () throws(Errno) in try sandbox.open("new-file/", .create, rights: .fdWrite) } == .isdir)
  }

  @Test(arguments: HostSide.allCases)
  func renaming(_ side: HostSide) throws {
    let sandbox = try Self.sandbox(side)
    func rename(_ from: String, _ to: String) -> Errno {
      errno { () throws(Errno) in try sandbox.wasi.rename(GuestPath(from), at: 3, to: GuestPath(to), at: 3) }
    }
    #expect(rename("missing", "x") == .noent)
    #expect(rename("dir", "dir/inner/x") == .inval)
    #expect(rename("file", "dir") == .isdir)
    #expect(rename("dir", "file") == .notdir)
    try sandbox.makeDirectory("full")
    try sandbox.makeDirectory("full/x")
    #expect(rename("dir", "full") == .notempty)
    try sandbox.makeDirectory("empty")
    #expect(rename("dir", "empty") == .success)
    #expect(try sandbox.read("empty/inner/file") == "deep text")
    // Renames the link, not its target.
    #expect(rename("to-file", "renamed") == .success)
    #expect(try sandbox.wasi.readLink(GuestPath("renamed"), at: 3) == Array("file".utf8))
    #expect(rename("file", "dir") == .success)
    #expect(try sandbox.read("dir") == "text")
  }

  @Test(arguments: HostSide.allCases)
  func openingCreatesTruncatesAndExcludes(_ side: HostSide) throws {
    let sandbox = try Self.sandbox(side)
    func open(_ path: String, _ flags: OpenFlags, following: Bool = true, _ rights: Rights = .fdWrite) -> Errno {
      errno { () throws(Errno) in try sandbox.close(sandbox.open(path, flags, following: following, rights: rights)) }
    }
    #expect(open("file", [.create, .exclusive]) == .exist)
    #expect(open("dangling", [.create, .exclusive]) == .exist)
    #expect(open("dangling", .create) == .success)
    #expect(try sandbox.read("missing") == "")
    #expect(open("file", .truncate, []) == .success)
    #expect(try sandbox.read("file") == "")
    #expect(open("dir", []) == .isdir)
    #expect(open("dir", .truncate, []) == .isdir)
    #expect(open("file", .directory, []) == .notdir)
    #expect(
      open("to-dir", .directory, following: false, []) == .notdir
        || open("to-dir", .directory, following: false, []) == .loop)
    #expect(open("to-dir", .directory, []) == .success)
    #expect(open("new", [.create, .directory], []) == .inval)
    #expect(open("dir/new", .create) == .success)
    #expect(open("dir/missing/new", .create) == .noent)
  }

  @Test(arguments: HostSide.allCases)
  func statusAndLinks(_ side: HostSide) throws {
    let sandbox = try Self.sandbox(side)
    let wasi = sandbox.wasi
    #expect(try wasi.status(of: GuestPath("to-file"), at: 3, following: false).type == .symbolicLink)
    #expect(try wasi.status(of: GuestPath("to-file"), at: 3, following: true).size == 4)
    #expect(try wasi.status(of: GuestPath("to-dir/"), at: 3, following: false).type == .directory)
    #expect(try wasi.status(of: GuestPath("."), at: 3, following: false).type == .directory)
    try wasi.link(GuestPath("file"), at: 3, following: false, to: GuestPath("dir/second"), at: 3)
    let (first, second) = try (
      wasi.status(of: GuestPath("file"), at: 3, following: false),
      wasi.status(of: GuestPath("dir/second"), at: 3, following: false)
    )
    #expect(first == second)
    #expect(first.linkCount == 2)
    try wasi.link(GuestPath("to-file"), at: 3, following: true, to: GuestPath("third"), at: 3)
    #expect(try wasi.status(of: GuestPath("third"), at: 3, following: false).linkCount == 3)
    try wasi.setTimes(
      of: GuestPath("to-file"), at: 3, following: true, .init(access: .at(5_000_000_001), modification: .at(7)))
    let status = try wasi.status(of: GuestPath("file"), at: 3, following: false)
    #expect(status.accessTime == 5_000_000_001)
    #expect(status.modificationTime == 7)
  }

  @Test(arguments: HostSide.allCases)
  func listingsGoOnAtTheirCookiesWhileEntriesGo(_ side: HostSide) throws {
    let sandbox = try Sandbox(side)
    let names = (0..<300).map { "entry-\($0)" }
    for name in names { try sandbox.write("", to: name) }
    let (directory, _) = try sandbox.wasi.directory(3, .fdReaddir)
    var seen: [String] = []
    var cookie: UInt64 = 0
    while true {
      // Reads a few entries at a time, and removes those already seen.
      var batch: [String] = []
      try directory.readEntries(from: cookie) {
        batch.append(String(decoding: $0.name, as: UTF8.self))
        cookie = $0.next
        return batch.count < 7
      }
      if batch.isEmpty { break }
      for name in batch where name.hasPrefix("entry") { try sandbox.wasi.unlink(GuestPath(name), at: 3) }
      seen += batch
    }
    #expect(seen.sorted() == ([".", ".."] + names).sorted())
    #expect(try sandbox.list(".").sorted() == [".", ".."])
  }

  /// 32-bit C libraries keep cookies in a `long` for `telldir`.
  @Test(arguments: HostSide.allCases)
  func cookiesAreSmallAndLeadBack(_ side: HostSide) throws {
    let sandbox = try Sandbox(side)
    for number in 0..<700 { try sandbox.write("", to: "entry-\(number)") }
    let (directory, _) = try sandbox.wasi.directory(3, .fdReaddir)
    var names: [String] = []
    var cookies: [UInt64] = []
    try directory.readEntries(from: 0) {
      names.append(String(decoding: $0.name, as: UTF8.self))
      cookies.append($0.next)
      return true
    }
    #expect(names.count == 702)
    #expect(cookies.allSatisfy { $0 < 1000 })
    for index in stride(from: 0, to: 701, by: 13).reversed() + [3, 600, 250] {
      var next: String?
      try directory.readEntries(from: cookies[index]) {
        next = String(decoding: $0.name, as: UTF8.self)
        return false
      }
      #expect(next == names[index + 1], "after \(index)")
    }
    // Unknown cookies are past the end.
    for cookie in [cookies[701], cookies[701] + 1, 1 << 40, UInt64(Int64.max), .max] {
      try directory.readEntries(from: cookie) { _ in
        Issue.record("an entry after \(cookie)")
        return false
      }
    }
    var count = 0
    try directory.readEntries(from: 0) { _ in
      count += 1
      return true
    }
    #expect(count == 702)
  }

  @Test func placesOfLargeListingsAreThinnedOut() {
    var places = ListingPlaces()
    let count = 100_000
    for index in 0..<count { places.note(UInt64(index) << 33, after: index) }
    // Positions of recent entries are exact; others are at most the requested one.
    for cookie in [count, count - 1, count - ListingPlaces.recentCount] {
      #expect(places.nearest(to: UInt64(cookie)) == (cookie, UInt64(cookie - 1) << 33))
    }
    for cookie in [0, 1, 255, 256, 257, 50_000] {
      let (known, place) = places.nearest(to: UInt64(cookie))
      #expect(known <= cookie && cookie - known < ListingPlaces.stride)
      #expect(place == (known == 0 ? 0 : UInt64(known - 1) << 33))
    }
    #expect(places.nearest(to: .max).cookie == count)
    // A different position for an entry discards all later positions.
    places.note(7, after: 511)
    #expect(places.nearest(to: UInt64(count)) == (512, 7))
    #expect(places.nearest(to: 511).cookie == 256)
    places.note(8, after: 512)
    #expect(places.nearest(to: 513) == (513, 8))
  }

  @Test(arguments: HostSide.allCases)
  func directoriesCanBeSynchronized(_ side: HostSide) throws {
    let sandbox = try Sandbox(side)
    for right in [Rights.fdSync, .fdDatasync] {
      try sandbox.wasi.object(3, right).synchronize(dataOnly: right == .fdDatasync)
    }
  }

  // MARK: Link targets

  /// A sandbox with the directories `a/b/c`.
  private static func nested(_ side: HostSide) throws -> Sandbox {
    let sandbox = try Sandbox(side)
    for path in ["a", "a/b", "a/b/c"] { try sandbox.makeDirectory(path) }
    return sandbox
  }

  /// Other programs of the host follow links, which must not lead them out of the granted directory.
  @Test(
    arguments: HostSide.allCases,
    [
      ("link", "..", Errno.perm), ("link", "/", .perm), ("link", "/etc/passwd", .perm), ("link", "./../x", .perm),
      ("link", "a/../../x", .perm), ("link", "a/..", .perm), ("link", ".", .success), ("link", "missing", .success),
      ("link", "a//b/./c", .success), ("link", "..x/...", .success),
      ("a/link", "..", .success), ("a/link", "../..", .perm), ("a/b/c/link", "../../..//x", .success),
      ("a/b/c/link", "../../../../x", .perm), ("a/b/../link", "../x", .success), ("a/b/../link", "../../x", .perm),
    ])
  func linksStayInside(_ side: HostSide, _ attempt: (path: String, target: String, error: Errno)) throws {
    let sandbox = try Self.nested(side)
    let error = errno { () throws(Errno) in try sandbox.makeLink(attempt.path, to: attempt.target) }
    #expect(error == attempt.error, "\(attempt.path) -> \(attempt.target)")
  }

  /// The location of the link counts, not the path by which it was reached.
  @Test(arguments: HostSide.allCases)
  func linksStayInsideWhateverLeadsToThem(_ side: HostSide) throws {
    let sandbox = try Self.nested(side)
    try sandbox.makeLink("a/b/up", to: "../..")
    try sandbox.makeLink("down", to: "a/b/c")
    #expect(errno { () throws(Errno) in try sandbox.makeLink("a/b/up/link", to: "..") } == .perm)
    try sandbox.makeLink("down/link", to: "../../..")
    let number = try sandbox.open("a/b", .directory, rights: .directory)
    func makeLink(_ path: String, to target: String) throws(Errno) {
      try sandbox.wasi.createSymbolicLink(GuestPath(path), at: number, to: GuestPath(target))
    }
    try makeLink("fine", to: "../../x")
    #expect(errno { () throws(Errno) in try makeLink("bad", to: "../../../x") } == .perm)
  }

  @Test(arguments: HostSide.allCases)
  func movedLinksStayInside(_ side: HostSide) throws {
    let sandbox = try Self.nested(side)
    let wasi = sandbox.wasi
    func rename(_ path: String, _ newPath: String) throws(Errno) {
      try wasi.rename(GuestPath(path), at: 3, to: GuestPath(newPath), at: 3)
    }
    func link(_ path: String, _ newPath: String) throws(Errno) {
      try wasi.link(GuestPath(path), at: 3, following: false, to: GuestPath(newPath), at: 3)
    }
    try sandbox.makeLink("a/b/c/link", to: "../../../x")
    #expect(errno { () throws(Errno) in try rename("a/b/c/link", "a/b/link") } == .perm)
    #expect(errno { () throws(Errno) in try link("a/b/c/link", "a/link") } == .perm)
    // The directories above the link.
    #expect(errno { () throws(Errno) in try rename("a/b/c", "c") } == .perm)
    #expect(errno { () throws(Errno) in try rename("a/b", "b") } == .perm)
    try rename("a/b/c", "a/b/d")
    try rename("a/b/d/link", "a/b/d/other")
    try sandbox.makeDirectory("e")
    try rename("a/b", "e/b")
    try wasi.unlink(GuestPath("e/b/d/other"), at: 3)
    try sandbox.makeLink("e/b/d/short", to: "..")
    try rename("e/b", "b")
    try rename("b/d", "d")
    #expect(try wasi.readLink(GuestPath("d/short"), at: 3) == Array("..".utf8))
    #expect(errno { () throws(Errno) in try rename("d/short", "short") } == .perm)
  }

  /// The host may create any link; the guest must not make it lead elsewhere.
  @Test(arguments: HostSide.onHost)
  func linksOfTheHostCanBeMoved(_ side: HostSide) throws {
    let sandbox = try Self.nested(side)
    sandbox.directory?.makeLink("a/b/absolute", to: "/etc")
    try sandbox.wasi.rename(GuestPath("a/b/absolute"), at: 3, to: GuestPath("absolute"), at: 3)
    sandbox.directory?.makeLink("a/b/absolute", to: "/etc")
    try sandbox.wasi.rename(GuestPath("a/b"), at: 3, to: GuestPath("b"), at: 3)
  }

  @Test(arguments: HostSide.allCases)
  func aReadOnlyDirectoryStaysAsItIs(_ side: HostSide) throws {
    var configuration = WASI.Configuration()
    let writable = try Self.sandbox(side)
    let directory = try writable.wasi.directory(3, []).directory
    configuration.preopens = [
      .init(directory, guestPath: "/", access: .readOnly), .init(directory, guestPath: "/rw"),
    ]
    let sandbox = Sandbox(try WASI(configuration))
    let wasi = sandbox.wasi
    func error(_ body: (WASI) throws(Errno) -> Void) -> Errno { errno { () throws(Errno) in try body(wasi) } }
    #expect(try sandbox.read("file") == "text")
    #expect(errno { () throws(Errno) in try sandbox.open("file", rights: .fdWrite) } == .rofs)
    #expect(errno { () throws(Errno) in try sandbox.open("file", .truncate) } == .rofs)
    #expect(errno { () throws(Errno) in try sandbox.open("new", .create) } == .rofs)
    #expect(errno { () throws(Errno) in try sandbox.open("file", [.create, .exclusive]) } == .exist)
    #expect(errno { () throws(Errno) in try sandbox.open("file", .create) } == .success)
    #expect(error { wasi throws(Errno) in try wasi.createDirectory(GuestPath("x"), at: 3) } == .rofs)
    #expect(error { wasi throws(Errno) in try wasi.unlink(GuestPath("file"), at: 3) } == .rofs)
    #expect(error { wasi throws(Errno) in try wasi.removeDirectory(GuestPath("dir"), at: 3) } == .rofs)
    #expect(
      error { wasi throws(Errno) in try wasi.createSymbolicLink(GuestPath("x"), at: 3, to: GuestPath("y")) } == .rofs)
    #expect(
      error { wasi throws(Errno) in
        try wasi.setTimes(of: GuestPath("file"), at: 3, following: true, .init(access: .now, modification: .now))
      } == .rofs)
    // A writable name of the same tree does not help either.
    #expect(
      error { wasi throws(Errno) in
        try wasi.link(GuestPath("file"), at: 3, following: false, to: GuestPath("x"), at: 4)
      } == .rofs)
    #expect(
      error { wasi throws(Errno) in try wasi.rename(GuestPath("file"), at: 3, to: GuestPath("x"), at: 4) } == .rofs)
    #expect(
      error { wasi throws(Errno) in try wasi.rename(GuestPath("file"), at: 4, to: GuestPath("x"), at: 3) } == .rofs)
    // Directories and files opened through it are read-only, too.
    let inner = try sandbox.open("dir", .directory, rights: .directory)
    #expect(error { wasi throws(Errno) in try wasi.createDirectory(GuestPath("x"), at: inner) } == .rofs)
    let file = try sandbox.open("file", rights: [.fdRead, .fdFilestatSetTimes, .fdFilestatSetSize])
    #expect(error { wasi throws(Errno) in _ = try wasi.changeableFile(file, .fdFilestatSetSize) } == .rofs)
  }

  @Test("A file of which the process loads code cannot be changed", arguments: HostSide.onHost)
  func unwritableFiles(_ side: HostSide) throws {
    let sandbox = try Self.sandbox(side)
    func open(_ path: String, _ flags: OpenFlags, _ rights: Rights) -> Errno {
      errno { () throws(Errno) in try sandbox.close(sandbox.open(path, flags, rights: rights)) }
    }
    let path = try #require(sandbox.directory).subpath("file")
    let metadata = try FileDescriptor.currentDirectory.metadata(of: path)
    // Twice, as if two artifacts were loaded from it.
    for _ in 0..<2 { UnwritableFiles.add(metadata) }
    for isRemoved in [false, true] {
      #expect(open("file", [], .fdWrite) == .txtbsy)
      #expect(open("file", .truncate, []) == .txtbsy)
      #expect(open("file", [.create, .truncate], [.fdRead, .fdWrite]) == .txtbsy)
      #expect(open("to-file", .truncate, .fdWrite) == .txtbsy)
      #expect(try sandbox.read("file") == "text")
      try sandbox.write("other", to: "new")
      try sandbox.write("text", to: "new")
      #expect(try sandbox.read("new") == "text")
      #expect(open("dir", .truncate, []) == .isdir)
      if !isRemoved { UnwritableFiles.remove(metadata) }
    }
    UnwritableFiles.remove(metadata)
    #expect(open("file", .truncate, []) == .success)
    #expect(try sandbox.read("file") == "")
  }
}
