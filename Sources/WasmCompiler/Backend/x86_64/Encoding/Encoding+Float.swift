// Instructions on floats in vector registers: scalar and packed, single (`s`) and double (`d`).

extension Encoding {
  // MARK: Arithmetic: result, first, second

  static var addss: Encoding { Encoding(.pF3, .map0F, 0x58, .commutative) }
  static var addsd: Encoding { Encoding(.pF2, .map0F, 0x58, .commutative) }
  static var addps: Encoding { Encoding(.none, .map0F, 0x58, .commutative) }
  static var addpd: Encoding { Encoding(.p66, .map0F, 0x58, .commutative) }
  static var mulss: Encoding { Encoding(.pF3, .map0F, 0x59, .commutative) }
  static var mulsd: Encoding { Encoding(.pF2, .map0F, 0x59, .commutative) }
  static var mulps: Encoding { Encoding(.none, .map0F, 0x59, .commutative) }
  static var mulpd: Encoding { Encoding(.p66, .map0F, 0x59, .commutative) }
  static var subss: Encoding { Encoding(.pF3, .map0F, 0x5C) }
  static var subsd: Encoding { Encoding(.pF2, .map0F, 0x5C) }
  static var subps: Encoding { Encoding(.none, .map0F, 0x5C) }
  static var subpd: Encoding { Encoding(.p66, .map0F, 0x5C) }
  static var minss: Encoding { Encoding(.pF3, .map0F, 0x5D) }
  static var minsd: Encoding { Encoding(.pF2, .map0F, 0x5D) }
  static var minps: Encoding { Encoding(.none, .map0F, 0x5D) }
  static var minpd: Encoding { Encoding(.p66, .map0F, 0x5D) }
  static var divss: Encoding { Encoding(.pF3, .map0F, 0x5E) }
  static var divsd: Encoding { Encoding(.pF2, .map0F, 0x5E) }
  static var divps: Encoding { Encoding(.none, .map0F, 0x5E) }
  static var divpd: Encoding { Encoding(.p66, .map0F, 0x5E) }
  static var maxss: Encoding { Encoding(.pF3, .map0F, 0x5F) }
  static var maxsd: Encoding { Encoding(.pF2, .map0F, 0x5F) }
  static var maxps: Encoding { Encoding(.none, .map0F, 0x5F) }
  static var maxpd: Encoding { Encoding(.p66, .map0F, 0x5F) }
  static var andps: Encoding { Encoding(.none, .map0F, 0x54, .commutative) }
  static var andpd: Encoding { Encoding(.p66, .map0F, 0x54, .commutative) }
  static var andnps: Encoding { Encoding(.none, .map0F, 0x55) }
  static var andnpd: Encoding { Encoding(.p66, .map0F, 0x55) }
  static var orps: Encoding { Encoding(.none, .map0F, 0x56, .commutative) }
  static var orpd: Encoding { Encoding(.p66, .map0F, 0x56, .commutative) }
  static var xorps: Encoding { Encoding(.none, .map0F, 0x57, .commutative) }
  static var xorpd: Encoding { Encoding(.p66, .map0F, 0x57, .commutative) }
  static var unpcklps: Encoding { Encoding(.none, .map0F, 0x14) }
  static var unpcklpd: Encoding { Encoding(.p66, .map0F, 0x14) }
  static var unpckhps: Encoding { Encoding(.none, .map0F, 0x15) }
  static var unpckhpd: Encoding { Encoding(.p66, .map0F, 0x15) }
  /// True lanes become all ones, others all zeros; the constant is a ``FloatPredicate``.
  static var cmpss: Encoding { Encoding(.pF3, .map0F, 0xC2, .immediateByte) }
  static var cmpsd: Encoding { Encoding(.pF2, .map0F, 0xC2, .immediateByte) }
  static var cmpps: Encoding { Encoding(.none, .map0F, 0xC2, .immediateByte) }
  static var cmppd: Encoding { Encoding(.p66, .map0F, 0xC2, .immediateByte) }
  static var shufps: Encoding { Encoding(.none, .map0F, 0xC6, .immediateByte) }
  static var shufpd: Encoding { Encoding(.p66, .map0F, 0xC6, .immediateByte) }
  /// The constant: source lane, destination lane, lanes to clear.
  static var insertps: Encoding { Encoding(.p66, .map0F3A, 0x21, .immediateByte) }

  // MARK: Two operands

