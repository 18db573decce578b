@testable import WasmCompiler

/// Machine functions as text, for tests: `r0` and `x0` are registers, `s0` slots, `v0` virtual registers.
enum MachineFunctionText {
  static func text(_ place: Allocation) -> String {
    if let register = place.register { return text(register) }
    return place.slot.map { "s\($0)" } ?? "-"
  }

  static func text(_ register: PhysicalRegister) -> String {
    (register.registerClass == .integer ? "r" : "x") + String(register.index)
  }

  /// An allocated function: `v3=r0` is a virtual register and its place; moves are in brackets.
  static func text(_ function: borrowing MachineFunction) -> String {
    var lines: [String] = []
    var move = 0
    for block in function.blocks.indices {
      let record = function.blocks[block]
      var parameters: [String] = []
      for index in 0..<record.parameterCount {
        parameters.append("v\(function.registers[record.firstParameter + index].number)")
      }
      lines.append(
        "\(block)(\(parameters.joined(separator: " "))):\(record.isCold ? " cold" : "")\(record.isLandingPad ? " pad" : "")"
      )
      for index in record.firstInstruction..<record.firstInstruction + record.instructionCount {
        while move < function.moves.count, function.moves[move].position == index {
          let current = function.moves[move]
          lines.append("    [\(text(current.to)) = \(text(current.from))]")
          move += 1
        }
        lines.append("  \(index): " + text(function, Int(index)))
      }
      for edge in record.firstEdge..<record.firstEdge + record.edgeCount {
        let edge = function.edges[edge]
        var arguments: [String] = []
        for index in 0..<edge.argumentCount {
          arguments.append("v\(function.registers[edge.firstArgument + index].number)")
        }
        lines.append("  -> \(edge.target)(\(arguments.joined(separator: " ")))")
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func text(_ function: borrowing MachineFunction, _ index: Int) -> String {
    let instruction = function.instructions[index]
    var parts = function.operands(of: index).map { operand in
      let constraint =
        switch operand.constraint {
        case .register: ""
        case .any: "?"
        case .fixed: "!"
        case .sameAs: "~"
        }
      let role =
        switch operand.role {
        case .use: ""
        case .lateUse: "late "
        case .definition: "def "
        case .earlyDefinition: "early "
        }
      return "\(role)v\(operand.register.number)\(constraint)=\(text(operand.allocation))"
    }
    if instruction.clobber != 0 { parts.append("clobber \(instruction.clobber)") }
    return parts.joined(separator: ", ")
  }
}
