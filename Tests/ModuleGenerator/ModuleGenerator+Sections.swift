import WasmBinary
import WebAssembly

// What a module defines besides code.

extension ModuleGenerator {
  // MARK: Indices

  // Types. Aggregates come first, since functions may take references to them.

  /// A structure of an `i32`, an `i64`, a packed `i8`, and a reference to another such structure; all mutable.
  static let structure: UInt32 = 0
  static let structureFields: [ValueType] = [.i32, .i64, .i32]
  /// The same with an `f64` and a vector more.
  static let largerStructure: UInt32 = 1
  static let largerStructureFields: [ValueType] = [.f64, .v128]
  /// Arrays of `i64`, of bytes, and of references to structures.
  static let longs: UInt32 = 2
  static let bytes: UInt32 = 3
  static let references: UInt32 = 4
  private static let aggregateCount = 5

  /// The index of a signature's type. The number of signatures is fixed, and so are the indices behind them.
  static func type(ofSignature signature: Int) -> Int { aggregateCount + signature }
  private static let firstOther = type(ofSignature: 8)
  static let tagTypes = [firstOther, firstOther + 1, firstOther + 2]
  static let tagParameters: [[ValueType]] = [[.i32, .f64], [], [.i64, .v128]]
  /// Of blocks that leave what the first tag carries, without and with the exception.
  static let payloadBlock = UInt32(firstOther + 3)
  static let payloadAndExceptionBlock = UInt32(firstOther + 4)
  /// Of blocks that take two numbers and leave two.
  static let roundBlock = UInt32(firstOther + 5)
  static let roundTypes: [ValueType] = [.i64, .i32]
  static let hostTypes = [firstOther + 6, firstOther + 7]

  static let structureType = ValueType.reference(nullable: true, .concrete(structure))
  static let longsType = ValueType.reference(nullable: true, .concrete(longs))
  static let bytesType = ValueType.reference(nullable: true, .concrete(bytes))
  static let anyType = ValueType.reference(nullable: true, .any)
  /// The references that may be where numbers may be: in parameters, results and locals.
  static let passedReferences = [structureType, anyType]
  static let exceptionType = ValueType.reference(nullable: true, .exception)

  static let functionTableSize = 16
  static let anyTableSize = 8
  /// Passive segments: of data, of functions, and of structures.
  static let passiveData: UInt32 = 1
  static let passiveElements: UInt32 = 1
  static let passiveFunctionCount = 4
  static let passiveStructures: UInt32 = 2
  static let passiveStructureCount = 4
  static let dataByteCount = 64
  static let importCount = HostFunction.allCases.count

  // MARK: Sections

  mutating func writeDefinitions(_ writer: inout BinaryWriter) {
    writeTypes(&writer)
    writer.section(.import) { writer in
      writer.vector(HostFunction.allCases.indices) { writer, index in
        writer.name("host")
        writer.name(HostFunction.allCases[index].rawValue)
        writer.byte(0)
        writer.count(Self.hostTypes[index])
      }
    }
    writer.section(.function) { writer in writer.vector(functionTypes) { $0.count(Self.type(ofSignature: $1)) } }
    writer.section(.table) { writer in
      writer.count(2)
      writer.tableType(TableType(element: .funcref, limits: Limits(minimum: UInt64(Self.functionTableSize))))
      let any = ReferenceType(isNullable: true, heapType: .any)
      writer.tableType(TableType(element: any, limits: Limits(minimum: UInt64(Self.anyTableSize), maximum: 20)))
    }
    writer.section(.memory) { writer in writer.vector(memories) { $0.memoryType($1) } }
    writer.section(.tag) { writer in
      writer.vector(Self.tagTypes) { writer, type in
        writer.byte(0)
        writer.count(type)
      }
    }
    writeGlobals(&writer)
    writeExports(&writer)
    writeElements(&writer)
    // Code names segments before they come.
    writer.section(.dataCount) { $0.count(2) }
  }

