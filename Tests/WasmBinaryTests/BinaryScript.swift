import Foundation
import TestSupport
import WebAssembly

@testable import WasmBinary

/// The commands of a `.wast` script that contain a binary module. Everything else is skipped.
struct BinaryScript {
  struct Command {
    /// The keyword of the command: `module`, `assert_malformed`, `assert_invalid`, …
    var keyword: String
    var line: Int
    var module: [UInt8]
    /// The message that an assertion expects; otherwise empty.
    var message: String
  }

  private(set) var commands: [Command] = []

  init(_ text: [UInt8]) {
    var reader = Reader(text: text)
    while let command = reader.next() {
      guard case .list(let items) = command.content, case .word(let keyword)? = items.first?.content else { continue }
      if keyword == "module" {
        if let bytes = Self.binary(items) {
          commands.append(Command(keyword: keyword, line: command.line, module: bytes, message: ""))
        }
      } else if items.count >= 2, case .list(let module) = items[1].content, let bytes = Self.binary(module) {
        let message =
          if case .string(let bytes)? = items.last?.content { String(decoding: bytes, as: UTF8.self) } else { "" }
        commands.append(Command(keyword: keyword, line: command.line, module: bytes, message: message))
      }
    }
  }

  private static func binary(_ items: [Item]) -> [UInt8]? {
    var words: [String] = []
    var bytes: [UInt8] = []
    for item in items {
      switch item.content {
      case .word(let word): words.append(word)
      case .string(let string): bytes += string
      case .list: return nil
      }
    }
    guard words.first == "module", words.contains("binary") else { return nil }
    return bytes
  }

  private struct Item {
    enum Content {
      case word(String)
      case string([UInt8])
      case list([Item])
    }
    var content: Content
    var line: Int
  }

  private struct Reader {
    let text: [UInt8]
    var position = 0
    var line = 1

    init(text: [UInt8]) { self.text = text }

    mutating func next() -> Item? {
      var open: [Item] = []
      var items: [[Item]] = []
      while let item = nextToken(&open, &items) {
        if items.isEmpty { return item }
        items[items.count - 1].append(item)
      }
      return nil
    }

    /// The next token or complete list.
    private mutating func nextToken(_ open: inout [Item], _ items: inout [[Item]]) -> Item? {
      while position < text.count {
        let byte = text[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\n"): line += 1
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
        case UInt8(ascii: ";"): skipLine()
        case UInt8(ascii: "("):
          if position < text.count, text[position] == UInt8(ascii: ";") {
            skipBlockComment()
          } else {
            open.append(Item(content: .list([]), line: line))
            items.append([])
          }
        case UInt8(ascii: ")"):
          guard var list = open.popLast() else { return nil }
          list.content = .list(items.removeLast())
          return list
        case UInt8(ascii: "\""): return Item(content: .string(string()), line: line)
        default: return Item(content: .word(word(from: position - 1)), line: line)
        }
      }
      return nil
    }

    private mutating func skipLine() {
      while position < text.count, text[position] != UInt8(ascii: "\n") { position += 1 }
    }

    private mutating func skipBlockComment() {
      var depth = 1
      position += 1
      while position + 1 < text.count, depth > 0 {
        switch (text[position], text[position + 1]) {
        case (UInt8(ascii: "("), UInt8(ascii: ";")):
          depth += 1
          position += 1
        case (UInt8(ascii: ";"), UInt8(ascii: ")")):
          depth -= 1
          position += 1
        case (UInt8(ascii: "\n"), _): line += 1
        default: break
        }
        position += 1
      }
    }

    private mutating func word(from start: Int) -> String {
      while position < text.count, !Set("() \t\r\n\";".utf8).contains(text[position]) { position += 1 }
      return String(decoding: text[start..<position], as: UTF8.self)
    }

    private mutating func string() -> [UInt8] {
      var bytes: [UInt8] = []
      while position < text.count, text[position] != UInt8(ascii: "\"") {
        if text[position] == UInt8(ascii: "\\"), position + 2 < text.count {
          let digits = String(decoding: text[position + 1...position + 2], as: UTF8.self)
          if let byte = UInt8(digits, radix: 16) {
            bytes.append(byte)
            position += 3
            continue
          }
          bytes.append(text[position + 1])
          position += 2
          continue
        }
        bytes.append(text[position])
        position += 1
      }
      position += 1
      return bytes
    }
  }
}

extension TestSuite {
  /// Paths of all scripts with binary modules.
  static let binaryScripts = scripts.filter { path in
    (try? contents(of: path)).map { Data($0).range(of: Data("binary".utf8)) != nil } ?? false
  }

  static func script(_ path: String) throws -> BinaryScript { BinaryScript(try contents(of: path)) }
}

extension Module {
  /// Reads every function body to its end. Only the syntax is checked.
  func checkBodies() throws(DecodingError) {
    for function in functions {
      let bytes = bytes
      try bytes.withUnsafeBufferPointer { (buffer) throws(DecodingError) in
        var reader = InstructionReader(base: buffer.baseAddress!, range: function.body)
        for _ in 0..<(try reader.readU32()) {
          _ = try reader.readU32()
          _ = try reader.readValueType()
        }
        _ = try reader.readExpression()
        guard reader.isAtEnd else { throw DecodingError("section size mismatch", offset: reader.position) }
      }
    }
  }
}
