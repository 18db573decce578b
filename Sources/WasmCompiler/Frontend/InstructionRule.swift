import WebAssembly

/// How the front end handles an instruction, if a table can tell: numeric instructions, loads and stores.
struct InstructionRule: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    /// Has its own function.
    case special
    case localGet, localSet, localTee, i32Const
    /// Operands, and one result.
    case numeric
    /// The same with a lane, or the lanes of a shuffle, as immediate.
    case lane, shuffle
    /// A division, whose operands are checked.
    case division
    /// A conversion that checks its operand and traps itself.
    case truncation
    /// Two results.
    case wide
    case load, store
    case loadLane, storeLane
    case atomic
  }

  var kind: Kind = .special
  var operandCount: UInt8 = 0
  var result: IRType = .none
  /// For loads and stores: the base-2 logarithm of the access width in bytes.
  var widthLog2: UInt8 = 0
  var nan = NaNResult.none

  /// By the opcodes' raw values. Never freed.
  nonisolated(unsafe) static let table: UnsafePointer<InstructionRule> = {
    let rows = InstructionTable.shared.all
    let rules = UnsafeMutablePointer<InstructionRule>.allocate(capacity: rows.count)
    for (index, row) in rows.enumerated() { (rules + index).initialize(to: InstructionRule(row)) }
    return UnsafePointer(rules)
  }()

  private init(_ row: InstructionDefinition) {
    guard let signature = row.signature else {
      kind = Kind.ofVariables[row.opcode] ?? .special
      return
    }
    operandCount = signature.operandCount
    result = signature.resultCount == 1 ? IRType(code: signature.result(0)) : .none
    widthLog2 = row.alignmentLog2
    nan = row.nan
    kind = Kind(row, signature)
  }
}

extension InstructionRule.Kind {
  fileprivate init(_ row: InstructionDefinition, _ signature: Signature) {
    switch row.immediates {
    case .i32: self = .i32Const
    case .none where Self.isReference(row): self = .special
    case .none where signature.resultCount == 2: self = .wide
    case .none where Self.divisions.contains(row.opcode): self = .division
    case .none where Self.truncations.contains(row.opcode): self = .truncation
    case .none where signature.resultCount == 1: self = .numeric
    case .lane: self = .lane
    case .shuffle: self = .shuffle
    case .memory where row.feature == .threads: self = Self.waits.contains(row.opcode) ? .special : .atomic
    case .memory: self = signature.resultCount == 1 ? .load : .store
    case .memoryLane: self = signature.resultCount == 1 ? .loadLane : .storeLane
    default: self = .special
    }
  }

  /// Instructions without a fixed signature that have their own kind, since they are so frequent.
  fileprivate static let ofVariables: [Opcode: Self] = [
    .localGet: .localGet, .localSet: .localSet, .localTee: .localTee,
  ]

  private static func isReference(_ row: InstructionDefinition) -> Bool {
    !row.feature.isDisjoint(with: [.gc, .referenceTypes, .functionReferences, .customDescriptors])
  }

  private static let divisions: Set<Opcode> = [
    .i32DivS, .i32DivU, .i32RemS, .i32RemU, .i64DivS, .i64DivU, .i64RemS, .i64RemU,
  ]

  private static let truncations: Set<Opcode> = [
    .i32TruncF32S, .i32TruncF32U, .i32TruncF64S, .i32TruncF64U, .i64TruncF32S, .i64TruncF32U, .i64TruncF64S,
    .i64TruncF64U,
  ]

  private static let waits: Set<Opcode> = [.memoryAtomicNotify, .memoryAtomicWait32, .memoryAtomicWait64]
}

extension IRType {
  /// From a code of a ``Signature``.
  init(code: UInt8) {
    switch code {
    case 0x7F: self = .i32
    case 0x7D: self = .f32
    case 0x7C: self = .f64
    case 0x7B: self = .v128
    default: self = .i64
    }
  }
}
