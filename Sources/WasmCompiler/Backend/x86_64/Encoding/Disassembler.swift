/// Decodes the instructions that ``Assembler`` can write, by the same tables. It knows no others.
struct Disassembler: ~Copyable {
  /// An operand for display.
  enum Operand: Equatable {
    case register(PhysicalRegister, OperandSize)
    case immediate(Int64)
    /// `byteCount` is 0 if only the address matters.
    case memory(Address, byteCount: Int)
    /// Data in memory, by its offset in the code.
    case data(Int, byteCount: Int)
    /// The target of a jump or call, as an offset in the code.
    case target(Int)
  }

  struct Address: Equatable {
    var base: PhysicalRegister?
    var index: PhysicalRegister?
    var scale = 0
    var displacement: Int32 = 0
  }

  struct Instruction {
    var offset: Int
    var byteCount: Int
    var mnemonic: String
    var operands: [Operand]
  }

  private let code: UnsafeRawBufferPointer
  /// The offset of the next instruction.
  private(set) var position: Int

  // The current instruction.
  private var prefixes = Prefixes()

  private struct Prefixes {
    var isLocked = false
    var hasOperandSize = false
    /// The numbers of ``Encoding/Prefix``.
    var repetition: UInt8 = 0
    /// As in REX: W, R, X, B.
    var rex: UInt8 = 0
    var hasREX = false
    /// VEX.vvvv; nil without VEX.
    var vex: UInt8?
  }

  /// - Parameter code: must outlive the disassembler.
  init(_ code: UnsafeRawBufferPointer, from position: Int = 0) {
    self.code = code
    self.position = position
  }

  /// Decodes an instruction; nil at the end, and at undecodable bytes: then the position does not change.
  mutating func next() -> Instruction? {
    let start = position
    prefixes = Prefixes()
    guard let (mnemonic, operands) = readInstruction() else {
      position = start
      return nil
    }
    return Instruction(
      offset: start, byteCount: position - start, mnemonic: prefixes.isLocked ? "lock " + mnemonic : mnemonic,
      operands: operands)
  }

  // MARK: Bytes

  private mutating func byte() -> UInt8? {
    guard position < code.count else { return nil }
    defer { position += 1 }
    return code[position]
  }

  /// A signed integer of 1, 2, 4 or 8 bytes.
  private mutating func number(_ count: Int) -> Int64? {
    guard code.count - position >= count else { return nil }
    var bits: UInt64 = 0
    for index in 0..<count { bits |= UInt64(code[position + index]) << UInt64(8 * index) }
    position += count
    let unused = UInt64(64 - 8 * count)
    return Int64(bitPattern: bits << unused) >> Int64(unused)
  }

  // MARK: Prefixes and opcodes

  private mutating func readInstruction() -> (String, [Operand])? {
    while let next = byte() {
      switch next {
      case 0x66: prefixes.hasOperandSize = true
      case 0xF0: prefixes.isLocked = true
      case 0xF2: prefixes.repetition = 3
      case 0xF3: prefixes.repetition = 2
      case 0x40..<0x50:
        prefixes.rex = next & 0xF
        prefixes.hasREX = true
        guard let opcode = byte() else { return nil }
        return readOpcode(opcode)
      case 0xC5: return readVEX(isLong: false)
      case 0xC4: return readVEX(isLong: true)
      default: return readOpcode(next)
      }
    }
    return nil
  }

  private mutating func readVEX(isLong: Bool) -> (String, [Operand])? {
    guard let first = byte() else { return nil }
    var map: UInt8 = 1
    var last = first
    prefixes.rex = (~first >> 5) & 4
    if isLong {
      guard let second = byte() else { return nil }
      map = first & 0x1F
      last = second
      prefixes.rex = (~first >> 5 & 7) | (second >> 7) << 3
    }
    // Only 128-bit vectors.
    guard last & 4 == 0, (1...3).contains(map), let opcode = byte() else { return nil }
    prefixes.vex = (~last >> 3) & 0xF
    return readForm(map: map, prefix: last & 3, opcode: opcode)
  }

