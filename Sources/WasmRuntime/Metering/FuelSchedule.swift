import WebAssembly

/// Where a function is charged for fuel, and how much: see ``FuelCosts``.
///
/// Both engines read it while they translate the function's body, so that they charge the same at the same places.
package struct FuelSchedule {
  /// The cost of a segment.
  private struct Segment {
    /// The offset of its first instruction.
    var start: UInt32
    /// What is not charged yet.
    var cost: UInt64 = 0

    /// Adds a cost, up to `UInt64.max`: unreachable code can name operands that do not exist, in any number.
    mutating func add(_ more: UInt64) {
      let (sum, overflow) = cost.addingReportingOverflow(more)
      cost = overflow ? .max : sum
    }
  }

  /// A structured instruction that has not ended, or the function.
  private struct Label {
    /// The number of values that a branch to it moves.
    var branchValueCount: Int
    var resultCount: Int
    /// The segment of the instruction.
    var segment: Int
  }

  private let costs: FuelCosts
  /// By opcode.
  private let opcodeCosts: [UInt16]
  private var segments: [Segment] = []
  private var next = 0
  private var labels: [Label] = []

  package init(_ costs: FuelCosts) {
    self.costs = costs
    opcodeCosts = Opcode.allCases.map { costs[$0.instructionClass] }
  }

  /// Finds the segments of a function's body.
  ///
  /// - Parameter index: the index among the functions that the module defines. The module is valid.
  /// - Complexity: O(size of the body).
  package mutating func begin(function index: Int, of image: ModuleImage) throws(DecodingError) {
    let function = image.module.functions[index]
    var reader = image.reader(function.body)
    segments.removeAll(keepingCapacity: true)
    labels.removeAll(keepingCapacity: true)
    next = 0
    var localCount: UInt64 = 0
    for _ in 0..<(try reader.readU32()) {
      localCount += UInt64(try reader.readU32())
      _ = try reader.readValueType()
    }
    segments.append(Segment(start: UInt32(reader.position), cost: moving(localCount)))
    let resultCount = image.module.functionType(function.typeIndex)?.results.count ?? 0
    labels.append(Label(branchValueCount: resultCount, resultCount: resultCount, segment: 0))
    while !reader.isAtEnd {
      let opcode = try reader.readOpcode()
      segments[segments.count - 1].add(UInt64(opcodeCosts[Int(opcode.rawValue)]))
      segments[segments.count - 1].add(try immediateCost(opcode, reader, image.module))
      try reader.skipImmediates(opcode)
      if opcode.endsSegment { segments.append(Segment(start: UInt32(reader.position))) }
    }
  }

  /// The next charge of the segment that begins at an offset; nil if none does, or all is charged. Charges are immediates of code, so a
  /// segment that costs more has several. Offsets must not decrease from call to call.
  package mutating func charge(at offset: Int) -> Int32? {
    while next < segments.count, segments[next].start < offset { next += 1 }
    guard next < segments.count, segments[next].start == offset, segments[next].cost > 0 else { return nil }
    let charge = Int32(clamping: segments[next].cost)
    segments[next].cost -= UInt64(charge)
    return charge
  }

  /// See ``FuelCosts/rate(_:)``.
  package func rate(_ opcode: Opcode) -> FuelRate? { costs.rate(opcode) }

  // MARK: Costs that immediates determine

  /// The cost of moving values, or of clearing locals.
  private func moving(_ valueCount: UInt64) -> UInt64 { valueCount / 8 * UInt64(costs.eightValues) }

  private func moving(_ valueCount: Int) -> UInt64 { moving(UInt64(valueCount)) }

  /// What an instruction costs in addition to its class: values that it moves, fields and elements that it writes, clauses that an
  /// exception is compared with.
  private mutating func immediateCost(
    _ opcode: Opcode, _ immediates: InstructionReader, _ module: Module
  ) throws(DecodingError) -> UInt64 {
    var reader = immediates
    switch opcode {
    case .block, .loop, .if: return try begin(opcode, try reader.readBlockType(), module)
    // A search for a clause passes a block without clauses, too.
    case .try: return try begin(opcode, try reader.readBlockType(), module) + UInt64(costs.clause)
    case .tryTable:
      let type = try reader.readBlockType()
      var cost = UInt64(costs.clause)
      for _ in 0..<(try reader.readU32()) {
        cost += UInt64(costs.clause) + branching(try reader.readCatchClause().label)
      }
      return cost + (try begin(opcode, type, module))
    case .catch, .catchAll:
      // Charged where the block begins: an exception passes all its clauses, and leaves it.
      guard let label = labels.last else { return 0 }
      let valueCount = opcode == .catch ? parameterCount(ofTag: try reader.readU32(), module) : 0
      segments[label.segment].add(UInt64(costs.clause) + moving(valueCount))
      return moving(label.resultCount)
    case .else: return moving(labels.last?.resultCount ?? 0)
    case .end, .delegate: return moving(labels.popLast()?.resultCount ?? 0)
    case .return: return moving(labels.first?.resultCount ?? 0)
    case .br, .brIf, .brOnNull, .brOnNonNull: return branching(try reader.readU32())
    case .brTable:
      // All labels have the same number of values.
      _ = try reader.readU32()
      return branching(try reader.readU32())
    case .brOnCast, .brOnCastFail, .brOnCastDescEq, .brOnCastDescEqFail:
      return branching(try reader.readCastBranch().label)
    case .call, .returnCall:
      return module.functionTypeIndex(try reader.readU32()).map { calling($0, module) } ?? 0
    case .callIndirect, .returnCallIndirect, .callRef, .returnCallRef: return calling(try reader.readU32(), module)
    case .throw: return moving(parameterCount(ofTag: try reader.readU32(), module))
    case .structNew, .structNewDefault, .structNewDesc, .structNewDefaultDesc:
      let fields = module.types[Int(try reader.readU32())].composite.structure
      return UInt64(fields?.count ?? 0) * UInt64(costs.element)
    case .arrayNewFixed:
      _ = try reader.readU32()
      return UInt64(try reader.readU32()) * UInt64(costs.element)
    default: return 0
    }
  }

  private mutating func begin(_ opcode: Opcode, _ type: BlockType, _ module: Module) throws(DecodingError) -> UInt64 {
    let (parameterCount, resultCount): (Int, Int) =
      switch type {
      case .empty: (0, 0)
      case .result: (0, 1)
      case .type(let index):
        module.functionType(index).map { ($0.parameters.count, $0.results.count) } ?? (0, 0)
      }
    labels.append(
      Label(
        branchValueCount: opcode == .loop ? parameterCount : resultCount, resultCount: resultCount,
        segment: segments.count - 1))
    return moving(parameterCount)
  }

  /// - Parameter depth: the number of labels between the branch and its label.
  private func branching(_ depth: UInt32) -> UInt64 {
    let index = labels.count - 1 - Int(depth)
    return index >= 0 ? moving(labels[index].branchValueCount) : 0
  }

  private func calling(_ typeIndex: UInt32, _ module: Module) -> UInt64 {
    module.functionType(typeIndex).map { moving($0.parameters.count) + moving($0.results.count) } ?? 0
  }

  private func parameterCount(ofTag tag: UInt32, _ module: Module) -> Int {
    module.tagTypeIndex(tag).flatMap { module.functionType($0)?.parameters.count } ?? 0
  }
}

extension Opcode {
  /// Whether the next instruction begins a segment: because it need not run after this one, or can run without it.
  fileprivate var endsSegment: Bool {
    switch instructionClass {
    case .branch, .call, .exception: true
    default:
      switch self {
      case .else, .end, .catch, .catchAll, .delegate, .return, .unreachable: true
      default: false
      }
    }
  }
}
