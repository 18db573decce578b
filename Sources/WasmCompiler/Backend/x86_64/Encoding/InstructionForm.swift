/// The mnemonic of an encoding, and its operands: together with ``Encoding``, the one table for writing and reading instructions.
struct InstructionForm {
  /// Without the `v` prefix of VEX if there is a legacy encoding too.
  let mnemonic: String
  let encoding: Encoding
  let operands: Operands
  /// The size of a memory operand in bytes; 0: the instruction's size, or for vector instructions a whole vector.
  var memoryByteCount = 0
  /// Whether `rm` is memory or a register; nil: either.
  var isMemory: Bool?

  /// The operands in order. `reg` and `rm` are those of the ModR/M byte, and `rm` can be memory; `vex` is the VEX.vvvv register.
  enum Operands {
    // Integer registers.
    /// reg, rm; with memory as destination (`Encoding.Flags.directional`): rm, reg.
    case integers
    /// reg, rm, where rm is narrower than the instruction's size.
    case widening
    /// rm, reg
    case exchange
    /// reg, address
    case address
    /// rm
    case single
    /// rm, which is a byte
    case byte
    /// rm, `cl`
    case shift
    /// reg, vex, rm
    case integersVEX
    /// reg, rm, vex
    case countVEX
    /// vex, rm
    case singleVEX

    // Vector registers.
    /// reg, rm; with VEX, if the rest of the result is merged from another register: reg, vex, rm
    case vectors
    /// reg, rm; with VEX: reg, vex, rm
    case arithmetic
    /// The same, with the lane predicate as the constant.
    case comparison
    /// reg, vex, rm, and a fourth register in the constant
    case blend
    /// rm, reg
    case store
    /// rm; with VEX: vex, rm
    case shiftByConstant
    /// Integer reg, rm
    case toInteger
    /// reg, integer rm
    case fromInteger
    /// reg, integer rm; with VEX: reg, vex, integer rm
    case insert
    /// Integer rm, reg
    case extract
  }
}

extension InstructionForm {
  /// All forms.
  static let all: [InstructionForm] =
    integers + vectors + conditions
    + [
      InstructionForm(mnemonic: "movhps", encoding: .movhps, operands: .arithmetic, memoryByteCount: 8, isMemory: true),
      InstructionForm(mnemonic: "movlhps", encoding: .movlhps, operands: .arithmetic, isMemory: false),
      InstructionForm(mnemonic: "movss", encoding: .movss, operands: .vectors, memoryByteCount: 4, isMemory: true),
      InstructionForm(mnemonic: "movss", encoding: .movss, operands: .arithmetic, isMemory: false),
      InstructionForm(mnemonic: "movsd", encoding: .movsd, operands: .vectors, memoryByteCount: 8, isMemory: true),
      InstructionForm(mnemonic: "movsd", encoding: .movsd, operands: .arithmetic, isMemory: false),
    ]

  /// The mnemonic of an encoding, with its source's size in bits if that is narrower than its result.
  static func name(of encoding: Encoding) -> String? { namesByEncoding[encoding] }

  private static let namesByEncoding: [Encoding: String] = Dictionary(
    all.map { form in
      let bits = form.operands == .widening && form.memoryByteCount < 4 ? "\(8 * form.memoryByteCount)" : ""
      return (form.encoding, form.mnemonic + bits)
    }, uniquingKeysWith: { first, _ in first })

  private static func rows(
    _ operands: Operands, memory byteCount: Int = 0, _ rows: [(String, Encoding)]
  ) -> [InstructionForm] {
    rows.map { InstructionForm(mnemonic: $0.0, encoding: $0.1, operands: operands, memoryByteCount: byteCount) }
  }

  private static let integers: [InstructionForm] =
    rows(
      .integers,
      [
        ("add", .add), ("or", .or), ("adc", .adc), ("sbb", .sbb), ("and", .and), ("sub", .sub), ("xor", .xor),
        ("cmp", .cmp), ("mov", .mov), ("imul", .imul), ("bsf", .bsf), ("bsr", .bsr), ("tzcnt", .tzcnt),
        ("lzcnt", .lzcnt), ("popcnt", .popcnt),
      ])
    + rows(.widening, memory: 1, [("movzx", .movzxByte), ("movsx", .movsxByte)])
    + rows(.widening, memory: 2, [("movzx", .movzxWord), ("movsx", .movsxWord)])
    + rows(.widening, memory: 4, [("movsxd", .movsxd)])
    + rows(.exchange, [("test", .test), ("xchg", .xchg), ("xadd", .xadd), ("cmpxchg", .cmpxchg)])
    + rows(.address, [("lea", .lea)])
    + rows(
      .single,
      [
        ("not", .not), ("neg", .neg), ("mul", .mul), ("imul", .imulWide), ("div", .div), ("idiv", .idiv), ("inc", .inc),
        ("dec", .dec),
      ])
    + rows(.single, memory: 8, [("call", .call), ("jmp", .jmp)])
    + rows(.single, memory: 16, [("cmpxchg16b", .cmpxchg16b)])
    + rows(.shift, [("rol", .rol), ("ror", .ror), ("shl", .shl), ("shr", .shr), ("sar", .sar)])
    + rows(.integersVEX, [("andn", .andn), ("mulx", .mulx)])
    + rows(.countVEX, [("shlx", .shlx), ("shrx", .shrx), ("sarx", .sarx), ("bzhi", .bzhi), ("bextr", .bextr)])
    + rows(.integers, [("rorx", .rorx)])
    + rows(.singleVEX, [("blsr", .blsr), ("blsmsk", .blsmsk), ("blsi", .blsi)])