  private mutating func readOpcode(_ opcode: UInt8) -> (String, [Operand])? {
    if opcode != 0x0F {
      return readWithoutForm(opcode) ?? readForm(map: 0, opcode: opcode)
    }
    guard let second = byte() else { return nil }
    switch second {
    case 0x38, 0x3A:
      guard let third = byte() else { return nil }
      return readForm(map: second == 0x38 ? 2 : 3, opcode: third)
    default: return readWithoutForm0F(second) ?? readForm(map: 1, opcode: second)
    }
  }

  /// The form of a legacy instruction: a prefix may belong to the opcode, or select the size.
  private mutating func readForm(map: UInt8, opcode: UInt8) -> (String, [Operand])? {
    if prefixes.repetition != 0 { return readForm(map: map, prefix: prefixes.repetition, opcode: opcode) }
    if prefixes.hasOperandSize {
      prefixes.hasOperandSize = false
      if let result = readForm(map: map, prefix: 1, opcode: opcode) { return result }
      prefixes.hasOperandSize = true
    }
    return readForm(map: map, prefix: 0, opcode: opcode)
  }

  private var operandSize: OperandSize {
    prefixes.rex & 8 != 0 ? .qword : prefixes.hasOperandSize ? .word : .dword
  }

  // MARK: Instructions without a ModR/M byte

  private func integer(_ code: UInt8, _ size: OperandSize) -> Operand {
    .register(PhysicalRegister(.integer, Int(code)), size)
  }

  /// The register in an opcode's low bits.
  private func opcodeRegister(_ opcode: UInt8, _ size: OperandSize) -> Operand {
    integer(opcode & 7 | (prefixes.rex & 1) << 3, size)
  }

  private mutating func jump(_ mnemonic: String, _ count: Int) -> (String, [Operand])? {
    number(count).map { (mnemonic, [.target(position + Int($0))]) }
  }

  private mutating func readWithoutForm(_ opcode: UInt8) -> (String, [Operand])? {
    switch opcode {
    case 0x50..<0x58: return ("push", [opcodeRegister(opcode, .qword)])
    case 0x58..<0x60: return ("pop", [opcodeRegister(opcode, .qword)])
    case 0x70..<0x80: return jump("j" + Condition(rawValue: opcode & 0xF)!.suffix, 1)
    case 0x90: return ("nop", [])
    case 0x99: return (prefixes.rex & 8 != 0 ? "cqo" : "cdq", [])
    case 0xB8..<0xC0:
      let isWide = prefixes.rex & 8 != 0
      return number(isWide ? 8 : 4).map { value in
        // Without W, the upper half is cleared.
        let value = isWide ? value : Int64(UInt32(truncatingIfNeeded: value))
        return (isWide ? "movabs" : "mov", [opcodeRegister(opcode, operandSize), .immediate(value)])
      }
    case 0xC3: return ("ret", [])
    case 0xCC: return ("int3", [])
    case 0xE8: return jump("call", 4)
    case 0xE9: return jump("jmp", 4)
    case 0xEB: return jump("jmp", 1)
    default: return nil
    }
  }

  private mutating func readWithoutForm0F(_ opcode: UInt8) -> (String, [Operand])? {
    switch opcode {
    case 0x0B: return ("ud2", [])
    case 0x1F:
      // A longer nop, whose operand is ignored.
      guard let modRM = byte(), readMemory(modRM, byteCount: 0, trailing: 0) != nil else { return nil }
      return ("nop", [])
    case 0x80..<0x90: return jump("j" + Condition(rawValue: opcode & 0xF)!.suffix, 4)
    case 0xA2: return ("cpuid", [])
    case 0xC8..<0xD0: return ("bswap", [opcodeRegister(opcode, operandSize)])
    case 0x01: return byte() == 0xD0 ? ("xgetbv", []) : nil
    case 0xAE: return byte() == 0xF0 ? ("mfence", []) : nil
    default: return nil
    }
  }

