import Testing
import TestSupport

@testable import NeedletailWASI

/// Random sequences of operations on descriptors and names. The host's file system and the in-memory one must agree,
/// and the number of host descriptors is checked.
@Suite(.serialized) struct DescriptorSequenceTests {
  /// SplitMix64, so that a failing seed can be repeated.
  private struct Generator: RandomNumberGenerator {
    var random: GuestRandom

    init(seed: UInt64) { random = GuestRandom(.seeded(seed)) }

    mutating func next() -> UInt64 {
      var word: UInt64 = 0
      withUnsafeMutableBytes(of: &word) { bytes in try! random.fill(bytes) }
      return word
    }
  }

  private static let names = ["a", "b", "c", "d/a", "d/b", "d", "e", "e/a", "l", "l/a", "./a", "d/../b", "../a", "d/"]

  /// Performs one operation on each guest; returns the results as text.
  private static func step(_ generator: inout Generator, _ guests: [Guest]) throws -> [String] {
    let name = names.randomElement(using: &generator)!
    let other = names.randomElement(using: &generator)!
    let (first, second) = (UInt64.random(in: 0..<14, using: &generator), UInt64.random(in: 3..<14, using: &generator))
    let number = UInt64.random(in: 0..<32, using: &generator)
    let flags = OpenFlags(rawValue: UInt16.random(in: 0..<16, using: &generator))
    let rights: Rights = Bool.random(using: &generator) ? .regularFile : [.fdRead, .fdReaddir]
    let kind = Int.random(in: 0..<14, using: &generator)
    return try guests.map { guest in
      guest.reset()
      let (path, count) = guest.text(name)
      let (newPath, newCount) = guest.text(other)
      switch kind {
      case 0, 1, 2:
        let (error, opened) = try guest.open(name, flags, rights: rights)
        return "open \(name) \(flags) \(error) \(error == .success ? opened : 0)"
      case 3, 4: return "close \(first) \(try guest.call("fd_close", max(first, 4)))"
      case 5: return "renumber \(first) \(second) \(try guest.call("fd_renumber", max(first, 4), max(second, 4)))"
      case 6: return "read \(first) \(try guest.read(first, 10))"
      case 7: return "write \(first) \(try guest.write(first, String(number)))"
      case 8: return "seek \(first) \(try guest.seek(first, Int64(number) - 8, number % 3))"
      case 9: return "mkdir \(name) \(try guest.call("path_create_directory", 3, path, count))"
      case 10: return "rmdir \(name) \(try guest.call("path_remove_directory", 3, path, count))"
      case 11: return "unlink \(name) \(try guest.call("path_unlink_file", 3, path, count))"
      case 12:
        return "rename \(name) \(other) \(try guest.call("path_rename", 3, path, count, 3, newPath, newCount))"
      default:
        return "symlink \(name) \(other) \(try guest.call("path_symlink", newPath, newCount, 3, path, count))"
      }
    }
  }

  @Test(arguments: 1...8)
  func theHostsFilesBehaveAsTheModel(_ seed: Int) throws {
    let sandboxes = try HostSide.onHost.map { try Sandbox($0) }
    do {
      let guests = try (sandboxes.map { try $0.wasi.directory(3, []).directory } + [InMemoryFileSystem().root]).map {
        var configuration = WASI.Configuration()
        configuration.preopens = [.init($0, guestPath: "/")]
        configuration.limits.descriptors = 12
        return try Guest(configuration)
      }
      var generator = Generator(seed: UInt64(seed))
      var history: [String] = []
      for _ in 0..<sequenceLength {
        let results = try Self.step(&generator, guests)
        history.append(results[0])
        if history.count > 1000 { history.removeFirst(900) }
        guard Set(results).count == 1 else {
          Issue.record("\(results)\nafter\n\(history.suffix(12).joined(separator: "\n"))")
          return
        }
      }
      for sandbox in sandboxes { #expect(openHostDescriptorCount(below: sandbox.directory!.path) != 0) }
      for guest in guests { guest.wasi.closeAll() }
    }
    for sandbox in sandboxes { #expect([nil, 0].contains(openHostDescriptorCount(below: sandbox.directory!.path))) }
  }
}
