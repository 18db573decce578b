import WasmRuntime
import WebAssembly

// Counters of calls and iterations, for engines that compile functions while they run: see ``TierPolicy``.

extension Lowering {
  /// Emits the counter of calls, at the beginning of the function.
  mutating func emitCallCounter() {
    guard let policy = functions.tierPolicy else { return }
    emit(
      .countCall,
      CallCounterFormat(
        count: Immediate(policy.firstInterval(ofFunction: functionIndex).calls), function: ownRecord))
  }

  /// Emits the counter of a loop's iterations, and describes the frame if it is wanted. At the loop's header.
  mutating func noteLoop() throws {
    guard let policy = functions.tierPolicy else { return }
    let loop = UInt32(start)
    emit(
      .countIteration,
      LoopCounterFormat(
        count: Immediate(policy.firstInterval(ofFunction: functionIndex).iterations), loop: loop,
        function: ownRecord, top: code.narrow(top)))
    if wantedLoop == loop {
      foundEntry = LoopEntry(
        loop: loop, locals: locals.map { source($0.kind, $0.slot) },
        operands: stack.map { LoopEntry.Operand(source($0), $0.kind.valueType) })
    }
  }

  private var ownRecord: CalleeAddress { CalleeAddress(UInt64(UInt(bitPattern: functions[functionIndex]))) }

  private func source(_ kind: ValueKind, _ slot: Int) -> LoopEntry.Source {
    .slot(slot, isReference: kind == .reference)
  }

  /// Operands that refer to locals are in their own slots at a loop's header: ``settleLocals()``.
  private func source(_ operand: Operand) -> LoopEntry.Source {
    switch operand.location {
    case .own: source(operand.kind, operand.slot)
    case .constant(let bits): .constant(bits)
    case .local, .sum: preconditionFailure("an operand that refers to a local")
    }
  }
}

extension ValueKind {
  /// A value type of this kind; for references, `i64`.
  fileprivate var valueType: ValueType {
    switch self {
    case .integer32: .i32
    case .integer64, .reference: .i64
    case .float32: .f32
    case .float64: .f64
    case .vector: .v128
    }
  }
}
