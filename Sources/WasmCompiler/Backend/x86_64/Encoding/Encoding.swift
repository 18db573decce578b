/// The fixed part of an instruction's encoding, which is the manual's opcode column as one number. The tables of instructions
/// (`Encoding+Integer.swift`, …) consist of these; ``Assembler`` has one path that writes them with legacy prefixes and one with VEX.
///
/// Source of all tables: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.
struct Encoding: Hashable, BitwiseCopyable {
  var bits: UInt32

  /// The opcode map: the bytes between prefixes and opcode; the numbers are those of VEX.
  enum Map: UInt8 {
    case oneByte, map0F, map0F38, map0F3A
  }

  /// A prefix that is part of the opcode; the numbers are those of VEX.
  enum Prefix: UInt8 {
    case none, p66, pF3, pF2
  }

  /// The form of an instruction with a constant.
  enum ImmediateForm: UInt8 {
    case none
    /// 83 /n ib, 81 /n id; n is in bits 3 to 5 of the opcode.
    case arithmetic
    /// C1 /n ib.
    case shift
    /// F7 /0 id.
    case test
    /// C7 /0 id.
    case move
    /// 6B ib, 69 id, with a separate register for the result.
    case multiply
  }

  struct Flags: OptionSet {
    let rawValue: UInt32
    /// Works on bytes if the lowest bit of the opcode is cleared.
    static let sized = Flags(rawValue: 1 << 20)
    /// If memory is the first operand, bit 1 of the opcode is cleared.
    static let directional = Flags(rawValue: 1 << 21)
    /// The register or memory operand is a byte, whatever the instruction's size.
    static let byteSource = Flags(rawValue: 1 << 22)
    /// A byte of constant follows.
    static let immediateByte = Flags(rawValue: 1 << 23)
    /// W is set, whatever the size.
    static let wide = Flags(rawValue: 1 << 24)
    /// For a vector instruction with two operands: the rest of the result comes from a third register with VEX, and from the result's
    /// register without.
    static let merges = Flags(rawValue: 1 << 25)
    /// The operands can be swapped.
    static let commutative = Flags(rawValue: 1 << 26)
    /// There is no form without VEX.
    static let onlyVEX = Flags(rawValue: 1 << 27)
    /// A vector instruction with an integer operand, whose size is in W. Others do not use W.
    static let integerOperand = Flags(rawValue: 1 << 29)
    /// A vector instruction whose memory operand is half a vector or less.
    static let partial = Flags(rawValue: 1 << 28)
  }

  init(
    _ prefix: Prefix, _ map: Map, _ opcode: UInt8, digit: UInt8 = 0, immediate: ImmediateForm = .none,
    _ flags: Flags = []
  ) {
    bits =
      UInt32(opcode) | UInt32(map.rawValue) << 8 | UInt32(prefix.rawValue) << 10 | UInt32(digit) << 12
      | UInt32(immediate.rawValue) << 16 | flags.rawValue
  }

  init(bits: UInt32) { self.bits = bits }

  @inline(__always) var opcode: UInt8 {
    get { UInt8(truncatingIfNeeded: bits) }
    set { bits = bits & ~0xFF | UInt32(newValue) }
  }
  @inline(__always) var map: UInt8 { UInt8(truncatingIfNeeded: bits >> 8 & 3) }
  @inline(__always) var prefix: UInt8 { UInt8(truncatingIfNeeded: bits >> 10 & 3) }
  /// The opcode extension in an instruction with one operand.
  @inline(__always) var digit: UInt8 { UInt8(truncatingIfNeeded: bits >> 12 & 7) }
  @inline(__always) var immediateForm: ImmediateForm {
    ImmediateForm(rawValue: UInt8(truncatingIfNeeded: bits >> 16 & 7))!
  }
  @inline(__always) func has(_ flag: Flags) -> Bool { bits & flag.rawValue != 0 }
}

extension Encoding {
  /// The encoding of the form with a constant, which is sign-extended, and the size of the constant in bytes.
  func immediateForm(_ size: OperandSize, _ immediate: Int32) -> (encoding: Encoding, count: Int) {
    let isShort = Int32(Int8(truncatingIfNeeded: immediate)) == immediate
    let wordCount = size == .byte ? 1 : size == .word ? 2 : 4
    switch immediateForm {
    case .arithmetic:
      let digit = opcode >> 3
      return isShort && size != .byte
        ? (Encoding(.none, .oneByte, 0x83, digit: digit), 1)
        : (Encoding(.none, .oneByte, 0x81, digit: digit, .sized), wordCount)
    case .shift: return (Encoding(.none, .oneByte, 0xC1, digit: digit, .sized), 1)
    case .test: return (Encoding(.none, .oneByte, 0xF7, .sized), wordCount)
    case .move: return (Encoding(.none, .oneByte, 0xC7, .sized), wordCount)
    case .multiply: return isShort ? (Encoding(.none, .oneByte, 0x6B), 1) : (Encoding(.none, .oneByte, 0x69), wordCount)
    case .none: preconditionFailure("the instruction has no form with a constant")
    }
  }
}
