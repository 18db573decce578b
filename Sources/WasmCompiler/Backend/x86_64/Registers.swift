// The machine's registers by their names, and what its instructions say besides registers.

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

  /// Its number as encodings have it.
  @inline(__always) var code: UInt8 { number & 31 }
}

/// How much of its registers and memory an integer instruction works on.
enum OperandSize: UInt8, BitwiseCopyable {
  case byte, word, dword, qword
}

/// What the flags must say, with the number that jumps, sets and conditional moves have for it.
enum Condition: UInt8, BitwiseCopyable {
  case overflow, noOverflow, below, aboveOrEqual, equal, notEqual, belowOrEqual, above
  case sign, noSign, parity, noParity, less, greaterOrEqual, lessOrEqual, greater

  var negated: Condition { Condition(rawValue: rawValue ^ 1)! }

  /// The condition that says the same once the operands of the comparison changed places.
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

/// An address: base + index · scale + displacement, each but the displacement may be missing; or a label's place.
struct MemoryOperand: BitwiseCopyable {
  private static var none: UInt8 { 0xFF }

  private(set) var baseCode: UInt8 = MemoryOperand.none
  private(set) var indexCode: UInt8 = MemoryOperand.none
  /// The logarithm of the scale: 0 to 3.
  private(set) var scale: UInt8 = 0
  var displacement: Int32 = 0
  /// If there is one, the address is this place plus the displacement, relative to the instruction pointer.
  private(set) var label: Label?

  init(_ base: PhysicalRegister, _ displacement: Int32 = 0) {
    baseCode = base.code
    self.displacement = displacement
  }

  /// - Parameter offset: one of ``FieldOffsets``.
  init(_ base: PhysicalRegister, field offset: Int) { self.init(base, Int32(offset)) }

  /// - Parameters:
  ///   - index: Any register but `rsp`.
  ///   - scale: The logarithm of the scale: 0 to 3.
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

/// A place in the code, perhaps one that comes later.
struct Label: Hashable, BitwiseCopyable {
  var number: UInt32
}
