import WasmBinary
import WebAssembly

// The disassembly.
extension ModulePrinter {
  /// The most bytes of an instruction that are listed on its line; the rest is omitted.
  private static let listedBytes = 10

  /// Lists the code of one of the module's own functions, or of all of them.
  mutating func listCode(_ position: Int?, _ sink: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
    for position in position.map({ $0..<$0 + 1 }) ?? module.functions.indices {
      let function = module.functions[position]
      let index = UInt32(module.importedFunctions.count + position)
      out.newLine()
      listedDefinition("func", index, .function)
      out.byte(UInt8(ascii: " "))
      typeUse(function.typeIndex)
      out.write(":\n")
      guard !function.body.isEmpty else {
        out.write("  no code: the module is malformed before it\n")
        continue
      }
      var reader = reader(function.body)
      do throws(DecodingError) {
        let parameters = module.functionType(function.typeIndex)?.parameters.count ?? 0
        listLocals(try localRuns(&reader), parameters, names.locals[index])
        try listInstructions(&reader)
      } catch {
        listingError = listingError ?? error
        out.string("  malformed: \(error)\n")
      }
      try flush(sink)
    }
    identifiers[.local] = IdentifierMap()
  }

  /// The declarations of locals, for example `locals: 2 i32 ×3, 5 <sum> f64`.
  private mutating func listLocals(_ runs: [LocalRun], _ parameters: Int, _ names: NameMap) {
    let count = runs.reduce(parameters) { $0 + Int($1.count) }
    identifiers[.local] = IdentifierMap(names, count: count, isForText: false)
    guard !runs.isEmpty else { return }
    var index = parameters
    for (position, run) in runs.enumerated() {
      if position == 0 { out.write("  locals: ") } else { out.write(", ") }
      self.index(UInt32(truncatingIfNeeded: index), .local)
      out.byte(UInt8(ascii: " "))
      valueType(run.type)
      if run.count != 1 {
        out.write(" ×")
        out.decimal(run.count)
      }
      index += Int(run.count)
    }
    out.newLine()
  }

  private mutating func listInstructions(_ reader: inout InstructionReader) throws(DecodingError) {
    level = 1
    defer { level = 0 }
    while !reader.isAtEnd {
      let start = reader.position
      do throws(DecodingError) {
        let opcode = try reader.readOpcode()
        let immediates = reader
        try reader.skipImmediates(opcode)
        try listInstruction(opcode, start, immediates, reader.position)
      } catch {
        listBytesOfLine(start..<reader.position)
        throw error
      }
    }
  }

  private mutating func listInstruction(
    _ opcode: Opcode, _ start: Int, _ immediates: InstructionReader, _ end: Int
  ) throws(DecodingError) {
    switch opcode {
    case .end, .delegate, .else, .catch, .catchAll: level = max(level - 1, 0)
    default: break
    }
    listBytesOfLine(start..<end)
    var reader = immediates
    try instruction(opcode, &reader)
    out.newLine()
    switch opcode {
    case .block, .loop, .if, .try, .tryTable, .else, .catch, .catchAll: level += 1
    default: break
    }
  }

  /// The offset and bytes at the start of a line, and the indentation.
  private mutating func listBytesOfLine(_ range: Range<Int>) {
    out.write("  ")
    out.hex(UInt64(range.lowerBound), digits: 6)
    out.write(": ")
    listBytes(bytes[range].prefix(Self.listedBytes), width: Self.listedBytes * 3)
    out.spaces(min(level, options.maximumIndentedLevels) * options.indent)
  }
}
