import WebAssembly

// Opcodes, and immediates of more than one number. (Core specification 3.0, 5.4 "Instructions".)
extension BinaryWriter {
  /// The code of an instruction, from the table. The caller writes its immediates next.
  public mutating func opcode(_ opcode: Opcode) {
    let row = InstructionTable.shared[opcode]
    if let prefix = row.prefix {
      byte(prefix)
      u32(row.code)
    } else {
      byte(UInt8(truncatingIfNeeded: row.encoding))
    }
  }

  public mutating func blockType(_ type: BlockType) {
    switch type {
    case .empty: byte(0x40)
    case .result(let type): valueType(type)
    case .type(let index): s33(Int64(index))
    }
  }

  /// Alignment, memory index (if it is not 0) and offset.
  public mutating func memoryArgument(_ argument: MemoryArgument) {
    u32(argument.alignmentLog2 | (argument.memory == 0 ? 0 : 0x40))
    if argument.memory != 0 { u32(argument.memory) }
    u64(argument.offset)
  }

  /// The flags, label and heap types of `br_on_cast` and its relatives.
  public mutating func castBranch(_ branch: CastBranch) {
    byte((branch.source.isNullable ? 1 : 0) | (branch.target.isNullable ? 2 : 0))
    u32(branch.label)
    heapType(branch.source.heapType)
    heapType(branch.target.heapType)
  }

  /// One clause of a `try_table`.
  public mutating func catchClause(_ clause: CatchClause) {
    byte((clause.tag == nil ? 2 : 0) | (clause.withReference ? 1 : 0))
    if let tag = clause.tag { u32(tag) }
    u32(clause.label)
  }

  /// The labels of a `br_table`; the last one is the default.
  public mutating func labelTable(_ labels: [UInt32]) {
    count(labels.count - 1)
    for label in labels { u32(label) }
  }

  /// The immediates of `v128.const` and `i8x16.shuffle`. Requires 16 bytes.
  public mutating func vector128(_ newBytes: some Collection<UInt8>) {
    precondition(newBytes.count == 16)
    raw(newBytes)
  }
}
