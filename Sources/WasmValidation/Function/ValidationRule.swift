import WebAssembly

/// The part of an instruction's definition that the fast path reads, in 16 bytes.
struct ValidationRule {
  /// How the fast path checks the instruction. An instruction that fails there is checked again, in full, on the slow path.
  enum Kind: UInt8 {
    /// The byte is the prefix of a longer opcode, or no opcode.
    case prefix
    /// It belongs to a proposal that is off.
    case disabled
    /// No immediates; one operand or two of fixed type, and one result.
    case unary, binary
    case i32Const, i64Const, f32Const, f64Const
    /// A load or store whose only immediate is a memory argument.
    case load, store
    case localGet, localSet, localTee, globalGet
    case drop, call, block, end, brIf
    /// Everything else.
    case other
  }

  /// The types of up to two operands, the last in the upper half.
  var operands: UInt64 = 0
  /// The type of the single result.
  var result = ValueType.bottom
  var opcode: Opcode
  var kind: Kind
  /// The natural alignment of a memory instruction.
  var alignmentLog2: UInt8

  init(_ definition: InstructionDefinition, features: Features) {
    opcode = definition.opcode
    alignmentLog2 = definition.alignmentLog2
    guard definition.feature.isSubset(of: features) else {
      kind = .disabled
      return
    }
    kind = Self.kind(definition.opcode)
    guard let signature = definition.signature, signature.operandCount <= 2, signature.resultCount <= 1 else { return }
    for index in 0..<Int(signature.operandCount) {
      operands |= UInt64(signature.operand(index)) << (32 * UInt64(index))
    }
    if signature.resultCount == 1 { result = ValueType(bits: UInt32(signature.result(0))) }
    switch (definition.immediates, signature.operandCount, signature.resultCount) {
    case (.none, 1, 1): kind = .unary
    case (.none, 2, 1): kind = .binary
    case (.memory, 1, 1) where !definition.isAtomic: kind = .load
    case (.memory, 2, 0) where !definition.isAtomic: kind = .store
    default: break
    }
  }

  /// The rule of a byte that is no opcode on its own.
  static let prefix = ValidationRule(kind: .prefix)

  private init(kind: Kind) {
    opcode = .unreachable
    self.kind = kind
    alignmentLog2 = 0
  }

  /// The fast paths of instructions with immediates of their own.
  private static func kind(_ opcode: Opcode) -> Kind {
    switch opcode {
    case .i32Const: .i32Const
    case .i64Const: .i64Const
    case .f32Const: .f32Const
    case .f64Const: .f64Const
    case .localGet: .localGet
    case .localSet: .localSet
    case .localTee: .localTee
    case .globalGet: .globalGet
    case .drop: .drop
    case .call: .call
    case .block: .block
    case .end: .end
    case .brIf: .brIf
    default: .other
    }
  }
}

extension InstructionDefinition {
  /// Whether it is an atomic memory access, which requires exactly the natural alignment.
  var isAtomic: Bool { prefix == 0xFE }
}

/// The rules of all instructions for one set of features.
struct ValidationRules {
  /// By the raw value of the opcode.
  let byOpcode: UnsafePointer<ValidationRule>
  /// By the single byte of the opcode.
  let byByte: UnsafePointer<ValidationRule>

  init(features: Features) {
    let all = InstructionTable.shared.all
    let byOpcode = UnsafeMutablePointer<ValidationRule>.allocate(capacity: all.count)
    let byByte = UnsafeMutablePointer<ValidationRule>.allocate(capacity: 256)
    byByte.initialize(repeating: .prefix, count: 256)
    for definition in all {
      let rule = ValidationRule(definition, features: features)
      (byOpcode + Int(definition.opcode.rawValue)).initialize(to: rule)
      if definition.prefix == nil { byByte[Int(definition.code)] = rule }
    }
    self.byOpcode = UnsafePointer(byOpcode)
    self.byByte = UnsafePointer(byByte)
  }

  func deallocate() {
    byOpcode.deallocate()
    byByte.deallocate()
  }
}
