import Foundation
import Testing

@testable import WasmCompiler

/// Generated combinations of instructions and operands, compared with the output of GNU objdump and of our
/// disassembler.
@Suite("The x86-64 assembler against disassemblers", .enabled(if: ReferenceDisassembler.isThere))
struct AssemblerDisassemblyTests {
  /// Registers of each kind: with short and long encodings, and with special encodings as bases or byte registers.
  private static let integers: [PhysicalRegister] = [.rax, .rbx, .rsp, .rbp, .rsi, .r8, .r12, .r13, .r15]
  private static let vectors: [PhysicalRegister] = [.xmm0, .xmm(3), .xmm(7), .xmm(8), .xmm(12), .xmm15]
  private static let sizes: [OperandSize] = [.byte, .word, .dword, .qword]
  private static let memories: [(operand: MemoryOperand, text: String)] = {
    var result: [(MemoryOperand, String)] = []
    for base in integers {
      for (displacement, text) in [
        (Int32(0), ""), (1, "+0x1"), (-128, "-0x80"), (128, "+0x80"), (-0x12345, "-0x12345"),
      ] {
        // The disassembler shows a displacement that the encoding cannot omit.
        let shown = displacement == 0 && (base == .rbp || base == .r13) ? "+0x0" : text
        result.append((MemoryOperand(base, displacement), "[\(name(base, .qword))\(shown)]"))
      }
      for index in [PhysicalRegister.rax, .rbp, .r12, .r13] {
        let scale = Int(index.number & 3)
        result.append(
          (
            MemoryOperand(base, index: index, scale: scale, 0x40),
            "[\(name(base, .qword))+\(name(index, .qword))*\(1 << scale)+0x40]"
          ))
      }
    }
    result.append((MemoryOperand(nil, index: .r13, scale: 3, 0x100), "[r13*8+0x100]"))
    return result
  }()
  private static let fewMemories = memories.enumerated().filter { $0.offset % 7 == 3 }.map(\.element)

  private static func name(_ register: PhysicalRegister, _ size: OperandSize) -> String {
    if register.registerClass == .vector { return "xmm\(register.code)" }
    let number = Int(register.code)
    if number > 7 { return "r\(number)" + ["b", "w", "d", ""][Int(size.rawValue)] }
    let stem = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"][number]
    switch size {
    case .byte: return number < 4 ? String(stem.first!) + "l" : stem + "l"
    case .word: return stem
    case .dword: return "e" + stem
    case .qword: return "r" + stem
    }
  }

  @Test("Integer instructions with two operands")
  func integerPairs() throws {
    var disassembler = ReferenceDisassembler()
    let rows: [(String, Encoding)] = [
      ("add", .add), ("or", .or), ("adc", .adc), ("sbb", .sbb), ("and", .and), ("sub", .sub), ("xor", .xor),
      ("cmp", .cmp),
      ("mov", .mov),
    ]
    for (mnemonic, encoding) in rows {
      for size in Self.sizes {
        for a in Self.integers {
          for b in Self.integers {
            disassembler.add("\(mnemonic) \(Self.name(a, size)),\(Self.name(b, size))") {
              $0.emit(encoding, size, a, b)
            }
          }
          for (memory, text) in Self.memories {
            disassembler.add("\(mnemonic) \(Self.name(a, size)),\(text)") { $0.emit(encoding, size, a, memory) }
            disassembler.add("\(mnemonic) \(text),\(Self.name(a, size))") { $0.emit(encoding, size, memory, a) }
          }
        }
      }
    }
    try disassembler.check()
  }

