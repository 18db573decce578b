import Testing
import TestSupport

@testable import NeedletailWASI

/// Paths that try to leave the sandbox, combined with all operations on paths. The tree outside must not change, and
/// none of it may be visible.
@Suite struct PathAttackTests {
  /// Escape attempts: links of every kind, dots, absolute and magic paths, with detours before them.
  static func ways(_ outside: String) -> [String] {
    let links = [
      "to-outside", "to-secret", "absolute", "absolute-secret", "chain-1", "chain-3", "dir/up", "dir/out",
      "inside/out", "dir/deep/far-out", "root", "proc", "proc-fd", "loop", "loop-a", "dangling-outside", "dotty",
      "dir/deep/../out", "inside/../to-outside",
    ]
    let dots = [
      "..", "../..", "../../../../../../../..", "dir/../..", "dir/deep/../../..", "inside/../..", "./..", ".//..",
      "dir/./.././..", "to-outside/..", "inside/deep/../../..", "missing/../..", "file/..", "dir/.../../..",
    ]
    let absolute = ["/", "//", "/..", outside, "/proc/self/root", "/proc/self/cwd", "/dev/fd", "/./" + outside]
    return links + dots + dots.map { $0 + "/outside" } + absolute
  }

  static let ends = ["", "/", "/.", "/secret", "/secret/", "/dir/file", "/new", "/../outside/secret", "//secret"]

  /// All operations on paths. Each must fail or act inside of the sandbox.
  static let operations: [(name: String, run: @Sendable (Sandbox, String) throws -> Void)] = [
    ("read", { try $0.probe($1, []) }), ("read without following", { try $0.probe($1, [], following: false) }),
    ("list", { try $0.probe($1, .directory, rights: .fdReaddir) }),
    ("create", { try $0.probe($1, .create, rights: [.fdWrite]) }),
    ("create exclusively", { try $0.probe($1, [.create, .exclusive], rights: [.fdWrite]) }),
    ("truncate", { try $0.probe($1, .truncate) }), ("write", { try $0.probe($1, [], rights: [.fdWrite]) }),
    ("append", { try $0.probe($1, [], rights: .fdWrite, descriptorFlags: .append) }),
    ("status", { try $0.probeStatus($1, following: true) }),
    ("own status", { try $0.probeStatus($1, following: false) }),
    (
      "times",
      { try $0.wasi.setTimes(of: GuestPath($1), at: 3, following: true, .init(access: .at(0), modification: .at(0))) }
    ),
    (
      "own times",
      { try $0.wasi.setTimes(of: GuestPath($1), at: 3, following: false, .init(access: .at(0), modification: .at(0))) }
    ),
    ("read link", { _ = try $0.wasi.readLink(GuestPath($1), at: 3) }),
    ("make directory", { try $0.makeDirectory($1) }),
    ("make link", { try $0.makeLink($1, to: "file") }),
    ("link from", { try $0.wasi.link(GuestPath($1), at: 3, following: true, to: GuestPath("stolen"), at: 3) }),
    ("link to", { try $0.wasi.link(GuestPath("file"), at: 3, following: false, to: GuestPath($1), at: 3) }),
    ("rename from", { try $0.wasi.rename(GuestPath($1), at: 3, to: GuestPath("stolen"), at: 3) }),
    ("rename to", { try $0.wasi.rename(GuestPath("file"), at: 3, to: GuestPath($1), at: 3) }),
    ("unlink", { try $0.wasi.unlink(GuestPath($1), at: 3) }),
    ("remove directory", { try $0.wasi.removeDirectory(GuestPath($1), at: 3) }),
  ]

  @Test(arguments: HostSide.onHost)
  func nothingOutsideIsReachedOrChanged(_ side: HostSide) throws {
    let place = TemporaryDirectory()
    Self.buildOutside(place)
    let outside = place.subpath("outside")
    let before = place.snapshot(of: "outside")
    var caseCount = 0
    for way in Self.ways(outside) {
      for end in Self.ends {
        Self.buildInside(place, outside)
        let sandbox = try Sandbox(at: place.subpath("sandbox"), side)
        for (name, operation) in Self.operations {
          caseCount += 1
          let path = way + end
          do {
            try operation(sandbox, path)
          } catch let leak as Leak {
            Issue.record("\(name) of `\(path)` reached \(leak.what)")
          } catch is Errno {
            // A refusal is one of the two correct outcomes.
          }
        }
        let isUnchanged = place.snapshot(of: "outside") == before
        #expect(isUnchanged, "after the operations on `\(way + end)`")
        guard isUnchanged else { return }
      }
    }
    #expect(place.snapshot(of: "").count { $0.contains("/outside") } >= before.count)
    #expect(caseCount >= 300)
  }

