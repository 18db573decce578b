import WebAssembly

extension FunctionValidator {
  /// Reads and checks the immediates of an instruction with a fixed signature.
  ///
  /// - Returns: the address type of the memory that they name, if they name one.
  mutating func checkImmediates(_ opcode: Opcode) throws(LoadingError) -> ValueType {
    switch instructions[opcode].immediates {
    case .memory: return try checkMemoryArgument(opcode)
    case .memoryLane:
      let address = try checkMemoryArgument(opcode)
      try checkLane(below: instructions[opcode].laneCount)
      return address
    case .lane: try checkLane(below: instructions[opcode].laneCount)
    case .shuffle:
      for _ in 0..<16 { try checkLane(below: 32) }
    case .memoryIndex: return try memory(try readMemoryIndex())
    case .dataAndMemory:
      let data = try readIndex()
      let address = try memory(try readMemoryIndex())
      try checkData(data)
      return address
    case .data: try checkData(try readIndex())
    default: try skipImmediates(opcode)
    }
    return .bottom
  }

  private mutating func checkMemoryArgument(_ opcode: Opcode) throws(LoadingError) -> ValueType {
    let start = reader.position
    let argument = try readMemoryArgument()
    // The flag of an explicit memory index, which is set even if the index is zero.
    if !module.features.contains(.multiMemory), reader.bytes(start..<start + 1)[0] & 0x40 != 0 {
      throw malformed("malformed memop flags", "a memory index", without: .multiMemory, at: start)
    }
    let address = try memory(argument.memory)
    let definition = instructions[opcode]
    let natural = UInt32(definition.alignmentLog2)
    guard argument.alignmentLog2 <= natural else {
      throw misaligned(argument, "at most ", natural, "alignment must not be larger than natural")
    }
    if definition.isAtomic, argument.alignmentLog2 != natural {
      throw misaligned(argument, "", natural, "atomic alignment must be natural")
    }
    guard address == .i64 || argument.offset <= UInt64(UInt32.max) else {
      throw invalid("offset out of range", expected: "at most \(UInt32.max)", found: "\(argument.offset)")
    }
    return address
  }

  private mutating func checkLane(below count: UInt8) throws(LoadingError) {
    let lane = try readByte()
    guard lane < count else {
      throw invalid("invalid lane index", expected: "0 to \(count - 1)", found: "\(lane)")
    }
  }

  /// - Parameters:
  ///   - relation: the words before the expected alignment, such as "at most ".
  ///   - rule: the broken rule in the suite's words.
  @inline(never)
  private mutating func misaligned(
    _ argument: MemoryArgument, _ relation: String, _ natural: UInt32, _ rule: String
  ) -> LoadingError {
    invalid(
      rule, expected: "\(relation)\(1 << natural)", found: "\(UInt64(1) << UInt64(argument.alignmentLog2))")
  }
}
