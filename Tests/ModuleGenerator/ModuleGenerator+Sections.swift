import WasmBinary
import WebAssembly

// The definitions of a module, except code.

extension ModuleGenerator {
  mutating func writeDefinitions(_ writer: inout BinaryWriter) {
    writeTypes(&writer)
    writeImports(&writer)
    writer.section(.function) { writer in
      writer.vector(definedFunctionTypes) { $0.count($1) }
    }
    writeTables(&writer)
    writer.section(.memory) { writer in
      writer.count(padding(.memories) + memories.count + (hasReleaseMemory ? 1 : 0))
      for _ in 0..<padding(.memories) { writer.memoryType(MemoryType(limits: Limits(minimum: 0, maximum: 1))) }
      for memory in memories { writer.memoryType(memory) }
      if hasReleaseMemory { writer.memoryType(MemoryType(limits: Limits(minimum: 0, maximum: 20))) }
    }
    writer.section(.tag) { writer in
      writer.count(tagIndex(Self.tagParameters.count) + (shapes.isEmpty ? 0 : 1))
      for _ in 0..<padding(.tags) { writer.tagType(UInt32(plainFunction)) }
      for tag in Self.tagParameters.indices { writer.tagType(UInt32(type(ofTag: tag))) }
      if !shapes.isEmpty { writer.tagType(UInt32(shapeTagType)) }
    }
    writeGlobals(&writer)
    writeExports(&writer)
    writeElements(&writer)
    // The code refers to data segments, which come after it.
    writer.section(.dataCount) { $0.count(dataSegmentCount) }
  }

  private func writeTypes(_ writer: inout BinaryWriter) {
    func variable(_ type: ValueType) -> FieldType { FieldType(storage: .value(type), isMutable: true) }
    let fields = [
      variable(.i32), variable(.i64), FieldType(storage: .i8, isMutable: true), variable(Self.structureType),
    ]
    let functions = functionTypeDefinitions
    writer.section(.type) { writer in
      writer.count(Self.aggregateCount + padding(.types) + shapeGroups.count + functions.count)
      writer.subType(SubType(.structure(fields), isFinal: false))
      writer.subType(
        SubType(
          .structure(fields + Self.largerStructureFields.map(variable)), supertypes: [Self.structure]))
      writer.subType(SubType(.array(variable(.i64))))
      writer.subType(SubType(.array(FieldType(storage: .i8, isMutable: true))))
      writer.subType(SubType(.array(variable(Self.structureType))))
      for _ in 0..<padding(.types) { writer.subType(SubType(.array(variable(.f32)))) }
      for group in shapeGroups { writer.recursionGroup(shapes[group].map(\.type)) }
      for type in functions { writer.subType(SubType(.function(type))) }
    }
  }

  private func writeImports(_ writer: inout BinaryWriter) {
    writer.section(.import) { writer in
      func entry(_ name: String, _ type: ExternalType) {
        writer.name("host")
        writer.name(name)
        writer.importDescription(type)
      }
      writer.count(
        HostFunction.allCases.count + padding(.functions) + padding(.tables) + padding(.importedGlobals))
      for function in HostFunction.allCases {
        entry(function.rawValue, .function(typeIndex: UInt32(type(of: function)), isExact: false))
      }
      for _ in 0..<padding(.functions) {
        entry(HostFunction.wrong.rawValue, .function(typeIndex: UInt32(type(of: .wrong)), isExact: false))
      }
      let numbers = TableType(
        element: ReferenceType(isNullable: true, heapType: .i31),
        limits: Limits(minimum: UInt64(Self.functionTableSize)))
      for _ in 0..<padding(.tables) { entry(HostFunction.paddingTable, .table(numbers)) }
      for _ in 0..<padding(.importedGlobals) {
        entry(HostFunction.paddingGlobal, .global(GlobalType(value: .i64, isMutable: true)))
      }
    }
  }

  /// The types of the functions that the module defines.
  private var definedFunctionTypes: [Int] {
    var types = functionTypes.map { type(ofSignature: $0) }
    types += wideSignatures.indices.map { type(ofSignature: signatures.count + $0) }
    if !shapes.isEmpty { types.append(verifierType) }
    if hasReleases { types.append(type(of: .wrong)) }
    types += Array(repeating: plainFunction, count: max(releaseFunctionCount - 1, 0))
    return types
  }

  private func writeTables(_ writer: inout BinaryWriter) {
    let any = ReferenceType(isNullable: true, heapType: .any)
    var tables = [
      TableType(element: .funcref, limits: Limits(minimum: UInt64(Self.functionTableSize))),
      TableType(element: any, limits: Limits(minimum: UInt64(Self.anyTableSize), maximum: 20)),
    ]
    if let shape = shapeType(tableShape).referenceType, !shapes.isEmpty {
      tables.append(TableType(element: shape, limits: Limits(minimum: UInt64(Self.shapeTableSize), maximum: 40)))
    }
    if hasReleases {
      tables.append(TableType(element: .externref, limits: Limits(minimum: UInt64(Self.keptTableSize), maximum: 200)))
      tables.append(TableType(element: any, limits: Limits(minimum: UInt64(Self.keptTableSize), maximum: 200)))
    }
    writer.section(.table) { writer in writer.vector(tables) { $0.tableType($1) } }
  }

