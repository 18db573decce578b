extension MachineFunction {
  /// The function as text, for tests and for reading: a line for each instruction, with virtual registers and their allocations.
  ///
  /// Knows the target: opcodes are those of x86-64.
  var listing: String {
    var lines: [String] = []
    for block in blocks.indices {
      lines.append(header(block))
      let record = blocks[block]
      for index in Int(record.firstInstruction)..<Int(record.firstInstruction + record.instructionCount) {
        for move in moves.elements where move.position == UInt32(index) {
          lines.append("    \(move.to) <- \(move.from) \(move.registerType)")
        }
        lines.append("  " + line(index))
      }
      let edges = (Int(record.firstEdge)..<Int(record.firstEdge + record.edgeCount)).map { edge($0) }
      if !edges.isEmpty { lines.append("  -> " + edges.joined(separator: ", ")) }
    }
    return lines.joined(separator: "\n")
  }

  private func header(_ block: Int) -> String {
    let record = blocks[block]
    let parameters = list(record.firstParameter, record.parameterCount)
    var notes = ""
    if record.isLoopHeader { notes += " loop" }
    if record.isCold { notes += " cold" }
    return "block\(block)\(parameters):\(notes)"
  }

  private func edge(_ edge: Int) -> String {
    "block\(edges[edge].target)" + list(edges[edge].firstArgument, edges[edge].argumentCount)
  }

  private func list(_ first: UInt32, _ count: UInt32) -> String {
    guard count > 0 else { return "" }
    return "(" + (first..<first + count).map { "v\(registers[$0].number)" }.joined(separator: ", ") + ")"
  }

  private func line(_ index: Int) -> String {
    let instruction = instructions[index]
    let opcode = instruction.machineOpcode
    var text = "\(opcode)"
    if opcode.isFamily {
      text = InstructionForm.name(of: instruction.encoding) ?? text
      if instruction.constant != 0 { text += " #\(instruction.constant)" }
    } else if opcode.isComparison {
      let detail = MachineDetail(bits: instruction.detail)
      text += " \(detail.comparison) \(detail.condition)"
      if detail.sourceKind == .constant || detail.sourceKind == .memoryAndConstant {
        text += " #\(instruction.constant)"
      }
    } else if instruction.immediate != 0 {
      text += " #\(instruction.immediate)"
    }
    text += sizeName(instruction)
    if let address = addressName(instruction) { text += " " + address }
    let operands = operands(of: index).map { name($0) }
    if !operands.isEmpty { text += " " + operands.joined(separator: ", ") }
    return instruction.trap != 0 ? text + " !\(instruction.trap)" : text
  }

  private func sizeName(_ instruction: MachineInstruction) -> String {
    guard
      instruction.machineOpcode.isFamily || instruction.machineOpcode.isComparison
        || instruction.machineOpcode == .address
    else { return "" }
    return ".\(MachineDetail(bits: instruction.detail).size)"
  }

  private func addressName(_ instruction: MachineInstruction) -> String? {
    let detail = MachineDetail(bits: instruction.detail)
    guard detail.addressForm != .none, instruction.machineOpcode != .constant else { return nil }
    if detail.addressForm == .pool || detail.addressForm == .poolPair { return "[\(detail.addressForm)]" }
    var text = "[\(detail.addressForm)"
    if detail.scale > 0 { text += "*\(1 << detail.scale)" }
    if instruction.displacement != 0 { text += " \(instruction.displacement)" }
    return text + "]"
  }

  private func name(_ operand: MachineOperand) -> String {
    var text = "v\(operand.register.number)"
    switch operand.role {
    case .use: break
    case .lateUse: text = "late " + text
    case .definition: text = "=" + text
    case .earlyDefinition: text = "=early " + text
    }
    switch operand.constraint {
    case .register: break
    case .any: text += "?"
    case .fixed: text += ":\(PhysicalRegister(number: operand.detail))"
    case .sameAs: text += "~"
    }
    return operand.allocation == .none ? text : text + "@\(operand.allocation)"
  }
}

extension PhysicalRegister: CustomStringConvertible {
  package var description: String { name(.qword) }
}

extension Allocation: CustomStringConvertible {
  package var description: String { register.map { "\($0)" } ?? slot.map { "[\($0)]" } ?? "nowhere" }
}

extension MachineOpcode {
  /// Whether its instructions have an ``MachineInstruction/encoding``.
  var isFamily: Bool {
    switch self {
    case .binary, .unary, .shiftByConstant, .shiftByRegister, .transfer, .addition, .multiplyByConstant, .shiftVEX,
      .rotateVEX, .binaryVEX, .unaryVEX, .store, .storeConstant, .update, .updateByConstant, .vectorTransfer,
      .vectorToInteger, .vectorBinary, .vectorExtremum, .convertInteger, .convertUnsigned64, .truncate:
      true
    default: false
    }
  }

  var isComparison: Bool {
    switch self {
    case .compareBranch, .compareSet, .compareSelect, .compareSelectVector, .compareTrap, .compareMask: true
    default: false
    }
  }
}