  private func writeTypes(_ writer: inout BinaryWriter) {
    let tags = Self.tagParameters.map { FunctionType(parameters: $0, results: []) }
    let blocks = [
      FunctionType(parameters: [], results: Self.tagParameters[0]),
      FunctionType(parameters: [], results: Self.tagParameters[0] + [Self.exceptionType]),
      FunctionType(parameters: Self.roundTypes, results: Self.roundTypes),
    ]
    let functions = signatures + tags + blocks + HostFunction.allCases.map(\.type)
    func variable(_ type: ValueType) -> FieldType { FieldType(storage: .value(type), isMutable: true) }
    let fields = [
      variable(.i32), variable(.i64), FieldType(storage: .i8, isMutable: true), variable(Self.structureType),
    ]
    writer.section(.type) { writer in
      writer.count(Self.aggregateCount + functions.count)
      writer.subType(SubType(.structure(fields), isFinal: false))
      writer.subType(
        SubType(
          .structure(fields + Self.largerStructureFields.map(variable)), supertypes: [Self.structure]))
      writer.subType(SubType(.array(variable(.i64))))
      writer.subType(SubType(.array(FieldType(storage: .i8, isMutable: true))))
      writer.subType(SubType(.array(variable(Self.structureType))))
      for type in functions { writer.subType(SubType(.function(type))) }
    }
  }

  private mutating func writeGlobals(_ writer: inout BinaryWriter) {
    var bytes = BinaryWriter()
    bytes.count(globals.count)
    for type in globals {
      bytes.globalType(GlobalType(value: type, isMutable: true))
      choices.writeConstant(type, &bytes)
      bytes.opcode(.end)
    }
    writer.section(.global) { $0.raw(bytes.bytes) }
  }

  private func writeExports(_ writer: inout BinaryWriter) {
    writer.section(.export) { writer in
      writer.count(functionTypes.count + globals.count + memories.count)
      for (prefix, kind, first, count) in [
        ("f", UInt8(0), Self.importCount, functionTypes.count), ("m", 2, 0, memories.count), ("g", 3, 0, globals.count),
      ] {
        for index in 0..<count {
          writer.name("\(prefix)\(index)")
          writer.byte(kind)
          writer.count(first + index)
        }
      }
    }
  }

  /// The table begins with all functions and ends with nulls.
  private func writeElements(_ writer: inout BinaryWriter) {
    let functions = functionTypes.indices.map { Self.importCount + $0 }
    writer.section(.element) { writer in
      writer.count(3)
      writer.raw([0, 0x41, 0, 0x0B])
      writer.vector(functions) { $0.count($1) }
      writer.raw([1, 0])
      writer.vector(functions.prefix(Self.passiveFunctionCount)) { $0.count($1) }
      // With expressions; every other one null.
      writer.byte(5)
      writer.valueType(Self.structureType)
      writer.vector(0..<Self.passiveStructureCount) { writer, index in
        if index % 2 == 0 {
          writer.opcode(.structNewDefault)
          writer.count(Int(Self.structure))
        } else {
          writer.opcode(.refNull)
          writer.heapType(.none)
        }
        writer.opcode(.end)
      }
    }
  }

  /// The first memory begins with bytes of all kinds.
  mutating func writeData(_ writer: inout BinaryWriter) {
    var content: [UInt8] = []
    for _ in 0..<4 * Self.dataByteCount / 8 {
      let bits = choices.bits()
      for shift in stride(from: 0, to: 64, by: 8) { content.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift))) }
    }
    let address = memories[0].addressType
    writer.section(.data) { writer in
      writer.count(2)
      writer.raw([0, address == .i64 ? 0x42 : 0x41, 0, 0x0B])
      writer.byteVector(content)
      writer.byte(1)
      writer.byteVector(content.prefix(Self.dataByteCount))
    }
  }
}

extension Choices {
  /// A constant instruction.
  mutating func writeConstant(_ type: ValueType, _ writer: inout BinaryWriter) {
    if let reference = type.referenceType {
      writer.opcode(.refNull)
      return writer.heapType(reference.heapType)
    }
    switch type {
    case .i32:
      writer.opcode(.i32Const)
      writer.s32(Int32(truncatingIfNeeded: interesting()))
    case .i64:
      writer.opcode(.i64Const)
      writer.s64(Int64(bitPattern: interesting()))
    case .f32:
      writer.opcode(.f32Const)
      writer.fixed32(Float(interestingFloat()).bitPattern)
    case .f64:
      writer.opcode(.f64Const)
      writer.fixed64(interestingFloat().bitPattern)
    default:
      writer.opcode(.v128Const)
      for _ in 0..<2 { writer.fixed64(chance(50) ? bits() : interesting()) }
    }
  }
}