  // MARK: Instructions with a ModR/M byte

  private mutating func readForm(map: UInt8, prefix: UInt8, opcode: UInt8) -> (String, [Operand])? {
    guard position < code.count else { return nil }
    let modRM = code[position]
    guard let entry = DecodingTable.shared[map, prefix, opcode, modRM] else { return nil }
    guard prefixes.vex != nil || !entry.form.encoding.has(.onlyVEX) else { return nil }
    let start = position
    position += 1
    let size: OperandSize = entry.isByte ? .byte : operandSize
    let constantByteCount = entry.constant.byteCount(size)
    var operands: [Operand] = []
    for slot in entry.slots(isVEX: prefixes.vex != nil) {
      guard let operand = read(slot, modRM, entry.form, size, trailing: constantByteCount) else {
        position = start
        return nil
      }
      operands.append(operand)
    }
    guard let constant = constantByteCount > 0 ? number(constantByteCount) : 0 else { return nil }
    let mnemonic = mnemonic(entry, size, constant)
    if let operand = lastOperand(entry, constant) { operands.append(operand) }
    return (mnemonic, operands)
  }

  private func mnemonic(_ entry: DecodingTable.Entry, _ size: OperandSize, _ constant: Int64) -> String {
    let form = entry.form
    var mnemonic = size == .qword ? form.wideMnemonic ?? form.mnemonic : form.mnemonic
    if form.operands == .comparison, let predicate = FloatPredicate(rawValue: UInt8(truncatingIfNeeded: constant)) {
      mnemonic = mnemonic.dropLast(2) + predicate.suffix + mnemonic.suffix(2)
    }
    let hasOlderForm = form.operands.isVector && !form.encoding.has(.onlyVEX)
    return prefixes.vex != nil && hasOlderForm ? "v" + mnemonic : mnemonic
  }

  /// The operand that is in the constant, or implicit.
  private func lastOperand(_ entry: DecodingTable.Entry, _ constant: Int64) -> Operand? {
    switch entry.form.operands {
    case .shift where entry.constant == .none: .register(.rcx, .byte)
    case .blend: .register(.xmm(Int(constant >> 4 & 0xF)), .qword)
    case .comparison where FloatPredicate(rawValue: UInt8(truncatingIfNeeded: constant)) != nil: nil
    default:
      switch entry.constant {
      case .none: nil
      case .unsignedByte: .immediate(constant & 0xFF)
      case .signedByte, .word: .immediate(constant)
      }
    }
  }

  private mutating func read(
    _ slot: DecodingTable.Slot, _ modRM: UInt8, _ form: InstructionForm, _ size: OperandSize, trailing: Int
  ) -> Operand? {
    let code: UInt8
    switch slot.field {
    case .reg: code = modRM >> 3 & 7 | (prefixes.rex & 4) << 1
    case .vex: code = prefixes.vex ?? 0
    case .rm:
      if modRM < 0xC0 { return readMemory(modRM, byteCount: form.memoryByteCount(size), trailing: trailing) }
      code = modRM & 7 | (prefixes.rex & 1) << 3
    }
    guard slot.registerClass == .integer else { return .register(.xmm(Int(code)), .qword) }
    let size = slot.field == .rm ? form.registerSize(size) : size
    // Without REX these are the second bytes of registers, which the assembler never uses.
    if size == .byte, code & 0xC == 4, !prefixes.hasREX { return nil }
    return integer(code, size)
  }

