import Foundation
import Needletail
import Testing

/// The files about compiled code for profilers.
@Suite("Files for profilers", .serialized, .enabled(if: Engine.isCompiling)) struct ProfileTests {
  private static let module = """
    (module $tool
      (func $double (export "double") (param i32) (result i32) (i32.add (local.get 0) (local.get 0)))
      (func $"two\\nlines" (export "g") (result i64) (i64.const 1))
      (func (export "exported")))
    """

  private static func load(_ format: ProfileFormat) throws -> Module {
    var configuration = Engine.Configuration()
    configuration.execution = .jit(.basic)
    configuration.profile = format
    return try Module(Engine(configuration), text: module)
  }

  @Test("The perf map has a line for each function and stub, whatever their names contain")
  func perfMap() throws {
    let module = try Self.load(.perfMap)
    let text = try String(contentsOfFile: "/tmp/perf-\(getpid()).map", encoding: .utf8)
    var names: [String: Range<UInt>] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 2)
      try #require(words.count == 3, "\(line)")
      let (start, size) = (try #require(UInt(words[0], radix: 16)), try #require(UInt(words[1], radix: 16)))
      #expect(size > 0)
      names[String(words[2])] = start..<start + size
    }
    for name in [
      "tool!double", "tool!two?lines", "tool!exported", "stub into compiled code: [i32] -> [i32]", "stub: landing",
    ] { #expect(names[name] != nil, "\(name)\n\(text)") }
    withExtendedLifetime(module) {}
  }

  @Test("The jitdump file contains the code of each function, preceded by its lines")
  func dump() throws {
    let module = try Self.load(.jitDump)
    let dump = try Self.readDump()
    let double = try #require(dump.functions["tool!double"])
    #expect(try Set(#require(dump.lines[double])) == [2])
    let second = try #require(dump.functions["tool!two?lines"])
    #expect(try Set(#require(dump.lines[second])) == [3])
    // A binary has no lines.
    let binary = try Module(module.engine, bytes: Array(module.structure.bytes))
    let again = try Self.readDump()
    let body = module.structure.functions[0].body
    let address = try #require(again.functions["tool!double"])
    let places = try #require(again.lines[address])
    #expect(!places.isEmpty && places.allSatisfy { body.contains(Int($0)) })
    unlink(Self.dumpPath)
    withExtendedLifetime((module, binary)) {}
  }

  private static let dumpPath = "jit-\(getpid()).dump"

  /// The addresses of the functions in the dump (the last one for each name), and their line numbers by address.
  private static func readDump() throws -> (functions: [String: UInt64], lines: [UInt64: [UInt32]]) {
    var reader = Reader(bytes: [UInt8](try Data(contentsOf: URL(filePath: dumpPath))))
    #expect(reader.word(UInt32.self) == 0x4A69_5444)
    #expect(reader.word(UInt32.self) == 1)
    #expect(reader.word(UInt32.self) == 40)
    #expect(reader.word(UInt32.self) == 62)
    _ = reader.word(UInt32.self)
    #expect(reader.word(UInt32.self) == UInt32(getpid()))
    _ = reader.word(UInt64.self)
    #expect(reader.word(UInt64.self) == 0)
    var lines: [UInt64: [UInt32]] = [:]
    var functions: [String: (address: UInt64, code: [UInt8])] = [:]
    var loadCount: UInt64 = 0
    while !reader.isAtEnd {
      let start = reader.position
      let (id, size) = (reader.word(UInt32.self), Int(reader.word(UInt32.self)))
      _ = reader.word(UInt64.self)
      if id == 2 {
        let address = reader.word(UInt64.self)
        for _ in 0..<reader.word(UInt64.self) {
          #expect(reader.word(UInt64.self) >= address)
          lines[address, default: []].append(reader.word(UInt32.self))
          _ = reader.word(UInt32.self)
          _ = reader.string()
        }
      } else {
        #expect(id == 0 && reader.word(UInt64.self) & 0xFFFF_FFFF == UInt64(getpid()))
        let address = reader.word(UInt64.self)
        #expect(reader.word(UInt64.self) == address)
        let count = Int(reader.word(UInt64.self))
        #expect(reader.word(UInt64.self) == loadCount)
        loadCount += 1
        functions[reader.string()] = (address, reader.bytes(count))
      }
      #expect(reader.position == start + size)
    }
    let double = try #require(functions["tool!double"])
    // All functions start with `push rbp`.
    #expect(double.code.first == 0x55)
    return (functions.mapValues(\.address), lines)
  }

  private struct Reader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position >= bytes.count }

    mutating func bytes(_ count: Int) -> [UInt8] {
      defer { position += count }
      return Array(bytes[position..<position + count])
    }

    mutating func word<Word: FixedWidthInteger>(_ type: Word.Type) -> Word {
      bytes(MemoryLayout<Word>.size).reversed().reduce(0) { $0 << 8 | Word($1) }
    }

    mutating func string() -> String {
      let end = bytes[position...].firstIndex(of: 0) ?? bytes.count
      defer { position = end + 1 }
      return String(decoding: bytes[position..<end], as: UTF8.self)
    }
  }
}

extension Engine {
  /// Whether there is a compiler for this machine.
  fileprivate static var isCompiling: Bool {
    var configuration = Configuration()
    configuration.execution = .jit(.none)
    return Engine(configuration).execution != .interpreter
  }
}
