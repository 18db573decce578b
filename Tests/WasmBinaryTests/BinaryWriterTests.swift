import Testing
import WasmBinary
import WebAssembly

@Suite struct BinaryWriterTests {
  /// Expects that `read` returns the value that `write` writes, and consumes all of it.
  private func expectIdentity<Value: Equatable>(
    _ value: Value, _ write: (inout BinaryWriter, Value) -> Void, _ read: (inout InstructionReader) throws -> Value
  ) throws {
    var writer = BinaryWriter()
    write(&writer, value)
    let (result, isAtEnd) = try writer.bytes.withUnsafeBufferPointer { buffer in
      var reader = InstructionReader(base: buffer.baseAddress!, range: 0..<buffer.count)
      return (try read(&reader), reader.isAtEnd)
    }
    #expect(result == value)
    #expect(isAtEnd, "\(value)")
  }

  @Test("Numbers survive a round trip")
  func numbers() throws {
    for shift in 0..<64 {
      let power = UInt64(1) << UInt64(shift)
      for value: UInt64 in [power &- 1, power, power | 1] {
        try expectIdentity(value, { $0.u64($1) }, { try $0.readU64() })
        try expectIdentity(value, { $0.fixed64($1) }, { try $0.readFixed64() })
        let signed = Int64(bitPattern: value)
        for signed: Int64 in [signed, ~signed, 0 &- signed] {
          try expectIdentity(signed, { $0.s64($1) }, { try $0.readS64() })
          let short = Int32(truncatingIfNeeded: signed)
          try expectIdentity(short, { $0.s32($1) }, { try $0.readS32() })
        }
        let short = UInt32(truncatingIfNeeded: value)
        try expectIdentity(short, { $0.u32($1) }, { try $0.readU32() })
        try expectIdentity(short, { $0.fixed32($1) }, { try $0.readFixed32() })
      }
    }
  }

  @Test("Numbers use the shortest encoding")
  func shortestForms() {
    let cases: [(value: Int64, count: Int)] = [
      (0, 1), (63, 1), (64, 2), (-64, 1), (-65, 2), (8191, 2), (8192, 3), (-8192, 2), (.max, 10), (.min, 10),
    ]
    for (value, count) in cases {
      var writer = BinaryWriter()
      writer.s64(value)
      #expect(writer.count == count, "\(value)")
    }
  }

  @Test("Every instruction survives a round trip")
  func opcodes() throws {
    for row in InstructionTable.shared.all {
      try expectIdentity(row.opcode, { $0.opcode($1) }, { try $0.readOpcode() })
    }
  }

  @Test("Types survive a round trip")
  func types() throws {
    var types: [ValueType] = [.i32, .i64, .f32, .f64, .v128]
    for heapType in HeapType.keywords.map(\.heapType) + [.concrete(5), .concrete(1 << 19), .concrete(7, isExact: true)]
    {
      for isNullable in [false, true] { types.append(.reference(nullable: isNullable, heapType)) }
    }
    for type in types {
      try expectIdentity(type, { $0.valueType($1) }, { try $0.readValueType() })
      try expectIdentity(BlockType.result(type), { $0.blockType($1) }, { try $0.readBlockType() })
    }
    for type: BlockType in [.empty, .type(0), .type(100), .type(UInt32.max)] {
      try expectIdentity(type, { $0.blockType($1) }, { try $0.readBlockType() })
    }
  }

  @Test("Immediates survive a round trip")
  func immediates() throws {
    for memory: UInt32 in [0, 1, 300] {
      for offset: UInt64 in [0, 127, 128, .max] {
        let argument = MemoryArgument(alignmentLog2: 3, memory: memory, offset: offset)
        try expectIdentity(argument, { $0.memoryArgument($1) }, { try $0.readMemoryArgument() })
      }
    }
    let clauses = [
      CatchClause(tag: 3, label: 1, withReference: false), CatchClause(tag: 0, label: 300, withReference: true),
      CatchClause(tag: nil, label: 0, withReference: false), CatchClause(tag: nil, label: 2, withReference: true),
    ]
    for clause in clauses {
      try expectIdentity(clause, { $0.catchClause($1) }, { try $0.readCatchClause() })
    }
    for (source, target) in [(false, false), (true, false), (false, true), (true, true)] {
      let branch = CastBranch(
        label: 200, source: ReferenceType(isNullable: source, heapType: .any),
        target: ReferenceType(isNullable: target, heapType: .concrete(3)))
      try expectIdentity(branch, { $0.castBranch($1) }, { try $0.readCastBranch() })
    }
  }

  @Test("A section's size counts the bytes after it, up to any size")
  func sections() {
    for count in [0, 1, 127, 128, 20_000] {
      var writer = BinaryWriter()
      writer.section(.data) { writer in writer.raw([UInt8](repeating: 7, count: count)) }
      var expected = BinaryWriter()
      expected.byte(SectionID.data.rawValue)
      expected.count(count)
      #expect(writer.bytes == expected.bytes + [UInt8](repeating: 7, count: count))
    }
  }

  @Test("Consecutive locals of the same type form one run")
  func locals() {
    var writer = BinaryWriter()
    writer.locals([.i32, .i32, .i64, .i32])
    #expect(writer.bytes == [3, 2, 0x7F, 1, 0x7E, 1, 0x7F])
  }
}
