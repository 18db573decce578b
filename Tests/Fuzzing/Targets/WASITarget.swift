import ModuleGenerator
import Needletail
import NeedletailWASI
import TestSupport

/// Sequences of calls of all WASI functions with any arguments, over an in-memory file system. Each call must return an
/// error code.
struct WASITarget: FuzzTarget {
  private static let maximumCallCount = 40
  /// Paths and vectors in memory to which calls can refer.
  private static let (pathAddress, pathByteCount) = (0x1000, 16)
  private static let vectorCount = 8

  private static let paths = [
    "a", "b", "d", "d/e", "link", "loop", "up", "..", ".", "/", "/a", "d/../a", "d/./e", "d//e", "new", "d/new", "a/b",
    "", "ö", "\u{0}", "link/x", "d/e/f", "abs", "d/back/a",
  ]

  mutating func run(_ input: [UInt8]) throws -> Bool {
    var input = InputReader(input)
    let snapshot = Snapshot.allCases[input.below(Snapshot.allCases.count)]
    let guest = try FuzzGuest(try configuration(), snapshot)
    defer { guest.wasi.closeAll() }
    prepareMemory(guest)
    for _ in 0..<Self.maximumCallCount where !input.isAtEnd {
      let kind = input.byte()
      guard kind < 240 else {
        // Changes bytes in memory.
        let address = input.word(2)
        let count = min(input.below(32), FuzzGuest.memoryByteCount - Int(address))
        guest.store((0..<count).map { _ in input.byte() }, at: address)
        continue
      }
      let (name, parameters) = WASISignatures.all[Int(kind) % WASISignatures.all.count]
      let arguments = arguments(name, parameters, &input)
      guard try guest.call(name, arguments) != nil else { return true }
    }
    return true
  }

  private func configuration() throws -> WASI.Configuration {
    var limits = InMemoryFileSystem.Limits()
    limits.contentBytes = 1 << 20
    limits.nodes = 64
    let files = InMemoryFileSystem(limits: limits) { 42 }
    try files.write("hello", to: "a")
    try files.write([UInt8](repeating: 65, count: 3000), to: "d/e")
    for (name, target) in [
      ("link", "d"), ("loop", "loop"), ("up", "../.."), ("abs", "/a"), ("d/back", ".."),
    ] { try files.createSymbolicLink(name, to: target) }
    var configuration = WASI.Configuration()
    configuration.preopens = [
      .init(files.root, guestPath: "/"), .init(files.root, guestPath: "ro", access: .readOnly),
    ]
    configuration.arguments = ["x", "yy", ""]
    configuration.environment = [("A", "b")]
    configuration.clocks = .frozen(realtime: 1_000)
    configuration.random = .seeded(1)
    configuration.limits.descriptors = 20
    configuration.standardInput = .text("some input\nand more")
    configuration.log = { _ in }
    return configuration
  }

  private func prepareMemory(_ guest: FuzzGuest) {
    for (index, path) in Self.paths.enumerated() {
      guest.store(
        Array(path.utf8.prefix(Self.pathByteCount)), at: UInt64(Self.pathAddress + Self.pathByteCount * index))
    }
    for index in 0..<Self.vectorCount {
      guest.store(UInt32(0x400 + 32 * index), at: UInt64(8 * index))
      guest.store(UInt32(7 * index), at: UInt64(8 * index + 4))
    }
  }

  private func arguments(_ name: String, _ parameters: String, _ input: inout InputReader) -> [UInt64] {
    var arguments: [UInt64] = []
    while arguments.count < parameters.count {
      // Replaces two arguments by one of the paths and its length.
      if name.hasPrefix("path"), !arguments.isEmpty, arguments.count + 1 < parameters.count, input.below(2) == 0 {
        let index = input.below(Self.paths.count)
        arguments.append(UInt64(Self.pathAddress + Self.pathByteCount * index))
        arguments.append(UInt64(min(Self.paths[index].utf8.count, Self.pathByteCount)))
      } else {
        arguments.append(input.number())
      }
    }
    return arguments
  }

  static var maximumInputSize: Int { 512 }

  static func seeds(_ source: SeedSource) throws -> [[UInt8]] { source.random(count: 100, size: 200) }
}
