@testable import WasmCompiler

/// Machine functions as text, for tests: `r0` and `x0` are registers, `s0` slots, `v0` virtual registers.
///
/// In the input each block begins with a line like `2(v3 v4): cold`, with its parameters and the words `cold`, `pad`
/// and `loop 4` (the header of a loop up to block 4). It ends with lines like `-> 2(v1 v5)`. In between are
/// instructions: results, `=`, operands, and optionally `clobber 1` or `commutative`. `v0` is an `i64`, `f0` an `f64`,
/// `q0` a `v128`. A suffix gives the constraint: none for a register, `?` for any location, `!r1` for a fixed register,
/// `~` for the first operand's register. The prefix `&` marks an early result or a late use.
enum MachineFunctionText {
  static func parse(_ text: String, clobbers: [RegisterSet]) -> MachineFunction {
    var parser = Parser()
    parser.function.clobbers = clobbers
    for line in text.split(separator: "\n") { parser.parse(line.split(separator: " ").joined(separator: " ")) }
    parser.finish()
    return parser.takeFunction()
  }

  private struct Parser: ~Copyable {
    var function = MachineFunction()
    private var names: [String: VirtualRegister] = [:]
    private var depthEnds: [Int] = []

    consuming func takeFunction() -> MachineFunction { function }

    mutating func parse(_ line: String) {
      if line.hasPrefix("->") {
        parseEdge(String(line.dropFirst(3)))
      } else if let first = line.first, first.isNumber {
        parseBlock(line)
      } else if !line.isEmpty {
        parseInstruction(line)
      }
    }

    private mutating func register(_ name: Substring) -> VirtualRegister {
      if let known = names[String(name)] { return known }
      let types: [Character: IRType] = ["v": .i64, "f": .f64, "q": .v128]
      let made = function.makeRegister(types[name.first!]!)
      names[String(name)] = made
      return made
    }

    /// The registers in parentheses: the start and count of the list.
    private mutating func list(_ text: String) -> (UInt32, UInt32) {
      let start = function.registers.count
      guard let open = text.firstIndex(of: "("), let close = text.firstIndex(of: ")") else { return (0, 0) }
      for name in text[text.index(after: open)..<close].split(separator: " ") {
        function.registers.append(register(name))
      }
      return (UInt32(start), UInt32(function.registers.count - start))
    }

    private mutating func parseBlock(_ line: String) {
      var record = MachineFunction.BlockRecord()
      record.firstInstruction = UInt32(function.instructions.count)
      record.firstEdge = UInt32(function.edges.count)
      (record.firstParameter, record.parameterCount) = list(line)
      let words = line.split(separator: " ")
      let block = function.blocks.count
      depthEnds.removeAll { $0 < block }
      if let loop = words.firstIndex(of: "loop") {
        record.isLoopHeader = true
        record.loopEnd = UInt32(words[loop + 1])!
        depthEnds.append(Int(record.loopEnd))
      }
      record.loopDepth = UInt32(depthEnds.count)
      record.isCold = words.contains("cold")
      record.isLandingPad = words.contains("pad")
      function.blocks.append(record)
    }

    private mutating func parseEdge(_ text: String) {
      let (start, count) = list(text)
      let target = UInt32(text.prefix { $0.isNumber })!
      function.edges.append(MachineFunction.EdgeRecord(target: target, firstArgument: start, argumentCount: count))
      function.blocks[function.blocks.count - 1].edgeCount += 1
    }

    private mutating func parseInstruction(_ line: String) {
      var instruction = MachineInstruction(opcode: 0)
      instruction.firstOperand = UInt32(function.operands.count)
      let words = line.split(separator: " ")
      let results = words.firstIndex(of: "=") ?? 0
      var index = 0
      while index < words.count {
        let word = words[index]
        if word == "clobber" {
          index += 1
          instruction.clobber = UInt8(words[index])!
        } else if word == "commutative" {
          instruction.isCommutative = true
        } else if word != "=", word != "-" {
          parseOperand(word, isResult: index < results, resultCount: results)
          instruction.operandCount += 1
        }
        index += 1
      }
      function.instructions.append(instruction)
      function.blocks[function.blocks.count - 1].instructionCount += 1
    }

    private mutating func parseOperand(_ word: Substring, isResult: Bool, resultCount: Int) {
      let isSpecial = word.hasPrefix("&")
      let word = isSpecial ? word.dropFirst() : word
      let name = word.prefix { $0 != "?" && $0 != "!" && $0 != "~" }
      var operand = MachineOperand(
        register: register(name), role: isResult ? .definition : .use, constraint: .register)
      if isSpecial { operand.role = isResult ? .earlyDefinition : .lateUse }
      if word.hasSuffix("?") { operand.constraint = .any }
      if word.hasSuffix("~") { (operand.constraint, operand.detail) = (.sameAs, UInt8(resultCount)) }
      if let mark = word.firstIndex(of: "!") {
        let fixed = word[word.index(after: mark)...]
        operand.constraint = .fixed
        operand.detail = PhysicalRegister(fixed.hasPrefix("r") ? .integer : .vector, Int(fixed.dropFirst())!).number
      }
      function.operands.append(operand)
    }

    mutating func finish() {
      for block in function.blocks.indices {
        function.blocks[block].firstPredecessor = UInt32(function.predecessors.count)
        for other in function.blocks.indices {
          let record = function.blocks[other]
          for edge in record.firstEdge..<record.firstEdge + record.edgeCount where function.edges[edge].target == block
          {
            function.predecessors.append(UInt32(other))
            function.blocks[block].predecessorCount += 1
          }
        }
      }
    }
  }

  static func text(_ place: Allocation) -> String {
    if let register = place.register { return text(register) }
    return place.slot.map { "s\($0)" } ?? "-"
  }

  static func text(_ register: PhysicalRegister) -> String {
    (register.registerClass == .integer ? "r" : "x") + String(register.index)
  }

  /// An allocated function: `v3=r0` is a virtual register and its location; moves are in brackets.
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
