import NeedletailWASI
import Testing

/// File systems in memory, as the embedder fills and reads them. `PathBehaviourTests` compares them with the host's.
@Suite struct InMemoryFileSystemTests {
  private func error(_ body: () throws(Errno) -> Void) -> Errno? {
    do throws(Errno) {
      try body()
      return nil
    } catch { return error }
  }

  @Test("Writing creates the folders above a file, and replaces its content")
  func writing() throws {
    let files = InMemoryFileSystem()
    try files.write("one and more", to: "/a/b/c.txt")
    try files.write([0, 255], to: "a/b/c.txt")
    #expect(try files.read("a/b/c.txt") == [0, 255])
    try files.createDirectory("a/b")
    try files.createDirectory("a/./d/e")
    #expect(try files.read("a/b/c.txt") == [0, 255])
    #expect(error { () throws(Errno) in try files.write("x", to: "a/b") } == .isdir)
    #expect(error { () throws(Errno) in try files.write("x", to: "a/b/c.txt/d") } == .notdir)
    #expect(error { () throws(Errno) in try files.createDirectory("a/b/c.txt") } == .notdir)
  }

  @Test("Paths that are not names below the root are invalid", arguments: ["", "/", ".", "a/../b", "..", "a\0b"])
  func invalidPaths(path: String) {
    let files = InMemoryFileSystem()
    #expect(error { () throws(Errno) in try files.write("x", to: path) } == .inval)
    #expect(error { () throws(Errno) in try files.createDirectory(path) } == .inval)
  }

  @Test("Reading follows links within the root only")
  func reading() throws {
    let files = InMemoryFileSystem()
    try files.write("content", to: "a/file")
    try files.createSymbolicLink("links/relative", to: "../a/file")
    try files.createSymbolicLink("links/absolute", to: "/a/file")
    try files.createSymbolicLink("links/out", to: "../../a/file")
    #expect(try files.read("links/relative") == Array("content".utf8))
    for path in ["links/absolute", "links/out", "/a/file", "../a/file"] {
      #expect(error { () throws(Errno) in _ = try files.read(path) } == .perm, "\(path)")
    }
    #expect(error { () throws(Errno) in _ = try files.read("a/other") } == .noent)
    #expect(error { () throws(Errno) in _ = try files.read("a") } == .isdir)
    #expect(error { () throws(Errno) in try files.createSymbolicLink("a/file", to: "x") } == .exist)
  }

  @Test("Limits hold for all files together, and deleting makes room")
  func limits() throws {
    var limits = InMemoryFileSystem.Limits()
    limits.contentBytes = 10
    limits.nodes = 4
    let files = InMemoryFileSystem(limits: limits)
    try files.write("12345", to: "a")
    #expect(error { () throws(Errno) in try files.write("123456", to: "b") } == .nospc)
    try files.write("12345", to: "b")
    try files.root.unlink(#require(FileName("a")))
    try files.write("123", to: "c")
    #expect(try files.read("c").count == 3)
    let small = InMemoryFileSystem(limits: limits)
    #expect(error { () throws(Errno) in try small.createDirectory("1/2/3/4/5/6") } == .nospc)
  }

  @Test("Timestamps come from the given clock")
  func clock() throws {
    var now: UInt64 = 1_000
    let files = InMemoryFileSystem { now }
    try files.write("x", to: "file")
    now = 2_000
    try files.write("y", to: "other")
    let root = files.root
    #expect(try root.status(of: #require(FileName("file"))).modificationTime == 1_000)
    #expect(try root.status(of: #require(FileName("other"))).modificationTime == 2_000)
    #expect(try root.status().type == .directory)
  }
}
