import WasmBinary
import WebAssembly

// Value types, function types and resource types. (Component model, "Type Definitions".)
extension InstructionReader {
  mutating func readComponentValueType() throws(DecodingError) -> Component.ValueType {
    let start = position
    if let byte = peekByte(), let type = Component.PrimitiveType(rawValue: byte) {
      position += 1
      return .primitive(type)
    }
    let index = try readS33()
    guard index >= 0 else {
      throw .leadingByte(UInt8(truncatingIfNeeded: index & 0x7F), for: "component value type", at: start)
    }
    guard index <= UInt32.max else { throw DecodingError("integer too large", offset: start) }
    return .index(UInt32(index))
  }

  private mutating func readOptionalValueType() throws(DecodingError) -> Component.ValueType? {
    try readOptional("optional component value type") { (reader) throws(DecodingError) in
      try reader.readComponentValueType()
    }
  }

  private mutating func readField() throws(DecodingError) -> Component.Field {
    Component.Field(try readComponentName(), try readComponentValueType())
  }

  mutating func readDefinedType() throws(DecodingError) -> Component.DefinedType {
    let start = position
    let code = try readByte()
    if let type = Component.PrimitiveType(rawValue: code) { return .primitive(type) }
    let limit = ComponentLimits.fields
    switch code {
    case ComponentTypeCode.record:
      return .record(try readEntries(limit) { (reader) throws(DecodingError) in try reader.readField() })
    case ComponentTypeCode.variant:
      return .variant(
        try readEntries(limit) { (reader) throws(DecodingError) in
          let name = try reader.readComponentName()
          let type = try reader.readOptionalValueType()
          try reader.readFixedByte(0, for: "zero byte required")
          return Component.Case(name, type)
        })
    case ComponentTypeCode.list: return .list(try readComponentValueType())
    case ComponentTypeCode.fixedLengthList: return .fixedLengthList(try readComponentValueType(), try readU32())
    case ComponentTypeCode.tuple:
      return .tuple(try readEntries(limit) { (reader) throws(DecodingError) in try reader.readComponentValueType() })
    case ComponentTypeCode.flags:
      return .flags(try readEntries(limit) { (reader) throws(DecodingError) in try reader.readComponentName() })
    case ComponentTypeCode.enumeration:
      return .enumeration(try readEntries(limit) { (reader) throws(DecodingError) in try reader.readComponentName() })
    case ComponentTypeCode.option: return .option(try readComponentValueType())
    case ComponentTypeCode.result: return .result(ok: try readOptionalValueType(), error: try readOptionalValueType())
    case ComponentTypeCode.own: return .own(try readU32())
    case ComponentTypeCode.borrow: return .borrow(try readU32())
    case ComponentTypeCode.stream: return .stream(try readOptionalValueType())
    case ComponentTypeCode.future: return .future(try readOptionalValueType())
    case ComponentTypeCode.map:
      return .map(key: try readComponentValueType(), value: try readComponentValueType())
    default: throw .leadingByte(code, for: "component defined type", at: start)
    }
  }

  mutating func readComponentFunctionType() throws(DecodingError) -> Component.FunctionType {
    let isAsync = try readByte() == ComponentTypeCode.asyncFunction
    let parameters = try readEntries(ComponentLimits.fields) { (reader) throws(DecodingError) in
      try reader.readField()
    }
    return Component.FunctionType(isAsync: isAsync, parameters: parameters, result: try readResultList())
  }

  mutating func readResultList() throws(DecodingError) -> Component.ValueType? {
    let start = position
    switch try readByte() {
    case 0: return try readComponentValueType()
    case 1:
      try readFixedByte(0, for: "number of results")
      return nil
    case let byte: throw .leadingByte(byte, for: "component function results", at: start)
    }
  }

  mutating func readResourceType() throws(DecodingError) -> Component.ResourceType {
    let representation = try readValueType()
    let destructor = try readOptional("optional destructor") { (reader) throws(DecodingError) in
      try reader.readU32()
    }
    return Component.ResourceType(representation: representation, destructor: destructor)
  }
}
