import WasmRuntime

/// The machine code of a function, instruction by instruction, with the compiler's knowledge about it.
package struct CodeListing {
  /// An instruction, or data after the code.
  package struct Line {
    /// The offset in bytes from the function's first byte.
    package var offset: Int
    package var byteCount: Int
    /// The name by which jumps and reads of data refer to this place.
    package var label: String?
    /// The instruction in Intel syntax.
    package var text: String
    /// The offset of its source in the module's binary; for an inlined function, that of the call.
    package var source: UInt32?
    package var notes: [String] = []
  }

  package let bytes: [UInt8]
  package let frameByteCount: Int
  package private(set) var lines: [Line] = []

  /// - Parameter functionName: the name of a function by its index, for calls.
  init(_ function: CompiledFunction, functionName: (UInt32) -> String?) {
    bytes = function.code
    frameByteCount = Int(function.frameByteCount)
    let positions = function.positions ?? CodePositions(instructionByteCount: UInt32(function.code.count))
    let end = Int(positions.instructionByteCount)
    let instructions = bytes.withUnsafeBytes { Self.disassemble($0, end: end) }
    let symbols = Symbols(instructions, function, positions, functionName)
    appendInstructions(instructions, symbols, function, positions)
    appendData(symbols, positions)
  }

  /// All instructions; undecodable bytes are one entry.
  private static func disassemble(_ code: UnsafeRawBufferPointer, end: Int) -> [Disassembler.Instruction] {
    var instructions: [Disassembler.Instruction] = []
    var start = 0
    while start < end {
      var disassembler = Disassembler(UnsafeRawBufferPointer(rebasing: code[..<end]), from: start)
      while let instruction = disassembler.next() { instructions.append(instruction) }
      start = disassembler.position
      guard start < end else { break }
      instructions.append(
        Disassembler.Instruction(
          offset: start, byteCount: 1, mnemonic: ".byte", operands: [.immediate(Int64(code[start]))]))
      start += 1
    }
    return instructions
  }

  // MARK: Lines

  private mutating func appendInstructions(
    _ instructions: [Disassembler.Instruction], _ symbols: Symbols, _ function: CompiledFunction,
    _ positions: CodePositions
  ) {
    let traps = Dictionary(
      function.traps.map { (Int($0.offset), Instruction.trapName($0.code)) }, uniquingKeysWith: { first, _ in first })
    let calls = Dictionary(function.calls.map { (Int($0.offset), $0) }, uniquingKeysWith: { first, _ in first })
    var nextPosition = 0
    var source: UInt32 = 0
    lines.reserveCapacity(instructions.count)
    for (index, instruction) in instructions.enumerated() {
      while nextPosition < positions.entries.count, positions.entries[nextPosition].offset <= instruction.offset {
        source = positions.entries[nextPosition].source
        nextPosition += 1
      }
      let end = instruction.offset + instruction.byteCount
      var line = Line(
        offset: instruction.offset, byteCount: instruction.byteCount, label: symbols.labels[instruction.offset],
        text: instruction.text { symbols.name($0, inInstructionTo: end) }, source: source == 0 ? nil : source)
      if let name = index > 0 ? instruction.runtimeFunction(after: instructions[index - 1]) : nil {
        line.notes.append("runtime: \(name)")
      }
      if let trap = traps[instruction.offset] { line.notes.append("trap: \(trap)") }
      if let pad = calls[end]?.landingPad, pad != CompiledFunction.CallSite.none {
        line.notes.append("exceptions: \(symbols.labels[Int(pad)] ?? "\(pad)")")
      }
      lines.append(line)
    }
  }

  private mutating func appendData(_ symbols: Symbols, _ positions: CodePositions) {
    for table in positions.jumpTables {
      for index in 0..<Int(table.count) {
        let offset = Int(table.offset) + 4 * index
        let target = Int(table.offset) + Int(Int32(truncatingIfNeeded: word(offset, 4)))
        let origin = symbols.labels[Int(table.offset)] ?? "\(table.offset)"
        lines.append(
          Line(
            offset: offset, byteCount: 4, label: index == 0 ? origin : nil,
            text: ".long \(symbols.name(target, inInstructionTo: 0)) - \(origin)"))
      }
    }
    for (offset, byteCount) in symbols.constants {
      let half = min(byteCount, 8)
      let words = stride(from: offset, to: min(offset + byteCount, bytes.count), by: half).map {
        "0x" + String(word($0, half), radix: 16)
      }
      lines.append(
        Line(
          offset: offset, byteCount: byteCount, label: symbols.labels[offset],
          text: "\(half == 8 ? ".quad" : ".long") \(words.joined(separator: ", "))"))
    }
  }

  /// Up to eight bytes as a number.
  private func word(_ offset: Int, _ count: Int) -> UInt64 {
    (0..<count).reduce(0) { word, index in
      offset + index < bytes.count ? word | UInt64(bytes[offset + index]) << UInt64(8 * index) : word
    }
  }

  /// The names of places in a function's code.
  private struct Symbols {
    /// By offset.
    private(set) var labels: [Int: String] = [:]
    /// Constants after the code, in the order of their offsets.
    private(set) var constants: [(offset: Int, byteCount: Int)] = []
    /// The functions whose distances the linker fills in, by the offset after the distance.
    private var functions: [Int: String] = [:]

    init(
      _ instructions: [Disassembler.Instruction], _ function: CompiledFunction, _ positions: CodePositions,
      _ functionName: (UInt32) -> String?
    ) {
      for relocation in function.relocations {
        let name = functionName(relocation.function).map { " <\($0)>" } ?? ""
        functions[Int(relocation.offset) + 4] = "func \(relocation.function)\(name)"
      }
      var targets: Set<Int> = []
      var data: [Int: Int] = [:]
      let tables = Set(positions.jumpTables.map { Int($0.offset) })
      for instruction in instructions where functions[instruction.offset + instruction.byteCount] == nil {
        for operand in instruction.operands {
          switch operand {
          case .target(let offset): targets.insert(offset)
          case .data(let offset, let byteCount) where !tables.contains(offset):
            data[offset] = max(data[offset] ?? 4, byteCount)
          default: break
          }
        }
      }
      for call in function.calls where call.landingPad != CompiledFunction.CallSite.none {
        targets.insert(Int(call.landingPad))
      }
      for table in positions.jumpTables { targets.formUnion(function.targets(of: table)) }
      for (number, offset) in targets.sorted().enumerated() { labels[offset] = "L\(number)" }
      for (number, offset) in tables.sorted().enumerated() { labels[offset] = "T\(number)" }
      constants = data.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
      for (number, constant) in constants.enumerated() { labels[constant.offset] = "C\(number)" }
    }

    /// The name of the target of an instruction.
    func name(_ place: Int, inInstructionTo end: Int) -> String {
      functions[end] ?? labels[place] ?? "0x" + String(place, radix: 16)
    }
  }
}