  /// The address after a ModR/M byte. `trailing`: the size of the constant after it.
  private mutating func readMemory(_ modRM: UInt8, byteCount: Int, trailing: Int) -> Operand? {
    let mod = modRM >> 6
    var address = Address()
    if modRM & 7 == 5, mod == 0 {
      return number(4).map { .data(position + trailing + Int($0), byteCount: byteCount) }
    }
    var base = modRM & 7
    if base == 4 {
      guard let sib = byte() else { return nil }
      base = sib & 7
      let index = sib >> 3 & 7 | (prefixes.rex & 2) << 2
      if index != 4 {
        address.index = PhysicalRegister(.integer, Int(index))
        address.scale = Int(sib >> 6)
      }
    }
    let hasBase = !(base == 5 && mod == 0)
    if hasBase { address.base = PhysicalRegister(.integer, Int(base | (prefixes.rex & 1) << 3)) }
    if mod != 0 || !hasBase {
      guard let displacement = number(mod == 1 ? 1 : 4) else { return nil }
      address.displacement = Int32(truncatingIfNeeded: displacement)
    }
    return .memory(address, byteCount: byteCount)
  }
}

/// The forms of instructions by their bytes.
struct DecodingTable: Sendable {
  /// The constant after an instruction.
  enum Constant {
    case none, unsignedByte, signedByte
    /// Of the instruction's size, at most 4 bytes.
    case word

    func byteCount(_ size: OperandSize) -> Int {
      switch self {
      case .none: 0
      case .unsignedByte, .signedByte: 1
      case .word: size == .byte ? 1 : size == .word ? 2 : 4
      }
    }
  }

  enum Field {
    case reg, vex, rm
  }

  /// The field of an operand, and its register class if it is a register.
  struct Slot {
    var field: Field
    var registerClass: RegisterClass

    static let reg = Slot(field: .reg, registerClass: .integer)
    static let vex = Slot(field: .vex, registerClass: .integer)
    static let rm = Slot(field: .rm, registerClass: .integer)
    static let vectorReg = Slot(field: .reg, registerClass: .vector)
    static let vectorVEX = Slot(field: .vex, registerClass: .vector)
    static let vectorRM = Slot(field: .rm, registerClass: .vector)
  }

  struct Entry: Sendable {
    var form: InstructionForm
    var isByte = false
    /// Whether `rm` is the destination instead of the source.
    var isReversed = false
    var constant = Constant.none
    /// Whether the constant replaces `reg`.
    var replacesReg = false
  }

  static let shared = DecodingTable()

  private var entries: [UInt32: Entry] = [:]

  /// `digit` is 8 if `reg` is a register.
  private static func key(_ map: UInt8, _ prefix: UInt8, _ opcode: UInt8, digit: UInt8, isMemory: Bool) -> UInt32 {
    UInt32(opcode) | UInt32(map) << 8 | UInt32(prefix) << 10 | UInt32(digit) << 12 | (isMemory ? 1 << 16 : 0)
  }

  subscript(map: UInt8, prefix: UInt8, opcode: UInt8, modRM: UInt8) -> Entry? {
    let isMemory = modRM < 0xC0
    return entries[Self.key(map, prefix, opcode, digit: 8, isMemory: isMemory)]
      ?? entries[Self.key(map, prefix, opcode, digit: modRM >> 3 & 7, isMemory: isMemory)]
  }

  private init() {
    for form in InstructionForm.all {
      let constant: Constant = form.encoding.has(.immediateByte) ? .unsignedByte : .none
      let digit = form.operands.hasDigit ? form.encoding.digit : nil
      add(Entry(form: form, constant: constant), form.encoding, digit: digit)
      if form.encoding.has(.directional) {
        var encoding = form.encoding
        encoding.opcode &= ~2
        add(Entry(form: form, isReversed: true), encoding, digit: nil)
      }
      if form.encoding.immediateForm != .none { addConstantForms(form) }
    }
  }

  private mutating func addConstantForms(_ form: InstructionForm) {
    let isMultiply = form.encoding.immediateForm == .multiply
    for constant in [Int32(1), .max] {
      let (encoding, count) = form.encoding.immediateForm(.dword, constant)
      let isShift = form.encoding.immediateForm == .shift
      let kind: Constant = isShift ? .unsignedByte : count == 1 ? .signedByte : .word
      add(
        Entry(form: form, constant: kind, replacesReg: !isMultiply), encoding, digit: isMultiply ? nil : encoding.digit)
    }
  }

