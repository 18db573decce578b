import WebAssembly

// Counts, names and constant expressions. (Core specification 3.0, 5.1.3 "Lists", 5.2.4 "Names", 5.4.9 "Expressions".)
extension InstructionReader {
  /// The number of entries or bytes that follow.
  ///
  /// - Parameters:
  ///   - limit: the largest number allowed.
  ///   - things: the name of the entries, in the plural.
  mutating func readCount(_ limit: Int = .max, of things: StaticString) throws(DecodingError) -> Int {
    let start = position
    let count = try readCount()
    guard count <= limit else {
      throw DecodingError("too many \(things): expected at most \(limit), found \(count)", offset: start)
    }
    return count
  }

  /// The number of entries or bytes that follow.
  ///
  /// - Parameters:
  ///   - limits: the limits of the module.
  ///   - limit: the one of them that is on these entries.
  ///   - resource: what they are.
  ///   - used: how many of them are imported.
  mutating func readCount(
    _ limits: ModuleLimits, _ limit: Int, _ resource: LimitExceeded.Resource, used: Int = 0
  ) throws(DecodingError) -> Int {
    let start = position
    let count = try readCount()
    guard count <= limit - used else {
      throw DecodingError(limits.excess(resource, count, used: used, at: start), offset: start)
    }
    return count
  }

  private mutating func readCount() throws(DecodingError) -> Int {
    let start = position
    let count = Int(try readU32())
    // Every entry takes at least a byte. The suite expects an excess of one to be reported at the missing entry.
    guard count <= end - start else {
      throw DecodingError("length out of bounds: expected at most \(end - start), found \(count)", offset: start)
    }
    return count
  }

  /// A size in bytes, then that many bytes; returns their range.
  mutating func readByteVector() throws(DecodingError) -> Range<Int> {
    try readBytes(try readCount())
  }

  mutating func readName() throws(DecodingError) -> String {
    let start = position
    return try name(in: try readByteVector(), at: start)
  }

  /// The name whose bytes were read.
  ///
  /// - Parameter start: the offset that an error has.
  package func name(in range: Range<Int>, at start: Int) throws(DecodingError) -> String {
    let utf8 = bytes(range)
    // Names are nearly always ASCII; the general initializer takes twice as long for them.
    if utf8.allSatisfy({ $0 < 0x80 }) { return String(decoding: utf8, as: UTF8.self) }
    guard let name = String(validating: utf8, as: UTF8.self) else {
      throw DecodingError("malformed UTF-8 encoding", offset: start)
    }
    return name
  }

  /// Reads an expression up to its closing `end` and returns its range. Validation checks whether it is well-typed and, where required,
  /// constant.
  mutating func readExpression() throws(DecodingError) -> Range<Int> {
    let start = position
    var openBlocks: [OpenBlock] = []
    while true {
      let offset = position
      let opcode = try readOpcode()
      try skipImmediates(opcode)
      switch OpenBlock.Change(opcode) {
      case .none: break
      case .open(let block): openBlocks.append(block)
      case .next(let before, let after):
        guard let last = openBlocks.last, before.contains(last) else {
          throw DecodingError("END opcode expected", offset: offset)
        }
        openBlocks[openBlocks.count - 1] = after
      case .close(let blocks):
        guard let last = openBlocks.popLast() else {
          if opcode == .end { return start..<position }
          throw DecodingError("END opcode expected", offset: offset)
        }
        guard blocks.contains(last) else { throw DecodingError("END opcode expected", offset: offset) }
      }
    }
  }
}

/// The instructions that may come next in an open structured instruction.
private struct OpenBlock: OptionSet {
  let rawValue: UInt8

  /// Only `end`: `block`, `loop`, `try_table`, and what follows `else` or `catch_all`.
  static let plain = OpenBlock(rawValue: 1)
  /// `else` too.
  static let conditional = OpenBlock(rawValue: 2)
  /// `catch`, `catch_all` and `delegate` too.
  static let legacyTry = OpenBlock(rawValue: 4)
  /// `catch` and `catch_all` too.
  static let legacyCatch = OpenBlock(rawValue: 8)

  /// What an instruction does to the nesting.
  enum Change {
    case none
    case open(OpenBlock)
    /// Ends one part of a block and begins another.
    case next(from: OpenBlock, to: OpenBlock)
    case close(OpenBlock)

    init(_ opcode: Opcode) {
      self =
        switch opcode {
        case .block, .loop, .tryTable: .open(.plain)
        case .if: .open(.conditional)
        case .try: .open(.legacyTry)
        case .else: .next(from: .conditional, to: .plain)
        case .catch: .next(from: [.legacyTry, .legacyCatch], to: .legacyCatch)
        case .catchAll: .next(from: [.legacyTry, .legacyCatch], to: .plain)
        case .delegate: .close(.legacyTry)
        case .end: .close([.plain, .conditional, .legacyTry, .legacyCatch])
        default: .none
        }
    }
  }
}