  @Test("Integer instructions of other forms")
  func integerForms() throws {
    var disassembler = ReferenceDisassembler()
    let loads: [(String, Encoding, OperandSize?)] = [
      ("movzx", .movzxByte, .byte), ("movzx", .movzxWord, .word), ("movsx", .movsxByte, .byte),
      ("movsx", .movsxWord, .word),
      ("movsxd", .movsxd, .dword), ("imul", .imul, nil), ("bsf", .bsf, nil), ("bsr", .bsr, nil), ("tzcnt", .tzcnt, nil),
      ("lzcnt", .lzcnt, nil), ("popcnt", .popcnt, nil), ("cmovb", .cmov(.below), nil), ("cmovg", .cmov(.greater), nil),
    ]
    for (mnemonic, encoding, sourceSize) in loads {
      for size in [OperandSize.dword, .qword] where sourceSize != .dword || size == .qword {
        for a in Self.integers {
          for b in Self.integers {
            disassembler.add("\(mnemonic) \(Self.name(a, size)),\(Self.name(b, sourceSize ?? size))") {
              $0.emit(encoding, size, a, b)
            }
          }
          for (memory, text) in Self.fewMemories {
            disassembler.add("\(mnemonic) \(Self.name(a, size)),\(text)") { $0.emit(encoding, size, a, memory) }
          }
        }
      }
    }
    for (memory, text) in Self.memories {
      for a in Self.integers {
        disassembler.add("lea \(Self.name(a, .qword)),\(text)") { $0.emit(.lea, .qword, a, memory) }
        for size in Self.sizes {
          let register = Self.name(a, size)
          disassembler.add("xchg \(text),\(register)") { $0.emit(.xchg, size, memory, a) }
          disassembler.add("test \(text),\(register)") { $0.emit(.test, size, memory, a) }
          disassembler.add("lock xadd \(text),\(register)") {
            $0.lock()
            $0.emit(.xadd, size, memory, a)
          }
          disassembler.add("lock cmpxchg \(text),\(register)") {
            $0.lock()
            $0.emit(.cmpxchg, size, memory, a)
          }
        }
      }
      disassembler.add("lock cmpxchg16b \(text)") {
        $0.lock()
        $0.emit(.cmpxchg16b, .qword, memory)
      }
    }
    try disassembler.check()
  }

  @Test("Integer instructions with one operand, or a constant")
  func constants() throws {
    var disassembler = ReferenceDisassembler()
    let single: [(String, Encoding)] = [
      ("not", .not), ("neg", .neg), ("mul", .mul), ("imul", .imulWide), ("div", .div), ("idiv", .idiv), ("inc", .inc),
      ("dec", .dec),
    ]
    let shifts: [(String, Encoding)] = [("rol", .rol), ("ror", .ror), ("shl", .shl), ("shr", .shr), ("sar", .sar)]
    let arithmetic: [(String, Encoding)] = [
      ("add", .add), ("or", .or), ("adc", .adc), ("sbb", .sbb), ("and", .and), ("sub", .sub), ("xor", .xor),
      ("cmp", .cmp),
      ("mov", .mov), ("test", .test),
    ]
    for size in Self.sizes {
      // The accumulator has shorter encodings, which are not used here.
      for a in Self.integers where a != .rax {
        let register = Self.name(a, size)
        for (mnemonic, encoding) in single {
          disassembler.add("\(mnemonic) \(register)") { $0.emit(encoding, size, a) }
        }
        for (mnemonic, encoding) in shifts {
          disassembler.add("\(mnemonic) \(register),cl") { $0.emit(encoding, size, a) }
          disassembler.add("\(mnemonic) \(register),0x7") { $0.emit(encoding, size, a, immediate: 7) }
        }
        for (mnemonic, encoding) in arithmetic {
          disassembler.add("\(mnemonic) \(register),0x12") { $0.emit(encoding, size, a, immediate: 0x12) }
          guard size != .byte else { continue }
          disassembler.add("\(mnemonic) \(register),0x1234") { $0.emit(encoding, size, a, immediate: 0x1234) }
        }
      }
      for (memory, text) in Self.fewMemories {
        for (mnemonic, encoding) in single {
          disassembler.add("\(mnemonic) \(text)") { $0.emit(encoding, size, memory) }
        }
        for (mnemonic, encoding) in shifts {
          disassembler.add("\(mnemonic) \(text),0x7") { $0.emit(encoding, size, memory, immediate: 7) }
        }
        for (mnemonic, encoding) in arithmetic {
          disassembler.add("\(mnemonic) \(text),0x12") { $0.emit(encoding, size, memory, immediate: 0x12) }
        }
      }
    }
    for a in Self.integers {
      for size in [OperandSize.dword, .qword] {
        let register = Self.name(a, size)
        disassembler.add("imul \(register),\(register),0x7") { $0.emit(.imul, size, a, immediate: 7) }
        disassembler.add("imul \(register),\(register),0x777") { $0.emit(.imul, size, a, a, immediate: 0x777) }
        disassembler.add("bswap \(register)") { $0.bswap(size, a) }
        disassembler.add("mov \(Self.name(a, .dword)),0x12345678") { $0.move(0x1234_5678, to: a) }
        disassembler.add("movabs \(Self.name(a, .qword)),0x123456789abcdef0") { $0.move(0x1234_5678_9ABC_DEF0, to: a) }
      }
      disassembler.add("push \(Self.name(a, .qword))") { $0.push(a) }
      disassembler.add("pop \(Self.name(a, .qword))") { $0.pop(a) }
      disassembler.add("call \(Self.name(a, .qword))") { $0.emit(.call, .dword, a) }
      disassembler.add("jmp \(Self.name(a, .qword))") { $0.emit(.jmp, .dword, a) }
      disassembler.add("seta \(Self.name(a, .byte))") { $0.emit(set: .above, a) }
    }
    for (text, body) in [
      ("cdq", { $0.extendSignOfRAX(.dword) }), ("cqo", { $0.extendSignOfRAX(.qword) }), ("mfence", { $0.mfence() }),
      ("ud2", { $0.ud2() }), ("ret", { $0.ret() }), ("cpuid", { $0.cpuid() }), ("xgetbv", { $0.xgetbv() }),
    ] as [(String, (inout Assembler) -> Void)] {
      disassembler.add(text, body)
    }
    try disassembler.check()
  }

