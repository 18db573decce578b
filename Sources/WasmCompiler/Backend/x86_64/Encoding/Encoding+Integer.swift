// User-mode integer instructions. Opcodes are those of the form "register, register or memory" at full size.

extension Encoding {
  private init(
    integer opcode: UInt8, _ map: Map = .oneByte, digit: UInt8 = 0, _ immediate: ImmediateForm = .none,
    _ flags: Flags = [.sized]
  ) {
    self.init(.none, map, opcode, digit: digit, immediate: immediate, flags)
  }

  // MARK: Two operands, or an operand and a constant

  static var add: Encoding { Encoding(integer: 0x03, .oneByte, .arithmetic, [.sized, .directional]) }
  static var or: Encoding { Encoding(integer: 0x0B, .oneByte, .arithmetic, [.sized, .directional]) }
  static var adc: Encoding { Encoding(integer: 0x13, .oneByte, .arithmetic, [.sized, .directional]) }
  static var sbb: Encoding { Encoding(integer: 0x1B, .oneByte, .arithmetic, [.sized, .directional]) }
  static var and: Encoding { Encoding(integer: 0x23, .oneByte, .arithmetic, [.sized, .directional]) }
  static var sub: Encoding { Encoding(integer: 0x2B, .oneByte, .arithmetic, [.sized, .directional]) }
  static var xor: Encoding { Encoding(integer: 0x33, .oneByte, .arithmetic, [.sized, .directional]) }
  static var cmp: Encoding { Encoding(integer: 0x3B, .oneByte, .arithmetic, [.sized, .directional]) }
  static var mov: Encoding { Encoding(integer: 0x8B, .oneByte, .move, [.sized, .directional]) }
  static var test: Encoding { Encoding(integer: 0x85, .oneByte, .test) }
  static var xchg: Encoding { Encoding(integer: 0x87) }
  static var lea: Encoding { Encoding(integer: 0x8D, .oneByte, .none, []) }
  static var imul: Encoding { Encoding(integer: 0xAF, .map0F, .multiply, []) }

  static var movzxByte: Encoding { Encoding(integer: 0xB6, .map0F, .none, [.byteSource]) }
  static var movzxWord: Encoding { Encoding(integer: 0xB7, .map0F, .none, []) }
  static var movsxByte: Encoding { Encoding(integer: 0xBE, .map0F, .none, [.byteSource]) }
  static var movsxWord: Encoding { Encoding(integer: 0xBF, .map0F, .none, []) }
  /// From 32 bits; at `qword` size.
  static var movsxd: Encoding { Encoding(integer: 0x63, .oneByte, .none, []) }

  static var bsf: Encoding { Encoding(integer: 0xBC, .map0F, .none, []) }
  static var bsr: Encoding { Encoding(integer: 0xBD, .map0F, .none, []) }
  static var tzcnt: Encoding { Encoding(.pF3, .map0F, 0xBC) }
  static var lzcnt: Encoding { Encoding(.pF3, .map0F, 0xBD) }
  static var popcnt: Encoding { Encoding(.pF3, .map0F, 0xB8) }

  /// The first operand of these two can be memory.
  static var xadd: Encoding { Encoding(integer: 0xC1, .map0F) }
  static var cmpxchg: Encoding { Encoding(integer: 0xB1, .map0F) }

  static func cmov(_ condition: Condition) -> Encoding {
    Encoding(integer: 0x40 | condition.rawValue, .map0F, .none, [])
  }

  // MARK: One operand

  static var not: Encoding { Encoding(integer: 0xF7, digit: 2) }
  static var neg: Encoding { Encoding(integer: 0xF7, digit: 3) }
  /// `rdx:rax` = `rax` · operand.
  static var mul: Encoding { Encoding(integer: 0xF7, digit: 4) }
  static var imulWide: Encoding { Encoding(integer: 0xF7, digit: 5) }
  /// `rax` = `rdx:rax` / operand, `rdx` = the remainder.
  static var div: Encoding { Encoding(integer: 0xF7, digit: 6) }
  static var idiv: Encoding { Encoding(integer: 0xF7, digit: 7) }
  static var inc: Encoding { Encoding(integer: 0xFF, digit: 0) }
  static var dec: Encoding { Encoding(integer: 0xFF, digit: 1) }
  static var call: Encoding { Encoding(integer: 0xFF, digit: 2, .none, []) }
  static var jmp: Encoding { Encoding(integer: 0xFF, digit: 4, .none, []) }
  /// Compares `rdx:rax` with 16 bytes of memory, at `qword` size, and stores `rcx:rbx` there if they are equal.
  static var cmpxchg16b: Encoding { Encoding(integer: 0xC7, .map0F, digit: 1, .none, []) }

  /// By `cl`, or by a constant.
  static var rol: Encoding { Encoding(integer: 0xD3, digit: 0, .shift) }
  static var ror: Encoding { Encoding(integer: 0xD3, digit: 1, .shift) }
  static var shl: Encoding { Encoding(integer: 0xD3, digit: 4, .shift) }
  static var shr: Encoding { Encoding(integer: 0xD3, digit: 5, .shift) }
  static var sar: Encoding { Encoding(integer: 0xD3, digit: 7, .shift) }

  static func set(_ condition: Condition) -> Encoding {
    Encoding(integer: 0x90 | condition.rawValue, .map0F, .none, [.byteSource])
  }

  // MARK: With VEX (BMI1, BMI2)

  /// Result = not second & third.
  static var andn: Encoding { Encoding(.none, .map0F38, 0xF2, .onlyVEX) }
  /// The count of the VEX shifts is VEX.vvvv: result, operand, count in the order of ``Assembler/emitVEX(_:_:_:_:count:)``.
  static var shlx: Encoding { Encoding(.p66, .map0F38, 0xF7, .onlyVEX) }
  static var shrx: Encoding { Encoding(.pF2, .map0F38, 0xF7, .onlyVEX) }
  static var sarx: Encoding { Encoding(.pF3, .map0F38, 0xF7, .onlyVEX) }
  static var rorx: Encoding { Encoding(.pF2, .map0F3A, 0xF0, [.onlyVEX, .immediateByte]) }
  /// High half, low half = `rdx` · operand.
  static var mulx: Encoding { Encoding(.pF2, .map0F38, 0xF6, .onlyVEX) }
  static var bzhi: Encoding { Encoding(.none, .map0F38, 0xF5, .onlyVEX) }
  static var bextr: Encoding { Encoding(.none, .map0F38, 0xF7, .onlyVEX) }
  /// One operand, the result in the VEX register.
  static var blsr: Encoding { Encoding(.none, .map0F38, 0xF3, digit: 1, .onlyVEX) }
  static var blsmsk: Encoding { Encoding(.none, .map0F38, 0xF3, digit: 2, .onlyVEX) }
  static var blsi: Encoding { Encoding(.none, .map0F38, 0xF3, digit: 3, .onlyVEX) }
}