  private static let conditions: [InstructionForm] = (UInt8(0)..<16).flatMap { number in
    let condition = Condition(rawValue: number)!
    return [
      InstructionForm(mnemonic: "cmov\(condition.suffix)", encoding: .cmov(condition), operands: .integers),
      InstructionForm(
        mnemonic: "set\(condition.suffix)", encoding: .set(condition), operands: .byte, memoryByteCount: 1),
    ]
  }

  private static let vectors: [InstructionForm] = arithmetic + moves + packedIntegers

  private static let arithmetic: [InstructionForm] =
    rows(
      .arithmetic, memory: 4,
      [
        ("addss", .addss), ("mulss", .mulss), ("subss", .subss), ("minss", .minss), ("divss", .divss),
        ("maxss", .maxss),
      ])
    + rows(
      .arithmetic, memory: 8,
      [
        ("addsd", .addsd), ("mulsd", .mulsd), ("subsd", .subsd), ("minsd", .minsd), ("divsd", .divsd),
        ("maxsd", .maxsd),
      ])
    + rows(
      .arithmetic,
      [
        ("addps", .addps), ("addpd", .addpd), ("mulps", .mulps), ("mulpd", .mulpd), ("subps", .subps),
        ("subpd", .subpd), ("minps", .minps), ("minpd", .minpd), ("divps", .divps), ("divpd", .divpd),
        ("maxps", .maxps), ("maxpd", .maxpd), ("andps", .andps), ("andpd", .andpd), ("andnps", .andnps),
        ("andnpd", .andnpd), ("orps", .orps), ("orpd", .orpd), ("xorps", .xorps), ("xorpd", .xorpd),
        ("unpcklps", .unpcklps), ("unpcklpd", .unpcklpd), ("unpckhps", .unpckhps), ("unpckhpd", .unpckhpd),
        ("shufps", .shufps), ("shufpd", .shufpd),
      ])
    + rows(.arithmetic, memory: 4, [("insertps", .insertps)])
    + rows(.comparison, memory: 4, [("cmpss", .cmpss)])
    + rows(.comparison, memory: 8, [("cmpsd", .cmpsd)])
    + rows(.comparison, [("cmpps", .cmpps), ("cmppd", .cmppd)])
    + rows(
      .vectors, memory: 4,
      [("sqrtss", .sqrtss), ("roundss", .roundss), ("ucomiss", .ucomiss), ("cvtss2sd", .cvtss2sd)])
    + rows(
      .vectors, memory: 8,
      [("sqrtsd", .sqrtsd), ("roundsd", .roundsd), ("ucomisd", .ucomisd), ("cvtsd2ss", .cvtsd2ss)])
    + rows(
      .vectors,
      [
        ("sqrtps", .sqrtps), ("sqrtpd", .sqrtpd), ("roundps", .roundps), ("roundpd", .roundpd), ("cvtpd2ps", .cvtpd2ps),
        ("cvtdq2ps", .cvtdq2ps), ("cvttps2dq", .cvttps2dq), ("cvttpd2dq", .cvttpd2dq),
      ])
    + rows(.vectors, memory: 8, [("cvtps2pd", .cvtps2pd), ("cvtdq2pd", .cvtdq2pd)])
    + rows(.fromInteger, [("cvtsi2ss", .cvtsi2ss), ("cvtsi2sd", .cvtsi2sd)])
    + rows(.toInteger, memory: 4, [("cvttss2si", .cvttss2si)])
    + rows(.toInteger, memory: 8, [("cvttsd2si", .cvttsd2si)])

  private static let moves: [InstructionForm] =
    rows(.vectors, [("movaps", .movaps), ("movups", .movups)])
    + rows(.store, [("movups", .movupsStore)])
    + rows(.vectors, memory: 8, [("movddup", .movddup), ("movq", .movq)])
    + rows(.store, memory: 4, [("movss", .movssStore)])
    + rows(.store, memory: 8, [("movsd", .movsdStore), ("movlps", .movlpsStore), ("movhps", .movhpsStore)])
    + rows(.fromInteger, [("movd", .movd)])
    + rows(.extract, [("movd", .movdStore)])
    + rows(.toInteger, [("movmskps", .movmskps), ("movmskpd", .movmskpd), ("pmovmskb", .pmovmskb)])
    + rows(.vectors, memory: 4, [("vbroadcastss", .vbroadcastss), ("vpbroadcastd", .vpbroadcastd)])
    + rows(.vectors, memory: 1, [("vpbroadcastb", .vpbroadcastb)])
    + rows(.vectors, memory: 2, [("vpbroadcastw", .vpbroadcastw)])
    + rows(.vectors, memory: 8, [("vpbroadcastq", .vpbroadcastq)])
    + rows(.blend, [("vblendvps", .vblendvps)])
    + rows(.insert, memory: 1, [("pinsrb", .pinsrb)])
    + rows(.insert, memory: 2, [("pinsrw", .pinsrw)])
    + rows(.insert, [("pinsrd", .pinsrd)])
    + rows(.extract, memory: 1, [("pextrb", .pextrb)])
    + rows(.extract, memory: 2, [("pextrw", .pextrw)])
    + rows(.extract, [("pextrd", .pextrd)])

