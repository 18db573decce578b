// Instructions on vectors of integers. Letters: `b` 8, `w` 16, `d` 32, `q` 64 bits.

extension Encoding {
  // MARK: Arithmetic: result, first, second

  static var paddb: Encoding { Encoding(.p66, .map0F, 0xFC, .commutative) }
  static var paddw: Encoding { Encoding(.p66, .map0F, 0xFD, .commutative) }
  static var paddd: Encoding { Encoding(.p66, .map0F, 0xFE, .commutative) }
  static var paddq: Encoding { Encoding(.p66, .map0F, 0xD4, .commutative) }
  static var paddsb: Encoding { Encoding(.p66, .map0F, 0xEC, .commutative) }
  static var paddsw: Encoding { Encoding(.p66, .map0F, 0xED, .commutative) }
  static var paddusb: Encoding { Encoding(.p66, .map0F, 0xDC, .commutative) }
  static var paddusw: Encoding { Encoding(.p66, .map0F, 0xDD, .commutative) }
  static var pmullw: Encoding { Encoding(.p66, .map0F, 0xD5, .commutative) }
  static var pmulhw: Encoding { Encoding(.p66, .map0F, 0xE5, .commutative) }
  static var pmulhuw: Encoding { Encoding(.p66, .map0F, 0xE4, .commutative) }
  static var pmaddwd: Encoding { Encoding(.p66, .map0F, 0xF5, .commutative) }
  static var pmuludq: Encoding { Encoding(.p66, .map0F, 0xF4, .commutative) }
  static var pavgb: Encoding { Encoding(.p66, .map0F, 0xE0, .commutative) }
  static var pavgw: Encoding { Encoding(.p66, .map0F, 0xE3, .commutative) }
  static var pminub: Encoding { Encoding(.p66, .map0F, 0xDA, .commutative) }
  static var pmaxub: Encoding { Encoding(.p66, .map0F, 0xDE, .commutative) }
  static var pminsw: Encoding { Encoding(.p66, .map0F, 0xEA, .commutative) }
  static var pmaxsw: Encoding { Encoding(.p66, .map0F, 0xEE, .commutative) }
  static var pcmpeqb: Encoding { Encoding(.p66, .map0F, 0x74, .commutative) }
  static var pcmpeqw: Encoding { Encoding(.p66, .map0F, 0x75, .commutative) }
  static var pcmpeqd: Encoding { Encoding(.p66, .map0F, 0x76, .commutative) }
  static var pand: Encoding { Encoding(.p66, .map0F, 0xDB, .commutative) }
  static var por: Encoding { Encoding(.p66, .map0F, 0xEB, .commutative) }
  static var pxor: Encoding { Encoding(.p66, .map0F, 0xEF, .commutative) }
  static var psubb: Encoding { Encoding(.p66, .map0F, 0xF8) }
  static var psubw: Encoding { Encoding(.p66, .map0F, 0xF9) }
  static var psubd: Encoding { Encoding(.p66, .map0F, 0xFA) }
  static var psubq: Encoding { Encoding(.p66, .map0F, 0xFB) }
  static var psubsb: Encoding { Encoding(.p66, .map0F, 0xE8) }
  static var psubsw: Encoding { Encoding(.p66, .map0F, 0xE9) }
  static var psubusb: Encoding { Encoding(.p66, .map0F, 0xD8) }
  static var psubusw: Encoding { Encoding(.p66, .map0F, 0xD9) }
  static var pcmpgtb: Encoding { Encoding(.p66, .map0F, 0x64) }
  static var pcmpgtw: Encoding { Encoding(.p66, .map0F, 0x65) }
  static var pcmpgtd: Encoding { Encoding(.p66, .map0F, 0x66) }
  static var pandn: Encoding { Encoding(.p66, .map0F, 0xDF) }
  static var packsswb: Encoding { Encoding(.p66, .map0F, 0x63) }
  static var packssdw: Encoding { Encoding(.p66, .map0F, 0x6B) }
  static var packuswb: Encoding { Encoding(.p66, .map0F, 0x67) }
  static var punpcklbw: Encoding { Encoding(.p66, .map0F, 0x60) }
  static var punpcklwd: Encoding { Encoding(.p66, .map0F, 0x61) }
  static var punpckldq: Encoding { Encoding(.p66, .map0F, 0x62) }
  static var punpcklqdq: Encoding { Encoding(.p66, .map0F, 0x6C) }
  static var punpckhbw: Encoding { Encoding(.p66, .map0F, 0x68) }
  static var punpckhwd: Encoding { Encoding(.p66, .map0F, 0x69) }
  static var punpckhdq: Encoding { Encoding(.p66, .map0F, 0x6A) }
  static var punpckhqdq: Encoding { Encoding(.p66, .map0F, 0x6D) }
  static var pminsb: Encoding { Encoding(.p66, .map0F38, 0x38, .commutative) }
  static var pminsd: Encoding { Encoding(.p66, .map0F38, 0x39, .commutative) }
  static var pminuw: Encoding { Encoding(.p66, .map0F38, 0x3A, .commutative) }
  static var pminud: Encoding { Encoding(.p66, .map0F38, 0x3B, .commutative) }
  static var pmaxsb: Encoding { Encoding(.p66, .map0F38, 0x3C, .commutative) }
  static var pmaxsd: Encoding { Encoding(.p66, .map0F38, 0x3D, .commutative) }
  static var pmaxuw: Encoding { Encoding(.p66, .map0F38, 0x3E, .commutative) }
  static var pmaxud: Encoding { Encoding(.p66, .map0F38, 0x3F, .commutative) }
  static var pmulld: Encoding { Encoding(.p66, .map0F38, 0x40, .commutative) }
  static var pmuldq: Encoding { Encoding(.p66, .map0F38, 0x28, .commutative) }
  static var pcmpeqq: Encoding { Encoding(.p66, .map0F38, 0x29, .commutative) }
  static var pmulhrsw: Encoding { Encoding(.p66, .map0F38, 0x0B, .commutative) }
  /// SSE4.2: used only with AVX, since the baseline is SSE4.1.
  static var pcmpgtq: Encoding { Encoding(.p66, .map0F38, 0x37) }
  static var pshufb: Encoding { Encoding(.p66, .map0F38, 0x00) }
  static var pmaddubsw: Encoding { Encoding(.p66, .map0F38, 0x04) }
  static var packusdw: Encoding { Encoding(.p66, .map0F38, 0x2B) }
  /// The bytes of second (low) and first (high), shifted down by the constant.
  static var palignr: Encoding { Encoding(.p66, .map0F3A, 0x0F, .immediateByte) }
  /// The words that the constant's bits select come from the second operand.
  static var pblendw: Encoding { Encoding(.p66, .map0F3A, 0x0E, .immediateByte) }

