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
    var cost: UInt64
  }

  private let costs: FuelCosts
  /// By opcode.
  private let opcodeCosts: [UInt16]
  private var segments: [Segment] = []
  private var next = 0

  package init(_ costs: FuelCosts) {
    self.costs = costs
    opcodeCosts = Opcode.allCases.map { costs[$0.instructionClass] }
  }

  /// Finds the segments of a body.
  ///
  /// - Parameter body: a reader at the body's first instruction. The body is valid.
  /// - Complexity: O(size of the body).
  package mutating func begin(_ body: InstructionReader) throws(DecodingError) {
    segments.removeAll(keepingCapacity: true)
    next = 0
    var reader = body
    var segment = Segment(start: UInt32(reader.position), cost: 0)
    while !reader.isAtEnd {
      let opcode = try reader.readOpcode()
      segment.cost += UInt64(opcodeCosts[Int(opcode.rawValue)])
      if opcode == .arrayNewFixed { segment.cost += try elementCost(ofFixedArray: reader) }
      try reader.skipImmediates(opcode)
      guard opcode.endsSegment else { continue }
      if segment.cost > 0 { segments.append(segment) }
      segment = Segment(start: UInt32(reader.position), cost: 0)
    }
    if segment.cost > 0 { segments.append(segment) }
  }

  /// The cost of the elements of `array.new_fixed`, whose number is an immediate.
  private func elementCost(ofFixedArray immediates: InstructionReader) throws(DecodingError) -> UInt64 {
    var reader = immediates
    _ = try reader.readU32()
    return UInt64(try reader.readU32()) * UInt64(costs.element)
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
}

extension Opcode {
  /// Whether the next instruction begins a segment: because it need not run after this one, or can run without it.
  fileprivate var endsSegment: Bool {
    switch instructionClass {
    case .branch, .call, .exception: true
    default:
      switch self {
      case .loop, .else, .end, .catch, .catchAll, .delegate, .return, .unreachable: true
      default: false
      }
    }
  }
}
