// The machine's registers by name, and other parts of instructions.

extension PhysicalRegister {
  static var rax: PhysicalRegister { PhysicalRegister(number: 0) }
  static var rcx: PhysicalRegister { PhysicalRegister(number: 1) }
  static var rdx: PhysicalRegister { PhysicalRegister(number: 2) }
  static var rbx: PhysicalRegister { PhysicalRegister(number: 3) }
  static var rsp: PhysicalRegister { PhysicalRegister(number: 4) }
  static var rbp: PhysicalRegister { PhysicalRegister(number: 5) }
  static var rsi: PhysicalRegister { PhysicalRegister(number: 6) }
  static var rdi: PhysicalRegister { PhysicalRegister(number: 7) }
  static var r8: PhysicalRegister { PhysicalRegister(number: 8) }
  static var r9: PhysicalRegister { PhysicalRegister(number: 9) }
  static var r10: PhysicalRegister { PhysicalRegister(number: 10) }
  static var r11: PhysicalRegister { PhysicalRegister(number: 11) }
  static var r12: PhysicalRegister { PhysicalRegister(number: 12) }
  static var r13: PhysicalRegister { PhysicalRegister(number: 13) }
  static var r14: PhysicalRegister { PhysicalRegister(number: 14) }
  static var r15: PhysicalRegister { PhysicalRegister(number: 15) }

  /// Vector register `index`, 0 to 15.
  static func xmm(_ index: Int) -> PhysicalRegister { PhysicalRegister(.vector, index) }
  static var xmm0: PhysicalRegister { xmm(0) }
  static var xmm15: PhysicalRegister { xmm(15) }

  /// Its number in encodings.
  @inline(__always) var code: UInt8 { number & 31 }
}

/// The width of an integer instruction.
enum OperandSize: UInt8, BitwiseCopyable {
  case byte, word, dword, qword
}

/// A condition on the flags, with its number in jumps, sets and conditional moves.
enum Condition: UInt8, BitwiseCopyable {
  case overflow, noOverflow, below, aboveOrEqual, equal, notEqual, belowOrEqual, above
  case sign, noSign, parity, noParity, less, greaterOrEqual, lessOrEqual, greater

  var negated: Condition { Condition(rawValue: rawValue ^ 1)! }

  /// The equivalent condition after the operands of the comparison are swapped.
  var swapped: Condition {
    switch self {
    case .below: .above
    case .above: .below
    case .belowOrEqual: .aboveOrEqual
    case .aboveOrEqual: .belowOrEqual
    case .less: .greater
    case .greater: .less
    case .lessOrEqual: .greaterOrEqual
    case .greaterOrEqual: .lessOrEqual
    default: self
    }
  }
}

/// An address: base + index · scale + displacement, where base and index are optional; or a label.
struct MemoryOperand: BitwiseCopyable {
  private static var none: UInt8 { 0xFF }

  private(set) var baseCode: UInt8 = MemoryOperand.none
  private(set) var indexCode: UInt8 = MemoryOperand.none
  /// The base-2 logarithm of the scale: 0 to 3.
  private(set) var scale: UInt8 = 0
  var displacement: Int32 = 0
  /// If set, the address is this label plus the displacement, relative to the instruction pointer.
  private(set) var label: Label?

  init(_ base: PhysicalRegister, _ displacement: Int32 = 0) {
    baseCode = base.code
    self.displacement = displacement
  }

  /// - Parameter offset: one of ``FieldOffsets``.
  init(_ base: PhysicalRegister, field offset: Int) { self.init(base, Int32(offset)) }

  /// - Parameters:
  ///   - index: any register but `rsp`.
  ///   - scale: the base-2 logarithm of the scale: 0 to 3.
  init(_ base: PhysicalRegister?, index: PhysicalRegister, scale: Int = 0, _ displacement: Int32 = 0) {
    assert(index != .rsp && (0...3).contains(scale))
    if let base { baseCode = base.code }
    indexCode = index.code
    self.scale = UInt8(scale)
    self.displacement = displacement
  }

  init(_ label: Label, _ displacement: Int32 = 0) {
    self.label = label
    self.displacement = displacement
  }

  var hasBase: Bool { baseCode != MemoryOperand.none }
  var hasIndex: Bool { indexCode != MemoryOperand.none }
  /// The bits that the base and index add to a REX prefix: B, X.
  var extensionBits: UInt8 { (hasBase ? baseCode >> 3 : 0) | (hasIndex ? (indexCode & 8) >> 2 : 0) }
}

/// A position in the code, which may not be known yet.
struct Label: Hashable, BitwiseCopyable {
  var number: UInt32
}