  @Test("Integer instructions with VEX")
  func integersWithVEX() throws {
    var disassembler = ReferenceDisassembler()
    for size in [OperandSize.dword, .qword] {
      for a in Self.integers {
        for b in Self.integers {
          let (first, second) = (Self.name(a, size), Self.name(b, size))
          for (mnemonic, encoding) in [("blsr", Encoding.blsr), ("blsi", .blsi), ("blsmsk", .blsmsk)] {
            disassembler.add("\(mnemonic) \(first),\(second)") { $0.emitVEX(encoding, size, a, b) }
          }
          disassembler.add("rorx \(first),\(second),0x11") { $0.rorx(size, a, b, count: 0x11) }
          for c in Self.integers {
            let third = Self.name(c, size)
            for (mnemonic, encoding) in [("andn", Encoding.andn), ("mulx", .mulx)] {
              disassembler.add("\(mnemonic) \(first),\(second),\(third)") { $0.emitVEX(encoding, size, a, b, c) }
            }
            for (mnemonic, encoding) in [
              ("shlx", Encoding.shlx), ("shrx", .shrx), ("sarx", .sarx), ("bzhi", .bzhi), ("bextr", .bextr),
            ] {
              disassembler.add("\(mnemonic) \(first),\(second),\(third)") { $0.emitVEX(encoding, size, a, b, count: c) }
            }
          }
          for (memory, text) in Self.fewMemories {
            disassembler.add("andn \(first),\(second),\(text)") { $0.emitVEX(.andn, size, a, b, memory) }
            disassembler.add("shlx \(first),\(text),\(second)") { $0.emitVEX(.shlx, size, a, memory, count: b) }
          }
        }
      }
    }
    try disassembler.check()
  }

  /// A constant that is not a predicate for which the disassembler has a mnemonic.
  private static let constant: UInt8 = 0x77

  private static func suffix(_ encoding: Encoding) -> String { encoding.has(.immediateByte) ? ",0x77" : "" }

  @Test("Vector instructions with two operands", arguments: [false, true])
  func vectorPairs(usesVEX: Bool) throws {
    var disassembler = ReferenceDisassembler(usesVEX: usesVEX)
    for (name, encoding) in VectorInstructions.unary where usesVEX || !encoding.has(.onlyVEX) {
      let mnemonic = usesVEX && !encoding.has(.onlyVEX) ? "v" + name : name
      for a in Self.vectors {
        for b in Self.vectors {
          let merged = usesVEX && encoding.has(.merges) ? ",\(Self.name(b, .dword))" : ""
          disassembler.add(
            "\(mnemonic) \(Self.name(a, .dword))\(merged),\(Self.name(b, .dword))\(Self.suffix(encoding))"
          ) {
            $0.emit(vector: encoding, a, b, immediate: Self.constant)
          }
        }
        for (memory, text) in Self.fewMemories {
          let merged = usesVEX && encoding.has(.merges) ? ",\(Self.name(a, .dword))" : ""
          disassembler.add("\(mnemonic) \(Self.name(a, .dword))\(merged),\(text)\(Self.suffix(encoding))") {
            $0.emit(vector: encoding, a, memory, immediate: Self.constant)
          }
        }
      }
    }
    try disassembler.check()
  }

