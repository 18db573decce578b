extension Disassembler.Instruction {
  /// The instruction in Intel syntax.
  ///
  /// - Parameter symbol: the text for an offset in the code.
  func text(symbol: (Int) -> String) -> String {
    operands.isEmpty ? mnemonic : "\(mnemonic) \(operands.map { $0.text(symbol: symbol) }.joined(separator: ", "))"
  }
}

extension Disassembler.Operand {
  fileprivate func text(symbol: (Int) -> String) -> String {
    switch self {
    case .register(let register, let size): register.name(size)
    case .immediate(let value): Self.hex(value)
    case .memory(let address, let byteCount): Self.sizeName(byteCount) + "[\(address.text)]"
    case .data(let place, let byteCount): Self.sizeName(byteCount) + "[rip + \(symbol(place))]"
    case .target(let place): symbol(place)
    }
  }

  private static func sizeName(_ byteCount: Int) -> String {
    switch byteCount {
    case 1: "byte ptr "
    case 2: "word ptr "
    case 4: "dword ptr "
    case 8: "qword ptr "
    case 16: "xmmword ptr "
    default: ""
    }
  }

  fileprivate static func hex(_ value: Int64) -> String {
    (value < 0 ? "-0x" : "0x") + String(value.magnitude, radix: 16)
  }
}

extension Disassembler.Address {
  fileprivate var text: String {
    var parts = base.map { [$0.name(.qword)] } ?? []
    if let index { parts.append(index.name(.qword) + (scale > 0 ? "*\(1 << scale)" : "")) }
    let sum = parts.joined(separator: " + ")
    if sum.isEmpty { return Disassembler.Operand.hex(Int64(displacement)) }
    if displacement == 0 { return sum }
    return sum + (displacement < 0 ? " - " : " + ") + Disassembler.Operand.hex(Int64(displacement.magnitude))
  }
}

extension PhysicalRegister {
  private static let stems = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"]

  /// The register's name at a size.
  func name(_ size: OperandSize) -> String {
    guard registerClass == .integer else { return "xmm\(index)" }
    guard index < 8 else { return "r\(index)" + ["b", "w", "d", ""][Int(size.rawValue)] }
    let stem = Self.stems[index]
    return switch size {
    case .byte: index < 4 ? "\(stem.prefix(1))l" : stem + "l"
    case .word: stem
    case .dword: "e" + stem
    case .qword: "r" + stem
    }
  }
}