extension CompiledFunction {
  /// The targets of a jump table.
  fileprivate func targets(of table: CodePositions.JumpTable) -> [Int] {
    code.withUnsafeBytes { code in
      (0..<Int(table.count)).compactMap { index in
        let offset = Int(table.offset) + 4 * index
        guard offset + 4 <= code.count else { return nil }
        return Int(table.offset) + Int(code.loadUnaligned(fromByteOffset: offset, as: Int32.self))
      }
    }
  }
}

// MARK: Text

extension CodeListing {
  /// The listing: a line for each instruction with offset, bytes and text, followed by its source as a comment where that changes.
  package var text: String {
    var text = ""
    var source: UInt32?
    for line in lines {
      if let label = line.label { text += "\(label):\n" }
      let offset = String(line.offset, radix: 16)
      let bytes = bytes[line.offset..<min(line.offset + line.byteCount, bytes.count)]
      var row = "  \(String(repeating: "0", count: max(0, 4 - offset.count)))\(offset)  "
      row += bytes.map(Self.hexadecimal).joined(separator: " ")
      Self.pad(&row, to: Self.textColumn)
      row += line.text
      var notes = line.notes
      if let place = line.source, place != source { notes.insert("@0x" + String(place, radix: 16), at: 0) }
      source = line.source
      if !notes.isEmpty {
        Self.pad(&row, to: Self.noteColumn)
        row += "; " + notes.joined(separator: ", ")
      }
      text += row + "\n"
    }
    return text
  }

  /// All bytes, two digits each.
  package var hexadecimal: String { bytes.map(Self.hexadecimal).joined() }

  private static func hexadecimal(_ byte: UInt8) -> String {
    String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
  }

  private static let textColumn = 40
  private static let noteColumn = 84

  private static func pad(_ row: inout String, to column: Int) {
    row += String(repeating: " ", count: max(1, column - row.utf8.count))
  }
}
