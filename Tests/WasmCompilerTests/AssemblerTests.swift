import Testing

@testable import WasmCompiler

/// The bytes that `body` emits, in hexadecimal.
private func assemble(usesVEX: Bool = false, _ body: (inout Assembler) -> Void) -> String {
  var assembler = Assembler(usesVEX: usesVEX, minimumCapacity: 1)
  body(&assembler)
  assembler.finish()
  return assembler.code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

@Suite("The x86-64 assembler")
struct AssemblerTests {
  @Test("Bases with numbers ending in 4 need a SIB byte, those ending in 5 a displacement")
  func specialBases() {
    #expect(assemble { $0.emit(.mov, .dword, .rax, MemoryOperand(.rcx)) } == "8b01")
    #expect(assemble { $0.emit(.mov, .dword, .rax, MemoryOperand(.rsp)) } == "8b0424")
    #expect(assemble { $0.emit(.mov, .dword, .rax, MemoryOperand(.r12)) } == "418b0424")
    #expect(assemble { $0.emit(.mov, .dword, .rax, MemoryOperand(.rbp)) } == "8b4500")
    #expect(assemble { $0.emit(.mov, .dword, .rax, MemoryOperand(.r13)) } == "418b4500")
    #expect(assemble { $0.emit(.mov, .qword, .r9, MemoryOperand(.rsp, -128)) } == "4c8b4c2480")
    #expect(assemble { $0.emit(.mov, .qword, .r9, MemoryOperand(.r13, 128)) } == "4d8b8d80000000")
    #expect(assemble { $0.emit(.lea, .qword, .rax, MemoryOperand(.r13, index: .rcx, scale: 3)) } == "498d44cd00")
    #expect(
      assemble { $0.emit(.lea, .qword, .rax, MemoryOperand(nil, index: .r12, scale: 2, 16)) } == "4a8d04a510000000")
  }

  @Test("Byte registers 4 to 7 need a REX prefix")
  func byteRegisters() {
    #expect(assemble { $0.emit(.mov, .byte, MemoryOperand(.rax), .rsi) } == "408830")
    #expect(assemble { $0.emit(.mov, .byte, MemoryOperand(.rax), .rbx) } == "8818")
    #expect(assemble { $0.emit(.movzxByte, .dword, .rax, .rdi) } == "400fb6c7")
    #expect(assemble { $0.emit(.movzxByte, .dword, .rdi, .rax) } == "0fb6f8")
    #expect(assemble { $0.emit(set: .above, .rsi) } == "400f97c6")
    #expect(assemble { $0.emit(set: .above, .r10) } == "410f97c2")
    #expect(assemble { $0.emit(.and, .byte, .rdi, immediate: 7) } == "4080e707")
  }

  @Test("Constants use the shortest form")
  func constants() {
    #expect(assemble { $0.emit(.add, .qword, .r10, immediate: 127) } == "4983c27f")
    #expect(assemble { $0.emit(.add, .qword, .r10, immediate: 128) } == "4981c280000000")
    #expect(assemble { $0.emit(.cmp, .word, MemoryOperand(.rax), immediate: 500) } == "668138f401")
    #expect(assemble { $0.emit(.imul, .dword, .rax, .rcx, immediate: 3) } == "6bc103")
    #expect(assemble { $0.move(1, to: .r8) } == "41b801000000")
    #expect(assemble { $0.move(UInt64(bitPattern: -1), to: .r8) } == "49c7c0ffffffff")
    #expect(assemble { $0.move(1 << 40, to: .r11) } == "49bb0000000000010000")
  }

  @Test("64-bit floats have no size prefix, integers do")
  func vectorSizes() {
    #expect(assemble { $0.emit(vector: .addsd, .xmm0, .xmm0, .xmm(1), size: .qword) } == "f20f58c1")
    #expect(assemble(usesVEX: true) { $0.emit(vector: .addsd, .xmm0, .xmm0, .xmm(1), size: .qword) } == "c5fb58c1")
    #expect(assemble { $0.emit(vector: .cvttsd2si, .rax, .xmm0, size: .qword) } == "f2480f2cc0")
    #expect(assemble(usesVEX: true) { $0.emit(vector: .movd, .xmm0, .rax, size: .qword) } == "c4e1f96ec0")
  }

  @Test("Short backward jumps have two bytes, all others a four-byte distance")
  func jumps() {
    let bytes = assemble { assembler in
      let (start, end) = (assembler.makeBoundLabel(), assembler.makeLabel())
      assembler.jump(.less, end)
      assembler.jump(start)
      assembler.bind(end)
      assembler.ret()
      assembler.jump(.equal, start)
    }
    #expect(bytes == "0f8c02000000" + "ebf8" + "c3" + "74f5")
  }

  @Test("A backward jump reaches 128 bytes in its short form")
  func shortReach() {
    func jumpBack(over count: Int) -> String {
      String(
        assemble { assembler in
          let start = assembler.makeBoundLabel()
          for _ in 0..<count { assembler.ret() }
          assembler.jump(start)
        }.dropFirst(2 * count))
    }
    #expect(jumpBack(over: 126) == "eb80")
    #expect(jumpBack(over: 127) == "e97cffffff")
  }

  @Test("Constants are stored once, after the code, and addressed relative to the instruction's end")
  func constantPool() {
    let bytes = assemble(usesVEX: true) { assembler in
      let mask = assembler.constant(UInt32(0x8000_0000))
      assembler.emit(vector: .pinsrd, .xmm(1), .xmm(1), mask, immediate: 2)
      assembler.emit(vector: .paddb, .xmm(1), .xmm(2), assembler.constant(1, 2))
      assembler.emit(.mov, .dword, .rax, assembler.constant(UInt32(0x8000_0000)))
    }
    let code = "c4e371220d" + "26000000" + "02" + "c5e9fc0d" + "0e000000" + "8b05" + "18000000"
    let pool = "cccccccccccccccc" + "0100000000000000" + "0200000000000000" + "00000080"
    #expect(bytes == code + pool)
  }

  @Test("Vector instructions use the two-byte VEX prefix if possible")
  func vectors() {
    #expect(assemble(usesVEX: true) { $0.emit(vector: .addps, .xmm(1), .xmm(2), .xmm(3)) } == "c5e858cb")
    #expect(assemble(usesVEX: true) { $0.emit(vector: .addps, .xmm(1), .xmm(2), .xmm(9)) } == "c5b058ca")
    #expect(assemble(usesVEX: true) { $0.emit(vector: .subps, .xmm(1), .xmm(2), .xmm(9)) } == "c4c1685cc9")
    #expect(assemble(usesVEX: true) { $0.emit(vector: .sqrtsd, .xmm(1), .xmm(2)) } == "c5eb51ca")
    #expect(assemble { $0.emit(vector: .addps, .xmm(1), .xmm(1), .xmm(3)) } == "0f58cb")
    #expect(assemble { $0.emit(vector: .subps, .xmm(1), .xmm(2), .xmm(3)) } == "0f28ca0f5ccb")
    #expect(assemble { $0.emit(vector: .addps, .xmm(3), .xmm(2), .xmm(3)) } == "0f58da")
    #expect(assemble { $0.emit(shift: .psrlqConstant, .xmm(9), .xmm(9), by: 5) } == "66410f73d105")
    #expect(assemble(usesVEX: true) { $0.emit(shift: .psrlqConstant, .xmm(9), .xmm(1), by: 5) } == "c5b173d105")
    #expect(assemble { $0.emit(vector: .movd, .xmm(9), .r12, size: .qword) } == "664d0f6ecc")
    #expect(
      assemble(usesVEX: true) { $0.emit(blend: .vblendvps, .xmm(1), .xmm(2), .xmm(3), mask: .xmm(14)) }
        == "c4e3694acbe0")
  }

  @Test("Padding uses as few instructions as possible")
  func padding() {
    let bytes = assemble { assembler in
      for length in [11, 5] {
        for _ in 0..<length { assembler.ret() }
        assembler.alignCode(to: 16)
      }
    }
    #expect(bytes.hasSuffix("660f1f840000000000" + "6690"))
    #expect(bytes.hasPrefix(String(repeating: "c3", count: 11) + "0f1f440000"))
  }
}