  private mutating func writeGlobals(_ writer: inout BinaryWriter) {
    var bytes = BinaryWriter()
    bytes.count(padding(.globals) + globals.count + (hasReleases ? 1 : 0))
    for _ in 0..<padding(.globals) {
      bytes.globalType(GlobalType(value: .i64, isMutable: true))
      bytes.opcode(.i64Const)
      bytes.s64(7)
      bytes.opcode(.end)
    }
    for type in globals + (hasReleases ? [.externref] : []) {
      bytes.globalType(GlobalType(value: type, isMutable: true))
      choices.writeConstant(type, &bytes)
      bytes.opcode(.end)
    }
    writer.section(.global) { $0.raw(bytes.bytes) }
  }

  private func writeExports(_ writer: inout BinaryWriter) {
    writer.section(.export) { writer in
      writer.count(functionTypes.count + globals.count + memories.count + releaseFunctionCount)
      for (prefix, kind, first, count) in [
        ("f", UInt8(0), firstFunction, functionTypes.count), ("m", 2, memoryIndex(0), memories.count),
        ("g", 3, globalIndex(0), globals.count),
      ] {
        for index in 0..<count {
          writer.name("\(prefix)\(index)")
          writer.byte(kind)
          writer.count(first + index)
        }
      }
      for index in 0..<releaseFunctionCount {
        writer.name(index == 0 ? "released" : "u\(index - 1)")
        writer.byte(0)
        writer.count(firstReleaseFunction + index)
      }
    }
  }

  /// The table begins with all functions and ends with nulls.
  private func writeElements(_ writer: inout BinaryWriter) {
    let functions = functionTypes.indices.map { firstFunction + $0 }
    writer.section(.element) { writer in
      writer.count(padding(.elements) + 4 + (hasReleases ? 1 : 0))
      for _ in 0..<padding(.elements) { writer.raw([1, 0, 0]) }
      // With an explicit table index.
      writer.byte(2)
      writer.count(functionTable)
      writer.raw([0x41, 0, 0x0B, 0])
      writer.vector(functions) { $0.count($1) }
      writer.raw([1, 0])
      writer.vector(functions.prefix(Self.passiveFunctionCount)) { $0.count($1) }
      // With expressions; every other element is null.
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
      // Declarative.
      writer.raw([3, 0])
      writer.vector(wideSignatures.indices) { $0.count(index(ofWide: $1)) }
      if hasReleases { writeShapeElements(&writer) }
    }
  }

  private var dataSegmentCount: Int { padding(.data) + 2 + (hasReleases ? 1 : 0) }

  /// The first memory begins with varied bytes.
  mutating func writeData(_ writer: inout BinaryWriter) {
    var content: [UInt8] = []
    for _ in 0..<4 * Self.dataByteCount / 8 {
      let bits = choices.bits()
      for shift in stride(from: 0, to: 64, by: 8) { content.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift))) }
    }
    let address = memories[0].addressType
    writer.section(.data) { writer in
      writer.count(dataSegmentCount)
      for _ in 0..<padding(.data) { writer.raw([1, 0]) }
      // With an explicit memory index.
      writer.byte(2)
      writer.count(memoryIndex(0))
      writer.raw([address == .i64 ? 0x42 : 0x41, 0, 0x0B])
      writer.byteVector(content)
      writer.byte(1)
      writer.byteVector(content.prefix(Self.dataByteCount))
      if hasReleases {
        writer.byte(1)
        writer.byteVector(Self.releaseBytes)
      }
    }
  }

  /// The body of a function that returns constants.
  func wideBody(_ type: FunctionType) -> [UInt8] {
    var writer = BinaryWriter()
    writer.count(0)
    for (index, result) in type.results.enumerated() { writer.plainConstant(result, index) }
    writer.opcode(.end)
    return writer.bytes
  }
}

extension BinaryWriter {
  /// A constant that takes no decisions.
  mutating func plainConstant(_ type: ValueType, _ number: Int) {
    switch type {
    case .i32:
      opcode(.i32Const)
      s32(Int32(number))
    case .i64:
      opcode(.i64Const)
      s64(Int64(number))
    case .f32:
      opcode(.f32Const)
      fixed32(Float(number).bitPattern)
    case .f64:
      opcode(.f64Const)
      fixed64(Double(number).bitPattern)
    case .v128:
      opcode(.v128Const)
      fixed64(UInt64(number))
      fixed64(UInt64(number))
    default:
      opcode(.refNull)
      heapType(type.referenceType?.heapType ?? .none)
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