  private static func buildOutside(_ place: TemporaryDirectory) {
    place.makeDirectory("outside")
    place.makeDirectory("outside/dir")
    place.write("secret", to: "outside/secret")
    place.write("secret", to: "outside/dir/file")
  }

  private static func buildInside(_ place: TemporaryDirectory, _ outside: String) {
    place.removeTree("sandbox")
    for directory in ["sandbox", "sandbox/dir", "sandbox/dir/deep"] { place.makeDirectory(directory) }
    place.write("mine", to: "sandbox/file")
    place.write("mine", to: "sandbox/dir/deep/file")
    let links = [
      ("to-outside", "../outside"), ("to-secret", "../outside/secret"), ("absolute", outside),
      ("absolute-secret", outside + "/secret"), ("chain-1", "chain-2"), ("chain-2", "dir/../chain-3"),
      ("chain-3", "dir/out"), ("dir/up", "../.."), ("dir/out", "../../outside"), ("inside", "dir"),
      ("dir/deep/far-out", "../../../outside"), ("root", "/"), ("proc", "/proc/self/root"),
      ("proc-fd", "/proc/self/fd"),
      ("loop", "loop"), ("loop-a", "loop-b"), ("loop-b", "loop-a"), ("dangling-outside", "../outside/made-by-guest"),
      ("dotty", "./dir/./../../outside/./"),
    ]
    for (name, target) in links { place.makeLink("sandbox/" + name, to: target) }
  }

  @Test(arguments: HostSide.onHost)
  func aLinkSwappedInDuringResolutionDoesNotLeadOut(_ side: HostSide) async throws {
    let place = TemporaryDirectory()
    for directory in ["sandbox", "sandbox/real", "outside"] { place.makeDirectory(directory) }
    place.write("mine", to: "sandbox/real/file")
    place.write("secret", to: "outside/file")
    place.makeLink("sandbox/link", to: "../outside")
    let sandbox = try Sandbox(at: place.subpath("sandbox"), side)
    let swapper = LinkSwapper(place.subpath("sandbox"))
    swapper.start()
    defer { swapper.stop() }
    var (mine, refused) = (0, 0)
    for _ in 0..<5_000 {
      do throws(Errno) {
        let text = try sandbox.read("swapped/file")
        #expect(text == "mine")
        mine += 1
      } catch {
        refused += 1
      }
    }
    #expect(mine + refused == 5_000)
  }
}

/// Something outside of the sandbox was visible.
struct Leak: Error {
  var what: String
}

extension Sandbox {
  init(at path: String, _ side: HostSide) throws {
    var configuration = WASI.Configuration()
    configuration.preopens = [.init(hostPath: path, guestPath: "/", resolution: side.resolution)]
    wasi = try WASI(configuration)
    directory = nil
  }

  /// Opens a path, and throws if it is something that only exists outside.
  fileprivate func probe(
    _ path: String, _ flags: OpenFlags, following: Bool = true, rights: Rights = .fdRead,
    descriptorFlags: DescriptorFlags = []
  ) throws {
    let number = try open(path, flags, following: following, rights: rights, descriptorFlags: descriptorFlags)
    defer { try? close(number) }
    switch try wasi.descriptors[number].object {
    case .file(let file):
      if rights.contains(.fdRead), !flags.contains(.truncate), try file.read(count: 100) == Array("secret".utf8) {
        throw Leak(what: "the secret")
      }
      if rights.contains(.fdWrite) { _ = try file.write(bytes: [1]) }
    case .directory(let directory):
      try directory.readEntries(from: 0) { _ in true }
      guard (try? directory.status(of: GuestPath("secret"), following: false)) == nil else {
        throw Leak(what: "the directory of the secret")
      }
    }
  }

  fileprivate func probeStatus(_ path: String, following: Bool) throws {
    let status = try wasi.status(of: GuestPath(path), at: root, following: following)
    if status.type == .regularFile, status.size == 6 { throw Leak(what: "the secret's status") }
  }
}