  private static let packedIntegers: [InstructionForm] =
    rows(
      .arithmetic,
      [
        ("paddb", .paddb), ("paddw", .paddw), ("paddd", .paddd), ("paddq", .paddq), ("paddsb", .paddsb),
        ("paddsw", .paddsw), ("paddusb", .paddusb), ("paddusw", .paddusw), ("pmullw", .pmullw), ("pmulhw", .pmulhw),
        ("pmulhuw", .pmulhuw), ("pmaddwd", .pmaddwd), ("pmuludq", .pmuludq), ("pavgb", .pavgb), ("pavgw", .pavgw),
        ("pminub", .pminub), ("pmaxub", .pmaxub), ("pminsw", .pminsw), ("pmaxsw", .pmaxsw), ("pcmpeqb", .pcmpeqb),
        ("pcmpeqw", .pcmpeqw), ("pcmpeqd", .pcmpeqd), ("pand", .pand), ("por", .por), ("pxor", .pxor),
        ("psubb", .psubb), ("psubw", .psubw), ("psubd", .psubd), ("psubq", .psubq), ("psubsb", .psubsb),
        ("psubsw", .psubsw), ("psubusb", .psubusb), ("psubusw", .psubusw), ("pcmpgtb", .pcmpgtb), ("pcmpgtw", .pcmpgtw),
        ("pcmpgtd", .pcmpgtd), ("pandn", .pandn), ("packsswb", .packsswb), ("packssdw", .packssdw),
        ("packuswb", .packuswb), ("punpcklbw", .punpcklbw), ("punpcklwd", .punpcklwd), ("punpckldq", .punpckldq),
        ("punpcklqdq", .punpcklqdq), ("punpckhbw", .punpckhbw), ("punpckhwd", .punpckhwd), ("punpckhdq", .punpckhdq),
        ("punpckhqdq", .punpckhqdq), ("pminsb", .pminsb), ("pminsd", .pminsd), ("pminuw", .pminuw), ("pminud", .pminud),
        ("pmaxsb", .pmaxsb), ("pmaxsd", .pmaxsd), ("pmaxuw", .pmaxuw), ("pmaxud", .pmaxud), ("pmulld", .pmulld),
        ("pmuldq", .pmuldq), ("pcmpeqq", .pcmpeqq), ("pmulhrsw", .pmulhrsw), ("pcmpgtq", .pcmpgtq), ("pshufb", .pshufb),
        ("pmaddubsw", .pmaddubsw), ("packusdw", .packusdw), ("palignr", .palignr), ("pblendw", .pblendw),
        ("psrlw", .psrlw), ("psrld", .psrld), ("psrlq", .psrlq), ("psraw", .psraw), ("psrad", .psrad),
        ("psllw", .psllw), ("pslld", .pslld), ("psllq", .psllq), ("vpsllvd", .vpsllvd),
      ])
    + rows(
      .vectors,
      [
        ("pabsb", .pabsb), ("pabsw", .pabsw), ("pabsd", .pabsd), ("ptest", .ptest), ("pshufd", .pshufd),
        ("pshuflw", .pshuflw), ("pshufhw", .pshufhw),
      ])
    + rows(
      .vectors, memory: 8,
      [
        ("pmovsxbw", .pmovsxbw), ("pmovsxwd", .pmovsxwd), ("pmovsxdq", .pmovsxdq), ("pmovzxbw", .pmovzxbw),
        ("pmovzxwd", .pmovzxwd), ("pmovzxdq", .pmovzxdq),
      ])
    + rows(.vectors, memory: 4, [("pmovsxbd", .pmovsxbd), ("pmovzxbd", .pmovzxbd)])
    + rows(
      .shiftByConstant,
      [
        ("psrlw", .psrlwConstant), ("psraw", .psrawConstant), ("psllw", .psllwConstant), ("psrld", .psrldConstant),
        ("psrad", .psradConstant), ("pslld", .pslldConstant), ("psrlq", .psrlqConstant), ("psrldq", .psrldqConstant),
        ("psllq", .psllqConstant), ("pslldq", .pslldqConstant),
      ])
}

extension Condition {
  /// The suffix of a mnemonic.
  var suffix: String {
    [
      "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g",
    ][Int(rawValue)]
  }
}

extension FloatPredicate {
  /// The suffix of a mnemonic.
  var suffix: String { ["eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord"][Int(rawValue)] }
}
