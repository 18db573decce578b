/// How the bytes of an instruction begin: what the manual's opcode column says, as one number. The tables of instructions
/// (`Encoding+Integer.swift`, …) are made of these; ``Assembler`` has one path that writes them with the older prefixes and one with VEX.
///
/// Source of all tables: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.
struct Encoding: Hashable, BitwiseCopyable {
  var bits: UInt32

  /// The bytes between prefixes and opcode; the numbers are those of VEX.
  enum Map: UInt8 {
    case oneByte, map0F, map0F38, map0F3A
  }

  /// A prefix that is part of the opcode; the numbers are those of VEX.
  enum Prefix: UInt8 {
    case none, p66, pF3, pF2
  }

  /// What form an instruction takes with a constant.
  enum ImmediateForm: UInt8 {
    case none
    /// 83 /n ib, 81 /n id; n stands in bits 3 to 5 of the opcode.
    case arithmetic
    /// C1 /n ib.
    case shift
    /// F7 /0 id.
    case test
    /// C7 /0 id.
    case move
    /// 6B ib, 69 id, with a register of its own for the result.
    case multiply
  }

  struct Flags: OptionSet {
    let rawValue: UInt32
    /// Works on bytes if the opcode's lowest bit is cleared.
    static let sized = Flags(rawValue: 1 << 20)
    /// With memory as the first operand, the opcode's bit 1 is cleared.
    static let directional = Flags(rawValue: 1 << 21)
    /// The operand that may be memory is a byte, whatever the instruction's size.
    static let byteSource = Flags(rawValue: 1 << 22)
    /// A byte of constant follows.
    static let immediateByte = Flags(rawValue: 1 << 23)
    /// W is set, whatever the size.
    static let wide = Flags(rawValue: 1 << 24)
    /// Of a vector instruction with two operands: the rest of the result comes from a third register in the VEX form, and from
    /// the result's register in the older form.
    static let merges = Flags(rawValue: 1 << 25)
    /// Operands may change places.
    static let commutative = Flags(rawValue: 1 << 26)
    /// There is no form without VEX.
    static let onlyVEX = Flags(rawValue: 1 << 27)
    /// A vector instruction one of whose operands is an integer: W says its size. Others do not have W.
    static let integerOperand = Flags(rawValue: 1 << 29)
    /// A vector instruction whose operand is half a vector or less, if it stands in memory.
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
  /// What stands for a register in an instruction with one operand.
  @inline(__always) var digit: UInt8 { UInt8(truncatingIfNeeded: bits >> 12 & 7) }
  @inline(__always) var immediateForm: ImmediateForm {
    ImmediateForm(rawValue: UInt8(truncatingIfNeeded: bits >> 16 & 7))!
  }
  @inline(__always) func has(_ flag: Flags) -> Bool { bits & flag.rawValue != 0 }
}

extension Encoding {
  /// The encoding of the form with a constant, which is sign-extended, and how many bytes the constant has.
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