  // MARK: Two operands

  static var pabsb: Encoding { Encoding(.p66, .map0F38, 0x1C) }
  static var pabsw: Encoding { Encoding(.p66, .map0F38, 0x1D) }
  static var pabsd: Encoding { Encoding(.p66, .map0F38, 0x1E) }
  static var pmovsxbw: Encoding { Encoding(.p66, .map0F38, 0x20, .partial) }
  static var pmovsxbd: Encoding { Encoding(.p66, .map0F38, 0x21, .partial) }
  static var pmovsxwd: Encoding { Encoding(.p66, .map0F38, 0x23, .partial) }
  static var pmovsxdq: Encoding { Encoding(.p66, .map0F38, 0x25, .partial) }
  static var pmovzxbw: Encoding { Encoding(.p66, .map0F38, 0x30, .partial) }
  static var pmovzxbd: Encoding { Encoding(.p66, .map0F38, 0x31, .partial) }
  static var pmovzxwd: Encoding { Encoding(.p66, .map0F38, 0x33, .partial) }
  static var pmovzxdq: Encoding { Encoding(.p66, .map0F38, 0x35, .partial) }
  static var ptest: Encoding { Encoding(.p66, .map0F38, 0x17) }
  static var pshufd: Encoding { Encoding(.p66, .map0F, 0x70, .immediateByte) }
  static var pshuflw: Encoding { Encoding(.pF2, .map0F, 0x70, .immediateByte) }
  static var pshufhw: Encoding { Encoding(.pF3, .map0F, 0x70, .immediateByte) }
  /// The signs of the bytes to an integer register.
  static var pmovmskb: Encoding { Encoding(.p66, .map0F, 0xD7) }

