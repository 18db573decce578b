import WasmRuntime
import WebAssembly

// Instructions that are added for deterministic, interruptible and metered engines.

extension Lowering {
  /// Emits a check for interruption at the header of a loop, unless the loop has a counter, which checks now and then. Entries of functions
  /// check by comparing the stack's limit.
  mutating func emitInterruptionCheck() {
    guard interpreter.options.isInterruptible, functions.tierPolicy == nil else { return }
    emit(.checkInterruption, PlainFormat())
  }

  /// Emits the charges that precede an instruction.
  mutating func chargeFuel(for opcode: Opcode) {
    // The instruction can still be the end of unreachable code.
    guard !controls[controls.count - 1].isUnreachable else { return }
    while let cost = fuel?.charge(at: start) { emit(.chargeFuel, FuelFormat(cost: Immediate(cost))) }
    guard let rate = fuel?.rate(opcode), let count = stack.last else { return }
    let slot = readableSlot(count)
    emit(
      .chargeFuelByCount,
      CountedFuelFormat(
        count: code.narrow(slot), is64: Flag(count.kind == .integer64), cost: rate.cost,
        countLog2: UInt16(rate.countLog2)))
  }

  /// Canonicalizes an instruction's result if it may be another NaN than the canonical one.
  mutating func canonicalizeResult(of opcode: Opcode) {
    guard interpreter.options.isDeterministic,
      let canonicalization = Auxiliary(canonicalizing: InstructionTable.shared[opcode].nan)
    else { return }
    let operand = pop()
    let isInAccumulator = isInAccumulator(operand)
    let number = isInAccumulator ? handlers.number(optional: canonicalization, .accumulator) : nil
    let position = emit(
      number ?? handlers.number(canonicalization),
      UnaryFormat(destination: code.narrow(top), operand: code.narrow(operand.slot)))
    pushResult(operand.kind, of: UnaryFormat.self, at: position)
  }
}

extension Auxiliary {
  /// The instruction that canonicalizes a result; nil if it needs none.
  fileprivate init?(canonicalizing nan: NaNResult) {
    switch nan {
    case .none: return nil
    case .f32: self = .canonicalizeFloat32
    case .f64: self = .canonicalizeFloat64
    case .f32x4: self = .canonicalizeFloat32Lanes
    case .f64x2: self = .canonicalizeFloat64Lanes
    }
  }
}
