import WasmCompiler
import WasmRuntime
import WebAssembly

/// The functions that compiled code calls: see ``RuntimeFunction``.
enum Runtime {
  /// Records why compiled code stops; returns the failure status.
  static func fail(_ context: Context, _ code: TrapCode) -> UInt64 {
    context.pointee.store.pointee.trapCode = code.rawValue
    return 0
  }

  static func status(_ context: Context, _ isDone: Bool, else code: TrapCode) -> UInt64 {
    isDone ? 1 : fail(context, code)
  }

  static func status(_ context: Context, _ code: TrapCode?) -> UInt64 {
    code.map { fail(context, $0) } ?? 1
  }

  static func recordMissingCallee(_ context: Context, _ table: UInt64, _ index: UInt64) -> UInt64 {
    fail(context, context.noteMissingCallee(in: context.pointee.tables[Int(table)], at: index))
  }

  static func recordMismatch(_ context: Context, _ callee: UInt64, _ type: UInt64) -> UInt64 {
    guard let callee = UnsafeMutablePointer<FunctionReference>(bitPattern: UInt(callee)) else {
      return fail(context, .indirectCallTypeMismatch)
    }
    return fail(context, context.noteMismatch(of: callee, context.pointee.types[Int(type)]))
  }
}

extension Runtime {
  static func chargeFuel(_ context: Context, _ count: UInt64, _ cost: UInt64, _ countLog2: UInt64) -> UInt64 {
    let rate = FuelRate(cost: UInt16(truncatingIfNeeded: cost), countLog2: UInt8(truncatingIfNeeded: countLog2))
    return status(context, context.storeState.charge(rate.cost(of: count)))
  }

  /// See ``RuntimeFunction/obtainFuel``.
  static func obtainFuel(_ context: Context) -> UInt64 {
    guard let code = context.storeState.obtainFuel() else { return UInt64(NativeBackend.trapInstructionByteCount) }
    context.pointee.store.pointee.fuelPause = FuelPause.failed
    return fail(context, code)
  }
}

// Memories and data segments.
extension Runtime {
  /// The result of an instruction that grows something: the old size, -1, or ``RuntimeFunction/trappedGrowth``.
  static func word(_ context: Context, _ outcome: GrowthOutcome) -> UInt64 {
    switch outcome {
    case .grown(let old): return old
    case .refused: return .max
    case .trapped(let code):
      _ = fail(context, code)
      return RuntimeFunction.trappedGrowth
    }
  }

  static func memoryGrow(_ context: Context, _ memory: UInt64, _ pages: UInt64) -> UInt64 {
    word(context, context.growMemory(Int(memory), by: pages))
  }

  static func memoryByteCount(_ context: Context, _ memory: UInt64) -> UInt64 {
    let memory = context.memory(Int(memory))
    _ = memory.refresh()
    return memory.byteCount
  }

  static func memoryFill(
    _ context: Context, _ memory: UInt64, _ address: UInt64, _ byte: UInt64, _ count: UInt64
  ) -> UInt64 {
    status(
      context,
      context.fillMemory(Int(memory), at: address, with: UInt8(truncatingIfNeeded: byte), count: count))
  }

  static func memoryCopy(
    _ context: Context, _ target: UInt64, _ source: UInt64, _ address: UInt64, _ sourceAddress: UInt64, _ count: UInt64
  ) -> UInt64 {
    status(
      context,
      context.copyMemory(Int(target), at: address, from: Int(source), at: sourceAddress, count: count))
  }

  static func memoryInit(
    _ context: Context, _ segment: UInt64, _ memory: UInt64, _ address: UInt64, _ start: UInt64, _ count: UInt64
  ) -> UInt64 {
    status(
      context,
      context.initializeMemory(Int(memory), at: address, fromData: Int(segment), at: start, count: count))
  }

  static func dataDrop(_ context: Context, _ segment: UInt64) -> UInt64 {
    context.dropData(Int(segment))
    return 0
  }
}

// Waiting threads.
extension Runtime {
  static func atomicWait32(
    _ context: Context, _ memory: UInt64, _ address: UInt64, _ expected: UInt64, _ timeout: UInt64
  ) -> UInt64 {
    outcome(context, .wait32, memory, address, expected, timeout)
  }

  static func atomicWait64(
    _ context: Context, _ memory: UInt64, _ address: UInt64, _ expected: UInt64, _ timeout: UInt64
  ) -> UInt64 {
    outcome(context, .wait64, memory, address, expected, timeout)
  }

  static func atomicNotify(_ context: Context, _ memory: UInt64, _ address: UInt64, _ count: UInt64) -> UInt64 {
    outcome(context, .notify, memory, address, count, 0)
  }

  /// The outcome as an `i32`; -1 after a trap.
  private static func outcome(
    _ context: Context, _ instruction: WaitInstruction, _ memory: UInt64, _ address: UInt64, _ operand: UInt64,
    _ timeout: UInt64
  ) -> UInt64 {
    let outcome = context.perform(
      instruction, onMemory: Int(memory), at: address, operand: operand, timeout: Int64(bitPattern: timeout))
    if outcome >= 0 { return UInt64(outcome) }
    _ = fail(context, TrapCode(rawValue: UInt32(-outcome)) ?? .unreachable)
    return UInt64(UInt32.max)
  }
}
