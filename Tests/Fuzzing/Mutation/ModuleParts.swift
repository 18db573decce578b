import WasmBinary
import WebAssembly

/// A module split into sections, and its code section into bodies, so that parts can be changed without invalidating
/// sizes.
struct ModuleParts {
  struct Section {
    var id: UInt8
    /// Empty for the code section. Its bodies are in ``ModuleParts/bodies``.
    var contents: [UInt8]

    var isCode: Bool { id == SectionID.code.rawValue }
    var isCustom: Bool { id == SectionID.custom.rawValue }
  }

  var sections: [Section] = []
  var bodies: [[UInt8]] = []

  /// Returns nil if the bytes cannot be split.
  init?(_ module: [UInt8]) {
    guard module.starts(with: SectionID.moduleHeader) else { return nil }
    let isWhole = module.withUnsafeBufferPointer { buffer in
      var reader = InstructionReader(base: buffer.baseAddress!, range: SectionID.moduleHeader.count..<buffer.count)
      do {
        while !reader.isAtEnd { try readSection(&reader) }
        return true
      } catch {
        return false
      }
    }
    guard isWhole else { return nil }
  }

  private mutating func readSection(_ reader: inout InstructionReader) throws(DecodingError) {
    let id = try reader.readByte()
    guard id == SectionID.code.rawValue else {
      sections.append(Section(id: id, contents: try Self.readVector(&reader)))
      return
    }
    _ = try reader.readU32()
    bodies = []
    for _ in 0..<(try reader.readU32()) { bodies.append(try Self.readVector(&reader)) }
    sections.append(Section(id: id, contents: []))
  }

  private static func readVector(_ reader: inout InstructionReader) throws(DecodingError) -> [UInt8] {
    let count = try reader.readU32()
    return Array(reader.bytes(try reader.readBytes(Int(count))))
  }

  var bytes: [UInt8] {
    var writer = BinaryWriter()
    writer.header()
    for section in sections {
      writer.byte(section.id)
      if section.isCode {
        writer.sized { code in
          code.count(bodies.count)
          for body in bodies { code.byteVector(body) }
        }
      } else {
        writer.byteVector(section.contents)
      }
    }
    return writer.bytes
  }
}

/// A function body split into instructions.
struct BodyParts {
  struct Instruction {
    var opcode: Opcode
    var immediates: [UInt8]

    var bytes: [UInt8] {
      var writer = BinaryWriter()
      writer.opcode(opcode)
      writer.raw(immediates)
      return writer.bytes
    }

    var definition: InstructionDefinition { InstructionTable.shared[opcode] }
  }

  /// The encoded declarations of locals.
  var locals: [UInt8]
  var instructions: [Instruction] = []

  /// Returns nil if the body is malformed.
  init?(_ body: [UInt8]) {
    locals = []
    guard !body.isEmpty else { return nil }
    let isWhole = body.withUnsafeBufferPointer { buffer in
      var reader = InstructionReader(base: buffer.baseAddress!, range: 0..<buffer.count)
      do {
        for _ in 0..<(try reader.readU32()) {
          _ = try reader.readU32()
          _ = try reader.readValueType()
        }
        locals = Array(buffer[..<reader.position])
        while !reader.isAtEnd {
          let opcode = try reader.readOpcode()
          let start = reader.position
          try reader.skipImmediates(opcode)
          instructions.append(Instruction(opcode: opcode, immediates: Array(buffer[start..<reader.position])))
        }
        return true
      } catch {
        return false
      }
    }
    guard isWhole else { return nil }
  }

  var bytes: [UInt8] { locals + instructions.flatMap(\.bytes) }
}