  private mutating func add(_ entry: Entry, _ encoding: Encoding, digit: UInt8?) {
    for isMemory in [false, true] where entry.form.isMemory != !isMemory {
      entries[Self.key(encoding.map, encoding.prefix, encoding.opcode, digit: digit ?? 8, isMemory: isMemory)] = entry
      guard encoding.has(.sized) else { continue }
      var entry = entry
      entry.isByte = true
      let opcode = encoding.opcode & ~1
      entries[Self.key(encoding.map, encoding.prefix, opcode, digit: digit ?? 8, isMemory: isMemory)] = entry
    }
  }
}

extension DecodingTable.Entry {
  /// The register and memory operands, in order.
  func slots(isVEX: Bool) -> [DecodingTable.Slot] {
    if replacesReg { return [.rm] }
    if isReversed { return [.rm, .reg] }
    switch form.operands {
    case .integers, .widening, .address: return [.reg, .rm]
    case .exchange: return [.rm, .reg]
    case .single, .byte, .shift: return [.rm]
    case .integersVEX: return [.reg, .vex, .rm]
    case .countVEX: return [.reg, .rm, .vex]
    case .singleVEX: return [.vex, .rm]
    case .vectors:
      return isVEX && form.encoding.has(.merges) ? [.vectorReg, .vectorVEX, .vectorRM] : [.vectorReg, .vectorRM]
    case .arithmetic, .comparison, .blend:
      return isVEX ? [.vectorReg, .vectorVEX, .vectorRM] : [.vectorReg, .vectorRM]
    case .store: return [.vectorRM, .vectorReg]
    case .shiftByConstant: return isVEX ? [.vectorVEX, .vectorRM] : [.vectorRM]
    case .toInteger: return [.reg, .vectorRM]
    case .fromInteger: return isVEX && form.encoding.has(.merges) ? [.vectorReg, .vectorVEX, .rm] : [.vectorReg, .rm]
    case .insert: return isVEX ? [.vectorReg, .vectorVEX, .rm] : [.vectorReg, .rm]
    case .extract: return [.rm, .vectorReg]
    }
  }
}

extension InstructionForm.Operands {
  /// Whether vector registers are operands.
  fileprivate var isVector: Bool {
    switch self {
    case .vectors, .arithmetic, .comparison, .blend, .store, .shiftByConstant, .toInteger, .fromInteger, .insert,
      .extract:
      true
    default: false
    }
  }

  /// Whether the reg field of ModR/M is an opcode extension.
  fileprivate var hasDigit: Bool {
    switch self {
    case .single, .shift, .singleVEX, .shiftByConstant: true
    default: false
    }
  }
}

extension InstructionForm {
  /// The size of a memory operand in bytes.
  fileprivate func memoryByteCount(_ size: OperandSize) -> Int {
    switch operands {
    case .address: 0
    case .fromInteger, .insert, .extract: memoryByteCount != 0 ? memoryByteCount : 1 << Int(size.rawValue)
    default: memoryByteCount != 0 ? memoryByteCount : operands.isVector ? 16 : 1 << Int(size.rawValue)
    }
  }

  /// The size of an integer register in place of a memory operand.
  fileprivate func registerSize(_ size: OperandSize) -> OperandSize {
    switch operands {
    case .widening, .byte: memoryByteCount == 1 ? .byte : memoryByteCount == 2 ? .word : .dword
    case .single where memoryByteCount == 8: .qword
    default: size
    }
  }

  /// The mnemonic for 64 bits, if it differs.
  fileprivate var wideMnemonic: String? { ["movd": "movq", "pinsrd": "pinsrq", "pextrd": "pextrq"][mnemonic] }
}
