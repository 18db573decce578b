import Foundation
import TestSupport

/// A temporary folder with sandboxes, and files next to them that guests must not reach.
final class SandboxPlace {
  /// In a memory file system if the system has one, because creating files takes most of the time.
  private static let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"

  static let sandboxes = ["kernel", "walk"]

  private let folder = TemporaryDirectory(in: parent)
  private let before: [String]
  /// The inodes of everything outside of the sandboxes, including the folders above them.
  private let outsideNodes: Set<UInt64>

  /// The content of the files outside. No file inside contains it.
  static let secret = Array("SECRET-7d1f".utf8)

  /// The links in a new sandbox and their targets, relative to the link. `OUTSIDE` is the absolute path of the folder
  /// outside.
  static let links = [
    ("out", "../outside"), ("secret", "../outside/secret"), ("abs", "OUTSIDE"), ("up", ".."), ("loop", "loop"),
    ("l", "d"), ("d/back", "../a"), ("d/out", "../../outside"), ("chain", "d/out"), ("dangling", "../outside/new"),
  ]
  static let files = [("a", "mine"), ("d/e", "also mine")]

  init() {
    folder.makeDirectory("outside")
    folder.makeDirectory("outside/d")
    let secret = String(decoding: Self.secret, as: UTF8.self)
    for file in ["outside/secret", "outside/a", "outside/d/e"] { folder.write(secret, to: file) }
    var nodes: Set<UInt64> = []
    for path in [folder.path, "/", Self.parent] { nodes.insert(Self.node(path)) }
    TemporaryDirectory.walk(folder.path) { path, status in nodes.insert(UInt64(status.st_ino)) }
    outsideNodes = nodes
    for sandbox in Self.sandboxes {
      folder.makeDirectory(sandbox)
      folder.makeDirectory("\(sandbox)/d")
      for (name, text) in Self.files { folder.write(text, to: "\(sandbox)/\(name)") }
      for (name, target) in Self.links {
        folder.makeLink("\(sandbox)/\(name)", to: target == "OUTSIDE" ? folder.subpath("outside") : target)
      }
    }
    before = folder.snapshot(of: "outside")
  }

  func path(_ sandbox: String) -> String { folder.subpath(sandbox) }

  var isOutsideUnchanged: Bool {
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    return folder.snapshot(of: "outside") == before && names?.sorted() == (Self.sandboxes + ["outside"]).sorted()
  }

  var openDescriptorCount: Int { openHostDescriptorCount(below: folder.path) ?? 0 }

  /// Whether this inode is outside of all sandboxes.
  func isOutside(node: UInt64) -> Bool { outsideNodes.contains(node) }

  private static func node(_ path: String) -> UInt64 {
    var status = stat()
    return stat(path, &status) == 0 ? UInt64(status.st_ino) : 0
  }

  // MARK: Swaps

  static let swapCount = 4

  /// Exchanges a file or folder inside of the sandboxes with a link that leads out, or back, as another process could
  /// at any time.
  func swap(_ kind: Int) {
    for sandbox in Self.sandboxes {
      let inside = folder.subpath(sandbox)
      switch kind {
      case 0: exchange("\(inside)/d", "\(inside)/out")
      case 1: exchange("\(inside)/a", "\(inside)/secret")
      case 2: exchange("\(inside)/d/e", "\(inside)/d/out")
      default: exchange("\(inside)/d", "\(inside)/up")
      }
    }
  }

  private func exchange(_ a: String, _ b: String) {
    // The host itself must stay inside, wherever links lead by now.
    for path in [a, b] where !isDirectory((path as NSString).deletingLastPathComponent) { return }
    let third = a + ".swap"
    rename(a, third)
    rename(b, a)
    rename(third, b)
  }

  private func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
