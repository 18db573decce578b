import WasmBinary
import WebAssembly

// Canonical definitions. (Component model, "Canonical Definitions".)
extension InstructionReader {
  mutating func readCanonical() throws(DecodingError) -> Component.Canonical {
    let start = position
    let code = try readByte()
    switch code {
    case 0x00:
      try readFixedByte(0, for: "canonical function lift")
      return .lift(function: try readU32(), options: try readCanonicalOptions(), type: try readU32())
    case 0x01:
      try readFixedByte(0, for: "canonical function lower")
      return .lower(function: try readU32(), options: try readCanonicalOptions())
    default:
      guard let builtIn = Component.BuiltIn(rawValue: code) else {
        throw .leadingByte(code, for: "canonical function", at: start)
      }
      var immediates = Component.Canonical.Immediates()
      for immediate in builtIn.row.immediates { try read(immediate, into: &immediates) }
      return .builtIn(builtIn, immediates)
    }
  }

  private mutating func read(
    _ immediate: Component.BuiltIn.Immediate, into immediates: inout Component.Canonical.Immediates
  ) throws(DecodingError) {
    switch immediate {
    case .type: immediates.type = try readU32()
    case .options: immediates.options = try readCanonicalOptions()
    case .memory: immediates.memory = try readU32()
    case .coreType: immediates.coreType = try readU32()
    case .table: immediates.table = try readU32()
    case .result: immediates.result = try readResultList()
    case .slot:
      immediates.valueType = try readValueType()
      immediates.slot = try readU32()
    case .async, .cancellable, .shared: immediates.flag = try readFlag()
    }
  }

  private mutating func readCanonicalOptions() throws(DecodingError) -> [Component.CanonicalOption] {
    try readEntries(ComponentLimits.fields) { (reader) throws(DecodingError) in
      let start = reader.position
      let code = try reader.readByte()
      switch code {
      case 0x03: return .memory(try reader.readU32())
      case 0x04: return .realloc(try reader.readU32())
      case 0x05: return .postReturn(try reader.readU32())
      case 0x06: return .async
      case 0x07: return .callback(try reader.readU32())
      default:
        guard let encoding = Component.StringEncoding(rawValue: code) else {
          throw .leadingByte(code, for: "canonical option", at: start)
        }
        return .encoding(encoding)
      }
    }
  }
}