  // MARK: Shifts by the low half of a register or memory

  static var psrlw: Encoding { Encoding(.p66, .map0F, 0xD1) }
  static var psrld: Encoding { Encoding(.p66, .map0F, 0xD2) }
  static var psrlq: Encoding { Encoding(.p66, .map0F, 0xD3) }
  static var psraw: Encoding { Encoding(.p66, .map0F, 0xE1) }
  static var psrad: Encoding { Encoding(.p66, .map0F, 0xE2) }
  static var psllw: Encoding { Encoding(.p66, .map0F, 0xF1) }
  static var pslld: Encoding { Encoding(.p66, .map0F, 0xF2) }
  static var psllq: Encoding { Encoding(.p66, .map0F, 0xF3) }

  // MARK: Shifts by a constant: the result is the VEX register; without VEX it overwrites the operand

  static var psrlwConstant: Encoding { Encoding(.p66, .map0F, 0x71, digit: 2, .immediateByte) }
  static var psrawConstant: Encoding { Encoding(.p66, .map0F, 0x71, digit: 4, .immediateByte) }
  static var psllwConstant: Encoding { Encoding(.p66, .map0F, 0x71, digit: 6, .immediateByte) }
  static var psrldConstant: Encoding { Encoding(.p66, .map0F, 0x72, digit: 2, .immediateByte) }
  static var psradConstant: Encoding { Encoding(.p66, .map0F, 0x72, digit: 4, .immediateByte) }
  static var pslldConstant: Encoding { Encoding(.p66, .map0F, 0x72, digit: 6, .immediateByte) }
  static var psrlqConstant: Encoding { Encoding(.p66, .map0F, 0x73, digit: 2, .immediateByte) }
  static var psrldqConstant: Encoding { Encoding(.p66, .map0F, 0x73, digit: 3, .immediateByte) }
  static var psllqConstant: Encoding { Encoding(.p66, .map0F, 0x73, digit: 6, .immediateByte) }
  static var pslldqConstant: Encoding { Encoding(.p66, .map0F, 0x73, digit: 7, .immediateByte) }

  // MARK: Lanes to and from integer registers or memory

  /// Result, first, integer register or memory.
  static var pinsrb: Encoding { Encoding(.p66, .map0F3A, 0x20, .immediateByte) }
  static var pinsrw: Encoding { Encoding(.p66, .map0F, 0xC4, .immediateByte) }
  static var pinsrd: Encoding { Encoding(.p66, .map0F3A, 0x22, [.immediateByte, .integerOperand]) }
  /// The vector is ModR/M's register, the integer its register or memory operand.
  static var pextrb: Encoding { Encoding(.p66, .map0F3A, 0x14, .immediateByte) }
  static var pextrw: Encoding { Encoding(.p66, .map0F3A, 0x15, .immediateByte) }
  static var pextrd: Encoding { Encoding(.p66, .map0F3A, 0x16, [.immediateByte, .integerOperand]) }

  // MARK: AVX2

  static var vpbroadcastb: Encoding { Encoding(.p66, .map0F38, 0x78, .onlyVEX) }
  static var vpbroadcastw: Encoding { Encoding(.p66, .map0F38, 0x79, .onlyVEX) }
  static var vpbroadcastd: Encoding { Encoding(.p66, .map0F38, 0x58, .onlyVEX) }
  static var vpbroadcastq: Encoding { Encoding(.p66, .map0F38, 0x59, .onlyVEX) }
  /// Lane by lane; result, operand, counts.
  static var vpsllvd: Encoding { Encoding(.p66, .map0F38, 0x47, .onlyVEX) }
}
