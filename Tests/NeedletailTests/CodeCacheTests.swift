import Foundation
import Needletail
import Testing

/// A file's inode, modification time and permissions.
private func status(_ url: URL) throws -> (file: UInt64, time: Date, permissions: Int) {
  let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
  return (
    try #require(attributes[.systemFileNumber] as? UInt64), try #require(attributes[.modificationDate] as? Date),
    try #require(attributes[.posixPermissions] as? Int)
  )
}

private func setTime(_ url: URL, _ time: Date) throws {
  try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: url.path)
}

@Suite("The cache of machine code")
struct CodeCacheTests {
  private static func text(_ number: Int) -> String {
    "(module (func (export \"answer\") (param i32) (result i32) (i32.add (local.get 0) (i32.const \(number)))))"
  }

  /// The result of a module that adds `number` to 1.
  private func answer(_ engine: Engine, _ number: Int) throws -> Int32 {
    let module = try Module(engine, text: Self.text(number))
    let instance = try Linker(engine).instantiate(module, in: Store(engine))
    guard case .i32(let answer)? = try instance.function("answer")?.call([.i32(1)]).first else { return 0 }
    return answer
  }

  private static let longAgo = Date(timeIntervalSince1970: 1_000_000_000)

  @Test("Files that claim to be as large as can be do not stop anything")
  func hugeFiles() throws {
    let temporary = TemporaryCache()
    #expect(try answer(temporary.engine(), 41) == 42)
    for digit in ["1", "2"] {
      let path = temporary.folder.appendingPathComponent(String(repeating: digit, count: 32) + ".nwasm").path
      try #require(FileManager.default.createFile(atPath: path, contents: Data()))
      // Some file systems refuse this.
      guard truncate(path, .max) == 0 else { return }
    }
    #expect(temporary.cache.usage.size == .max)
    #expect(try answer(temporary.engine(), 43) == 44)
  }

  // MARK: What it does

  @Test("A second load uses the code that the first one stored")
  func hit() throws {
    let temporary = TemporaryCache()
    #expect(try answer(temporary.engine(), 41) == 42)
    let entry = try temporary.onlyEntry
    try setTime(entry, Self.longAgo)
    let first = try status(entry)
    #expect(first.permissions == 0o600)
    #expect(try status(temporary.folder).permissions == 0o700)
    #expect(try answer(temporary.engine(), 41) == 42)
    let second = try status(entry)
    #expect(second.file == first.file)
    #expect(second.time > first.time)
    #expect(temporary.log == [])
  }

  @Test("A pipe with the name of an entry does not block", .timeLimit(.minutes(1)))
  func namedPipe() throws {
    let temporary = TemporaryCache()
    #expect(try answer(temporary.engine(), 41) == 42)
    let entry = try temporary.onlyEntry
    try FileManager.default.removeItem(at: entry)
    #expect(mkfifo(entry.path, 0o600) == 0)
    #expect(try answer(temporary.engine(), 41) == 42)
  }

