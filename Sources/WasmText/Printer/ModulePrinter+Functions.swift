import WasmBinary
import WebAssembly

// Functions and the flat form of their instructions. (Core specification 3.0, 6.5 "Instructions" and 6.6.6 "Functions".)
extension ModulePrinter {
  /// Consecutive locals of one type.
  typealias LocalRun = (count: UInt32, type: ValueType)

  mutating func printFunction(_ position: Int) throws(DecodingError) {
    let function = module.functions[position]
    let index = UInt32(module.importedFunctions.count + position)
    var reader = reader(function.body)
    let runs = try localRuns(&reader)
    beginFunction(function, index, runs)
    startLine()
    definition("func", index, .function)
    out.byte(UInt8(ascii: " "))
    typeUse(function.typeIndex, hasNames: true)
    let start = out.count
    level += 1
    printLocals(runs, first: UInt32(module.functionType(function.typeIndex)?.parameters.count ?? 0))
    if options.folded {
      try tree.build(
        &reader, origin: origin, results: module.functionType(function.typeIndex)?.results.count ?? 0, in: module)
      try foldedInstructions()
    } else {
      try flatInstructions(&reader)
    }
    level -= 1
    if out.count > start { startLine() }
    out.byte(UInt8(ascii: ")"))
    nameCount += labels.nameCount
    identifiers[.local] = IdentifierMap()
  }

  /// Reads the declarations of locals at the start of a body.
  func localRuns(_ reader: inout InstructionReader) throws(DecodingError) -> [LocalRun] {
    var runs: [LocalRun] = []
    var total: UInt64 = 0
    for _ in 0..<(try reader.readU32()) {
      let count = try reader.readU32()
      total += UInt64(count)
      guard total <= UInt64(UInt32.max) else { throw DecodingError("too many locals", offset: reader.position) }
      runs.append((count, try reader.readValueType()))
    }
    return runs
  }

  private mutating func beginFunction(_ definition: Module.Function, _ index: UInt32, _ runs: [LocalRun]) {
    origin = definition.body.lowerBound
    function = index
    labels.reset(names.labels[index])
    // Without the number of parameters, locals cannot be named.
    guard let type = module.functionType(definition.typeIndex), let localNames = names.locals.maps[index] else {
      return
    }
    let locals = runs.reduce(0) { $0 + Int($1.count) }
    identifiers[.local] = IdentifierMap(localNames, count: type.parameters.count + locals)
    nameCount += identifiers[.local].nameCount
  }

  private mutating func printLocals(_ runs: [LocalRun], first: UInt32) {
    let names = identifiers[.local]
    var index = first
    var isOpen = false
    for run in runs {
      for _ in 0..<run.count {
        isOpen = typeInClause("local", run.type, index, names, isOpen: isOpen, isOnNewLine: true)
        index &+= 1
      }
    }
    if isOpen { out.byte(UInt8(ascii: ")")) }
  }

  // MARK: Instructions

  private mutating func flatInstructions(_ reader: inout InstructionReader) throws(DecodingError) {
    /// The parts of the open structured instructions, by their opcodes.
    var blocks: [Opcode] = []
    var labelIndex: UInt32 = 0
    while true {
      let offset = reader.position
      let opcode = try reader.readOpcode()
      switch opcode {
      case .block, .loop, .if, .try, .tryTable:
        startLine(offset: offset)
        branchHint(at: offset)
        try structuredInstruction(opcode, labelIndex, &reader)
        labels.push(index: labelIndex)
        labelIndex += 1
        blocks.append(opcode)
        level += 1
      case .else, .catch, .catchAll:
        guard let part = blocks.last, BlockStructure.admits(opcode, after: part) else {
          throw BlockStructure.error(opcode, at: offset)
        }
        blocks[blocks.count - 1] = opcode
        level -= 1
        startLine(offset: offset)
        try instruction(opcode, &reader)
        level += 1
      case .end, .delegate:
        if opcode == .end, blocks.isEmpty {
          guard reader.isAtEnd else { throw DecodingError("section size mismatch", offset: reader.position) }
          return
        }
        guard let part = blocks.popLast(), BlockStructure.admits(opcode, after: part) else {
          throw BlockStructure.error(opcode, at: offset)
        }
        // The label of `delegate` is relative to the outside of the `try`.
        labels.pop()
        level -= 1
        startLine(offset: offset)
        try instruction(opcode, &reader)
      default:
        startLine(offset: offset)
        if opcode == .brIf { branchHint(at: offset) }
        try instruction(opcode, &reader)
      }
    }
  }

  /// The mnemonic, label and immediates of a structured instruction.
  mutating func structuredInstruction(
    _ opcode: Opcode, _ labelIndex: UInt32, _ reader: inout InstructionReader
  ) throws(DecodingError) {
    out.write(InstructionTable.shared[opcode].mnemonic)
    if let identifier = labels.identifier(ofIndex: labelIndex) {
      out.byte(UInt8(ascii: " "))
      out.string(identifier)
    } else {
      levelComment(labels.count + 1)
    }
    try immediates(opcode, &reader)
  }

  /// The annotation before a branch with a hint.
  mutating func branchHint(at offset: Int) {
    guard printsHints, let function,
      let isLikely = hints.isLikely(function: function, offset: UInt32(truncatingIfNeeded: offset - origin))
    else { return }
    out.write("(@metadata.code.branch_hint ")
    out.write(isLikely ? "\"\\01\") " : "\"\\00\") ")
  }
}