  @Test("Vector instructions with three operands", arguments: [false, true])
  func vectorTriples(usesVEX: Bool) throws {
    var disassembler = ReferenceDisassembler(usesVEX: usesVEX)
    for (name, encoding) in VectorInstructions.binary where usesVEX || !encoding.has(.onlyVEX) {
      let mnemonic = usesVEX && !encoding.has(.onlyVEX) ? "v" + name : name
      for a in Self.vectors {
        for b in Self.vectors {
          for c in usesVEX ? Self.vectors : [a] {
            // The shorter of two equivalent forms.
            let isTurned = usesVEX && encoding.has(.commutative) && b.code > 7 && c.code <= 7
            let (first, second) = isTurned ? (b, c) : (c, b)
            let shown = usesVEX ? "\(Self.name(first, .dword)),\(Self.name(second, .dword))" : Self.name(b, .dword)
            disassembler.add("\(mnemonic) \(Self.name(a, .dword)),\(shown)\(Self.suffix(encoding))") {
              $0.emit(vector: encoding, a, c, b, immediate: Self.constant)
            }
          }
          for (memory, text) in Self.fewMemories where usesVEX || a == b {
            let shown = usesVEX ? "\(Self.name(b, .dword)),\(text)" : text
            disassembler.add("\(mnemonic) \(Self.name(a, .dword)),\(shown)\(Self.suffix(encoding))") {
              $0.emit(vector: encoding, a, b, memory, immediate: Self.constant)
            }
          }
        }
      }
    }
    for (name, encoding) in VectorInstructions.shifts {
      for a in Self.vectors {
        for b in usesVEX ? Self.vectors : [a] {
          let operands = usesVEX ? "\(Self.name(a, .dword)),\(Self.name(b, .dword))" : Self.name(a, .dword)
          disassembler.add("\(usesVEX ? "v" : "")\(name) \(operands),0x5") { $0.emit(shift: encoding, a, b, by: 5) }
        }
      }
    }
    try disassembler.check()
  }

  @Test("Vector instructions with integer registers, and stores", arguments: [false, true])
  func vectorsAndIntegers(usesVEX: Bool) throws {
    var disassembler = ReferenceDisassembler(usesVEX: usesVEX)
    let prefix = usesVEX ? "v" : ""
    for vector in Self.vectors {
      let name = Self.name(vector, .dword)
      for integer in Self.integers {
        let (narrow, wide) = (Self.name(integer, .dword), Self.name(integer, .qword))
        for (mnemonic, encoding) in VectorInstructions.toInteger {
          disassembler.add("\(prefix)\(mnemonic) \(narrow),\(name)") { $0.emit(vector: encoding, integer, vector) }
        }
        disassembler.add("\(prefix)cvttsd2si \(wide),\(name)") {
          $0.emit(vector: .cvttsd2si, integer, vector, size: .qword)
        }
        let merged = usesVEX ? "\(name)," : ""
        disassembler.add("\(prefix)cvtsi2sd \(name),\(merged)\(wide)") {
          $0.emit(vector: .cvtsi2sd, vector, integer, size: .qword)
        }
        disassembler.add("\(prefix)cvtsi2ss \(name),\(merged)\(narrow)") { $0.emit(vector: .cvtsi2ss, vector, integer) }
        disassembler.add("\(prefix)movd \(name),\(narrow)") { $0.emit(vector: .movd, vector, integer) }
        disassembler.add("\(prefix)movq \(name),\(wide)") { $0.emit(vector: .movd, vector, integer, size: .qword) }
        disassembler.add("\(prefix)movd \(narrow),\(name)") { $0.emit(vector: .movdStore, vector, integer) }
        disassembler.add("\(prefix)movq \(wide),\(name)") { $0.emit(vector: .movdStore, vector, integer, size: .qword) }
        for (mnemonic, encoding) in [("pextrb", Encoding.pextrb), ("pextrw", .pextrw), ("pextrd", .pextrd)] {
          disassembler.add("\(prefix)\(mnemonic) \(narrow),\(name),0x2") {
            $0.emit(vector: encoding, vector, integer, immediate: 2)
          }
        }
        disassembler.add("\(prefix)pextrq \(wide),\(name),0x1") {
          $0.emit(vector: .pextrd, vector, integer, size: .qword, immediate: 1)
        }
        for (mnemonic, encoding) in [("pinsrb", Encoding.pinsrb), ("pinsrw", .pinsrw), ("pinsrd", .pinsrd)] {
          disassembler.add("\(prefix)\(mnemonic) \(name),\(merged)\(narrow),0x2") {
            $0.emit(vector: encoding, vector, vector, integer, immediate: 2)
          }
        }
        disassembler.add("\(prefix)pinsrq \(name),\(merged)\(wide),0x1") {
          $0.emit(vector: .pinsrd, vector, vector, integer, size: .qword, immediate: 1)
        }
      }
      for (memory, text) in Self.memories {
        for (mnemonic, encoding) in VectorInstructions.stores {
          disassembler.add("\(prefix)\(mnemonic) \(text),\(name)") { $0.emit(vector: encoding, memory, vector) }
        }
        disassembler.add("\(prefix)pextrb \(text),\(name),0x3") {
          $0.emit(vector: .pextrb, memory, vector, immediate: 3)
        }
      }
    }
    try disassembler.check()
  }
}

