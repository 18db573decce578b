import WasmBinary
import WebAssembly

/// Shows instructions with their immediates.
struct Disassembler {
  private let dump: ModuleDump

  init(_ dump: ModuleDump) { self.dump = dump }

  struct Instruction {
    /// Its bytes in the binary.
    var range: Range<Int>
    /// How many blocks it stands in.
    var depth: Int
    /// Mnemonic and immediates; what is wrong if it is malformed.
    var text: String
  }

  /// The types of a body's locals, such as `i32×3`, and where its instructions stand; nil if it is malformed.
  func locals(of body: Range<Int>) -> (locals: [String], code: Range<Int>)? {
    dump.module.bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return nil }
      var reader = InstructionReader(base: base, range: body)
      var locals: [String] = []
      guard let count = try? reader.readU32() else { return nil }
      for _ in 0..<count {
        guard let number = try? reader.readU32(), let type = try? reader.readValueType() else { return nil }
        locals.append(number == 1 ? "\(type)" : "\(type)×\(number)")
      }
      return (locals, reader.position..<body.upperBound)
    }
  }

  /// Goes through instructions; a malformed one is the last.
  func forEachInstruction(in range: Range<Int>, _ body: (Instruction) -> Void) {
    dump.module.bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      var reader = InstructionReader(base: base, range: range)
      var depth = 1
      while !reader.isAtEnd {
        let start = reader.position
        do {
          let opcode = try reader.readOpcode()
          let immediates = try immediates(of: opcode, &reader)
          let closes = Self.closing.contains(opcode)
          let shown = Instruction(
            range: start..<reader.position, depth: max(0, depth - (closes ? 1 : 0)), text: opcode.mnemonic + immediates)
          body(shown)
          if Self.opening.contains(opcode) { depth += 1 }
          if opcode == .end || opcode == .delegate { depth -= 1 }
        } catch {
          body(
            Instruction(
              range: start..<max(start, min(reader.position, range.upperBound)), depth: depth,
              text: "malformed: \(error)"))
          return
        }
      }
    }
  }

  private static let opening: Set<Opcode> = [.block, .loop, .if, .try, .tryTable]
  /// What stands one level further out than the instructions before it.
  private static let closing: Set<Opcode> = [.end, .else, .catch, .catchAll, .delegate]

  /// The immediates in text, each behind a blank.
  private func immediates(of opcode: Opcode, _ reader: inout InstructionReader) throws(DecodingError) -> String {
    let definition = InstructionTable.shared[opcode]
    switch definition.immediates {
    case .none: return ""
    case .block: return blockType(try reader.readBlockType())
    case .label, .type, .tag, .element, .data, .table, .memoryIndex: return " \(try reader.readU32())"
    case .local: return " \(try reader.readU32())"
    case .global: return named(try reader.readU32(), dump.names.globals)
    case .function: return " \(dump.function(try reader.readU32()))"
    case .labelTable:
      var text = ""
      for _ in 0...(try reader.readU32()) { text += " \(try reader.readU32())" }
      return text
    case .tryTable: return try tryTable(&reader)
    case .indirectCall:
      let type = try reader.readU32()
      return " table \(try reader.readU32()), type \(type)"
    case .field, .typeAndCount, .typeAndData, .typeAndElement, .typeAndType, .tableAndTable, .elementAndTable,
      .memoryAndMemory, .dataAndMemory:
      let first = try reader.readU32()
      return " \(first) \(try reader.readU32())"
    case .memory: return memoryArgument(try reader.readMemoryArgument(), definition)
    case .memoryLane:
      let argument = memoryArgument(try reader.readMemoryArgument(), definition)
      return "\(argument) \(try reader.readByte())"
    case .lane: return " \(try reader.readByte())"
    case .shuffle:
      let range = try reader.readBytes(16)
      return reader.bytes(range).map { " \($0)" }.joined()
    case .heapType: return " \(try reader.readHeapType())"
    case .selectTypes:
      var text = ""
      for _ in 0..<(try reader.readU32()) { text += " \(try reader.readValueType())" }
      return text
    case .castBranch:
      let cast = try reader.readCastBranch()
      return " \(cast.label) \(cast.source) \(cast.target)"
    case .fence:
      try reader.readZeroByte()
      return ""
    case .i32: return " \(try reader.readS32())"
    case .i64: return " \(try reader.readS64())"
    case .f32: return " \(ValueText.format(.f32(Float(bitPattern: try reader.readFixed32()))))"
    case .f64: return " \(ValueText.format(.f64(Double(bitPattern: try reader.readFixed64()))))"
    case .v128:
      let halves = try reader.readFixed128()
      return " " + ValueText.format(.v128(unsafeBitCast(halves, to: SIMD16<UInt8>.self)))
    }
  }

  private func named(_ index: UInt32, _ names: NameMap) -> String {
    " \(index)" + (names[index].map { " <\($0)>" } ?? "")
  }

  private func blockType(_ type: BlockType) -> String {
    switch type {
    case .empty: ""
    case .result(let type): " \(type)"
    case .type(let index): " type \(index)"
    }
  }

  private func tryTable(_ reader: inout InstructionReader) throws(DecodingError) -> String {
    var text = blockType(try reader.readBlockType())
    for _ in 0..<(try reader.readU32()) {
      let clause = try reader.readCatchClause()
      let reference = clause.withReference ? "_ref" : ""
      let target = clause.tag.map { "catch\(reference) \($0)" } ?? "catch_all\(reference)"
      text += " (\(target) \(clause.label))"
    }
    return text
  }

  private func memoryArgument(_ argument: MemoryArgument, _ definition: InstructionDefinition) -> String {
    var text = argument.memory == 0 ? "" : " \(argument.memory)"
    if argument.offset != 0 { text += " offset=\(argument.offset)" }
    if argument.alignmentLog2 != UInt32(definition.alignmentLog2) {
      text += " align=\(UInt64(1) << UInt64(argument.alignmentLog2))"
    }
    return text
  }
}
