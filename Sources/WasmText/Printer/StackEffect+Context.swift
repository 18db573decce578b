import WebAssembly

// The printer needs no types: the numbers of operands and results determine how instructions are folded.

extension StackEffect {
  /// The effect of an instruction whose opcode does not determine it, except structured ones.
  ///
  /// - Parameters:
  ///   - reader: positioned at the immediates; afterwards after them.
  ///   - results: the number of the function's results.
  ///   - labels: the numbers of values that branches to the labels take, innermost last.
  init(
    _ opcode: Opcode, _ reader: inout InstructionReader, in module: Module, results: Int, labels: [Int]
  ) throws(DecodingError) {
    func arity(_ depth: UInt32) -> Int {
      let depth = Int(depth)
      return depth < labels.count ? labels[labels.count - 1 - depth] : depth == labels.count ? results : 0
    }
    func call(_ type: FunctionType?, _ additional: Int, isTail: Bool) -> StackEffect {
      StackEffect(
        operands: (type?.parameters.count ?? 0) + additional, results: isTail ? 0 : type?.results.count ?? 0)
    }
    switch opcode {
    case .br: self.init(operands: arity(try reader.readU32()), results: 0)
    case .brIf:
      let arity = arity(try reader.readU32())
      self.init(operands: arity + 1, results: arity)
    case .brTable:
      let count = try reader.readU32()
      for _ in 0..<count { _ = try reader.readU32() }
      self.init(operands: arity(try reader.readU32()) + 1, results: 0)
    case .return: self.init(operands: results, results: 0)
    case .call, .returnCall:
      let type = module.functionTypeIndex(try reader.readU32()).flatMap(module.functionType)
      self = call(type, 0, isTail: opcode == .returnCall)
    case .callIndirect, .returnCallIndirect:
      let type = module.functionType(try reader.readU32())
      _ = try reader.readU32()
      self = call(type, 1, isTail: opcode == .returnCallIndirect)
    case .callRef, .returnCallRef:
      self = call(module.functionType(try reader.readU32()), 1, isTail: opcode == .returnCallRef)
    case .throw:
      let type = module.tagTypeIndex(try reader.readU32()).flatMap(module.functionType)
      self = call(type, 0, isTail: true)
    case .brOnNull:
      let arity = arity(try reader.readU32())
      self.init(operands: arity + 1, results: arity + 1)
    case .brOnNonNull:
      let arity = arity(try reader.readU32())
      self.init(operands: arity, results: max(arity - 1, 0))
    case .brOnCast, .brOnCastFail:
      let arity = arity(try reader.readCastBranch().label)
      self.init(operands: arity, results: arity)
    case .brOnCastDescEq, .brOnCastDescEqFail:
      let arity = arity(try reader.readCastBranch().label)
      self.init(operands: arity + 1, results: arity)
    case .structNew, .structNewDesc:
      let type = Int(try reader.readU32())
      let fields = type < module.types.count ? module.types[type].composite.structure?.count ?? 0 : 0
      self.init(operands: fields + (opcode == .structNewDesc ? 1 : 0), results: 1)
    case .arrayNewFixed:
      _ = try reader.readU32()
      self.init(operands: Int(try reader.readU32()), results: 1)
    default:
      try reader.skipImmediates(opcode)
      self.init(operands: 0, results: 0)
    }
  }
}

extension BlockType {
  /// The numbers of parameters and results of a block.
  func effect(in module: Module) -> StackEffect {
    switch self {
    case .empty: StackEffect(operands: 0, results: 0)
    case .result: StackEffect(operands: 0, results: 1)
    case .type(let index):
      module.functionType(index).map { StackEffect(operands: $0.parameters.count, results: $0.results.count) }
        ?? StackEffect(operands: 0, results: 0)
    }
  }
}