  @Test("A folder is used only if other users cannot replace it")
  func foldersAround() throws {
    let temporary = TemporaryCache()
    let manager = FileManager.default
    func refusal(_ path: String) -> String? {
      CodeCache(directory: temporary.folder.appending(path: path).path).refusal
    }
    for (name, mode) in [("others", 0o777), ("group", 0o770), ("sticky", 0o1777), ("own", 0o755)] {
      let folder = temporary.folder.appending(path: name)
      try manager.createDirectory(at: folder.appending(path: "a/b"), withIntermediateDirectories: true)
      #expect(chmod(folder.path, mode_t(mode)) == 0)
    }
    try manager.createSymbolicLink(
      at: temporary.folder.appending(path: "link"), withDestinationURL: temporary.folder.appending(path: "own"))
    for path in ["others/a", "others/a/b", "group/a/b"] {
      #expect(refusal(path)?.hasSuffix("is below a directory that others can write to") == true, "\(path)")
    }
    for path in ["sticky/a/b", "own", "own/a/b", "link/a", "missing"] { #expect(refusal(path) == nil, "\(path)") }
    #expect(refusal("link")?.hasSuffix("is a symbolic link") == true)
    #expect(refusal("link/")?.hasSuffix("is a symbolic link") == true)
  }

  @Test("Everything that affects the code is part of the key")
  func keys() throws {
    let temporary = TemporaryCache()
    let engines = [
      temporary.engine(.none), temporary.engine(.basic), temporary.engine(.basic) { $0.isInterruptible = false },
      temporary.engine(.basic) { $0.isDeterministic = true }, temporary.engine(.basic) { $0.features = .wasm3 },
      temporary.engine(.basic) { $0.maximumCompiledFunctionSize = 1000 },
    ]
    for _ in 0..<2 {
      for engine in engines {
        for number in [1, 2] { #expect(try answer(engine, number) == Int32(number + 1)) }
      }
    }
    #expect(temporary.cache.usage.entryCount == 2 * engines.count)
  }

  @Test("Trailing custom sections are not part of the key")
  func customSections() throws {
    let temporary = TemporaryCache()
    for name in ["a", "b"] {
      let module = try Module(
        temporary.engine(), text: "(module (func $\(name) (export \"f\")) (@custom \"\(name)\" \"x\"))")
      #expect(module.functionName(0) == name)
    }
    #expect(temporary.cache.usage.entryCount == 1)
  }

  @Test("Small modules are compiled each time")
  func smallModules() throws {
    let temporary = TemporaryCache()
    let engine = temporary.engine { $0.cache?.minimumCodeSize = 100 }
    #expect(try answer(engine, 1) == 2)
    #expect(temporary.files == [])
  }

  @Test("Functions that the compiler refused are interpreted, also with cached code")
  func refusals() throws {
    let temporary = TemporaryCache()
    for _ in 0..<2 {
      let engine = temporary.engine { $0.maximumCompiledFunctionSize = 2 }
      #expect(try answer(engine, 3) == 4)
    }
    #expect(temporary.files.count == 1)
  }

  @Test("The least recently used entries are removed")
  func bound() throws {
    let temporary = TemporaryCache()
    _ = try answer(temporary.engine(), 0)
    let size = temporary.cache.usage.size
    let engine = temporary.engine { $0.cache?.maximumSize = 3 * size }
    for number in 1...2 { _ = try answer(engine, number) }
    #expect(temporary.cache.usage.entryCount == 3)
    for file in temporary.files { try setTime(temporary.folder.appending(path: file), Self.longAgo) }
    // Used again, so that it is more recent than the others.
    _ = try answer(engine, 1)
    for number in 3...4 { _ = try answer(engine, number) }
    #expect(temporary.cache.usage == CodeCache.Usage(entryCount: 3, size: 3 * size))
    let before = try temporary.files.map { try status(temporary.folder.appending(path: $0)).file }
    for number in [1, 3, 4] { _ = try answer(engine, number) }
    #expect(try temporary.files.map { try status(temporary.folder.appending(path: $0)).file } == before)
    // Code larger than the whole cache is not stored.
    _ = try answer(temporary.engine { $0.cache?.maximumSize = size - 1 }, 5)
    #expect(try temporary.files.map { try status(temporary.folder.appending(path: $0)).file } == before)
  }

  @Test("Clearing removes only entries")
  func clear() throws {
    let temporary = TemporaryCache()
    for number in 0..<3 { _ = try answer(temporary.engine(), number) }
    try Data("mine".utf8).write(to: temporary.folder.appending(path: "notes.txt"))
    try Data("half".utf8).write(to: temporary.folder.appending(path: ".writing-1-2"))
    #expect(temporary.cache.usage.entryCount == 3)
    temporary.cache.clear()
    #expect(temporary.cache.usage == CodeCache.Usage())
    #expect(temporary.files == ["notes.txt"])
    #expect(try answer(temporary.engine(), 1) == 2)
  }

  // MARK: Failures

  @Test("A damaged entry is replaced")
  func damage() throws {
    let temporary = TemporaryCache()
    _ = try answer(temporary.engine(), 41)
    let entry = try temporary.onlyEntry
    let good = try Data(contentsOf: entry)
    var damages = [Data(), Data("not an artifact".utf8), good.prefix(100), good.dropLast(), good + [0]]
    for place in stride(from: 0, to: good.count, by: 61) {
      var damaged = good
      damaged[place] ^= 0x10
      damages.append(damaged)
    }
    for damaged in damages {
      try damaged.write(to: entry)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: entry.path)
      #expect(try answer(temporary.engine(), 41) == 42)
      #expect(try Data(contentsOf: entry).count == good.count)
      #expect(try answer(temporary.engine(), 41) == 42)
    }
    #expect(temporary.log.contains { $0.contains("is removed and made again: truncated artifact") })
    #expect(temporary.log.contains { $0.contains("is removed and made again: altered artifact") })
    #expect(temporary.log.contains { $0.contains("is removed and made again: expected an artifact") })
    #expect(temporary.files.count == 1)
  }

  @Test("An entry under the name of another module is not used")
  func collision() throws {
    let temporary = TemporaryCache()
    _ = try answer(temporary.engine(), 1)
    let first = temporary.files
    _ = try answer(temporary.engine(), 2)
    let second = try #require(temporary.files.first { !first.contains($0) })
    let target = temporary.folder.appending(path: second)
    try FileManager.default.removeItem(at: target)
    try FileManager.default.copyItem(at: temporary.folder.appending(path: first[0]), to: target)
    #expect(try answer(temporary.engine(), 2) == 3)
    #expect(try answer(temporary.engine(), 2) == 3)
    #expect(try answer(temporary.engine(), 1) == 2)
  }

  @Test("Links, and files that others can change, are not used", arguments: ["link", "writable", "folder"])
  func untrustedEntries(_ kind: String) throws {
    let temporary = TemporaryCache()
    _ = try answer(temporary.engine(), 41)
    let entry = try temporary.onlyEntry
    let elsewhere = temporary.folder.appending(path: "elsewhere")
    switch kind {
    case "link":
      try FileManager.default.moveItem(at: entry, to: elsewhere)
      try FileManager.default.createSymbolicLink(at: entry, withDestinationURL: elsewhere)
      try setTime(elsewhere, Self.longAgo)
    case "writable": try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: entry.path)
    default:
      try FileManager.default.removeItem(at: entry)
      try FileManager.default.createDirectory(at: entry, withIntermediateDirectories: false)
    }
    #expect(try answer(temporary.engine(), 41) == 42)
    if kind == "link" { #expect(try status(elsewhere).time == Self.longAgo) }
    if kind != "folder" { #expect(try status(entry).permissions == 0o600) }
  }

  @Test("A folder that others can write to is not used")
  func untrustedFolder() throws {
    let temporary = TemporaryCache()
    try FileManager.default.createDirectory(at: temporary.folder, withIntermediateDirectories: false)
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: temporary.folder.path)
    #expect(try answer(temporary.engine(), 41) == 42)
    #expect(temporary.files == [])
    #expect(temporary.log.contains { $0.contains("others can write to it") })
    #expect(temporary.cache.usage == CodeCache.Usage())
  }

  @Test("If the folder is unwritable, modules are compiled", arguments: ["/proc/needletail", "/dev/null/cache", ""])
  func noFolder(_ path: String) throws {
    let temporary = TemporaryCache()
    for _ in 0..<2 { #expect(try answer(temporary.engine { $0.cache?.directory = path }, 41) == 42) }
    #expect(temporary.log.contains { $0.hasPrefix("cache: ") })
  }

  @Test("Threads that load the same modules at once find complete entries")
  func concurrency() async throws {
    let temporary = TemporaryCache()
    await withTaskGroup(of: Bool.self) { group in
      for task in 0..<8 {
        group.addTask {
          let engine = temporary.engine { $0.cache?.maximumSize = 20_000 }
          return (0..<30).allSatisfy { number in
            let number = (number + task) % 5
            return (try? answer(engine, number)) == Int32(number + 1)
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
    #expect(temporary.log == [])
    #expect(temporary.cache.usage.size <= 20_000)
    #expect(!temporary.files.contains { $0.hasPrefix(".writing") })
  }
}