/// Collects instructions and disassembles all of them at once.
private struct ReferenceDisassembler: ~Copyable {
  private static let path = ["/usr/bin/objdump", "/usr/local/bin/objdump"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }
  static var isThere: Bool { path != nil }

  private var assembler: Assembler
  private var expected: [String] = []

  init(usesVEX: Bool = false) { assembler = Assembler(usesVEX: usesVEX) }

  mutating func add(_ text: String, _ body: (inout Assembler) -> Void) {
    body(&assembler)
    expected.append(text)
  }

  /// Fails with the first few differences.
  func check() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("assembler-\(UUID()).bin")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(assembler.code).write(to: file)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.path))
    process.arguments = ["-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", "--no-show-raw-insn", file.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    // Lines of instructions: offset, colon, tab, text.
    let lines = output.split(separator: "\n").compactMap { line -> String? in
      guard let tab = line.firstIndex(of: "\t") else { return nil }
      return Self.normalized(line[line.index(after: tab)...])
    }
    var differences: [String] = []
    for (index, text) in expected.enumerated() where index >= lines.count || lines[index] != text {
      differences.append("\(text): \(index < lines.count ? lines[index] : "nothing")")
      if differences.count == 10 { break }
    }
    #expect(differences.isEmpty)
    #expect(lines.count == expected.count)
    checkOurs()
  }

  /// Compares our disassembler, which reads the assembler's tables in reverse.
  private func checkOurs() {
    var disassembler = Disassembler(assembler.code)
    var differences: [String] = []
    for text in expected {
      let read = disassembler.next().map { instruction in Self.compact(instruction.text { "\($0)" }) }
      if read != Self.compact(text) { differences.append("\(text): \(read ?? "nothing")") }
      if read == nil || differences.count == 10 { break }
    }
    #expect(differences.isEmpty)
    #expect(disassembler.position == assembler.count)
  }

  /// Removes differences of style: spaces, memory sizes, and displacements or scales without effect.
  private static func compact(_ text: String) -> String {
    var text = text
    for size in ["byte", "xmmword", "dword", "qword", "word"] { text = text.replacing("\(size) ptr ", with: "") }
    for (long, short) in [(", ", ","), (" + ", "+"), (" - ", "-"), ("*1+", "+"), ("+0x0]", "]")] {
      text = text.replacing(long, with: short)
    }
    return text
  }

  /// Removes comments, memory sizes and repeated spaces.
  private static func normalized(_ text: Substring) -> String {
    let words = text.prefix { $0 != "#" }.split(separator: " ")
    var result = ""
    for word in words where word != "PTR" {
      // "eax,DWORD PTR [rcx]": removes the size before PTR and the space after it.
      let isSize = word.hasSuffix("WORD") || word.hasSuffix("BYTE")
      if !result.isEmpty, result.last != ",", !result.hasSuffix(" ") { result += " " }
      result += isSize ? word.prefix { !$0.isUppercase } : word
    }
    return result
  }
}

/// The mnemonics of the assembler's vector instructions by form.
private enum VectorInstructions {
  private static func named(_ operands: InstructionForm.Operands...) -> [(String, Encoding)] {
    InstructionForm.all.filter { operands.contains($0.operands) && $0.isMemory == nil }.map {
      ($0.mnemonic, $0.encoding)
    }
  }

  static let unary = named(.vectors)
  static let binary = named(.arithmetic, .comparison)
  static let shifts = named(.shiftByConstant)
  static let toInteger = named(.toInteger)
  static let stores = named(.store)
}