  static var sqrtss: Encoding { Encoding(.pF3, .map0F, 0x51, .merges) }
  static var sqrtsd: Encoding { Encoding(.pF2, .map0F, 0x51, .merges) }
  static var sqrtps: Encoding { Encoding(.none, .map0F, 0x51) }
  static var sqrtpd: Encoding { Encoding(.p66, .map0F, 0x51) }
  /// The constant: 8 + 0 nearest, 1 down, 2 up, 3 towards zero.
  static var roundps: Encoding { Encoding(.p66, .map0F3A, 0x08, .immediateByte) }
  static var roundpd: Encoding { Encoding(.p66, .map0F3A, 0x09, .immediateByte) }
  static var roundss: Encoding { Encoding(.p66, .map0F3A, 0x0A, [.immediateByte, .merges]) }
  static var roundsd: Encoding { Encoding(.p66, .map0F3A, 0x0B, [.immediateByte, .merges]) }
  static var ucomiss: Encoding { Encoding(.none, .map0F, 0x2E) }
  static var ucomisd: Encoding { Encoding(.p66, .map0F, 0x2E) }
  static var cvtss2sd: Encoding { Encoding(.pF3, .map0F, 0x5A, .merges) }
  static var cvtsd2ss: Encoding { Encoding(.pF2, .map0F, 0x5A, .merges) }
  static var cvtps2pd: Encoding { Encoding(.none, .map0F, 0x5A, .partial) }
  static var cvtpd2ps: Encoding { Encoding(.p66, .map0F, 0x5A) }
  static var cvtdq2ps: Encoding { Encoding(.none, .map0F, 0x5B) }
  static var cvttps2dq: Encoding { Encoding(.pF3, .map0F, 0x5B) }
  static var cvtdq2pd: Encoding { Encoding(.pF3, .map0F, 0xE6, .partial) }
  static var cvttpd2dq: Encoding { Encoding(.p66, .map0F, 0xE6) }
  /// From an integer register or memory, of the instruction's size.
  static var cvtsi2ss: Encoding { Encoding(.pF3, .map0F, 0x2A, [.merges, .integerOperand]) }
  static var cvtsi2sd: Encoding { Encoding(.pF2, .map0F, 0x2A, [.merges, .integerOperand]) }
  /// To an integer register of the instruction's size.
  static var cvttss2si: Encoding { Encoding(.pF3, .map0F, 0x2C, .integerOperand) }
  static var cvttsd2si: Encoding { Encoding(.pF2, .map0F, 0x2C, .integerOperand) }

  // MARK: Moves

  static var movaps: Encoding { Encoding(.none, .map0F, 0x28) }
  static var movups: Encoding { Encoding(.none, .map0F, 0x10) }
  static var movupsStore: Encoding { Encoding(.none, .map0F, 0x11) }
  /// A load clears the other lanes; a move from a register (three operands) keeps them.
  static var movss: Encoding { Encoding(.pF3, .map0F, 0x10) }
  static var movssStore: Encoding { Encoding(.pF3, .map0F, 0x11) }
  static var movsd: Encoding { Encoding(.pF2, .map0F, 0x10) }
  static var movsdStore: Encoding { Encoding(.pF2, .map0F, 0x11) }
  static var movddup: Encoding { Encoding(.pF2, .map0F, 0x12, .partial) }
  /// Loads (three operands) or stores one half.
  static var movlpsStore: Encoding { Encoding(.none, .map0F, 0x13) }
  static var movhps: Encoding { Encoding(.none, .map0F, 0x16) }
  static var movhpsStore: Encoding { Encoding(.none, .map0F, 0x17) }
  /// Registers: the low half of the second becomes the high half of the result, whose low half is that of the first.
  static var movlhps: Encoding { Encoding(.none, .map0F, 0x16) }
  /// Between vector and integer registers or memory, at the size of the instruction.
  static var movd: Encoding { Encoding(.p66, .map0F, 0x6E, .integerOperand) }
  static var movdStore: Encoding { Encoding(.p66, .map0F, 0x7E, .integerOperand) }
  /// The low half, with the high half cleared; source: a vector register or memory.
  static var movq: Encoding { Encoding(.pF3, .map0F, 0x7E) }
  /// The signs of the lanes to an integer register.
  static var movmskps: Encoding { Encoding(.none, .map0F, 0x50) }
  static var movmskpd: Encoding { Encoding(.p66, .map0F, 0x50) }

  // MARK: Only with VEX

  /// AVX: one element of memory to all lanes.
  static var vbroadcastss: Encoding { Encoding(.p66, .map0F38, 0x18, .onlyVEX) }
  /// AVX: four registers, the last one in the constant.
  static var vblendvps: Encoding { Encoding(.p66, .map0F3A, 0x4A, [.onlyVEX, .immediateByte]) }
}

/// The predicate of a lane comparison, with `cmpps`'s numbers.
enum FloatPredicate: UInt8 {
  case equal, less, lessOrEqual, unordered, notEqual, notLess, notLessOrEqual, ordered
}
