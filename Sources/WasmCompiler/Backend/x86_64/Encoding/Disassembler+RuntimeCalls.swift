import WasmRuntime

extension Disassembler.Instruction {
  /// The runtime function that this calls, if the previous instruction loaded the address of the runtime table.
  func runtimeFunction(after previous: Self) -> String? {
    let tableField = Disassembler.Address(
      base: RegisterConvention.context, displacement: Int32(FieldOffsets.shared.instance.runtimeTable))
    guard mnemonic == "call" || mnemonic == "jmp", case .memory(let entry, _)? = operands.first, let base = entry.base,
      previous.operands == [.register(base, .qword), .memory(tableField, byteCount: 8)], entry.displacement >= 0
    else { return nil }
    return RuntimeFunction(rawValue: UInt32(entry.displacement) / 8).map { "\($0)" }
  }
}
